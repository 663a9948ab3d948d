"""Self-rehearsal: the base itself answers replay questions, so that what it could do is kept."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.cycle.device import chat_unloaded_by
from app.errors import ReplayRefused
from app.home import Home
from app.operations.buffers import REHEARSED, STARTER, spoken_languages
from app.store import Persona, Store
from app.store.values import ReplayGroup, ReplayItem
from ollama_bridge.errors import ContextTooLong
from ollama_bridge.runtime.values import ANY_SLOT, Delta, Sampling
from replay.filters import fits_language
from replay.measures.echo import trouble
from replay.measures.language import wrong_language

MAX_TOKENS = 512
SAMPLING = Sampling(temperature=0.0, max_tokens=MAX_TOKENS)
SOURCE = REHEARSED.rstrip(":")
_KEPT = "What the base has answered so far is kept."


class BaseVoice(Protocol):
    """What the base answers through: the runtime's client."""

    def chat(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        adapter: str | None,
        sampling: Sampling,
        slot: int | None,
    ) -> Iterable[Delta]: ...


@dataclass(frozen=True)
class Rehearsal:
    """How far a group's rehearsal came: taken of those asked now, and why others were not."""

    group: str
    taken: int
    refused: Mapping[str, int]
    left: int


def questions_left(store: Store, persona: Persona, group: str) -> list[ReplayItem]:
    """The items whose questions the base has not been asked yet, the oldest first.

    Of the starter sets alone: what a person wrote or said stands as it is, and what judges must
    stay the same for every base.
    """
    known = _group_named(store, group)
    spoken = spoken_languages(store, persona)
    if persona.base_id is None or not fits_language(known.language, spoken):
        return []
    items = store.replay.all([group], (STARTER, SOURCE))
    mine = f"{REHEARSED}{persona.base_id}:"
    answered = {
        each.external_id.removeprefix(mine): each.messages[:-1]
        for each in items
        if each.external_id.startswith(mine)
    }
    refused = _refusals(store, persona.base_id)
    return [
        item
        for item in items
        if item.source == STARTER
        and not item.left_out
        and fits_language(item.language, spoken)
        and answered.get(item.external_id) != _kept_question(item)
        and refused.get(item.external_id) != _mark(item)
    ]


def rehearse(
    home: Home,
    store: Store,
    voice: BaseVoice,
    persona: Persona,
    group: str,
    *,
    on_progress: Callable[[int, int], None] = lambda _done, _whole: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Rehearsal:
    """Have the base answer what is left of a group; each answer is stored at once.

    Stopped or broken off it goes on where it was.
    """
    check_possible(home, store, persona, group)
    assert persona.base_id is not None
    left = questions_left(store, persona, group)
    refused: Counter[str] = Counter()
    taken = 0
    for done, item in enumerate(left):
        on_progress(done, len(left))
        _check_device(home)
        answer, whole = ("", False) if stopped() else _answer(voice, item, stopped)
        if stopped():
            return Rehearsal(group, taken, dict(refused), len(left) - done)
        why = _fault(item, answer, whole=whole)
        if why:
            _refuse(store, persona.base_id, item)
            refused[why] += 1
        else:
            _take(store, persona.base_id, item, answer)
            taken += 1
    on_progress(len(left), len(left))
    return Rehearsal(group, taken, dict(refused), 0)


def check_possible(home: Home, store: Store, persona: Persona, group: str) -> None:
    """Refuse a group that this persona's base cannot answer, or not now."""
    known = _group_named(store, group)
    if persona.base_id is None:
        raise ReplayRefused(
            f"{persona.name} has no base model yet.",
            "Get the starter model, then ask again.",
            kind="no_base",
        )
    if not fits_language(known.language, spoken_languages(store, persona)):
        raise ReplayRefused(
            f"The base of {persona.name} does not speak the language of the group {group}.",
            "Choose another group, or another base for the persona.",
            kind="replay_language",
        )
    _check_device(home)


def _group_named(store: Store, name: str) -> ReplayGroup:
    known = {group.name: group for group in store.replay.groups()}
    if name not in known:
        raise ReplayRefused(
            f"There is no replay group {name}.",
            f"Choose from: {', '.join(known)}.",
            kind="replay_unknown",
        )
    return known[name]


def _check_device(home: Home) -> None:
    if chat_unloaded_by(home) is not None:
        raise ReplayRefused(
            "A training has the device, and the base is not in memory.",
            "Let the base answer again when the training is done.",
            kind="replay_busy",
            kept=_KEPT,
        )


def _answer(voice: BaseVoice, item: ReplayItem, stopped: Callable[[], bool]) -> tuple[str, bool]:
    """What the base alone says, under no persona's prompt, and whether it came to an end."""
    deltas = voice.chat(_asked(item), adapter=None, sampling=SAMPLING, slot=ANY_SLOT)
    parts: list[str] = []
    finish = None
    try:
        for delta in deltas:
            if stopped():
                break
            parts.append(delta.text)
            finish = delta.finish or finish
    except ContextTooLong:
        return "", False
    finally:
        if isinstance(deltas, Generator):
            deltas.close()  # ends the request of an answer that was stopped
    return "".join(parts).strip(), finish == "stop"


def _fault(item: ReplayItem, answer: str, *, whole: bool) -> str | None:
    """Why an answer is not taken."""
    if not whole:
        return "cut"
    question = str(_asked(item)[-1]["content"])
    if wrong_language(question, answer) is not None:
        return "language"
    return trouble(question, answer)


def _asked(item: ReplayItem) -> list[dict[str, str]]:
    """The messages up to the last question; a mix puts its own prompt above them."""
    said = [each for each in item.messages if each["role"] != "system"]
    last = max(place for place, each in enumerate(said) if each["role"] == "user")
    return [{"role": each["role"], "content": each["content"]} for each in said[: last + 1]]


def _kept_question(item: ReplayItem) -> list[dict[str, object]]:
    """The question as it stands before an answer of the base: nothing else in it teaches."""
    return [{**each, "weight": 0.0} for each in _asked(item)]


def _take(store: Store, base_id: int, item: ReplayItem, answer: str) -> None:
    row = {
        "id": f"{REHEARSED}{base_id}:{item.external_id}",
        "group": item.group,
        "language": item.language,
        "messages": [*_kept_question(item), {"role": "assistant", "content": answer}],
    }
    store.replay.add_all([row], SOURCE, base_id=base_id)


def _refuse(store: Store, base_id: int, item: ReplayItem) -> None:
    """Remember it: at temperature 0 the same answer would come again."""
    with store.transaction():
        refused = {**_refusals(store, base_id), item.external_id: _mark(item)}
        store.settings.set(_key(base_id), refused)


def _refusals(store: Store, base_id: int) -> dict[str, str]:
    found: dict[str, str] = store.settings.get(_key(base_id), {})
    return found


def _key(base_id: int) -> str:
    return f"replay:refused:{base_id}"


def _mark(item: ReplayItem) -> str:
    """Changes with the question."""
    asked = "\0".join(each["content"] for each in _asked(item))
    return hashlib.sha256(asked.encode()).hexdigest()[:12]
