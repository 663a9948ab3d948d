"""What was said through another program, kept for the review where the user agreed to that.

A chat program sends the whole conversation each time. A conversation is known by the program and
by its first exchange, so one that goes on is appended to, and one that was edited, or answered
again, branches. Where the program leaves out the beginning, it is known by the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.store.arriving import ArrivingConversation, ArrivingMessage
from app.store.programs import Program
from app.store.sources import Standing
from app.store.store import Store
from app.store.values import Finish, Persona, Said
from app.store.wording import Wording

Collected = Literal["collected", "here_already", "forgotten"]
# How many conversations are looked through for one whose beginning a program leaves out.
RECENT = 50
# How the requests begin with which Open WebUI has a title, tags or a search made of a chat.
_TASK = "### Task:"


@dataclass(frozen=True)
class Finished:
    """What a program sent, up to the question, the whole reply to it, and what made that."""

    said: tuple[Said, ...]
    reply: str
    finish: Finish
    base_id: int | None
    adapter_id: int | None
    sampling: Mapping[str, Any]


def is_talk(said: Sequence[Said]) -> bool:
    """Whether somebody said this to somebody, as far as it can be told.

    A program's own tasks begin like those of Open WebUI; a request that ends with a reply has it
    written on, and is none of its own.
    """
    if not said or said[-1].role != "user":
        return False
    question = said[-1].content.strip()
    return bool(question) and not question.startswith(_TASK)


def collect(store: Store, program: Program, persona: Persona, finished: Finished) -> Collected:
    """Keep an exchange with what was said before it, as far as that is not here yet."""
    with store.transaction():
        name, path = _placed(store, program, persona.id, finished)
        arriving = ArrivingConversation(
            name,
            tuple(
                ArrivingMessage(_speaker(each), each.content, place - 1 if place else None)
                for place, each in enumerate(path)
            ),
            system_prompt=persona.system_prompt,
            identity="name",
        )
        (placement,) = store.intake.look(persona.id, [arriving])
        if placement.forgotten or placement.state == "forgotten":
            return "forgotten"
        if not placement.added:
            return "here_already"
        store.intake.take(persona.id, [arriving], program.source)
        reply = _Tree(store.sources.standing(persona.id, [name])).along(path)[-1]
        store.programs.set_maker(
            reply.message_id,
            finished.base_id,
            finished.adapter_id,
            finished.sampling,
            finished.finish,
        )
        store.messages.choose(reply.message_id)
    return "collected"


class _Tree:
    """A conversation that is here, with all its branches."""

    def __init__(self, messages: Sequence[Standing]) -> None:
        self._messages = messages
        self._by_id = {each.message_id: each for each in messages}

    def along(self, path: Iterable[Said]) -> list[Standing]:
        """The messages from the beginning on that say the same, as far as there are any."""
        found: list[Standing] = []
        for said in path:
            above = found[-1].message_id if found else None
            same = (e for e in self._messages if e.parent_id == above and _same(e, said))
            following = next(same, None)
            if following is None:
                break
            found.append(following)
        return found

    def ending_with(self, said: Sequence[Said]) -> list[Standing]:
        """The newest way from the beginning that ends with these words; nothing without one."""
        for end in reversed(self._messages):
            way = self._way_to(end)
            if len(way) >= len(said) and all(map(_same, way[-len(said) :], said)):
                return way
        return []

    def _way_to(self, end: Standing) -> list[Standing]:
        way = [end]
        while way[-1].parent_id is not None:
            way.append(self._by_id[way[-1].parent_id])
        return way[::-1]


def _placed(
    store: Store, program: Program, persona_id: int, finished: Finished
) -> tuple[str, list[Said]]:
    """What the conversation is called here, and all of it, in the words that are here already."""
    path = [*finished.said, Said("assistant", finished.reply)]
    name = f"{program.source}#{_opening(path)}"
    here = store.sources.standing(persona_id, [name])
    if here:
        known = _Tree(here).along(path)
        return name, [*map(_as_said, known), *path[len(known) :]]
    replies = [place for place, each in enumerate(finished.said) if each.role == "assistant"]
    before = path[: replies[-1] + 1] if replies else []
    # One message alone says too little to know a conversation by.
    if len(before) > 1:
        for conversation in store.conversations.page(persona_id, RECENT):
            called = conversation.external_id
            if conversation.source != program.source or called is None:
                continue
            way = _Tree(store.sources.standing(persona_id, [called])).ending_with(before)
            if way:
                return called, [*map(_as_said, way), *path[len(before) :]]
    return name, path


def _opening(path: Sequence[Said]) -> str:
    """The words up to the first reply to something: many conversations begin with a hello."""
    wording, asked = Wording(""), False
    for each in path:
        wording.say(each.role, _plain(each.content))
        if asked and each.role == "assistant":
            break
        asked = asked or each.role == "user"
    return wording.name


def _same(here: Standing, said: Said) -> bool:
    """Chat programs trim what they were given, or break its lines anew."""
    return here.role == said.role and _plain(here.content) == _plain(said.content)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _as_said(here: Standing) -> Said:
    return Said(here.role, here.content)


def _speaker(said: Said) -> Literal["user", "assistant"]:
    return "assistant" if said.role == "assistant" else "user"
