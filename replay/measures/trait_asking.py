"""Questions that a reply puts to the user; rhetorical and quoted ones are none."""

from __future__ import annotations

import re

from replay.measures.trait_text import EMOJI, Told, share

_QUOTED = re.compile(
    r'"[^"\n]{0,400}"|「[^」\n]{0,400}」|『[^』\n]{0,400}』|«[^»\n]{0,400}»'
    r"|(?<![A-Za-z가-힣0-9])'[^'\n]{2,400}'(?![A-Za-z])"
)
_NOT_ASKED = re.compile(r"^[ \t]*(?:>|#{1,6}[ \t]|\|)[^\n]*$|^\W*Q\d*[.:)][^\n]*$", re.MULTILINE)
_BOLD_LINE = re.compile(r"^[ \t]*\*\*[^\n*]{1,200}\?\*\*[^\n]*$", re.MULTILINE)
_UNIT = re.compile(r"\n\n+|\n|(?<=[.!?。！？…~ㅋㅎㅠㅜ])[\s*_)]+|(?<=[.!?。！？…~][)\"'])[\s*_)]+")
# What introduces questions that are for somebody else.
_FOR_OTHERS = re.compile(
    r"\bask (?:yourself|your|him|her|them|the|a|an|each|people|anyone|someone|questions)\b"
    r"|\b(?:questions (?:to|you (?:can|could|might)|such as|like)|wonder|people (?:often )?ask"
    r"|(?:he|she|they|who|interviewers?|customers?) (?:\w+ ){0,2}asks?(?:ed)?|faq)\b"
    r"|\b(?:the|key|central|big|real) question is\b|\bit asks\b"
    r"|스스로에게|자신에게|물어보(?:세요|시|면|는)|물어봐(?!도)|여쭤보(?:세요|시)|질문(?:해 보|"
    r"하세요|을 던|은|들)"
    r"|라고 (?:물|묻|질문)|자문|궁금해하(?:는|실)",
    re.IGNORECASE,
)
_TO_YOU = re.compile(
    r"\b(?:you|your|yours|yourself|u|ya)\b"
    r"|\b(?:shall|should|can|could|may|might) (?:i|we)\b"
    r"|\b(?:want|need|like|mind) (?:me|to|if i|a|an|some|more|another|any)\b",
    re.IGNORECASE,
)
_RHETORICAL = re.compile(
    r"^\W*(?:guess what|you know what|and )?(?:who|what) (?:doesn't|wouldn't|knew|could possibly"
    r"|isn't|hasn't|cares|needs|says|else would)\b|guess what|know what\?|\bwho would(?:n't| not)?"
    r" (?:not|have|say|think)|^\W*(?:sounds? familiar|see|right|really|cool|huh|nice|neat|why"
    r"|why not|so what|eh|wow|what|how|how so|the (?:best|worst|good|bad|result|catch|reason"
    r"|trick|problem|upside|downside|point|answer|short)[^?]{0,30}|the \w+)\?"
    r"|\b(?:isn't|aren't|wasn't|doesn't|don't|didn't|won't) (?:it|that|they|this|he|she|we|life)"
    r"\b|, (?:right|huh|no|eh|is it|does it)\?|\bhow (?:cool|great|amazing|nice|hard|bad)\b"
    r"|what could (?:possibly )?go wrong|(?:have you )?ever (?:wondered|noticed)|did you know"
    r"|can you (?:believe|imagine|blame)|what's not to|why (?:bother|on earth|would (?:any|some))"
    r"|where would we|what if i told|isn't (?:it|that)|remember when|what (?:is|are|was) "
    r"(?:life|love|time)\b|what's the (?:point|worst|harm|rush|big deal)|who needs"
    r"|why (?:did|does|do) (?:the|a|an)\b",
    re.IGNORECASE,
)
_OF_ANYBODY = re.compile(
    r"^\W*(?:so|but|and|now|then|well|okay|ok)?,?\s*(?:how|why|what|where|when) "
    r"(?:do|does|can|could|would|should|did|is|are|was|were|makes|happens|about|if|else|to|so)\b",
    re.IGNORECASE,
)
_POINTED = re.compile(
    r"^\W*(?:(?:and|or|also|so|but|first|just|hmm|okay|ok|sure|oh|got it|quick question|one"
    r" (?:more )?question)[,:]?\s+)*(?:which|how (?:many|much|long|big|old|far|often|soon)|do|did"
    r"|are|have|would|could|can|will|is (?:it|this|that|there|the)|was (?:it|this|that|there)"
    r"|what(?:'s| is| are| kind| sort| type)|when|where|any|for whom|or)\b",
    re.IGNORECASE,
)
_INDIRECT = re.compile(
    r"\b(?:tell me|let me know|share|send me|paste|remind me|i'd (?:love|like|need) to (?:know|"
    r"hear)"
    r"|i(?:'m| am) curious|i wonder|i need to know|could use)\b[^.!?\n]{0,60}\b(?:what|which|who"
    r"|how|where|when|why|whether|more about|your|the (?:full|exact|error|version|output))\b"
    r"|(?:는지|은지|ㄴ지|인지|을지|할지|던지|떤지|한지|신지)[^.!?\n]{0,20}(?:알려|말씀|말해|"
    r"얘기|들려|적어|궁금)"
    r"|궁금(?:해요|합니다|하네요|해)|(?:종류|버전|예산|날짜|내용|메시지|환경|상황|주제|"
    r"분량)[^.!?\n]{0,12}"
    r"(?:을|를|도|만)? ?(?:알려|보내|말씀해|말해|들려|적어) ?(?:주|줘)",
    re.IGNORECASE,
)
_KOREAN = re.compile(r"[가-힣]")
_KOREAN_MARKLESS = re.compile(
    r"(?:[가-힣](?:까요|나요|가요|던가요)|습니까|십니까|입니까|실래요|할래|줄까|드릴까|느냐|"
    r"는데요)[\s~.ㅎㅋ]*$"
)
_KOREAN_RHETORICAL = re.compile(
    r"(?:누가|어디|무슨|어떻게|얼마나)[^?\n]{0,30}(?:겠어|겠습니까|겠냐|겠니|까)요?\s*\?"
    r"|(?:겠어요?|겠습니까|겠냐|겠니|리가 (?:있|없)[가-힣]*|지 않(?:나요|습니까|아요|을까요|나|"
    r"니|아|냐)"
    r"|잖아요?|그렇죠|그쵸|그치|아시죠|맞죠|렇지|아닙니까|아니겠[가-힣]+|아닌가요?|않던가요?|"
    r"뭐겠[가-힣]+)\s*\?"
    r"|^\W*(?:왜|왜요|왜일까요?|왜냐고요?|어떻게요|정말요|진짜요|그래서요|뭐냐고요?|그 이유는|"
    r"비결은"
    r"|결과는|정답은|그럼|혹시 아세요|알고 계셨나요|알고 계신가요|그거 아(?:세요|시나요|니))\s*\?"
    r"|(?:고요|다고요|라고요|냐고요?|다고|라고)\s*\?|사실을? (?:아세요|아시나요|알고 계)|"
    r"신기하죠|대단하죠"
)
_KOREAN_TO_YOU = re.compile(
    r"(?:세요|셔요|신가요|시나요|십니까|셨나요|셨어요|셨습니까|실래요|실까요|시겠어요|"
    r"시겠습니까|신지요|시죠"
    r"|드릴까요|드려요|줄까|볼까|해 ?줄까|니|냐|을래|할래|ㄹ래|갈래|볼래|었어|았어|했어|있어|"
    r"싶어|거야|어때"
    r"|어떠[가-힣]*|어떨까요|던가요|어떤데|뭔데|뭐야|뭐예요|인가요|건가요|건데|는데|왔어|어디야|"
    r"언제야)"
    r"\s*\?|^\W*(?:혹시|너|당신|너는|넌|네가|본인)|(?:할|해|살펴|정리해|시작해|만들어|골라) "
    r"?볼까요?\s*\?"
)
_KOREAN_OF_ANYBODY = re.compile(
    r"(?:왜|어떻게|무엇|뭐가|무슨|어째서|어디서|누가|이유)[^?\n]{0,40}(?:까요?|걸까요?|일까요?|"
    r"나요|가요|는가|할까"
    r"|거야|하지|하죠|그런 거지|그렇지)\s*\?"
)


