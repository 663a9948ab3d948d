"""A conversation on its way out: one branch, told from its beginning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.store.trees import ConversationTree, Spoken
from replay.example import Example
from replay.meaning import APPROVED


@dataclass(frozen=True)
class Line:
    """What was said, and what the user said of it; `taught` when it would be learned."""

    role: str
    content: str
    taught: bool = False
    rating: str | None = None
    correction: str | None = None
    reasons: tuple[str, ...] = ()
    comment: str = ""
    speaker: str = ""


@dataclass(frozen=True)
class Dialogue:
    """A branch of a conversation; `new_from` is the first line that no branch before it has."""

    id: str
    system_prompt: str
    lines: tuple[Line, ...]
    title: str = ""
    created: str = ""
    never_train: bool = False
    active: bool = True
    new_from: int = 0


def dialogue_of(example: Example) -> Dialogue:
    """What would be learned of a conversation, in the words that would be learned."""
    said = [message for message in example.messages if message.role != "system"]
    system = next((each.content for each in example.messages if each.role == "system"), "")
    lines = tuple(
        Line(
            message.role,
            message.content,
            message.weight > 0,
            APPROVED[0] if message.weight > 0 else None,
        )
        for message in said
    )
    return Dialogue(example.conversation, system, lines, created=example.day)


def dialogues_of(tree: ConversationTree) -> Iterator[Dialogue]:
    """A conversation's branches, each as a dialogue, the active one first."""
    seen: set[int] = set()
    for number, branch in enumerate(tree.branches(), 1):
        said = [each for each in branch if each.role != "system" and each.content.strip()]
        if not said or all(each.message_id in seen for each in said):
            continue
        new_from = next(at for at, each in enumerate(said) if each.message_id not in seen)
        seen.update(each.message_id for each in said)
        yield Dialogue(
            f"c{tree.conversation_id}" if number == 1 else f"c{tree.conversation_id}/{number}",
            _prompt(branch, tree.system_prompt),
            tuple(_line(each) for each in said),
            tree.title,
            tree.created,
            tree.never_train,
            number == 1,
            new_from,
        )


def _prompt(branch: Iterable[Spoken], system_prompt: str) -> str:
    """The prompt, with what was said as system in the conversation itself."""
    own = [each.content for each in branch if each.role == "system"]
    return "\n\n".join(part for part in (system_prompt, *own) if part.strip())


def _line(each: Spoken) -> Line:
    return Line(
        each.role,
        each.content,
        rating=each.rating,
        correction=each.correction,
        reasons=each.reasons,
        comment=each.comment,
        speaker=each.speaker,
    )
