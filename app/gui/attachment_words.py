"""What is said of attachments: how long they are, why one is refused, what does not fit."""

from __future__ import annotations

from app.gui.text_parts import shortened
from app.gui.translation import later, tr
from app.operations.attaching import MOST_ATTACHMENTS, MOST_CHARACTERS, Attachment, tokens_about
from app.operations.attachment_files import Reason, Refused

_NAME_LENGTH = 60
_REASONS: dict[Reason, str] = {
    "folder": later("“{name}” is a folder. Attach the files in it that matter."),
    "unreadable": later("“{name}” cannot be read. See that it is there and may be opened."),
    "empty": later("There is no text in “{name}”."),
    "picture": later("“{name}” is a picture, and the model reads text. Describe it in words."),
    "pdf": later(
        "“{name}” is a PDF, which cannot be read here. Open it, copy the text that matters and"
        " paste it."
    ),
    "binary": later(
        "“{name}” is not a text. Text, Markdown, code, CSV, JSON, logs and HTML can be attached."
    ),
    "encoding": later("The letters of “{name}” cannot be read. Save it as UTF-8 and attach that."),
    "too_long": later("“{name}” is longer than {most} characters. Attach the part that matters."),
}


def length_words(attachment: Attachment) -> str:
    """How long an attachment is."""
    return tr("{count} characters", count=f"{len(attachment.text):,}")


def tip_words(attachment: Attachment) -> str:
    """All that is known of an attachment."""
    lines = attachment.text.count("\n") + 1
    return tr(
        "{name}: {lines} lines, about {tokens} tokens",
        name=shortened(attachment.name, 500),
        lines=f"{lines:,}",
        tokens=f"{tokens_about(attachment.text):,}",
    )


def refusal_words(refused: Refused) -> str:
    """Why a file is not attached, and what to do instead."""
    name = shortened(refused.name, _NAME_LENGTH)
    return tr(_REASONS[refused.reason], name=name, most=f"{MOST_CHARACTERS:,}")


def too_many_words(left_out: int) -> str:
    """Why some of many were not attached."""
    return tr(
        "{most} attachments are the most for one message; left out: {count}.",
        most=MOST_ATTACHMENTS,
        count=left_out,
    )


def too_long_words(tokens: int, holds: int) -> str:
    """By how much the model cannot read what is about to be sent."""
    return tr(
        "About {over} tokens too long: with what was said before it is about {tokens}, and the"
        " model reads {holds} at once. Take something out, or begin a new conversation.",
        over=f"{tokens - holds:,}",
        tokens=f"{tokens:,}",
        holds=f"{holds:,}",
    )