def questions(of: Told) -> float:
    """How much a reply asks back."""
    return share(asked(of) / (1 + of.size / 400) ** 0.3, 1.6)


def asked(of: Told) -> float:
    """How many questions the user is asked; a doubtful one counts in part."""
    prose = _BOLD_LINE.sub(" ", _NOT_ASKED.sub(" ", of.prose))
    prose = EMOJI.sub(" ", _QUOTED.sub(" ~ ", prose))
    paragraphs = [part for part in prose.split("\n\n") if part.strip()]
    amount = 0.0
    for_others = False
    for place, paragraph in enumerate(paragraphs):
        units = [unit for unit in _UNIT.split(paragraph) if re.search(r"\w", unit)]
        for at, unit in enumerate(units):
            asks = re.search(r"[?？][\s)*_~.!ㅋㅎㅠ^:;-]*$", unit) is not None
            if _FOR_OTHERS.search(unit) and not re.search(r"\b(?:may|can|let me) i? ?ask", unit):
                for_others = unit.rstrip().endswith((":", "~")) or "?" in unit
                continue
            if not asks and not _is_listed(unit):
                for_others = False
            answered = any("?" not in later and "？" not in later for later in units[at + 1 :])
            last = place == len(paragraphs) - 1 and not answered
            weight = _weight(unit, asks, answered, last)
            amount += 0.1 * weight if for_others else weight
    return amount


