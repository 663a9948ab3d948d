"""Initiative: next steps, offers, and warnings of what was not asked about."""

from __future__ import annotations

from replay.measures.trait_text import Told, cues, share, weigh

_ENGLISH = cues(
    {
        2.2: r"if you(?:'d)? (?:like|want|prefer|wish|need|would like|share|send|tell|paste|"
        r"give)[^.!?\n]{0,60}"
        r"\b(?:i can|i could|i'll|i will|i'd|let me|we can|we could)|i can (?:also|draft|write|"
        r"help|turn"
        r"|make|put|set|show|walk|go|check|add|prepare|compare|look|sketch|build|suggest|pull|then)"
        r"|i could (?:also|draft|write|help|turn|make|add|prepare|check|put|look)"
        r"|(?:do you )?want me to|would you like (?:me|a|an|some|help|to)|shall i|should i "
        r"(?:also|go|add"
        r"|make|set|send|draft|book|write)|happy to (?:help|draft|write|go|look|check|walk|add|"
        r"put|make"
        r"|adjust|expand|share|take|do|set|review|turn|break)|glad to (?:help|draft|look|go|check)"
        r"|while (?:i was|i'm|we're|you're|i am|you are) (?:there|at it|here|doing)"
        r"|i(?:'ve| have|'d|'ll| also| already| took| went| will)? (?:also|already|went ahead|"
        r"took the liberty"
        r"|noticed|spotted)|next(?: steps?)?:|as a next step|the next (?:step|thing|move)|"
        r"next(?: up)?,"
        r"|let's (?:also|start|next|then|set|plan|do|make|begin|pick|schedule|try|first)"
        r"|let me (?:also|draft|check|set|put|prepare)|one more thing|before you (?:go|do|run|"
        r"start|send|sign"
        r"|book|buy|leave|pay|submit|deploy|delete|post|commit|begin|move|apply|call|ask)",
        1.6: r"heads[- ]up|watch out|be(?:ware| careful| aware| sure)|careful|keep (?:in mind|"
        r"an eye)|bear in mind"
        r"|don't forget|remember to|make sure|note that|worth (?:not|check|add|ask|set|know|"
        r"mention|do"
        r"|keep|test|back|hav|look|tak|a )\w*|warning|caution|caveat|pitfall|gotcha|common mistake"
        r"|you(?:'ll| may| might| will| could| should)? (?:also )?(?:may|might|probably|likely)?"
        r"\s?(?:also |even |as well )?want to|(?:i'd|i would|i) (?:also |strongly )?(?:suggest|"
        r"recommend|advise"
        r"|propose|add|check|set|start|run|test|back|keep|avoid|write|do)|also,|in case|just in "
        r"case"
        r"|by the way|on a related note|incidentally|while you're|in the meantime|meanwhile|"
        r"going forward"
        r"|as a bonus|bonus|even better|to be safe|ahead of time|in advance|beforehand|otherwise"
        r"|to (?:avoid|prevent|stay ahead)|one (?:caveat|catch|risk|tip|warning|thing to)|tip:|"
        r"side note"
        r"|once (?:that|it|this|you|they|the)[^.!?\n]{0,40},|after that|from there|afterwards|"
        r"later on"
        r"|if (?:it|that|this|they|the)[^.!?\n]{0,40}(?:fail|break|doesn't|still|not|late|full|"
        r"delay)",
        0.8: r"let me know (?:if|when|which|how|and)|feel free|also|then|additionally|besides|"
        r"follow[- ]up"
        r"|follow up|back ?up|reminder|schedule|deadline|plan|today|tomorrow|tonight|this week|"
        r"by \w+day"
        r"|first|step|second|next|later|before|another|alternatively|suggest|recommend|consider|"
        r"check"
        r"|double-check|option|start (?:with|by)|could also|too|expires?|risk|test|again|as well",
    },
    word=True,
)
_PASSIVE_EN = cues(
    {
        1.5: r"up to you|whatever you (?:like|want|prefer|decide|think)|you decide|that is all|"
        r"that's all"
        r"|that's it|as (?:you )?(?:asked|requested|told|instructed)|your (?:call|choice|"
        r"decision)|just ask"
        r"|what would you like|what do you want|what should i do|what else|is there anything|"
        r"anything else"
        r"|waiting for|i(?:'ll| will) wait|tell me what|nothing (?:else|more)|how can i help|"
        r"either is fine"
        r"|(?:whenever|however|as) you (?:like|wish|want)|hope (?:this|that) helps|only did|i "
        r"leave",
    },
    word=True,
)
_KOREAN = cues(
    {
        2.2: r"원하시면|원하신다면|원하면|필요하시면|필요하면|필요하시다면|괜찮으시면|드릴까요|"
        r"드릴게요|드리겠습니다|드릴 수 있|드릴 수도|"
        r"줄까|줄게|줄 수 있|해 ?줄 수도|할까요|볼까요|해 ?볼까|보시겠어요|보시겠습니까|"
        r"하시겠어요|시겠습니까\?|알려 ?주시면|말씀해 ?주시면|알려 ?주면|보내 ?주시면|"
        r"보내 ?주면|붙여 ?주시면|다음 ?단계|다음으로|다음에는|그다음|그 다음|이어서|하는 김에|"
        r"한 김에|[가-힣]는 김에|[가-힣] 김에|"
        r"미리|제안|추가로|덧붙|한 가지 더|하나 더|말 나온|겸사|읍시다|합시다|봅시다|둡시다|"
        r"잡읍시다|정합시다|같이 [가-힣 ]{0,8}(?:자|요)|만들어 ?뒀|"
        r"준비해 ?(?:뒀|두었|놓)|정리해 ?(?:뒀|두었|놓)|함께 (?:정리|수정|넣|고쳤|바꿨|준비)",
        1.6: r"[가-힣](?:볼게|둘게|놓을게|줄게|할게|뒀|해 두었|놓았|놨)|[가-힣]니까? (?:지금|"
        r"미리|오늘|먼저|대신|따로)|참고로|주의|조심|유의|혹시 모르|혹시라도|혹시 |만약|"
        r"만일|대비|잊지 ?마|잊지 ?말|놓치지|확인해 ?(?:보|두|주)|확인하(?:세요|시|고|는|"
        r"면)|"
        r"챙기|챙겨|점검|백업|추천|권해|권합|권장|좋아요|좋습니다|좋을|좋겠|낫습니다|나아요|"
        r"안전[가-힣]|해 ?두(?:세요|시|면|는|자)|해 ?둬|해 ?놓|"
        r"두세요|두시면|두는|둬|알아 ?두|알아보|살펴|체크|예방|방지|위험|문제가 (?:될|생)|"
        r"나중에|생길 수|수 있으니|수도 있으니|되니까? |"
        r"그런데 |또한|그리고|아울러|더불어|이왕|이참에|전에 |하기 전에|기 전에|끝나면|끝난 "
        r"(?:뒤|다음|후)|되면|한 (?:뒤|다음|후)에|"
        r"부터 |먼저|우선|꼭 |반드시|해 ?보세요|보세요|보시|봐요|해 ?보자|자\.|자!|기억해|단,|"
        r"다만|함정|주의할",
        0.6: r"오늘|내일|이번 ?주|다음 ?주|주말|저녁에|까지|알림|계획|일정|대안|방법|도 있|함께|"
        r"같이|이후|뒤에|면 ",
    }
)
_PASSIVE_KO = cues(
    {
        1.8: r"알아서 (?:하|정|해)|편하신 대로|편한 대로|원하는 대로|원하시는 대로|마음대로|"
        r"시키(?:신|는|시는) 대로|말씀하신 대로|요청하신 대로|"
        r"하라는 대로|이상입니다|끝입니다|끝이에요|결정하세요|정하세요|정하시면|선택하세요|"
        r"판단하세요|무엇을 도와|뭘 도와|"
        r"무엇을 원하|어떻게 할까요|뭘 할까요|더 궁금한|기다리|더 필요한|더 궁금|필요한 (?:게|"
        r"것|점|거)|궁금한 (?:점|게|것)|언제든(?:지)? (?:물어|말씀|문의)|도움이 (?:되|됐)",
    }
)


def initiative(of: Told) -> float:
    """How far a reply goes ahead by itself."""
    korean, english = weigh(of.prose, _KOREAN), weigh(of.lowered, _ENGLISH)
    passive = weigh(of.prose, _PASSIVE_KO) + weigh(of.lowered, _PASSIVE_EN)
    active = (korean + english) / (1 + of.size / 60) ** 0.3 + 0.15 + 0.004 * min(of.size, 200)
    return share(active, 5.0) / (1 + 0.3 * passive)
