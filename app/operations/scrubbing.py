"""Taking out of a text what is a person's own: what was said, and who and where they are."""

from __future__ import annotations

import builtins
import getpass
import re
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

QUOTED, FOLDER, ADDRESS, KEY, NAME = "[quoted]", "[folder]", "[address]", "[key]", "[name]"
LEFT_OUT = "[lines left out]"

_PACKAGES = "app|trainer|replay|ollama_bridge|resources|tests"
_FRAME = re.compile(r'\s+File "(?P<path>.+)", line (?P<line>\d+)(?:, in (?P<where>[\w.<>]+))?$')
_MODULE = re.compile(rf"(?:^|[\\/])((?:{_PACKAGES}|site-packages|lib)[\\/][\w\\/.-]+)$")
_ERROR = re.compile(r"(?P<kind>[A-Za-z_][\w.]*)(?::.*)?$")
_LINKS = (
    "Traceback (most recent call last):",
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_STAMPED = re.compile(r"\d{4}-\d\d-\d\d[ T][\d:,.]+\s+[A-Z]+\s")
# How lines of llama.cpp begin; whatever else stands in a runtime's log is left out.
_LLAMA = re.compile(
    r"(?:[\d.]+ )?(?:[A-Z] )?(?:srv|slot|que|llama_|ggml_|gguf_|common_|load|print_info|main|"
    r"build|system[_ ]info|set_|init|sched|graph_)[\w .]*[:|]"
)

_QUOTED = (
    re.compile(r"(?<!\w)\"[^\"\n]*(?:\"|$)|(?<!\w)'[^'\n]*(?:'(?!\w)|$)|`[^`\n]*(?:`|$)", re.M),
    re.compile("[“„«「『][^\n]*?(?:[”“»」』]|$)|‘[^\n]*?(?:’(?!\\w)|$)", re.M),
)
_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]*://\S+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}"
    r"(?::\d+)?(?![\d.])|\[?(?<![\w:])(?:[0-9a-f]{0,4}:){3,}[0-9a-f]{1,4}\]?(?::\d+)?(?!\w)|"
    r"\[?(?<![\w:])::1\b\]?(?::\d+)?|"
    r"\b(?:[a-z0-9-]+\.)+[a-z]{2,}:\d+\b|\blocalhost(?::\d+)?\b",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"\b(?:bearer|key|token|secret|password|passwd|api[_-]?key)\b\s*[=:]?\s*\S+"
    r"|\b(?:sk|pk|hf|ghp|gho|glpat|xox\w)[-_]\w[\w-]{6,}|\b(?=[\w-]*\d)[\w-]{20,}\b",
    re.IGNORECASE,
)
_FOLDER = re.compile(r"(?<![\w/])(?:~|[A-Za-z]:)?(?:[\\/][^\s\\/:;,|)\]]+){2,}[\\/]?|~[\\/]\S*")


class Scrubber:
    """What is left is safe to be shown to a stranger, as far as can be told by its form."""

    def __init__(self, names: Iterable[str], folders: Iterable[Path] = ()) -> None:
        own = {*names, _login(), socket.gethostname()}
        longest_first = sorted((name for name in own if name.strip()), key=len, reverse=True)
        self._names = re.compile("|".join(map(_name_form, longest_first)), re.IGNORECASE)
        places = sorted({str(place) for place in (*folders, Path.home())}, key=len, reverse=True)
        self._places = [place for place in places if len(place) > 1]

    def line(self, text: str) -> str:
        """A text that the program wrote, without what it was told."""
        for form in _QUOTED:
            text = form.sub(QUOTED, text)
        text = _ADDRESS.sub(ADDRESS, text)
        for place in self._places:
            text = re.sub(re.escape(place) + r"[^\s:;,|)\]]*", FOLDER, text)
        text = _FOLDER.sub(FOLDER, text)
        text = _KEY.sub(KEY, text)
        return self._names.sub(NAME, text)

    def window_log(self, lines: Iterable[str]) -> Iterator[str]:
        """Moments, levels and the places of errors; never what an error says."""
        return _joined(self._window_line(each) for each in lines)

    def runtime_log(self, lines: Iterable[str]) -> Iterator[str]:
        """What the runtime and llama.cpp say of themselves."""
        return _joined(
            self.line(each) if _STAMPED.match(each) or _LLAMA.match(each) else LEFT_OUT
            for each in lines
        )

    def _window_line(self, text: str) -> str:
        if _STAMPED.match(text):
            return self.line(text)
        if text in _LINKS:
            return text
        frame = _FRAME.fullmatch(text)
        if frame is not None:
            known = _MODULE.search(frame["path"])
            place = known[1].replace("\\", "/") if known else FOLDER
            return f"  File {self.line(place)}, line {frame['line']}, in {frame['where'] or '?'}"
        error = _ERROR.fullmatch(text)
        if error is not None and _is_error(error["kind"]):
            return error["kind"]
        return LEFT_OUT


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user without a name, as in some containers
        return ""


def _name_form(name: str) -> str:
    """A Korean name has its particles written to it; an English one may be a part of a word."""
    return rf"(?<!\w){re.escape(name)}(?!\w)" if name.isascii() else re.escape(name)


def _is_error(kind: str) -> bool:
    found = getattr(builtins, kind, None)
    if isinstance(found, type) and issubclass(found, BaseException):
        return True
    return bool(re.match(rf"(?:{_PACKAGES}|httpx|sqlite3|json|pydantic\w*|ollama)\.", kind))


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Lines that were left out one after the other are one."""
    before = ""
    for each in lines:
        if each != LEFT_OUT or before != LEFT_OUT:
            yield each
        before = each
