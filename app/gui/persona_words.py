"""How the personas page says what a persona has, and how an adapter stands."""

from __future__ import annotations

from dataclasses import dataclass

from app.gui.dates import day
from app.gui.persona_fields import language_words
from app.gui.persona_look import COUNT_MOST, PersonaCounts
from app.gui.translation import later, tr
from app.operations.adapter_line import Standing
from app.operations.personas import PersonaCard

_SHORT = 40


@dataclass(frozen=True)
class StandingMark:
    """How an adapter stands: never by its colour alone."""

    icon: str
    colour: str
    words: str


_STANDINGS: dict[Standing, StandingMark] = {
    "live": StandingMark("check-circle", "good", later("live")),
    "waiting": StandingMark("hourglass", "warning", later("passed; waits for your word")),
    "candidate": StandingMark("hourglass", "text_soft", later("not finished")),
    "previous": StandingMark("clock", "text_soft", later("was live before")),
    "refused": StandingMark("x-circle", "danger", later("not put live")),
    "rolled_back": StandingMark("arrow-counter-clockwise", "text_soft", later("rolled back")),
}
_VERDICTS = {
    "passed": later("passed"),
    "refused": later("refused"),
    "undecided": later("could not decide"),
}


def short_name(name: str) -> str:
    """A name for the middle of a sentence."""
    return name if len(name) <= _SHORT else f"{name[:_SHORT].rstrip()}…"


def languages_words(codes: tuple[str, ...]) -> str:
    return ", ".join(map(language_words, codes))


def adapter_words(card: PersonaCard) -> str:
    """What a persona speaks through."""
    if card.adapter is None:
        return tr("No adapter yet")
    date = day(card.adapter.created)
    return tr("Adapter v{version} of {date}", version=card.adapter.version, date=date)


def counts_words(counts: PersonaCounts | None) -> str:
    """How much was said and rated; nothing is claimed before it is counted."""
    if counts is None:
        return tr("Counting…")
    if not counts.conversations:
        return tr("No conversations yet")
    many = f"{COUNT_MOST:,}+" if counts.conversations > COUNT_MOST else f"{counts.conversations:,}"
    return tr(
        "Conversations: {count} · thumbs up: {up}, down: {down}",
        count=many,
        up=f"{counts.up:,}",
        down=f"{counts.down:,}",
    )


def ollama_words(card: PersonaCard) -> str:
    model = card.source.model
    if card.former_prompt:
        return tr("Ollama still has the former prompt")
    return tr("In Ollama as {name}", name=model.name) if model else tr("Not in Ollama")


def standing_mark(standing: Standing) -> StandingMark:
    mark = _STANDINGS[standing]
    return StandingMark(mark.icon, mark.colour, tr(mark.words))


def verdict_words(verdict: str, *, overruled: bool) -> str:
    """What the exam said of an adapter."""
    said = tr(_VERDICTS[verdict]) if verdict in _VERDICTS else tr("not examined")
    return tr("{verdict}; used by your own word", verdict=said) if overruled else said
