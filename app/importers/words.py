"""The words of a message, however its source packs them; everything that is no text lies aside."""

from __future__ import annotations

from typing import Any

from app.importers.findings import Aside, AsideKind, Unusable

_TEXTS = {None, "", "text", "input_text", "output_text", "markdown", "audio_transcription"}
_KINDS: tuple[tuple[str, AsideKind], ...] = (
    ("image", "picture"), ("audio", "picture"), ("video", "picture"), ("picture", "picture"),
    ("thinking", "reasoning"), ("reasoning", "reasoning"), ("thoughts", "reasoning"),
    ("tool", "tool"), ("function", "tool"), ("file", "file"), ("document", "file"),
)  # fmt: skip
_THOUGHTS = (("<think>", "</think>"), ("<thinking>", "</thinking>"))
_FOLDED = ('<details type="reasoning"', '<details type="tool_calls"',
           '<details type="code_interpreter"')  # fmt: skip
_FOLD_END = "</details>"


def text_of(value: Any, what: str, aside: Aside, joint: str = "") -> str:
    """The text of a value, also when it comes in parts; absent text is empty."""
    if isinstance(value, str):
        return clean(value, what, aside)
    if value is None:
        return ""
    if not isinstance(value, list):
        raise Unusable(f"{what} is not text")
    texts = [_part(part, what, aside) for part in value]
    return clean(joint.join(text for text in texts if text), what, aside)


def clean(text: str, what: str, aside: Aside) -> str:
    """Text that can be stored and said."""
    if text.isascii():
        return _without_nul(text, aside) if "\0" in text else text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        # Bytes that are no UTF-8 were read as this range.
        raw = 0xDC80 <= ord(text[error.start]) <= 0xDCFF
        raise Unusable("not UTF-8 text" if raw else f"{what} is not valid Unicode") from error
    return _without_nul(text, aside) if "\0" in text else text


def reply_of(text: str, aside: Aside) -> str:
    """A reply without the reasoning and the tool calls that some programs write before it."""
    if "<" not in text:
        return text
    for begin, end in _THOUGHTS:
        start = text.lstrip()
        if start.startswith(begin) and end in start:
            aside.count("reasoning")
            text = start.partition(end)[2].lstrip()
    for begin in _FOLDED:
        if begin in text:
            text = _unfolded(text, begin, aside)
    return text


def name_of(value: Any) -> str:
    """A short name from a file, such as a speaker's or a model's; empty when it is none."""
    if not isinstance(value, str):
        return ""
    name = "".join(char for char in value if char.isprintable()).strip()[:100]
    return name.encode("utf-8", "ignore").decode("utf-8")


def _part(part: Any, what: str, aside: Aside) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        raise Unusable(f"{what} holds something that is not text")
    kind = part.get("type", part.get("content_type"))
    text = part.get("text")
    if isinstance(text, str) and (not isinstance(kind, str) or kind in _TEXTS):
        return text
    aside.count(_kind_of(kind))
    return ""


def _kind_of(kind: Any) -> AsideKind:
    name = kind if isinstance(kind, str) else ""
    return next((aside for word, aside in _KINDS if word in name), "part")


def _unfolded(text: str, begin: str, aside: Aside) -> str:
    """Text without its folded parts; by plain search, since one may never end."""
    kept: list[str] = []
    at = 0
    while (start := text.find(begin, at)) >= 0:
        end = text.find(_FOLD_END, start)
        if end < 0:
            break
        kept.append(text[at:start])
        at = end + len(_FOLD_END)
        aside.count("reasoning" if "reasoning" in begin else "tool")
    kept.append(text[at:])
    return "".join(kept).strip() if len(kept) > 1 else text


def _without_nul(text: str, aside: Aside) -> str:
    aside.count("nul", text.count("\0"))
    return text.replace("\0", "")
