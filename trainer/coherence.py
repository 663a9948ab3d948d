"""Whether a sampled reply holds together and is in the language that it should be in.

Everything is judged against the reply that the person approved: what stands there too is manner.
"""

from __future__ import annotations

import re
from collections import Counter

LONGEST_LOOP_WORDS = 12
# A word or two may be said a few times for emphasis ("no, no, no"); a phrase hardly four times.
LOOP_REPEATS, SHORT_LOOP_REPEATS = 4, 8
# Korean laughs and weeps in long rows of one letter, and rulers are rows of one sign.
_ROW_OF_ONE = re.compile(r"([^\W_ㄱ-ㅣ])\1{11,}")
# What has no spaces to find words by: a piece of 2 to 20 letters, six times up to the end.
_ROW_OF_PIECES = re.compile(r"([^\W\d_ㄱ-ㅣ]{2,20}?)\1{5,}\W*\Z")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+", re.DOTALL)
_ASIDE = re.compile(r"\([^()\n]*\)|（[^（）\n]*）|\"[^\"\n]*\"|“[^“”\n]*”|「[^「」\n]*」")
_SCRIPTS = re.compile(
    "(?P<latin>[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+)"
    "|(?P<hangul>[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]+)"
    "|(?P<kana>[\u3041-\u3096\u30a1-\u30fa]+)"
    "|(?P<han>[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)"
    "|(?P<greek>[\u0370-\u03ff]+)"
    "|(?P<cyrillic>[\u0400-\u052f]+)"
    "|(?P<hebrew>[\u0590-\u05ff]+)"
    "|(?P<arabic>[\u0600-\u06ff]+)"
    "|(?P<devanagari>[\u0900-\u097f]+)"
    "|(?P<thai>[\u0e00-\u0e7f]+)"
)
# Fewer letters of a script are a symbol, a name or an emoticon.
STRAY_LETTERS = 3
# A Korean text on technical matters is full of Latin names, so half its letters are enough, and
# one that hardly has Hangul any more is no Korean text.
HANGUL_SHARE, NO_HANGUL_SHARE = 0.5, 0.1
ENOUGH_LETTERS = 8
SCRIPTS_OF_NONSENSE = 4
# Average nats a token that the base is surprised by. Texts that people write take it 2 to 4, words
# at random more than the logarithm of its vocabulary, 10 to 12. A manner that it has never seen
# surprises it too, but no more than the approved reply in that manner does.
SURPRISE, SURPRISE_TIMES = 8.0, 1.5


def falls_apart(
    reply: str,
    expected: str,
    *,
    cut: bool,
    surprise: float | None = None,
    usual_surprise: float | None = None,
) -> str | None:
    """How a reply is none: empty, a loop, garbled letters, or words at random."""
    if not reply.strip():
        return "empty" if expected.strip() and not cut else None
    if _loops(reply) and not _loops(expected):
        return "loop"
    if _garbled(reply) and not _garbled(expected):
        return "garbled"
    if surprise is None or usual_surprise is None:
        return None
    return "random" if surprise > max(SURPRISE, SURPRISE_TIMES * usual_surprise) else None


def other_language(prompt: str, reply: str, expected: str) -> str | None:
    """The script that a reply should not be in, or that strayed into it."""
    said, wanted = _scripts(reply), _scripts(expected or prompt)
    letters = sum(said.values())
    if letters < ENOUGH_LETTERS or not wanted:
        return None
    hangul, wanted_hangul = _share(said, "hangul"), _share(wanted, "hangul")
    if wanted_hangul >= HANGUL_SHARE and hangul < NO_HANGUL_SHARE:
        return main_script(reply)
    if wanted_hangul == 0 and hangul >= HANGUL_SHARE:
        return "hangul"
    known = {"latin", "hangul", *_scripts(prompt), *_scripts(expected)}
    stray = _scripts(_ASIDE.sub(" ", reply))
    return next(
        (name for name, n in stray.items() if name not in known and n >= STRAY_LETTERS), None
    )


def main_script(text: str) -> str:
    """The script that most letters of a text are in; nothing where there are none."""
    counts = _scripts(text)
    return counts.most_common(1)[0][0] if counts else ""


def _loops(text: str) -> bool:
    words = re.findall(r"\w+", text.lower())
    for size in range(1, LONGEST_LOOP_WORDS + 1):
        repeats = LOOP_REPEATS if size > 2 else SHORT_LOOP_REPEATS
        tail = words[-size * repeats :]
        if len(tail) == size * repeats and tail == tail[:size] * repeats:
            return True
    prose = _CODE.sub(" ", text)
    return bool(_ROW_OF_ONE.search(prose) or _ROW_OF_PIECES.search(prose.rstrip()))


def _garbled(text: str) -> bool:
    """Broken letters, which a cut in the midst of one explains at the very end only."""
    if text.rstrip("\ufffd").count("\ufffd") > 1 or _CONTROL.search(text):
        return True
    if len(text) >= ENOUGH_LETTERS and not re.search(r"\w", text):
        return True
    scripts = _scripts(text)
    return sum(n >= STRAY_LETTERS for n in scripts.values()) >= SCRIPTS_OF_NONSENSE


def _scripts(text: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for run in _SCRIPTS.finditer(_CODE.sub(" ", text)):
        counts[run.lastgroup or ""] += len(run.group())
    return counts


def _share(counts: Counter[str], script: str) -> float:
    return counts[script] / sum(counts.values()) if counts else 0.0
