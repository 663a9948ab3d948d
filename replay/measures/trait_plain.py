"""How plainly a reply informs: the words of advice, of explaining and of steps."""

from __future__ import annotations

import re

from replay.measures.trait_text import Told, is_among

_PLAIN_LISTED = """
    able accord additional adjust advance advice advise affect allow also although always amount
    and appropriate approximately ask associate available average avoid aware bad based basic
    because before begin benefit best better both budget build calculate call can careful carefully
    category cause certain change check choose clear clearly comfortable common commonly compare
    complete condition confidence confident connect consider contact contain continue cost could
    create currently daily decide depend describe detail detect develop difference different
    difficult directly discuss during each early easier easily easy effect effective either
    encourage energy enjoy enough ensure especially essential evenly event example experience
    explain explore express extra factor fairly familiar feel feeling feelings few find flexible
    focus follow form frequently fresh general generally gentle goal good gradually great group
    guide habit happen happy healthy help helpful high how however idea identify if immediately
    important improve include increase individual inform information instead interest interesting
    issue join key kind know large lead learn less let level likely listen locate lot low main
    maintain make manage many mark maximum mean meaning measure medium meet memory mention method
    might mind minimum mix mixture mood moderate more most mostly natural need negative nervous
    new nice normal normally notice objective occasion occur offer often open option or order
    organise organize other our overall particular patient pattern people percent perfect perhaps
    period person personal place plan pleasant popular positive possible practical practice
    practise prefer prepare pressure prevent previous problem proceed process produce progress
    proper properly provide purpose quality question quick quickly range rate rather reach reason
    recognise recognize recommend recommended record reduce reflect regular regularly relate relax
    reliable remember remove repeat require reset respond response rest result review routine safe
    safely same schedule section select separate serve set setting several share short should
    similar simple simply situation size skill slightly slow slowly small so social solution solve
    some someone sometimes source specific stage standard start state stay step still stress
    stressful structure style subject successful such sufficient suggest suitable support sure
    system take talk task technique temperature tend their therefore they thing think thorough
    through time tip together tool topic total traditional try type typical typically understand
    understandable unless upset use useful user using usual usually value various very warm way
    week weekend well when whether which while who why wide work worried worry write year
"""
_PLAIN_WORDS = frozenset(_PLAIN_LISTED.split())
_STEPS = re.compile(
    r"(?:^|(?<=[.!?:;]\s))(?:then |first,? |next,? |finally,? |after that,? |don't |do not |"
    r"always |never |please |just )?(?:add|arrive|ask|avoid|begin|book|boil|break|bring|buy|call|"
    r"change|check|choose|clean|close|compare|consider|contact|cook|cover|cut|don't forget|drain|"
    r"drink|eat|find|focus|follow|get|give|go|have|help|hold|invite|join|keep|lay|learn|leave|let|"
    r"limit|listen|look|make|meet|mix|move|open|pack|pay|pick|place|plan|practi[cs]e|prepare|press|"
    r"put|read|remember|remove|repeat|rest|restart|rinse|roast|run|say|scrape|see|send|serve|set|"
    r"show|slice|start|stay|step|stir|stop|store|swap|take|talk|tell|test|think about|treat|try|"
    r"turn|use|visit|wait|walk|warm|wash|watch|wear|weigh|work|write)\b(?! (?:it|your \w+) as\b)",
    re.IGNORECASE | re.MULTILINE,
)
_MEASURED = re.compile(
    r"\d+ ?(?:%|°|mg|g|kg|ml|l|km|minutes?|hours?|days?|degrees|percent|분|그램)(?![a-z])"
)
_ENUMERATED = re.compile(
    r"(?<!\w)\w{1,20}(?: \w{1,20})?, \w{1,20}(?: \w{1,20})?(?:,| and | or |[이가도] )"
)
_KOREAN_PLAIN = re.compile(
    r"좋(?:아요|습니다|아$|아\.|고요|은 방법|을 거)|편(?:이 (?:좋|나)|이[야에고라다]|입)|뚜렷|"
    r"도움(?:이|을|도)|방법|중요|필요|추천|무난|실용적|구체적|규칙|충분|꾸준|자연스러|효과|대부분|"
    r"대개|보통|일반적|누구나|다양|적당|가능(?:하|한|해)|정도|확인|사용|이용|준비|연습|시작|계획|"
    r"목표|습관|정리|기록|검색|선택|예약|설정|종료|상담|전문가|상황|상태|관계|과정|결과|증상|원인|"
    r"이유를|의미|뜻을|감정|느끼|느낌|느껴|기분|마음이 편|스트레스|건강|휴식|즐겁|즐거|행복|소중|"
    r"추억|따뜻한 (?:차|물|조명|색)|편해|편하|편한|쉽|쉬워|쉬운|간단|분명|자신감|자랑스|응원|축하|"
    r"칭찬|노력|최선|열심|감사|조금씩|천천히|자주|먼저|미리|바로|함께|같이|혹은|또는|그리고|또한|"
    r"하지만|그래도|때문|위해|따라 (?:달|다)|경우|예를 들|나누|나눠|줄이|줄어|늘리|늘어나|정하|"
    r"정해|골라|고르|챙기|챙겨|적어 (?:보|두)|알려 ?(?:주|줘|줄)|물어보|만들어 주|해 ?(?:보|봐)|"
    r"수 있|수도 있|거나 |하면 (?:돼|됩|좋)|으면 (?:돼|됩|좋|편|더)|[가-힣]면 (?:돼|됩|좋|편|더|"
    r"금방|훨씬)|아도 (?:돼|괜찮)|어도 (?:돼|괜찮)|것(?:이|도) |게 (?:좋|중요|가장|제일)|훨씬|"
    r"더욱|[가-힣]도록|이해하|설명|소개|덧붙|하루에|매일|한 번(?:에|씩)|번째|[가-힣]고 나면|(?:하|"
    r"으|[가-힣])세요[.!]|시기 바랍|주세요|않(?:게|는 것)|적이고|적인 |많고|많은 |많아|있고 |"
    r"있어서|많아서|이고 "
)


def plainness(of: Told) -> float:
    """Signs of plain informing for each word, seldom more than one half."""
    signs = 0.0
    if of.korean:
        signs += 1.6 * len(_KOREAN_PLAIN.findall(of.prose))
    else:
        signs += 0.5 * sum(is_among(word, _PLAIN_WORDS) for word in of.words)
        signs += 1.5 * len(_STEPS.findall(of.prose))
    signs += len(_MEASURED.findall(of.prose)) + 0.8 * len(_ENUMERATED.findall(of.prose))
    return signs / (of.size + 10)
