"""Help at once: the nearest exchanges that the user approves of, and the note about the user.

Both ride in the prompt alone. What is stored of a conversation, and learned from it, holds neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from app.errors import PerennialError
from app.operations.nearness import NEAR, nearness, question_terms, says_what, weights
from app.store.helping import NEWEST
from app.store.store import Store
from app.store.values import Exchange, GivenExample, Message, Persona

LONGEST_NOTE = 2_000
MOST_EXAMPLES = 3
QUESTION_LENGTH, REPLY_LENGTH = 240, 600
# What the built-in runtime gives a conversation where nobody asks for more, and what of it a
# reply may take.
CONTEXT_TOKENS, REPLY_TOKENS = 2_048, 512
# Under what tokens take in the languages that a base knows: English 4, Korean 3 bytes and more.
_BYTES_A_TOKEN = 3
_TOKENS_A_MESSAGE = 8
# The longest note in English; as many Korean characters would fill the whole context.
_NOTE_ALWAYS = LONGEST_NOTE // _BYTES_A_TOKEN + _TOKENS_A_MESSAGE
_MOST_READ = 4_000
_CANDIDATES = 24
# Words that mean nothing without what was said before ("tell me more", "그건 왜 그래?").
_SHORT_LETTERS = 20
_READ_OF_IT = 1_000
_NOTE_KEY = "about_me"
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)


@dataclass(frozen=True)
class HelpSwitches:
    """What may ride along when somebody talks to a persona."""

    examples: bool = True
    note: bool = True


@dataclass(frozen=True)
class Help:
    """What rides along with a question."""

    note: str = ""
    examples: tuple[Exchange, ...] = ()

    @property
    def example_ids(self) -> list[int]:
        return [example.message_id for example in self.examples]


@dataclass(frozen=True)
class HelpSettings:
    """The note, and the switches of one persona."""

    note: str
    switches: HelpSwitches


def about_me(store: Store) -> str:
    """The note about the user; one for the whole home."""
    return str(store.settings.get(_NOTE_KEY, ""))


def set_about_me(store: Store, text: str) -> str:
    """Keep the note about the user, or none; what was kept."""
    note = text.strip()
    if len(note) > LONGEST_NOTE:
        raise PerennialError(
            f"The note has {len(note):,} characters; {LONGEST_NOTE:,} is the most.",
            "Shorten it, then save it again.",
            kind="note_too_long",
            kept="The note before it was kept.",
        )
    store.settings.set(_NOTE_KEY, note)
    return note


def switches(store: Store, persona: Persona) -> HelpSwitches:
    """What may ride along with a persona; everything, until it is switched off."""
    said = store.settings.get(_switches_key(persona), {})
    return HelpSwitches(bool(said.get("examples", True)), bool(said.get("note", True)))


def set_switches(store: Store, persona: Persona, chosen: HelpSwitches) -> None:
    """Remember what may ride along with a persona."""
    store.settings.set(_switches_key(persona), asdict(chosen))


def settings(store: Store, persona_id: int) -> HelpSettings:
    """All that can be set about help, for one persona."""
    return HelpSettings(about_me(store), switches(store, store.personas.get(persona_id)))


def save_settings(store: Store, persona_id: int, chosen: HelpSettings) -> None:
    """Set all of it, or nothing."""
    with store.transaction():
        set_about_me(store, chosen.note)
        set_switches(store, store.personas.get(persona_id), chosen.switches)


def exchange(store: Store, message_id: int) -> Exchange | None:
    """A reply that helped, with what it answers; None when it helps no longer."""
    return store.helping.exchange(message_id)


def note_for(
    store: Store, persona: Persona, prompt: str, spoken: Sequence[Mapping[str, str]]
) -> Help:
    """The note alone, as off the record; a longer one only while it leaves a reply its room."""
    note = about_me(store) if switches(store, persona).note else ""
    room = CONTEXT_TOKENS - REPLY_TOKENS - _taken(prompt, spoken)
    return Help(note if _tokens(note) <= max(_NOTE_ALWAYS, room) else "")


def help_for(
    store: Store,
    persona: Persona,
    question: Message,
    prompt: str,
    spoken: Sequence[Mapping[str, str]],
) -> Help:
    """What rides along with a question; `prompt` and `spoken` are what the model reads anyway."""
    noted = note_for(store, persona, prompt, spoken)
    if not switches(store, persona).examples:
        return noted
    given = store.helping.given([question.parent_id]) if question.parent_id else {}
    before = [each.message_id for each in given.get(question.parent_id or 0, ())]
    if question.parent_id is not None and _leans(question.content):
        near = store.helping.exchanges(before, persona.id)
    else:
        near = nearest(store, persona, question)
    taken = _taken(prompt, spoken) + _tokens(noted.note)
    room = min(CONTEXT_TOKENS // 4, CONTEXT_TOKENS - REPLY_TOKENS - taken)
    return Help(noted.note, _in_order(_fitting(near, room), before))


def given(store: Store, message_ids: Sequence[int]) -> dict[int, tuple[GivenExample, ...]]:
    """What helped each of these replies."""
    return store.helping.given(message_ids)


def nearest(store: Store, persona: Persona, question: Message) -> list[Exchange]:
    """The exchanges that are near to a question, best first: corrected ones, then the nearest."""
    asked = question_terms(question.content)
    telling = [term for term in asked if says_what(term)] or asked
    met = {term: store.helping.met(term) for term in telling}
    weight = weights(dict.fromkeys(asked, NEWEST) | met, store.helping.messages())
    ids = _candidates(store, persona, question, met, weight)
    found: dict[tuple[str, ...], tuple[tuple[bool, float, int], Exchange]] = {}
    for each in store.helping.exchanges(ids, persona.id):
        if not each.reply.strip() or (each.follows and _leans(each.question)):
            continue
        terms = question_terms(each.question)
        near = nearness(asked, terms, weight)
        rank = (each.corrected, near, each.message_id)
        # Of one question asked several times the last word on it counts.
        same = found.get(tuple(terms))
        if near >= NEAR and (same is None or rank > same[0]):
            found[tuple(terms)] = rank, each
    return [each for _, each in sorted(found.values(), key=lambda one: one[0], reverse=True)]


def _candidates(
    store: Store,
    persona: Persona,
    question: Message,
    met: Mapping[str, int],
    weight: Mapping[str, float],
) -> list[int]:
    """Approved replies to what shares the rarest terms of a question, those with most first."""
    scores: dict[int, float] = {}
    read = 0
    for term in sorted(met, key=lambda each: -weight[each]):
        if read >= _MOST_READ:
            break
        read += met[term]
        for reply in store.helping.approved_below(term, persona.id, question.conversation_id):
            scores[reply] = scores.get(reply, 0.0) + weight[term]
    return sorted(scores, key=lambda reply: (-scores[reply], -reply))[:_CANDIDATES]


def _fitting(near: Sequence[Exchange], room: int) -> list[Exchange]:
    """The best of them, cut to a sensible length, as far as there is room for them."""
    chosen: list[Exchange] = []
    for each in near:
        cut = Exchange(
            each.message_id,
            each.conversation_id,
            shortened(each.question, QUESTION_LENGTH),
            shortened(each.reply, REPLY_LENGTH),
            each.corrected,
            each.follows,
        )
        cost = _tokens(cut.question, cut.reply)
        if len(chosen) < MOST_EXAMPLES and cost <= room:
            chosen.append(cut)
            room -= cost
    return chosen


def _in_order(chosen: Sequence[Exchange], before: Sequence[int]) -> tuple[Exchange, ...]:
    """What rode along before comes first, so that the model need not read it again; the best of
    the others last, next to what is asked."""
    kept = [each for wanted in before for each in chosen if each.message_id == wanted]
    return (*kept, *(each for each in reversed(chosen) if each not in kept))


def shortened(text: str, length: int) -> str:
    """A text up to the last paragraph, sentence or word that fits; an open code block is closed."""
    whole = text.strip()
    if len(whole) <= length:
        return whole
    cut = whole[:length]
    for end in ("\n\n", "\n", ". ", "? ", "! ", " "):
        place = cut.rfind(end)
        if place > length // 3:
            cut = cut[: place + len(end)]
            break
    fences = _FENCE.findall(cut)
    return f"{cut.rstrip()}\n{fences[-1]}" if len(fences) % 2 else cut.rstrip()


def _leans(text: str) -> bool:
    """Whether a follow-up is too short to say by itself what is asked."""
    letters = (1 if each.isascii() else 2 for each in text[:_READ_OF_IT] if each.isalnum())
    return sum(letters) < _SHORT_LETTERS


def _taken(prompt: str, spoken: Sequence[Mapping[str, str]]) -> int:
    """About how many tokens the model reads anyway."""
    return _tokens(prompt, *(each["content"] for each in spoken))


def _tokens(*texts: str) -> int:
    """About how many tokens messages take."""
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    return size // _BYTES_A_TOKEN + _TOKENS_A_MESSAGE * len(texts)


def _switches_key(persona: Persona) -> str:
    return f"help:{persona.slug}"
