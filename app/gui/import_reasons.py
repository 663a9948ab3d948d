"""Why something cannot come in, in the user's language: the importers say it in English."""

from __future__ import annotations

import re
from functools import cache

from app.gui.translation import current_language, later, tr

_PLACES = (
    later("line {number}"),
    later("entry {number}"),
    later("the end"),
    later("from here on"),
)
REASONS = (
    later("a ZIP archive without its end; it was not copied or loaded to the end"),
    later("an archive with far too many members"),
    later("it unpacks to {number} times its size, as a ZIP bomb does"),
    later("the archive unpacks to more than {number} GB"),
    later("it is encrypted; unpack the archive with its password and import the files"),
    later("it is packed in a way that is not read here; unpack and pack it again"),
    later("an archive whose members lie over one another, as in a ZIP bomb"),
    later("a damaged archive ({error})"),
    later("the archive is damaged here ({error})"),
    later("it is not an ordinary file"),
    later("it cannot be read: No such file or directory"),
    later("it cannot be read: Permission denied"),
    later("it cannot be read: {error}"),
    later("it is UTF-16 text; save it as UTF-8"),
    later("it is empty"),
    later("it is not text"),
    later("no format of conversations is recognised in it"),
    later("it is no {title}"),
    later("not valid JSON"),
    later("not an object"),
    later("not UTF-8 text"),
    later("nested too deep"),
    later("made of too many parts"),
    later("it is longer than {number} MB"),
    later("the file ends in the middle of it"),
    later("the file ends in the middle of the list"),
    later("no reply of the assistant"),
    later('no list of "{name}"'),
    later('no "{name}" of messages'),
    later('no messages under "{name}"'),
    later('no "{name}" with what was said'),
    later("its messages are not a list"),
    later("message {number} is not an object"),
    later("message {number} is a system message in the middle"),
    later("message {number} is empty"),
    later('message {number} has no "{name}"'),
    later("{number} messages answer one another in a ring"),
    later("a reply is still being written"),
    later("message {number} has the unknown role {role}"),
    later("its last message is no reply of the assistant"),
    later("the chosen and the rejected reply do not answer the same message"),
    later("the chosen or the rejected reply is missing"),
    later("the rejected reply is not text"),
    later("the question is empty"),
    later("a second header; every chat is a file of its own"),
    later("the chat is longer than can be kept as one conversation"),
    later("the history is not a list"),
    later("the history does not consist of pairs"),
    later("a character card; it is a persona of its own, import it by itself"),
    later("the archive of a persona; import it by itself"),
    later("no character card"),
    later("a picture without a character card"),
    later("the character has no name"),
    later("the card in the picture cannot be read: {error}"),
    later("the card in the picture is not an object"),
    later("not a PNG picture"),
    later("the picture ends in the middle of chunk {number}"),
    later("chunk {number} of the picture has an impossible length"),
    later("chunk {number} of the picture is damaged (its checksum is wrong)"),
    later("the text in chunk {number} is longer than {size} MB"),
    later("the packed text in chunk {number} is damaged"),
    later("the packed text in chunk {number} bursts to more than {size} MB"),
    later("{what} is not text"),
    later("{what} is not valid Unicode"),
    later("{what} holds something that is not text"),
    later("{what} is empty"),
)


def reason_words(reason: str) -> str:
    """A reason as the user reads it; one that has no translation stays as it is."""
    return _translated(reason, REASONS)


def place_words(place: str) -> str:
    return _translated(place, _PLACES)


def is_known(reason: str) -> bool:
    """Whether there are words for a reason."""
    return any(_shape(text).fullmatch(reason) for text in REASONS)


def _translated(said: str, known: tuple[str, ...]) -> str:
    if current_language() == "en":
        return said
    for text in known:
        found = _shape(text).fullmatch(said)
        if found is not None:
            return tr(text, **found.groupdict()) if found.groupdict() else tr(text)
    return said


@cache
def _shape(text: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", text)
    names = {2 * at + 1: name for at, name in enumerate(parts[1::2])}
    return re.compile(
        "".join(
            f"(?P<{names[at]}>.+?)" if at in names else re.escape(part)
            for at, part in enumerate(parts)
        ),
        re.DOTALL,
    )
