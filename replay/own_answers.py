"""Whether a reply says an answer: in any case and with any signs, numbers by their value.

Korean nouns may have particles behind them, and Korean words may be written together or apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

_HANGUL = "가-힣ㄱ-ㅎㅏ-ㅣ"
_TOKEN = re.compile(
    r"(?:(?<!\w)-)?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"  # a number
    rf"|[{_HANGUL}]+"
    rf"|[^\W\d_{_HANGUL}]+[+#]*"  # a word; C is not C++
)
_MINUS = str.maketrans("\u2212\u2013", "--")
# What stands behind a noun and leaves it the same word.
_PARTICLES = (
    "이라고|라고|이라는|라는|이란|란|이나|이랑|랑|이며|이고|이지만|지만|이므로"
    "|에서|에게|에는|에도|께서|께|으로|로|은|는|이|가|을|를|의|에|와|과|도|만"
    "|까지|부터|보다|처럼|마다|밖에|뿐|입니다|이다|이에요|예요|이야|야|이요|요"
    "|이었습니다|였습니다|이었다|였다|이죠|죠|인데"
)
# As many as stand together; without an end a reply that loops would be searched for ever.
_MOST_PARTICLES = 3
_ARTICLES = {"a", "an", "the"}


def says_answer(reply: str, answers: Iterable[str]) -> bool:
    """Whether a reply says one of the answers, in whole words."""
    said = " ".join(_tokens(reply))
    return any(_says(said, reply, answer) for answer in answers)


def _says(said: str, reply: str, answer: str) -> bool:
    wanted = _tokens(answer)
    if len(wanted) > 1 and wanted[0] in _ARTICLES:
        wanted = wanted[1:]
    if not wanted:  # signs alone: none of them may be left out
        return _folded(answer).strip() in _folded(reply)
    pattern = _pattern(wanted[0])
    for before, token in pairwise(wanted):
        apart = " ?" if _is_korean(before) and _is_korean(token) else " "
        pattern += apart + _pattern(token)
    if _is_korean(wanted[-1]):
        pattern += f"(?:{_PARTICLES}){{0,{_MOST_PARTICLES}}}"
    return re.search(rf"(?<!\S){pattern}(?!\S)", said) is not None


def _pattern(token: str) -> str:
    return " ?".join(token) if _is_korean(token) else re.escape(token)


def _is_korean(token: str) -> bool:
    return re.match(f"[{_HANGUL}]", token) is not None


def _tokens(text: str) -> list[str]:
    """Words and numbers, equal numbers in the same form."""
    return [
        _plain_number(token) if token[-1].isdecimal() else token
        for token in _TOKEN.findall(_folded(text))
    ]


def _plain_number(token: str) -> str:
    whole, _, part = token.removeprefix("-").replace(",", "").partition(".")
    part = part.rstrip("0")
    number = (whole.lstrip("0") or "0") + (f".{part}" if part else "")
    return f"-{number}" if token[0] == "-" and number != "0" else number


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().translate(_MINUS)
