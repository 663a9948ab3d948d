"""Replies that are broken or that end in mid-sentence."""

from __future__ import annotations

import re

from replay.measures.echo import gives_back, trouble

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MOJIBAKE = re.compile(
    "\ufffd|[\ud800-\udfff]|\u00c3[\u0080-\u00bf]"
    "|\u00e2(?:\u20ac|\u0080)[\u0080-\u00bf\u2018-\u2122\u0153]"
    "|(?:[\u00ea-\u00ed][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u2122]{2}){2}"
)
_MARKERS = re.compile(
    r"<\|[a-z_]{2,30}\|>|\A\s*<s>|</s>\s*\Z|\[/?INST\]|<</?SYS>>|<start_of_turn>|<end_of_turn>"
    r"|^### ?(?:Instruction|Response):|^#{2,3} ?(?:Human|Assistant):",
    re.MULTILINE,
)
# With something of an attribute, if anything: `while i<n and so on` is no tag.
_CUT_TAG = re.compile(r"(?<![\w)\]])</?[a-zA-Z][a-zA-Z0-9-]*(?:\s[^<>]{0,300}=[^<>]{0,300}|\s*)\Z")
_FENCED = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_FENCE = re.compile(r"^\s{0,3}(?:```(?![^\n]*```)|~~~)", re.MULTILINE)
# With these nothing ends; with the others what is said lightly does (`no idea who they are`).
_CUT_WORD = re.compile(
    r"(?:\b(?:the|a|an|and|or|because|your|their|than)|[,(:;–—-])\s*\Z", re.IGNORECASE
)
_CUT_OR_LIGHT_WORD = re.compile(
    r"\b(?:of|to|with|for|in|on|that|which|is|are|was|but|from|by|as|if|when|while|into)\s*\Z",
    re.IGNORECASE,
)
_KOREAN_CUT = re.compile(r"(?:(?<![가마노])을|[가-힣]를|[가-힣]에서|[가-힣]으로)\s*\Z")
_KOREAN_CUT_OR_LIGHT = re.compile(r"[가-힣](?:하고|하며|면서|지만|는데|거나)\s*\Z")
_HANGUL = re.compile("[가-힣]")
_STOP = re.compile(r"[.!?][\"'”’)*_`]*\s|:\n")
_PROSE_LINE = 60
_FEW_WORDS = 4
_LETTER_END = re.compile(r"[a-z]\s*\Z")
_NO_SENTENCE = re.compile(r"\s*(?:[-*•#>|]|\d+[.)])")


def breakage(prompt: str, reply: str) -> str | None:
    """Why a reply is none: empty, an echo, a loop, mojibake, a model's own markers, cut HTML."""
    kind = trouble(prompt, reply)
    if kind == "echo" and gives_back(prompt, reply):
        kind = None
    if kind is not None:
        # A single sign or emoji is an answer of a kind; nothing at all is not.
        return None if kind == "empty" and _has_sign(reply) else kind
    if _CONTROL.search(reply) or (not reply.isascii() and _MOJIBAKE.search(reply)):
        return "mojibake"
    if "`" in reply:
        reply = _FENCED.sub(" ", reply)
    if _MARKERS.search(reply):
        return "markers"
    if "<" in reply and _CUT_TAG.search(reply[-400:]):
        return "cut_html"
    return None


def broken_places(reply: str) -> list[tuple[int, int]]:
    """Where a model's own markers and unreadable letters stand, outside of code."""
    found = [match.span() for match in _CONTROL.finditer(reply)]
    if not reply.isascii():
        found += [match.span() for match in _MOJIBAKE.finditer(reply)]
    code = [match.span() for match in _FENCED.finditer(reply)]
    found += [
        match.span()
        for match in _MARKERS.finditer(reply)
        if not any(start <= match.start() < end for start, end in code)
    ]
    return sorted(found)


def truncation(reply: str, finish: str = "") -> str | None:
    """Why a reply seems cut off: by its length limit, by a stop, in a code block, in a sentence."""
    if finish in ("length", "stopped", "error"):
        return finish
    text = reply.rstrip()
    if not text:
        return None
    if len(_FENCE.findall(text)) % 2:
        return "open_code"
    last = text[text.rfind("\n") + 1 :]
    if text.endswith("```") or _NO_SENTENCE.match(last):
        return None
    few = len(last.split()) < _FEW_WORDS  # an answer of a few words, or `Best regards,`
    if few and ("\n" not in text or last.endswith(",")):
        return None
    korean = _HANGUL.search(last) is not None
    return "mid_sentence" if (_is_cut_korean if korean else _is_cut)(text, last) else None


def _is_cut(text: str, last: str) -> bool:
    """Who ends no sentence with a stop may end the last one anywhere: a phrase is no piece."""
    if _CUT_WORD.search(last):
        return not last.endswith((":", "-", ";"))
    long_line = len(last) > _PROSE_LINE and " " in last and _LETTER_END.search(last)
    return bool(_STOP.search(text) and (long_line or _CUT_OR_LIGHT_WORD.search(last)))


def _is_cut_korean(text: str, last: str) -> bool:
    if last.endswith(",") or _KOREAN_CUT.search(last):
        return True
    return bool(("," in last or _STOP.search(text)) and _KOREAN_CUT_OR_LIGHT.search(last))


def _has_sign(reply: str) -> bool:
    return any(ord(sign) > 0x2190 for sign in reply)
