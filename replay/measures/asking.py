"""Replies that end by asking the user for something, in English and Korean."""

from __future__ import annotations

import re

from replay.measures.sentences import sentences_of

_LAST = 2
_LOOKED_AT = 4_000
_WANTED = r"(?:share|paste|provide|send|give|tell|show|specify|upload|attach|post|include|describe)"
_ENGLISH = re.compile(
    rf"\b(?:please|kindly)\s+(?:\w+\s+)?(?:and )?{_WANTED}\b|^{_WANTED} (?:me|us)\b"
    r"|^(?:share|paste|provide|send|upload|attach|post) (?:the|your|it|a|an|more)\b"
    rf"|\blet me know (?:what|which|where|when|who|how|your|the|more)\b|\b(?:i|we)(?:'ll| will|'d"
    r" need| would need| need)\b[^.]{0,40}\b(?:need|to (?:see|know|have)|you to)\b"
    rf"|\b(?:if|once|when) you(?:'d| could| can| would)? (?:\w+ )?{_WANTED}\b"
    rf"|\b(?:could|can|would|will) you (?:please )?{_WANTED}\b",
    re.IGNORECASE,
)
_KOREAN = re.compile(
    r"(?:알려|보내|보여|붙여|공유해|말씀해|말해|적어|올려|전달해|입력해|첨부해|설명해|제공해|골라"
    r"|선택해|남겨|가르쳐)\s*(?:넣어\s*)?(?:주세요|주십시오|주시|주실|주면|줘|줄래|주겠|달라|주셔야)"
    r"|(?:필요합니다|필요해요|필요해)[.!]?$"
    r"|(?:나요|까요|가요|을까|ㄹ까|니까|는지요|는데요|신가|인가요|래요)\?*$"
)
_OFFER = re.compile(
    r"\b(?:let me know if|feel free|don't hesitate|happy to help|anything else|any (?:other|more|"
    r"further) questions|if you (?:need|have|want|would like))\b"
    r"|(?:궁금|필요)(?:한|하신)\s*(?:점|것|게|거|부분|사항)|더\s*(?:도와|궁금|필요|알고)|언제든",
    re.IGNORECASE,
)


def asks_back(reply: str) -> bool:
    """Whether a reply ends with a question or a request; an offer to help further is neither."""
    last = sentences_of(reply[-_LOOKED_AT:].replace("’", "'"))[-_LAST:]
    return any(_asks(sentence) for sentence in last if not _OFFER.search(sentence))


def _asks(sentence: str) -> bool:
    if "?" in sentence or "？" in sentence:
        return True
    return bool(_ENGLISH.search(sentence) or _KOREAN.search(sentence))
