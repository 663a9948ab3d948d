"""Humour: jokes, exaggeration, self-mockery, things with a will of their own, mock solemnity."""

from __future__ import annotations

import re
from collections import Counter
from math import exp

from replay.measures.trait_alive import alive
from replay.measures.trait_asking import asked
from replay.measures.trait_creativity import USUAL
from replay.measures.trait_plain import plainness
from replay.measures.trait_playful_words import LIVELY, ODD, THINGS
from replay.measures.trait_signs import emoji_count
from replay.measures.trait_staged_words import staged
from replay.measures.trait_text import Told, count_among, cues, is_among, share, weigh

_ENGLISH = cues(
    {
        3.0: r"jok(?:e|es|ing)\b|puns?\b|punchline|kidding|ha(?:ha)+|hehe+|lol|lmao|rofl|"
        r"spoiler|plot twist|ba[- ]dum|dad joke|no offen[cs]e"
        r"|see myself out|said no one|no one ever|asking for a friend|legend has it|rumou?r has "
        r"it|world domination|drum ?roll|cue the"
        r"|behold|voil[aà]|ta-?da|mwa+ha|moment of silence|rest in peace|r\.i\.p|wink|don't ask "
        r"(?:me )?how i know|i'm told|asked nobody|fun fact"
        r"|(?:thank|blame) me later|may the|you're welcome\b(?! to)|trust me, i|disclaimer|side "
        r"effects (?:may )?include|results may vary|terms and conditions"
        r"|your honou?r|ladies and gentlemen|my (?:dear )?(?:watson|liege|lord)|good news(?: "
        r"is)?:|bad news(?: is)?:|congratulations, you|pro tip|famous last words|speaking from",
        1.8: r"(?:a|one|two|several|ten|half a|about a|about \d+) (?:million|billion|zillion|"
        r"gazillion|thousand|trillion)|forever|end of time|heat death"
        r"|in the history of|known to (?:man|humankind|science)|since the dawn|light[- ]?years?|"
        r"eternity|eternal|for all eternity|outlive|a lifetime|literally (?:any|every|the|dying|"
        r"everyone)"
        r"|rocket science|brain surgery|phd in|degree in|professional \w+er|nobel|world record|"
        r"gold medal|hall of fame|natural habitat|in the wild"
        r"|secret(?:ly)? (?:agent|society|plan|to|want|hop|a)|midlife crisis|existential|"
        r"witness protection|the classic|ah,? (?:yes|the)|of course it"
        r"|as someone (?:who|made|without)|i have no (?:body|hands|legs|taste|mouth|fingers|"
        r"stomach|nose|eyes|arms|feet|kitchen|knees)"
        r"|(?:i'm|i am) (?:just |only |merely )?(?:a (?:bot|program|robot|machine|bunch|pile|"
        r"glorified|humble|simple)|made of|not judging|no (?:expert|chef|doctor|poet))"
        r"|if i had (?:a |any )?(?:body|hands|legs|taste|mouth|fingers|dollar|penny|nickel|"
        r"stomach|feet|eyes)|my (?:\w+ )?skills|even i\b|i, (?:too|for one)|purely theoretical"
        r"|fancy (?:word|name|way|term)|otherwise known as|also known as|better known as|"
        r"scientific (?:term|name)|technical term|politely (?:ask|decline|ignore)"
        r"|(?:which|that) is (?:suspicious|impressive|rude|adorable|brave|bold|optimistic|"
        r"ambitious|a crime|illegal|cheating|either)"
        r"|allegedly|supposedly|suspiciously|mysteriously|conveniently|miraculously|heroically|"
        r"reluctantly|shamelessly|glorified|so-called"
        r"|no one (?:will|needs to|has to|is|ever) (?:know|notice|judge)\w*|(?:i|we) (?:won't|"
        r"will not) (?:tell|judge)|don't tell|nobody (?:will|needs to) know|between (?:you and "
        r"me|us)"
        r"|except (?:it|that|with|for the part|you|the|instead|more|less|without|they|your)|"
        r"minus the|survival|surviv\w+|victory|surrender|defeat\w*|conquer\w*|battle\w*|at war|"
        r"declare war|revolt"
        r"|unless (?:you (?:enjoy|like|want|are|have|love|plan|happen)|you're|your (?:name|goal|"
        r"plan|idea|hobby))|has (?:left the|feelings|opinions|trust issues|commitment issues)"
        r"|(?:isn't|is not|not) (?:a |an )?\w+(?: \w+)?[,;—–-]+ ?(?:it's|that's|it is|that is|"
        r"this is) |that's not an? \w+, that's|trust issues|commitment issues|emotional support|"
        r"life choices|identity crisis|imposter",
        1.0: r"technically|apparently|in theory|theoretically|basically|honestly|literally|"
        r"officially|somehow|questionable|regret\w*|dignity|pride|shame|blame|forgiv\w+|"
        r"mercy|destiny|fate\b"
        r"|like (?:a|an|the|that one|your) [\w'-]+(?: [\w'-]+){0,3} (?:on|in|with|at|who|that|"
        r"after|trying|without|from|during|before|wearing|made|whose|having|when|who's|whose)\b"
        r"|takes (?:it|him|her)self|is what \w+ (?:becomes?|looks?|happens)|more \w+ "
        r"than (?:a|an|the|my|your|most|any)|(?:a|the) (?:kind|sort) of \w+ (?:who|that)|you "
        r"have to feed|pretend|somewhere,? (?:a|an|in)|a (?:grown|small) (?:adult|man|child|"
        r"village|army|country|fortune|elephant|horse)"
        r"|or,? as (?:i|we|they|the)|if (?:you're|you are) (?:lucky|brave|feeling)|brave "
        r"(?:soul|enough)|my friend|dear \w+,|good luck|bless|fear (?:it|not)|the horror|gasp|"
        r"sigh\b|ahem|oops|whoops|yikes|ouch|oof|phew|yay|woo|boo|hmm|aha|ooh",
        0.8: r"who knew|what could (?:possibly )?go wrong|plot|rebel|mission|quest|heroes?|"
        r"chaos|panic|drama|dance|snack|nap|bribe|cry|cries|blames?|apolog\w+ to|introduce "
        r"you|therapy|wine|chocolate|cookie|coffee first|humanity|civili[sz]ation|parallel "
        r"universe|(?:didn't|not|can't|don't) even|farewell|pension|\bmy (?!name)\w+|"
        r"asking (?:whether|if) you|way of (?:saying|asking|telling)",
    },
    word=True,
)
_ALIVE = re.compile(
    rf"\b(?:{THINGS})\b(?: \S+){{0,4}} (?:{LIVELY})\b|\b(?:{LIVELY}) (?:\S+ ){{0,2}}(?:your|"
    rf"the|my|that) (?:{THINGS})\b"
)
_DEADPAN = re.compile(
    r"(?:^|(?<=[.!?]\s))(?:probably|allegedly|mostly|usually|hopefully|sort of|almost|twice|"
    r"maybe|in theory|no pressure|good luck"
    r"|godspeed|science|sadly|obviously|apparently|eventually|ideally|possibly|seriously|anyway|"
    r"ask me how|or not|not really|not that"
    r"|guess|sorry|both|neither|again|rude|oops|naturally|always|never|you monster|priorities|"
    r"so (?:brave|close)|it knows|they know"
    r"|we all do|don't look|run|you know who you are)\b[^.!?\n]{0,25}[.!?]",
    re.IGNORECASE | re.MULTILINE,
)
_ASIDE = re.compile(
    r"\((?:[^()\n]{0,60}\b(?:you|i|we|sorry|yes|no|don't|trust|even|just|or|and|but|not|me|"
    r"hopefully|probably|maybe|please|again|unless|so)\b[^()\n]{0,60})\)",
    re.IGNORECASE,
)
_GRIN = re.compile(
    r"[😂🤣😜😝😅😆🙃😉😏🤪😎😈🤭🫠🤡💀👻🦄🍕🥲😹🐐🙈]|[xX]D+\b|;-?\)|:-?[DPp]\b|¯\\_"
)
_PUN = re.compile(
    r"\b\w*(?:tiful|fect|"
    r"mazing)ly?\b(?<!beautiful)(?<!dutiful)(?<!plentiful)(?<!bountiful)(?<!perfect)(?<!effect)(?<!affect)(?<!defect)(?<!infect)(?<!amazing)|"
    r"\b(?:purr|paw|pun|egg|knead|brew|thyme|lettuce|byte|bean|punny|eggs)-\w+|\b\w+-ception\b"
)
_KOREAN = cues(
    {
        2.6: r"[ㅋㅎ]{2,}|(?:제|내|저의) [가-힣 ]{0,12}(?:감각|실력|솜씨|인생|통장|의지력?|"
        r"기억력|체력|머리|요리)(?:은|는|이|가|도)|하하|호호|깔깔|껄껄|킥킥|푸하|헤헤|"
        r"농담이|농담은|개그|드립(?!니)|아재|웃기|웃긴|웃음|웃픈|빵 ?터|말장난|안 ?비밀|쉿|"
        r"믿거나 말거나|아님 말고|"
        r"책임(?:은|지지)? ?(?:못|안)|눈 ?감아|살려 ?주세요|라고 쓰고|라고 읽|흑역사|이불 ?킥|"
        r"현타|텅장|지름신|기부 ?천사|루팡|국가대표|금메달|올림픽|노벨|"
        r"월드컵|챔피언|기네스|빛의 속도|광속|아인슈타인|셜록|코난|심폐소생|응급실|중환자|장례|"
        r"묵념|명복|유언|저승|염라|법으로|헌법|국회|청문회|체포|구속|감옥|탈옥|현행범|"
        r"용의자|범인|공범|알리바이|탐정|스파이|간첩|외계인|좀비|마왕|용사|닌자|히어로|어벤져스|"
        r"특수 ?부대|파업|노조|사표|뺨치|저리 ?가라|울고 ?갈?|"
        r"울고 가|한강|박물관에|국보|문화재|유네스코|멸종|천연기념물|집사|상전|폐하|전하[,는 ]|"
        r"나으리|조공|뇌물|협상|항복|선전포고|휴전|조약|"
        r"만렙|쪼렙|최종 ?보스|보스 ?몹|레벨 ?업|퀘스트|치트키|아이템|본체|영혼(?:까지|을 "
        r"갈|이 빠|을 팔)|전생|환생|조상님|삼대|족보|가문",
        1.7: r"하늘이 내린|억만|백만|천만 ?년|만 ?년|백 ?년|평생|영원히|우주|지구|인류|역사상|"
        r"세계(?:적|관|최|기록|정복)|정복|전설|신화|신이 |신의 |기적|운명|저주|마법|주문을|"
        r"예언|"
        r"배신|복수|원수|밀당|썸|이별|짝사랑|첫사랑|삐치|삐진|삐졌|삐지|토라|심통|심술|눈치|"
        r"자존심|고집|성격|낯가리|수줍|질투|통곡|오열|눈물|기절|실신|혼절|"
        r"도망|가출|잠수|모르는 ?척|시치미|투덜|구시렁|반항|사춘기|비행기|이륙|"
        r"착륙|승무원|안전벨트|코끼리|퇴직금|수배|합의 ?보|세종대왕|이순신|단군|조선 ?시대|선사 "
        r"?시대|구석기|용궁|산신령|명예의|표창|훈장|감동해서|고고학|발굴|변호사|판사|검사님|"
        r"철학|시인|이웃집|룸메|동거|공룡|연예인|아이돌|배우|관객|심사위원|코치|교주|스님|"
        r"부처|성인군자|도인|득도|해탈|경매|로또|당첨|전공|자격증|석사|박사|특기|"
        r"재능|직급|잘렸|해고|"
        r"[가-힣]{1,6}도 (?:모르는|모를|놀라|울|웃|당황|포기|인정|이해 못|기가)|본인도|걔|쟤|"
        r"녀석|놈|주인님|선생(?= )|[가-힣]느님|갓[가-힣]|"
        r"물론 [^.!?\n]{0,30}(?:는 아니|은 아니|지만|못|안|없)|이 ?정도면|수준(?:이|입|이에|"
        r"인데)|급(?:이|입)|거의 |사실상|무려|하필|설마|역시|과연|드디어|마침내|"
        r"아닙니까|아닌가요|(?:이|가) 아니라 [^.!?\n]{1,20}(?:입니다|이에요|예요|이죠|이야|죠|"
        r"겁니다)|것도 (?:재능|능력|실력|기술)|"
        r"저도 [^.!?\n]{0,20}싶지만|몸이 없|위장이 없|손이 없|입이 없|혀가 없|발이 없|다리가 없|"
        r"팔이 없|(?:AI|기계|로봇|인공지능)(?:라서|라|인 제|인 저|도|조차)|글로만|상상 ?속|"
        r"이론(?:상|적으로)?[는만으]|말로만|책으로만|그렇다고 |"
        r"전쟁|출동|작전|미션|임무|전투|생존|살아남|무기|방패|기습|포위|함정|정체(?:는|를|가)|"
        r"음모|비밀(?:리|이|조|스)|수상|의심",
        0.9: r"인간|업데이트|버전|[가-힣]군요!|셨군요|죠\?|지 뭐|더라고요|다니[,.! ]|라니[,.! ]|"
        r"라고요\?|다고요\?|인데요[,.]?|는데요\.|랍니다|답니다|지만요|거든요|잖아요|법이죠|"
        r"법이에요|법입니다|마련이|"
        r"마냥|[가-힣]급|씨[가는도를]|친구[가는]|왕|대마왕|폭탄|지옥|천국|천재|"
        r"바보|마라톤|커피부터|치킨|야식|침대(?:가|는|와|랑)|이불(?:이|은|"
        r"과)|소파(?:가|는|와)|"
        r"본능|자연의|섭리|진리|국룰|인정|소문|비결|고백|연애|결혼|불러|부릅니다|혼자만|몰래|"
        r"슬쩍|슬며시|얌전|당당|뻔뻔|태연|억울|서운|심각|진지|비장|경건|공손|정중",
        0.4: r"월급|연봉|퇴사|퇴근|출근|휴가|승진|낮잠|취미|직업|말을 트|이름은 지어|겠네요",
    }
)
_KOREAN_ALIVE = re.compile(
    r"(?:코드|프린터|고양이|강아지|컴퓨터|노트북|엑셀|서버|와이파이|냉장고|세탁기|알람|지갑|"
    r"통장|카드|버그|라면|화분|선인장|식물|반죽|오븐|다이어트|뱃살|체중계|헬스장|월요일|"
    r"주말|침대|이불|치킨|야식|커피|양말|청소기|자동차|차|비|날씨|핸드폰|휴대폰|배터리|충전기|"
    r"키보드|마우스|컴파일러|파이썬|테스트|무릎|허리|위장|뇌|간|지방|모기|회의|메일함|"
    r"마감|돈|월급|주식|계란|양파|마늘|밥솥|전자레인지)[가-힣]{0,2}(?: [가-힣]+){0,4} ?(?:부르|"
    r"기다리|노리|비웃|웃|울|화[가를]|삐|토라|배신|거부|싫어|좋아하|사랑|원하|꿈|쉬고 싶|휴가|"
    r"파업|"
    r"퇴근|떠났|떠나|도망|숨|항의|반항|협박|유혹|속삭|째려|쳐다|감시|심판|판단|안다|알고 있|"
    r"모르는|용서|질투|부끄|눈치|자존심|성격|사춘기|욕|감정|마음|기분|의견|입장|이긴|이겼|졌)"
)
_PLAY = cues(
    {
        2.0: r"\b(?i:it|they|she|he) (?i:looks?|feels?|gets?|is|are|seems?|wants?|needs?|has|have)"
        r" (?i:\w+ )?(?i:bored|lonely|sad|angry|jealous|shy|tired|offended|confused|smug|personal"
        r"|judging|feelings|opinions|dreams|plans|attention|a friend|friends|a hug|a holiday)\b"
        r"|(?i:walks? into a bar|lost a bet|here we are|at this point|in (?:my|its|his|her) "
        r"defen[cs]e"
        r"|so to speak|as it were|to be fair|in fairness|let's be (?:honest|real)|some (?:might|"
        r"would)"
        r" say|call(?:s|ed)? it (?:a|art|love|fate)|good for (?:it|him|her)|just shy)",
        0.8: r"(?i:\b(?:whoever|clearly|finally|presumably|evidently|arguably|frankly|a friend|"
        r"impressed"
        r"|impressive|confidence|confident|ambitious|enjoy the|or so i)\b)"
        r"|[가-힣] 봐요?[.!? ]|는데요\?|거나요|더라[고.!? ]|[가-힣]군요\.|달까|랄까|려나|지도 "
        r"몰라|셈이|뻔|차라리"
        r"|아예 |굳이|처음 (?:봅|봐|보)|은근|공짜|[가-힣]라도 [가-힣]{1,8}야겠|독립|에베레스트|"
        r"히말라야|북극|사하라"
        r"|한라산|화성|달나라|블랙홀|버틸 수|무슨 죄|뿐이죠|가끔은|운세",
        1.5: r"\?\s+(?:no|yes|nope|yep|of course|absolutely|never|not|me neither|아니요|아뇨|네|"
        r"그럴 리|물론|당연|절대)\b|^[A-Z][\w' -]{3,30}: (?:the|a|an|now|where|when|"
        r"because|it|you)\b"
        r"|(?i:\bthe only (?:\w+ ){1,3}(?:where|that|who|you|with|in)\b|\bnow you have\b|\bby "
        r"now\b|\blegally\b|\bi could \w+[^.!?\n]{3,60}, but\b|\bcould have been\b|\bstep "
        r"(?:one|two|three)\b)"
        r"|[가-힣]{2,8}요\? |언젠가|아무도|안 (?:해|하셔|사|가|먹어)도 (?:돼|됩)|[가-힣]은? "
        r"원래|맛(?:으로|에) |덕분에 |이자도|진짜 주인|시켜 주세요|누구인가|테니까요?\b|"
        r"(?<=\S)은요?\? |[가-힣]만 [가-힣 ]{1,12}게 아니(?:에요|라)",
        0.5: r"잖아|거든|네요|죠[.,! ]|니까요|겁니다|[가-힣]ㄹ걸|을걸|거예요|답니다|[가-힣]도 "
        r"[가-힣]{1,8}도 |본격|진정한|축하드|(?i:\b(?:still|even|anyway|only|whole|"
        r"rather|already|at least|suddenly|everyone|nobody|somebody)\b)",
    }
)
_PLAIN = cues(
    {
        0.35: r"(?i:\b(?:can|may|often|should|takes|requires?|helps?|because|try|contains?|was "
        r"\w+ed|happens? when|offers?|usually|commonly|important|healthy|powerful|easier|"
        r"instructions|practice|so that|whether|about one|read the)\b)"
        r"|(?:보|하|으|추|주)세요|[가-힣]니다[.\n]|수 있(?:어|습|다)|좋(?:아요|습니다|다)|(?:19|"
        r"20)\d\d|확인|꾸준히|크면|되었|때문|않아서|쉽|쉬워|방법|먼저|조금씩|정리|계획|살펴|필요",
        1.0: r"\b(?:recommended|approximately|typically|according to|therefore|ensure|in order "
        r"to|should be|guarantee)\b|바랍니다|필요합니다|권장|확인하세요|하십시오|좋습니다|"
        r"하세요\.$",
    }
)


