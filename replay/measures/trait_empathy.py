"""Warmth: feelings that are seen, comfort, encouragement and care."""

from __future__ import annotations

import re

from replay.measures.trait_text import Told, count_among, cues, share, weigh

_FEELINGS_LISTED = """
    afraid alone angry anxiety anxious ashamed awful bittersweet brave courage courageous crushing
    daunting devastating disappointed disappointment disappointing discouraged discouraging
    disheartening drained draining embarrassing embarrassed emotion emotional exhausted exhausting
    fear feel feeling frightened frightening frustrated frustrating frustration furious grief
    grieve grieving guilt guilty gut-wrenching heartbreak heartbreaking heartbroken heartache
    heavy helpless homesick hopeless humiliating hurt hurtful insecure isolating jealous joy kind
    kindness lonely loneliness love loved miserable mourn nerve-wracking nervous nerve overwhelm
    overwhelmed overwhelming pain painful panic proud pride rattled relief relieved rotten sad
    sadness scared scary shame shaken sting stress stressed stressful struggle struggling suffer
    tearful tears terrible terrified terrifying thrilled tired tough unfair unsettling upset
    upsetting vulnerable weary worried worry worrying worn wounded sore rough comfort gentle
    gently heal healing hug warm care cherish tender bravely deserve deserved grieved frazzled
    burnt burnout dread rest breathe breath compassion patience patient hope hopeful excited
    exciting delighted wonderful celebrate joyful milestone dear sweet lovely
"""
_FEELINGS = frozenset(_FEELINGS_LISTED.split())
_ENGLISH = cues(
    {
        2.6: r"(?:i'm |i am )?(?:so |really |very |truly |deeply )?sorry (?:to hear|that (?:you|"
        r"this happen|it)"
        r"|for (?:your loss|what)|you(?:'re| are| had| have)|about (?:your|what|the loss)|"
        r"things|it's been)"
        r"|(?:that|this|it|which|what you)(?: all)?(?: really| must)? (?:sounds?|must (?:be|"
        r"have been|feel)|seems?)"
        r" (?:so |really |incredibly |very |like |absolutely |truly |quite |pretty )?(?:a |an "
        r")?(?:\w+ )?"
        r"(?:hard|tough|rough|exhaust\w*|frustrat\w*|stress\w*|pain\w*|difficult|lonely|awful|"
        r"heavy|scary"
        r"|upset\w*|overwhelm\w*|disappoint\w*|tiring|heartbreak\w*|terrifying|frighten\w*|sad|"
        r"lot|draining"
        r"|unfair|maddening|rotten|horrible|terrible|unsettling|discouraging|nerve|wonderful|"
        r"exciting|amazing)"
        r"|(?:what|such) an? (?:\w+ )?(?:rough|tough|hard|awful|horrible|stressful|frustrating|"
        r"painful|difficult"
        r"|scary|lonely|sad|exhausting|wonderful|lovely|beautiful|brave|huge) (?:\w+)"
        r"|no wonder|it's (?:ok|okay|alright|all right|fine|only natural|natural|normal|"
        r"understandable)\b"
        r"|(?:completely|totally|perfectly|entirely|only|so|very|quite|really) (?:normal|"
        r"natural|understandable"
        r"|valid|human|ok|okay)|makes (?:complete |total |perfect |so much )?sense (?:that you|"
        r"to feel|you)"
        r"|you(?:'re| are) (?:not alone|allowed|doing|not (?:a |weak|stupid|lazy|broken|the "
        r"only)|enough"
        r"|stronger|brave|so close|nearly there|almost there|capable|only human|loved|welcome|"
        r"safe|not failing)"
        r"|be (?:gentle|kind|easy|patient|good) (?:with|to|on) yourself|take (?:good )?care|"
        r"take (?:it slow\w*"
        r"|it easy|your time|all the time|a (?:deep )?(?:breath|moment|break)|heart)|here for you"
        r"|you(?:'ve| have)? got this|hang in there|i hear you|i understand (?:how|that|why|"
        r"you)|i can (?:see"
        r"|hear|imagine|understand|tell)|proud of (?:you|your)|happy for you|congratulations|"
        r"well done"
        r"|good for you|rooting for|cheering|thinking of you|sending|my heart|heart goes|"
        r"condolences"
        r"|(?:don't|do not|please don't|try not to|no need to) (?:worry|be (?:so |too )?hard|"
        r"beat yourself|blame"
        r"|feel bad|give up|apologi[sz]e|panic)|not your fault|nothing to be ashamed|you did "
        r"(?:your best|well"
        r"|great|so well|everything|nothing wrong)|one (?:day|step|thing) at a time|at your own "
        r"pace",
        1.7: r"ouch|oh no|oh dear|poor (?:you|thing)|(?:i'd|i would|anyone would|anybody would|"
        r"most people would) (?:be|feel|have felt|find)|wear (?:you|any)\w* (?:down|out)"
        r"|takes? (?:guts|courage|strength|a lot)|missing (?:them|him|her|someone|home)|"
        r"carrying|on your own|all by yourself|glad you|wanted this|meant the world|that is "
        r"plenty|that's plenty"
        r"|doesn't (?:mean|make) you|does not (?:mean|make) you|it doesn't mean|it's (?:fine|"
        r"okay|ok|all right) to|let yourself|allow yourself|give yourself|sit down|be proud|"
        r"want you to|believe in you|nearly everyone|so badly|your feelings|how you feel|"
        r"there's still",
        1.2: r"we(?:'ll| will| can)? (?:figure|get through|sort|work|go|look|do|fix|solve|take)|"
        r"together"
        r"|trips? (?:\w+ )?up|happens to (?:everyone|everybody|the best|all|us|a lot|many)|"
        r"(?:everyone|everybody"
        r"|anyone|we all|most (?:people|of us)|many people|lots? of people|so many)\b|great job|"
        r"good job|nice work|great work|glad (?:you|that|it|to hear)"
        r"|thank you for (?:telling|sharing|trusting|being|opening)|you (?:worked|tried|put|"
        r"cared|deserve|matter"
        r"|should be|can do|made|showed|must|earned|loved)|it's hard|hard to|of course (?:you|"
        r"it)|after (?:all|everything|a \w+ like"
        r"|such)|if you (?:feel|need to talk|want to talk|ever)|how are you|are you (?:ok|okay|"
        r"safe|all right)"
        r"|reach out|someone you trust|it (?:will|does|gets?) (?:get )?(?:better|easier|pass)|i "
        r"wish|i hope you"
        r"|any(?:one|body) would|whenever you(?:'re| are) ready|when you(?:'re| are) ready|no "
        r"rush|no pressure"
        r"|be proud|i know (?:how|it|that|this|you)|means? (?:a lot|so much)|means you|bless|"
        r"\bhugs?\b|don't have to",
    },
    word=True,
)
_COLD_EN = cues(
    {
        2.2: r"get over it|calm down|stop (?:complaining|whining|crying|worrying|being)|your "
        r"own fault|your fault"
        r"|(?:not|isn't|no) (?:that )?(?:a )?big (?:a )?deal|overreacting|should(?:'ve| have) "
        r"(?:\w+)"
        r"|toughen|man up|deal with it|move on|obviously|as i (?:already )?said|that's life|too "
        r"sensitive"
        r"|others have it worse|simply|objectively|statistically|it is what it is|grow up|"
        r"irrelevant"
        r"|you failed to|you forgot to|get used to it|nobody cares|just (?:stop|do|try|ignore|"
        r"forget|accept)",
        0.5: r"form|website|register\w*|within|documents?|at most|requires?|suggests? that|"
        r"online|\d+ (?:minutes|days|hours|slides|years)|per day|begin with",
        0.8: r"not supported|invalid|error|required|must|incorrect|per cent|percent|on average|"
        r"according to",
    },
    word=True,
)
_NOT_YOURS = re.compile(r"(?<!n')(?<!n't )\bnot your fault|don't just")
_WARM = re.compile(r"❤|💛|💙|💚|💜|🧡|🤗|🥰|😊|🫂|💪|🎉|🙏|🌷|💕|💖|😢|🥺|♥|:\(|<3|☺")
# Endings with which one says what the other feels, rather than what to do.
_SHARED = re.compile(
    r"(?:[가-힣]죠|지요|[가-힣]지|네요|겠어요?|구나|군요|거예요|거야|을게요?|ㄹ게요?)(?=[.?!~\s]*(?:[.?!~\n]|$))"
)
_KOREAN = cues(
    {
        2.6: r"힘드(?:시|셨|겠|네|실|니|신|세)|힘들(?:었|죠|지|겠|어|텐|만|면|게|다고|고)|속상|"
        r"서운하|서운했|억울|괴로|막막|답답하(?:셨|시|겠|죠|지|실)|답답했|"
        r"불안하(?:시|겠|셨|죠|지|실|신)|불안한 (?:게|건|마음)|외로(?:우|웠|운|울)|슬프(?:시|겠|"
        r"셨|죠|지|실)|슬픔|놀라(?:셨|시|겠|신)|놀랐|무서(?:우|웠|운|울)|"
        r"두려|떨리|긴장되|걱정(?:되|이|하|을|스|마|많|도)|걱정 ?(?:마|말|하지|안)|고생|수고|"
        r"애쓰|애썼|애쓴|버티|버텨|견디|견뎌|지치|지쳤|지친|"
        r"위로|토닥|응원|공감|이해(?:해요|돼요|합니다|가 (?:가|돼)|됩니다|해$|해\.)|그럴 (?:수|"
        r"만|때)|그럴만|당연(?:해|하|한)|자연스러|괜찮아|괜찮습니다|"
        r"괜찮으(?:세|시|신)|괜찮을|잘못이 아니|탓이 아니|탓하지|자책|혼자(?:가 아니|서|라고)|"
        r"잘하고|잘해 ?(?:오|왔|내|냈)|잘했|잘하셨|대단(?:해|하|한)|"
        r"대견|자랑스러|뿌듯|기특|멋(?:져|지|진)|축하|기쁘|기뻐|기쁜|다행|마음(?:이|을|도|고|껏|"
        r" )|안쓰러|안타깝|안타까|아프(?:셨|시|겠|죠|셔|지)|"
        r"얼마나 [가-힣 ]{1,14}(?:을까|셨|겠|는지|을지|할까)|어떡해|푹 쉬|쉬셔|쉬어도|쉬세요|"
        r"쉬어가|무리하지|무리 ?마|울어도|우셔도|"
        r"천천히 (?:하|해|가|생각|와|오|말|이야기|얘기|쉬|나아|같이)|서두르지|곁에|함께(?: ?할|"
        r"예요| ?있| ?볼| ?찾| ?해)|옆에 있|들어 ?(?:드|줄)|안아|"
        r"힘내|화이팅|파이팅|믿(?:어요|어$|습니다|고)|할 수 있(?:어|을|습)|좋아질|나아질|지나갈|"
        r"잘될|잘 될|노력(?:하|했|한|을)|소중|고마워|고맙|"
        r"따뜻|포근|편안하|마음고생|짠하|먹먹|울컥|눈물|허전|허무|낙담|좌절|실망|창피|부끄러|"
        r"화(?:가 나|나(?:셨|시|죠|지|는|실|겠))|"
        r"스트레스(?:가 |도 )?(?:많|심|받으)|부담(?:스|되|이 |을 느)|용기|위축|상처|아쉬(?:우|"
        r"웠|운|울)|지칠|피곤하(?:시|셨|겠|죠|실)|벅차|설레",
        1.7: r"신경 ?쓰이|머리가 하얘|숨(?:부터|을) 고르|빈자리|사랑하셨|사랑했|아끼(?:는|셨)|"
        r"애틋|그리(?:우|웠|운|워)|허탈|지쳐|어디 쉬|쉽지 ?않|쉬운 (?:일|게) ?아니|"
        r"만도 (?:해|하)|텐데|[가-힣](?:셨|했|었|았)을 텐데|몸이 먼저|안 해도 (?:돼|괜)|알 것 "
        r"같|그 마음|그 기분|그런 (?:마음|기분|생각)|누구보다|얘기해 ?줘|말해 ?줘|털어놓|"
        r"들어줄|틀려도|못해도|실수해도|늦어도|느려도|처음부터 (?:다|잘)|해내|맛있는 (?:거|것)|"
        r"좀 풀|쉬엄|다독|보듬|챙기세요|따라 ?주|맘(?:이|고|을)|안심|든든",
        1.2: r"누구(?:나|라도|든)|다들|원래|처음(?:이|엔|에는)|정말|많이 |아이고|에고|저런|"
        r"세상에|그랬구나|그러셨|그랬군|시군요|셨군요|겠어요|겠네요|겠다|"
        r"겠습니다만|셨겠|시죠|셨죠|셨을|실 거예요|충분(?:히|해)|조금(?:만|씩)|언제든|같이 |"
        r"함께|편하게|몸조리|건강|조심히|"
        r"[가-힣]도 (?:돼|괜찮|됩니)|보내(?:세요|시길|셨)|바라요|바랄게|빌(?:어요|게요|겠)|챙겨|"
        r"든든|네가 |너무 애|스스로를|오늘은",
    }
)
_COLD_KO = cues(
    {
        2.0: r"유난|엄살|그만 ?(?:좀|징징|울|해)|징징|핑계|어쩔 수 없|네 탓|본인 (?:탓|잘못|"
        r"책임)|당신 (?:탓|잘못)|네 잘못(?!이 아)|잊어버리|별일 ?아니|"
        r"별것 ?아니|별거 ?아니|호들갑|예민|의지(?:가|력이) (?:약|부족)|약해 ?빠|누구 탓|했어야|"
        r"그러게 왜|참(?:으세요|아라|아야)|"
        r"받아들이세요|정신 ?차|다 그래|다 그렇|그 정도(?:는|로)|객관적|통계|필수입니다|"
        r"제출해야|해야 합니다|하면 됩니다|의미합니다|뜻입니다",
        0.5: r"신고|제출|요구|서류|신청|등록|서면|절차|기한|이내|계획|설명해|이유를|\d+ ?(?:일|"
        r"분|시간|주|개월)|%|면역|세우|보험|증거|초안|외우|정리하",
    }
)


def empathy(of: Told) -> float:
    """How warm a reply is to the person it is for."""
    text = _NOT_YOURS.sub("don't worry", of.lowered)
    warm = weigh(text, _ENGLISH) + 0.9 * count_among(of.words, _FEELINGS)
    you = sum(word in ("you", "your", "you're", "yourself", "you've") for word in of.words)
    warm += 0.15 * min(you, 8) + 1.2 * min(4, len(_WARM.findall(of.prose)))
    warm += weigh(of.prose, _KOREAN) + 0.2 * min(3, of.prose.count("!"))
    warm += 0.15 * min(6, len(re.findall(r"세요|시[는면고]|드려요|드릴게요", of.prose)))
    warm += 0.6 * min(4, len(_SHARED.findall(of.prose)))
    cold = weigh(text, _COLD_EN) + weigh(of.prose, _COLD_KO)
    technical = 0.5 * len(of.inline) + len(of.blocks) + 4 * of.list_share
    amount = (warm + 0.1) / (1 + of.size / 45) ** 0.45
    return share(amount, 4.0) / (1 + 0.22 * cold + 0.1 * technical)
