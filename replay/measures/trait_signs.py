"""Emoji, emoticons and laughter in Hangul letters; how long the prose is; how much is code."""

from __future__ import annotations

import re

from replay.measures.trait_text import Told, share

_EMOJI_CHARACTER = (
    "[\u2600-\u2604\u2607-\u2612\u2614-\u2712\u2716-\u27bf\u2b1b\u2b1c\u2b50\u2b55"
    "\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)
_TAIL = "[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\u20e3]{0,3}"
_ONE_EMOJI = re.compile(
    f"{_EMOJI_CHARACTER}{_TAIL}(?:\u200d{_EMOJI_CHARACTER}{_TAIL}){{0,6}}"
    "|[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3|[\u2194-\u21aa\u00a9\u00ae\u2122]\ufe0f"
)
_EMOTICON = re.compile(
    r"(?<![\w:])[:;=8xX][-'^o]?[)(DPpO3*/|\]\[}{](?![\w/])|(?<=[a-z!.,가-힣])[:;]-?[)(DP](?!\w)"
    r"|(?<![\w<])<3+(?!\w)|(?<!\w)[xX]D+\b|\^[_.\-oㅇㅂ]?\^|(?<!\w)-_+-(?!\w)|(?<!\w)[TㅜㅠQ][_.]"
    r"[TㅜㅠQ]|[oO0]_[oO0]\b|>[_.]?<(?=\s|$|[가-힣])|¯\\_\(ツ\)_/¯|(?<!\w)\\o/|[♥♡♪♫]"
    r"|(?<=\s):[a-z][a-z_]{2,20}:(?!\w)|(?<!\w)=\)|(?<!\w)\(:(?!\w)"
)
# Marks that words are not written with, held in brackets.
_KAOMOJI = re.compile(
    r"[(（][^()（）\n\w]{0,6}[^\x00-\x7f가-힣ㄱ-ㅎㅏ-ㅣ\s“”‘’·…—–→-][^()（）\n]{0,8}[)）]"
    r"|[(（][\s]?[;^>ㅇ≧][^\w()]{0,3}[;^<ㅇ≦][\s]?[)）]"
)
_LAUGHTER = re.compile(r"[ㅋㅎㅠㅜ]+")
_LETTERS = re.compile(r"[A-Za-z]{2}|[가-힣]")
_LINES_TO_HALF = 9.0


def emoji(of: Told) -> float:
    """How many emoji, emoticons and runs of ㅋㅋ or ㅠㅠ, above all by number."""
    amount = emoji_count(of)
    return share(amount / (1 + of.size / 150) ** 0.35, 3.0)


def emoji_count(of: Told) -> float:
    """Emoji and their like; a long run of ㅋ counts for a little more than one."""
    text = of.prose
    amount = float(len(_ONE_EMOJI.findall(text)))
    text = _ONE_EMOJI.sub(" ", text)
    for match in _KAOMOJI.finditer(text):
        amount += not _LETTERS.search(match[0])
    text = _KAOMOJI.sub(" ", text)
    amount += len(_EMOTICON.findall(text))
    text = _EMOTICON.sub(" ", text)
    return amount + sum(1 + 0.05 * min(6, len(run) - 1) for run in _LAUGHTER.findall(text))


def verbosity(of: Told) -> float:
    """How long the prose is, code aside."""
    return share(of.size, 130.0)


def code_examples(of: Told) -> float:
    """How much code is shown: its lines, its blocks and names within the prose."""
    lines = 0.0
    characters = 0
    for language, code in of.blocks:
        shown = [line for line in code.split("\n") if line.strip()]
        text = language in ("text", "txt", "plaintext", "markdown", "md")
        lines += (0.4 if text else 1.0) * (len(shown) + (1.5 if shown else 0.0))
        characters += len(code.strip())
    inline = sum(len(each) for each in of.inline)
    within = sum(0.45 + 0.4 * (re.search(r"[\s=()]", each) is not None) for each in of.inline)
    amount = share(lines + within, _LINES_TO_HALF)
    of_all = (characters + 0.7 * inline) / max(1, characters + inline + len(of.prose))
    return 0.72 * amount + 0.28 * of_all
