"""What a reply is about, by cheap rules; the user has the last word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

from replay.measures.language import asks_for_translation, language_of

Topic = Literal["coding", "general", "korean", "translation", "persona"]
TOPICS: tuple[Topic, ...] = get_args(Topic)
# The share of approved replies on a topic that makes an even persona: at least, at most.
TOPIC_GUIDE: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"coding": (0.5, 0.6), "general": (0.2, 0.3), "korean": (0.1, 0.2)}
)

_CODE_WORDS = re.compile(
    r"```|\b(?:python|javascript|typescript|java|kotlin|swift|golang|rust|c\+\+|c#|php|ruby|sql"
    r"|bash|regex|regexp|html|css|json|yaml|api|pandas|numpy|react|django|flask|docker|git|npm"
    r"|linux|segfault|traceback|stack ?trace|compil(?:er|e|es)|algorithm|refactor|unit ?tests?"
    r"|debug(?:ging)?|syntax error|recursion|hashmap|linked list|async|mutex|postgres|sqlite)\b"
    r"|파이썬|자바스크립트|코딩|코드|함수|변수|알고리즘|컴파일|디버깅|정규식|정규 표현식|쿼리"
    r"|\b(?:function|method|class|variable|array|loop|list|dict|string)\b.{0,40}"
    r"\b(?:returns?|code|python|index|elements?|sort|reverse|iterate)\b|\bdef \w+\(|=>|\(\);",
    re.IGNORECASE,
)
_SELF = re.compile(
    r"\b(?:who are you|your name|about yourself"
    r"|(?:do|are|would|could|can) you (?:like|love|feel|hate|enjoy|dream|happy|sad|tired|lonely"
    r"|ok|okay|alright|remember me|have (?:a |any )?(?:favou?rite|friends|feelings?|family|hobb))"
    r"|how are you|how's it going|how was your|what's up|your favou?rite"
    r"|good (?:morning|evening|night)|i(?:'m| am) (?:so |very |really |feeling |a bit )*(?:sad"
    r"|tired|happy"
    r"|lonely|bored|anxious|stressed|excited|scared|angry|proud|nervous|upset|worried)"
    r"|i feel|i miss|i had a (?:bad|good|great|long|rough|hard) day|thank you|thanks|cheer me up"
    r"|talk to me|tell me (?:a joke|something nice))\b|^\W*(?:hi|hello|hey|yo|bye)\b.{0,30}$",
    re.IGNORECASE,
)


def topic_of(question: str, reply: str) -> Topic:
    """The likeliest topic: the doing first, then the language, then whom it is about."""
    question = question[:1_500]
    if asks_for_translation(question):
        return "translation"
    if "```" in reply or _CODE_WORDS.search(question):
        return "coding"
    if not reply.isascii() and language_of(reply) == "ko":
        return "korean"
    return "persona" if _SELF.search(question.replace("’", "'")) else "general"
