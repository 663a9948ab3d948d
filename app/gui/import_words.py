"""Words for imports: formats, what comes in, what was passed over, and what to think of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from app.gui.import_reasons import place_words, reason_words
from app.gui.translation import later, tr
from app.importers.bystanders import ImportWarning
from app.importers.findings import AsideKind, LeftOut, shown
from app.importers.reading import ImportProgress
from app.importers.tally import ImportResult
from app.operations.offers import Newcomer

_LONG_WORD = re.compile(r"(\S{24})(?=\S)")
_FORMATS = {
    "messages": later("Messages (ChatML)"),
    "prompt": later("Prompt and completion"),
    "dpo": later("DPO preferences"),
    "chatgpt": later("ChatGPT export"),
    "claude": later("Claude export"),
    "openwebui": later("Open WebUI export"),
    "lmstudio": later("LM Studio conversation"),
    "jan": later("Jan thread"),
    "sillytavern": later("SillyTavern chat"),
    "card": later("Character card"),
}
ASIDE: dict[AsideKind, str] = {
    "picture": later("pictures and sounds: {count}"),
    "tool": later("tool calls and their results: {count}"),
    "reasoning": later("reasoning before replies: {count}"),
    "file": later("attached files: {count}"),
    "part": later("parts that are not text: {count}"),
    "system": later("system messages in the middle: {count}"),
    "hidden": later("hidden messages: {count}"),
    "empty": later("messages without text: {count}"),
    "role": later("messages of unknown roles: {count}"),
    "orphan": later("messages whose parent is missing, kept as beginnings: {count}"),
    "nul": later("NUL characters: {count}"),
    "document": later("other files beside them: {count}"),
}


def format_name(name: str, title: str) -> str:
    """What a format is called; most are names that every language has."""
    return tr(_FORMATS[name]) if name in _FORMATS else title


def number(count: int) -> str:
    """A count that one can read."""
    return f"{count:,}"


def coming_words(result: ImportResult) -> str:
    """What would come in, in one line."""
    if not result.conversations and not result.grown:
        if result.forgotten:
            return tr("Nothing new: what is not here already was forgotten here.")
        if result.duplicates:
            return tr("Nothing new: all of it is here already.")
        return tr("Nothing can come in.")
    return tr(
        "New conversations: {conversations}, with replies: {replies}",
        conversations=number(result.conversations),
        replies=number(result.replies),
    )


def came_words(result: ImportResult) -> str:
    """What came in, in one line."""
    if not result.conversations and not result.grown:
        if result.forgotten:
            return tr("Nothing came in: what was not here already was forgotten here.")
        return tr("Nothing came in: all of it was here already.") if result.duplicates else ""
    return tr(
        "Conversations that came in: {conversations}, with replies: {replies}",
        conversations=number(result.conversations),
        replies=number(result.replies),
    )


def more_words(result: ImportResult) -> list[str]:
    """What else is to be said of it, a line each."""
    lines: list[str] = []
    if result.rated or result.chosen:
        lines.append(
            tr(
                "Rated where they come from: up {up}, down {down}, corrected {corrected}, chosen"
                " {chosen}",
                up=number(result.up),
                down=number(result.down),
                corrected=number(result.corrected),
                chosen=number(result.chosen),
            )
        )
    if result.grown:
        lines.append(
            tr("Grown since they came in, of which only the new is taken: {count}",
               count=number(result.grown))
        )  # fmt: skip
    if result.duplicates and (result.conversations or result.grown):
        lines.append(
            tr("Here already, and left as they are: {count}", count=number(result.duplicates))
        )
    if result.forgotten:
        lines.append(
            tr("Messages left out, forgotten here: {count}", count=number(result.forgotten))
        )
    aside = [
        tr(ASIDE[kind], count=number(result.aside[kind])) for kind in ASIDE if kind in result.aside
    ]
    if aside:
        lines.append(tr("Passed over: {list}", list=", ".join(aside)))
    return lines


def left_out_lines(left_out: Sequence[LeftOut], count: int) -> list[str]:
    """Where something cannot come in and why; at the end how many more there are."""
    lines = [
        f"{each.file}{', ' + place_words(each.place) if each.place else ''}:"
        f" {reason_words(each.reason)}"
        for each in left_out
    ]
    if count > len(left_out):
        lines.append(tr("… and {count} more", count=number(count - len(left_out))))
    return lines


def warning_words(warning: ImportWarning) -> str:
    names = ", ".join(warning.names)
    if warning.kind == "provider_terms":
        return tr(
            "Replies of a hosted model: {count} ({names}). The terms of {provider} may forbid"
            " training another model on them.",
            count=number(warning.count),
            names=names,
            provider=warning.provider,
        )
    return tr(
        "Conversations with the words of several people or characters: {count} ({names}). Ask"
        " them before a model learns from what they said.",
        count=number(warning.count),
        names=names,
    )


def newcomer_words(newcomer: Newcomer) -> str:
    """What becomes of a card or of an archive."""
    if newcomer.kind == "card":
        if newcomer.here_as:
            return tr("A character card; {name} is here already.", name=newcomer.here_as)
        return tr("A character card: {name} becomes a persona.", name=newcomer.name)
    rows = newcomer.rows
    words = tr(
        "The archive of {name}: conversations {conversations}, ratings {ratings}, adapters"
        " {adapters}. It becomes a persona of its own.",
        name=newcomer.name,
        conversations=number(rows.get("conversations", 0)),
        ratings=number(rows.get("ratings", 0)),
        adapters=number(rows.get("adapters", 0)),
    )
    if newcomer.here_as:
        words += " " + tr("It came in before, as {name}.", name=newcomer.here_as)
    return words


def progress_words(progress: ImportProgress) -> str:
    return tr(
        "{file} · conversations so far: {count}",
        file=progress.file,
        count=number(progress.conversations),
    )


def breakable(text: str) -> str:
    """Words with places at which a long one can break: a link would push all else out of sight."""
    return _LONG_WORD.sub("\\1\u200b", text)


def path_words(path: Path) -> str:
    """The name of a file or a folder, one line whatever stands in it."""
    return shown(path.name or str(path)) + ("/" if path.is_dir() else "")
