"""How formally a reply speaks: register in English, levels of speech in Korean."""

from __future__ import annotations

import re
from statistics import fmean

from replay.measures.trait_signs import emoji_count
from replay.measures.trait_text import Told, around, count_among, cues, weigh

_FORMAL_WORDS_LISTED = """
    accordance accordingly acknowledge additionally adequate adhere advise advisable
    aforementioned albeit alternatively anticipate apologise apologize appreciate appropriate
    approximately ascertain assistance attain attend cease clarify cognizant commence commencement
    comprehensive comprise concerning conclude conduct consequently consider considerable
    considerably constitute consult convenience correspondence deem demonstrate denote desire
    determine disclose earnestly elect employ enclose encounter endeavour endeavor enquire enquiry
    ensure entail entitle establish evaluate evident exceed execute exhibit expedite facilitate
    forthwith furnish furthermore hence henceforth hereby herein however implement imperative
    inasmuch incur indicate inform inquire inquiry insofar intend kindly likewise madam merit
    moreover namely necessary necessitate nevertheless nonetheless notify notwithstanding numerous
    oblige obligation obtain occur ought permit pertain pleasure prefer preferable prescribe prior
    proceed procure prohibit promptly provide purchase pursuant receive recipient recommend
    reference refrain regarding regret regrettably remain render request require requirement
    respectfully respective respectively respond retain review revise shall sincerely sir solely
    solicit subsequent subsequently substantial sufficient suitable terminate thereafter thereby
    therefore thus transmit undertake upon utilise utilize verify whereas whereby wherein whether
    whilst whom wish yours matter opportunity submit confirm contact significant particular
    individual attached
"""
_FORMAL_WORDS = frozenset(_FORMAL_WORDS_LISTED.split())
_CASUAL_WORDS_LISTED = """
    ace ain't anyways awesome bam blast bloody boo bucks buddy bummer bunch buncha bye cheers
    chill chuck cool coolest coz crap crappy crazy cuz cute dang darn dope dude dunno epic fab
    fave folks freaking frickin fun goof goofy gonna gotcha gotta grab grub guys gross hack ha
    haha heck heya hey hi hiya hmm howdy huh hurray junk kiddo kids killer kinda lame lemme legit
    lol lotta lots mate meh messy mom mum nah naw neat nerdy nope nuts oh okay ok oops oopsie ouch
    pal peeps phew pic pics pop quick rad ripoff rip scoot screwed shoot shucks slap snag sneak
    sorta stuff stuffed sup super sweet swipe ta tad tbh thang thanks thx tons toss totally tricky
    tweak ugh uh um wanna weird whack whatcha whatever whoa whoops whopping wicked woah woo wow
    wrecked y'all ya yay yeah yep yikes yo yum yummy yup zap zip btw fyi imo imho omg asap idk
    gimme pls plz ur u thingy gizmo doc docs info app fridge veggies sec mins pricey cheap ditch
    dump nail crank smash bucks heads
"""
_CASUAL_WORDS = frozenset(_CASUAL_WORDS_LISTED.split())
_FORMAL = cues(
    {
        1.2: r"dear (?:mr|ms|mrs|dr|sir|madam|professor|all|colleague|customer|team)"
        r"|yours (?:sincerely|faithfully)|(?:kind|best|warm) regards|i am writing to|to whom it may"
        r"|thank you for (?:your|the|contacting|reaching|bringing)|at your (?:earliest "
        r")?convenience"
        r"|please (?:find|be advised|note|do not hesitate|accept|refer|ensure)|should you "
        r"(?:have|require"
        r"|need|wish|encounter|prefer)|i regret|we regret|i would (?:advise|recommend|suggest|be)"
        r"|it (?:is|should be|may be|would be) (?:advis|recommend|necess|import|worth|essent|possib"
        r"|prefer|prudent|note|understood|suggest)\w*|one (?:should|may|must|can|might|could|"
        r"ought)",
        0.8: r"do not|does not|did not|is not|are not|was not|were not|cannot|will not|would not"
        r"|should not|could not|have not|has not|had not|must not|need not|may not|it is|i am|"
        r"you are"
        r"|we are|they are|that is|there is|i have|i will|you will|we will|i would|you would|it "
        r"will"
        r"|let us|what is|who is|here is",
        0.7: r"in order to|with (?:respect|regard) to|in accordance|as (?:well as|regards|"
        r"follows|per)"
        r"|due to|in addition|for instance|prior to|such as|rather than|provided that|in the event"
        r"|subject to|in terms of|on behalf|as a result|in (?:particular|general|conclusion|"
        r"summary)"
        r"|the (?:former|latter|following|above|said)|of which|in which|to which|by which",
        0.45: r"(?:is|are|was|were|be|been|being) (?:\w+ly )?\w{3,}(?:ed|wn|ten|ven|ne|lt|pt|ken)"
        r"|would|may|might|must|please|could",
    },
    word=True,
)
_CASUAL = cues(
    {
        1.5: r"no (?:worries|biggie|prob|problem|sweat|big deal|way|clue|idea|need)|my bad|good "
        r"to go"
        r"|piece of cake|you guys|you(?:'re| are) (?:all set|golden|fine|good)|get rid of"
        r"|mess(?:es|ed|ing)? (?:up|with|around)|screw\w* up|hang out|chill out|what's up|way "
        r"(?:more"
        r"|less|too|faster|better|easier|\w+er)|pretty (?:much|good|bad|sure|cool|easy|\w+)|kind of"
        r"|sort of|a (?:ton|bunch|whole|lot|bit|little bit)|like (?:half|five|ten|two|a minute|"
        r"an hour"
        r"|\d+)|for real|big time|right\?|you know|or something|and stuff|or whatever|let's be"
        r"|how about|hit me up|shoot (?:me|them|your|over)|ping me|hop (?:on|in|over)|go for it"
        r"|hang on|hold on|bear with me|give (?:it|that) a (?:go|try|shot|whirl)|knock (?:it|"
        r"out|off)",
        1.0: r"(?:i|you|we|they|he|she|it|that|there|here|what|who|where|how|when|let)'(?:m|re|"
        r"ve|ll|d"
        r"|s)|\w+n't|\w+in'|'em|c'mon|one's|thing's|gotta|'cause",
        0.5: r"just|really|so|actually|basically|honestly|literally|anyway|sure|maybe|plus|"
        r"thing|things"
        r"|stick|figure|stuck|get|gets|got|getting|guess|bet|big|huge|tiny|nice|great|good|bad|love"
        r"|happy|pick|turns? out|check|throw|(?:take|have) a look|head (?:to|over)|cut|keep|go "
        r"ahead"
        r"|hello|sorry|lot of|fix|ask|want|works?|try",
    },
    word=True,
)
_START_CASUAL = re.compile(
    r"^\W*(?:and|but|so|plus|also|well|oh|ah|nah|yes|no|sure|right|ok|okay|anyway|now|or|"
    r"just|got|sounds|looks|glad|great|good)\b",
    re.IGNORECASE,
)
_START_SMALL = re.compile(r"^[a-z]+\s+[a-z]")
_VERY_FORMAL_KO = (
    r"귀하|귀사|당사|폐사|고객님|선생님|께서|께 |여쭙|여쭈|송구|아울러|하오니|사오니|바랍니다|"
    r"부탁드리|부탁드립|감사드|"
    r"양해|안녕하십니까|진심으로|대단히|심심한|올립니다|드림$|삼가|말씀드|드립니다|드리겠|드렸|"
    r"하시기|주시기|해 주십|주십시오"
)
_FORMAL_KO = cues(
    {
        1.0: _VERY_FORMAL_KO,
        0.6: r"하였|되었|하여[ ,]|되어[ ,]|으며|이며|하며|므로|따라서|또한|그러나|그러므로|이에 "
        r"|에 대하여|에 대한|에 의해|"
        r"로 인해|로 인하여|관하여|관련하여|에 따라|을 통해|를 통해|해당|검토|문의|제공|상기|"
        r"하기와|금일|익일|차후|추후|즉시|상당히|"
        r"매우|다만|및 |혹은|경우|필요합니다|것으로|것이 |것은|것을|에게|저희|저는|제가|권장|"
        r"권해|바람직|적절|확인|완료|진행|요청|"
        r"시기 |여부|본 |각 |위하여|위해|하시|으시|으십|이십|겠습니다",
    }
)
_CASUAL_KO = cues(
    {
        1.4: r"[ㅋㅎㅠㅜ]+|[ㄱ-ㅎ]{2,}|걍|대박|짱(?!구)|헐|존나|존맛|개(?:꿀|이득|웃|좋|비싸|"
        r"추천)|쩔|쩐다|꿀팁|꿀잼|레알|ㄹㅇ|인정|"
        r"(?<![가-힣])(?:야|얘|쟤|걔|네네|넵|넹|웅|응|엉|옙|오케이|오키|굿|와우|우와|아싸|에이|"
        r"어머|헉|짜잔|짠|휴|으악|아이고|이야)"
        r"(?![가-힣])|완전 |진짜|어케|글고|담에|일케|글케|맞다|땡|ㅇㅋ|빡세|빡치|꿀|핵|노답|"
        r"멘붕|쌩|뻥|쩝|뭐야|뭔데|하하|헤헤",
        0.7: r"(?<![가-힣])(?:난|넌|너|나|네가|니가|내가|너무|그냥|막|좀|뭐|엄청|되게|이거|그거|"
        r"저거|요거|이건|그건|저건|이게|그게|"
        r"뭔|뭘|뭔가|뭐든|근데|그럼|일단|얼른|후딱|자|음|아|어|오|와|안녕|반가워|그치|그쵸|"
        r"맞아요?|그래요?|하나도|딱|쭉|쏙|푹|싹|"
        r"암튼|아무튼|어쨌든|솔직히|있잖아요?)(?![가-힣])|거든|잖아|더라|구요|고요|라니까|"
        r"다니까|[가-힣](?:랑|이랑|한테)(?![가-힣])|"
        r"[가-힣]건 |걸요?(?![가-힣])|[가-힣]게요|~|테니|해여|세여|어용|에용",
    }
)
_TAIL = re.compile(r"(?:\([^()]{0,200}\)|[^가-힣A-Za-z0-9])+$")
_HAEYO = re.compile(r"[가-힣](?:요|죠|욤|용|여)$")
_RESPECT = re.compile(
    r"(?:세요|셔요|시죠|시나요|신가요|셨\S{0,2}요|"
    r"시겠\S?요|시면 돼요|시는\S* \S{1,4}요|실 \S+요|드\S{1,2}요)$"
)
_NOUN_YO = re.compile(r"(?:필|중|수|개|주|소|동|강|가|민|풀이)요$")
_HAGE = re.compile(
    r"(?:[가-힣](?:자네|걸세|일세|ㄹ세|게나|하게|시게|보게|두게|오게|가게|주게|하네|이네|맞네|"
    r"라네|다네|겠네|었네|았네|좋네|구려|구먼)|하오|이오|으오|"
    r"하구려|[가-힣]세)$"
)
_HAGE_SIGN = re.compile(r"자네|여보게|이보게|하게나|걸세|일세|이라네|한다네|하네\b|하게\b")
_PLAIN = re.compile(r"[가-힣]다$")
_BANMAL_SYLLABLES = frozenset(
    "어아야여지해돼줘봐와가자네군걸래냐니까게마데든라써져려워둬내켜꺼서러셔펴껴쳐려대거고면구감듯함쥬나임음"
)
_NOUN_END = re.compile(
    r"(?:국가|휴가|평가|추가|투자|여자|남자|과자|피자|숫자|글자|문자|상자|의자|회사|날짜|고수|"
    r"조사|나라|바다|하나|이유|우리|"
    r"정리|관리|처리|거리|자리|소리|최대|세대|기대|무대|시대|침대|반대|현대|단어|영어|한국어|"
    r"언어|국어|용어|분야|결과|효과|"
    r"사과|학과|광고|참고|창고|사고|최고|재고|경고|보고|화면|측면|장면|라면|냉면|반면|국면|표면|"
    r"친구|도구|연구|요구|지구|구|"
    r"가격|문서|순서|부서|보고서|질서|도서|카메라|드라마|로마|테마|정보|무게|가게|세계|한계|"
    r"단계|관계|설계|통계|이해|피해|"
    r"올해|새해|오해|방해|강아지|휴지|편지|까지|가지|바지|먼지|잔지|토지|유지|공지|금지|방지|"
    r"폐지|이미지|페이지|메시지|"
    r"소나|누나|언제나|바나나|처음|마음|다음|웃음|얼음|사람|바람|아침|점심|이름|여름|그림|기름|"
    r"게임|모임|책임|함)$"
)
_LEVELS = {"hapsyo": 1.0, "honoured": 0.7, "haeyo": 0.6, "plain": 0.45, "hage": 0.36, "note": 0.4}
_BANMAL = 0.06