def _is_listed(unit: str) -> bool:
    return re.match(r"\s*(?:[-*•+]|\d{1,3}[.)])", unit) is not None


def _weight(unit: str, asks: bool, answered: bool, last: bool) -> float:
    """How much of a question to the user a sentence is; `answered`: statements follow it."""
    korean = _KOREAN.search(unit) is not None
    if not asks:
        if korean and last and _KOREAN_MARKLESS.search(unit.rstrip()):
            return 0.8 if _KOREAN_TO_YOU.search(unit.rstrip(" .~") + "?") else 0.5
        return 0.45 if _INDIRECT.search(unit) else 0.0
    weight = _korean_weight(unit, answered) if korean else _english_weight(unit, answered)
    more = min(2, max(0, len(re.findall(r"[?？](?=\s|$)", unit)) - 1))
    joined = re.search(
        r"(?:,| and| or) (?:and )?(?:how|what|which|who|when|where|do|did|is|are)\b"
        r"|(?:이고|이며|하고|시고|는지|며),? [^?]{0,30}(?:몇|언제|어디|무엇|어떤|누구|얼마)",
        unit,
        re.IGNORECASE,
    )
    return weight * (1 + 0.8 * more + (0.4 if joined else 0.0)) + (0.1 if last else 0.0)


def _english_weight(unit: str, answered: bool) -> float:
    if _RHETORICAL.search(unit):
        return 0.1
    if _TO_YOU.search(unit):
        return 0.25 if answered and _OF_ANYBODY.search(unit) and not _own(unit) else 1.0
    if _POINTED.search(unit):
        return 0.6 if answered else 0.9
    return 0.15 if answered else 0.7


def _own(unit: str) -> bool:
    """Whether it is about what the user has or did, which only the user can answer."""
    return (
        re.search(
            r"\byour\b|\bdid you\b|\bare you\b|\bhave you\b|\bdo you (?:want|need|have|use|like"
            r"|prefer|plan|mean|feel|think|live|work)\b|would you (?:like|prefer|rather|say)",
            unit,
            re.IGNORECASE,
        )
        is not None
    )


def _korean_weight(unit: str, answered: bool) -> float:
    marked = unit.replace("？", "?")
    if _KOREAN_RHETORICAL.search(marked):
        return 0.1
    if _KOREAN_TO_YOU.search(marked):
        return 1.0
    if _KOREAN_OF_ANYBODY.search(marked):
        return 0.15 if answered else 0.5
    return 0.35 if answered else 0.8
