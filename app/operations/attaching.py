"""What is attached to a message, and the one form in which it is said, stored and learned.

A message with attachments is one text: each attachment as a line with its name and a fenced
block, one below the other, then an empty line, then the question.

    Attached: notes.md
    ```md
    what the file says
    ```
    Attached: main.py
    ```py
    print("hello")
    ```

    Which of the notes does this program miss?

So the model reads the same that is stored, and whoever learns from it can tell the two apart with
`parts_of`. A fence is longer than every run of backticks in its attachment. A text counts as this
form only if `attach` would write it so, letter for letter; a question of its own that happens to
look like it is said with an empty line before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.operations import chat
from app.store.conversations import title_of
from app.store.store import Store
from app.store.values import Message, Persona

MOST_CHARACTERS = 200_000
MOST_ATTACHMENTS = 10
# More than this is attached instead of flooding the field that it is pasted into.
FIELD_CHARACTERS, FIELD_LINES = 2_000, 30

_HEADING = "Attached: "
_HEAD = re.compile(rf"{_HEADING}([^\n]+)\n(`{{3,}})[^\n`]*\n")
_BACKTICKS = re.compile("`+")
_KIND = re.compile(r"[^.]\.([A-Za-z0-9+#_-]{1,12})\Z")
_LINE_ENDS = re.compile("\r\n?")
# Tabs and line ends are text; halves of pairs cannot be stored.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Attachment:
    """A text with a name."""

    name: str
    text: str


def attach(question: str, attachments: Sequence[Attachment]) -> str:
    """The question with its attachments before it, as one text."""
    if not attachments:
        return f"\n{question}" if _parsed(question.lstrip("\n")) else question
    blocks = "\n".join(_block(each) for each in attachments)
    return f"{blocks}\n\n{question}" if question else blocks


def parts_of(text: str) -> tuple[tuple[Attachment, ...], str]:
    """The attachments and the question of a message; any other text is a question alone."""
    found = _parsed(text)
    if found is not None and attach(found[1], found[0]) == text:
        return found
    if text.startswith("\n") and _parsed(text.lstrip("\n")):
        return (), text[1:]
    return (), text


def ask(
    store: Store,
    persona: Persona,
    conversation_id: int | None,
    text: str,
    *,
    never_train: bool = False,
) -> Message:
    """Store what the user says; a new conversation is named after the question alone."""
    attachments, question = parts_of(text)
    with store.transaction():
        said = chat.ask(store, persona, conversation_id, text, never_train=never_train)
        if conversation_id is None and attachments:
            words = question.strip() or attachments[0].name
            store.conversations.set_title(said.conversation_id, title_of(words))
    return said


def ask_instead(store: Store, message_id: int, text: str) -> Message:
    """Ask otherwise, with the same attachments: a branch beside the former question."""
    former = store.messages.get(message_id)
    attachments, _ = parts_of(former.content)
    said = attach(text, attachments)
    return store.messages.add(former.conversation_id, former.parent_id, "user", said)


def tidy(text: str) -> str:
    """The text without what is no letter, and with one kind of line end."""
    return _NO_TEXT.sub("", _LINE_ENDS.sub("\n", text))


def floods(text: str) -> bool:
    """Whether a pasted text is too long to stand in the field."""
    return len(text) > FIELD_CHARACTERS or text.count("\n") >= FIELD_LINES


def tokens_about(text: str) -> int:
    """About how many tokens a text has for a model that knows its language.

    English takes about four bytes a token, Korean and others about three.
    """
    plain = len(text.encode("ascii", "ignore"))
    others = len(text.encode("utf-8", "ignore")) - plain
    return plain // 4 + others // 3


def one_line(name: str) -> str:
    """A name that fits on the line of the form."""
    return " ".join(tidy(name).split()) or "text"


def _block(attachment: Attachment) -> str:
    name = one_line(attachment.name)
    longest = max((len(run) for run in _BACKTICKS.findall(attachment.text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{_HEADING}{name}\n{fence}{_kind(name)}\n{attachment.text}\n{fence}"


def _kind(name: str) -> str:
    found = _KIND.search(name)
    return found[1] if found else ""


def _parsed(text: str) -> tuple[tuple[Attachment, ...], str] | None:
    """What the form seems to hold, from its first line on."""
    found: list[Attachment] = []
    place = 0
    while head := _HEAD.match(text, place):
        end = text.find(f"\n{head[2]}", head.end())
        if end < 0:
            return None
        found.append(Attachment(head[1], text[head.end() : end]))
        place = end + 1 + len(head[2])
        if place == len(text):
            return tuple(found), ""
        if text.startswith("\n\n", place):
            return tuple(found), text[place + 2 :]
        place += 1
    return None