def formality(of: Told) -> float:
    """How formal a reply is; each sentence by the rules of its own language."""
    korean = [each for each in of.sentences if re.search(r"[가-힣]", each)]
    english = [
        each for each in of.sentences if each not in korean and re.search(r"[A-Za-z]{2}", each)
    ]
    if not korean:
        return _english(of, english)
    value = _korean(of, korean)
    part = len(english) / (len(korean) + len(english)) * (0.15 if of.korean else 1.0)
    return (1 - part) * value + part * _english(of, english) if english else value


def speech_levels(of: Told) -> tuple[float, ...]:
    """The level of speech of each Korean sentence that has one, from 반말 to 하십시오체."""
    hage = _HAGE_SIGN.search(of.prose) is not None
    levels = (_level(each, hage) for each in of.sentences if re.search(r"[가-힣]", each))
    return tuple(level for level in levels if level is not None)


def _english(of: Told, sentences: list[str]) -> float:
    text = of.lowered
    count = max(1, len(of.words))
    long_words = sum(len(word) > 8 for word in of.words) / count
    formal = weigh(text, _FORMAL) + count_among(of.words, _FORMAL_WORDS)
    casual = weigh(text, _CASUAL) + 1.6 * count_among(of.words, _CASUAL_WORDS)
    casual += 0.9 * len(re.findall(r"!+", text)) + 1.2 * emoji_count(of)
    casual += 0.4 * len(re.findall(r"\.\.\.|…| [—–] |\(", text))
    casual += 0.6 * sum(_START_CASUAL.match(each) is not None for each in sentences)
    casual += 0.7 * sum(_START_SMALL.match(each) is not None for each in sentences)
    casual += 0.3 * sum(len(each.split()) < 5 for each in sentences)
    letters = sum(map(len, of.words)) / count
    per_word = (formal - casual) / (count + 6.0) ** 0.75
    return around(per_word + 2.5 * (long_words - 0.1) + 0.25 * (letters - 4.5), 1.1)


