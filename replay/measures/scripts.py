"""In which scripts a text is written, leaving out what is code."""

from __future__ import annotations

import re
from collections import Counter

_LOOKED_AT = 1_000  # characters; a text does not change its script later on
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+", re.DOTALL)
_NOT_LETTERS = str.maketrans({chr(code): None for code in range(128) if not chr(code).isalpha()})
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
_HANGUL = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]+")
_OTHERS = re.compile(
    "[\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0370-\u052f"
    "\u0590-\u06ff\u0900-\u097f\u0e00-\u0e7f]"
)
_RUNS = re.compile(
    f"(?P<latin>{_LATIN.pattern})"
    f"|(?P<hangul>{_HANGUL.pattern})"
    "|(?P<kana>[\u3041-\u3096\u30a1-\u30fa]+)"
    "|(?P<han>[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)"
    "|(?P<cyrillic>[\u0400-\u052f]+)"
    "|(?P<greek>[\u0370-\u03ff]+)"
    "|(?P<arabic>[\u0600-\u06ff]+)"
    "|(?P<hebrew>[\u0590-\u05ff]+)"
    "|(?P<thai>[\u0e00-\u0e7f]+)"
    "|(?P<devanagari>[\u0900-\u097f]+)"
)


def prose(text: str) -> str:
    """The text without code and addresses."""
    return _CODE.sub(" ", text) if "`" in text or "://" in text else text


def script_counts(text: str) -> Counter[str]:
    """How many letters of each script; one or two of Greek or Cyrillic are symbols."""
    text = text[:_LOOKED_AT]
    if text.isascii():
        letters = len(text.translate(_NOT_LETTERS))
        return Counter({"latin": letters} if letters else {})
    counts: Counter[str] = Counter()
    if not _OTHERS.search(text):  # nearly always, and ten times as fast
        without_hangul = _HANGUL.sub("", text)
        latin = len(without_hangul) - len(_LATIN.sub("", without_hangul))
        found = {"latin": latin, "hangul": len(text) - len(without_hangul)}
        return Counter({script: size for script, size in found.items() if size})
    for run in _RUNS.finditer(text):
        script = run.lastgroup or ""
        size = run.end() - run.start()
        if size > 2 or script not in ("greek", "cyrillic"):
            counts[script] += size
    return counts


def script_places(text: str, script: str) -> list[tuple[int, int]]:
    """Where letters of a script stand, outside of code and addresses."""
    code = [match.span() for match in _CODE.finditer(text)]
    return [
        run.span()
        for run in _RUNS.finditer(text)
        if run.lastgroup == script and not any(start <= run.start() < end for start, end in code)
    ]