_REPEATED = 0.35
_PLAYED = 1.3  # a thing with a will, or a small matter before a court
_PLAINLY = 6.0  # what informs in every word can hardly play
_USUALLY_PLAIN = 0.06


def humour(of: Told) -> float:
    """How much a reply plays; what no list of signs can see counts for nothing."""
    lively = weigh(of.lowered, _ENGLISH) + 1.3 * count_among(of.words, ODD)
    lively += 2.5 * min(4, len(_ALIVE.findall(of.lowered))) + 1.5 * len(_PUN.findall(of.lowered))
    lively += 1.8 * min(3, len(_DEADPAN.findall(of.prose))) + 1.3 * min(
        4, len(_ASIDE.findall(of.prose))
    )
    if of.korean:
        lively += weigh(of.prose, _KOREAN) + 2.2 * min(4, len(_KOREAN_ALIVE.findall(of.prose)))
    lively += 1.5 * min(4, len(_GRIN.findall(of.prose))) + 0.25 * min(4, emoji_count(of))
    lively += _PLAYED * (min(4, alive(of)) + min(5, staged(of)))
    # Where nothing else shows it: play is seldom without a contraction, a dash or a cry.
    mood = 0.3 * min(4, of.prose.count("!")) + 0.3 * min(
        3, len(re.findall(r"—|–|;|: |\.\.\.|…|\?!", of.prose))
    )
    mood += 0.1 * min(8, sum("'" in word for word in of.words))
    mood += 0.25 * min(4, len(re.findall(r"[.!?]\s+\S+(?: \S+){0,2}[.!?]", of.prose)))
    mood += 0.004 * min(of.size, 120)
    mood += 0.6 * min(3.0, max(0.0, of.prose.count("?") - asked(of)))
    playful = (
        weigh(of.prose, _PLAY)
        + _REPEATED * min(3.0, 30 * _repeated(of) / (of.size + 8))
        + 0.08 * min(6, _rare(of))
    )
    dry = weigh(of.prose, _PLAIN) + 3 * of.list_share + len(of.blocks)
    amount = (lively + mood + playful + 0.3) / (1 + max(0.0, of.size - 40) / 60) ** 0.35
    plain = exp(_PLAINLY * (_USUALLY_PLAIN - plainness(of)))
    return share(amount, 5.0) / (1 + 0.2 * dry) * plain


def _rare(of: Told) -> int:
    """How many English words are neither usual nor terms."""
    return sum(len(word) > 3 and not is_among(word, USUAL) for word in set(of.words))


def _repeated(of: Told) -> int:
    """Words that come back, as they do where one half of a sentence turns on the other."""
    found = [word for word in of.words if len(word) > 4]
    found += [word[:2] for word in re.findall(r"[가-힣]{2,}", of.prose)]
    return sum(count > 1 for count in Counter(found).values())