def _korean(of: Told, sentences: list[str]) -> float:
    levels = speech_levels(of)
    level = fmean(levels) if levels else 0.42
    formal = weigh(of.prose, _FORMAL_KO)
    casual = weigh(of.prose, _CASUAL_KO)
    casual += 0.9 * len(re.findall(r"!+", of.prose)) + 1.0 * emoji_count(of)
    casual += 0.3 * sum(len(each.split()) < 3 for each in sentences)
    return 0.72 * level + 0.28 * around((formal - casual) / (of.size + 8.0) ** 0.6, 0.6)


def _level(sentence: str, hage: bool) -> float | None:
    """The level of speech that a sentence ends in; none where it is no whole sentence."""
    end = _TAIL.sub("", sentence)
    if not end or not re.match(r"[가-힣]", end[-1]):
        return None
    if _deferential(end):
        return _LEVELS["hapsyo"]
    if _HAEYO.search(end) and not _NOUN_YO.search(end):
        return _LEVELS["honoured" if _RESPECT.search(end) else "haeyo"]
    if hage and _HAGE.search(end):
        return _LEVELS["hage"]
    if _PLAIN.search(end):
        return 0.15 if "!" in sentence[-3:] or "~" in sentence[-3:] else _LEVELS["plain"]
    if _NOUN_END.search(end):
        return None
    if _final_m(end) and end[-1] in "음함됨임림짐김":
        return _LEVELS["note"]
    return _BANMAL if end[-1] in _BANMAL_SYLLABLES else None


def _deferential(end: str) -> bool:
    """Whether it ends in -ㅂ니다, -ㅂ니까, -십시오 or -ㅂ시다."""
    plain = end.removesuffix("만").removesuffix("요")
    if plain.endswith("시오"):
        return True
    for ending in ("니다", "니까", "시다"):
        if plain.endswith(ending) and len(plain) > 2:
            return (ord(plain[-3]) - ord("가")) % 28 == 17
    return False


def _final_m(end: str) -> bool:
    return (ord(end[-1]) - ord("가")) % 28 == 16
