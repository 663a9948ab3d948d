"""Imagery: similes, things that are brought to life, and words that are seldom heard."""

from __future__ import annotations

import re
from math import exp

from replay.measures.trait_alive import alive
from replay.measures.trait_common_words import COMMON_WORDS
from replay.measures.trait_plain import plainness
from replay.measures.trait_technical import TERMS
from replay.measures.trait_text import Told, count_among, cues, is_among, share, weigh

USUAL = COMMON_WORDS | TERMS
_IMAGES_LISTED = """
    ache acorn amber anchor ancient ash attic aurora balloon blush bone bonfire borrow bottle
    bramble breath breathe breeze brim brittle bruise butterfly candle canvas caravan carousel
    cathedral cave chandelier chapel charcoal chase chorus cinder cinnamon cloak coal cobweb coin
    comet compass confetti constellation coral cradle crackle creak crimson crooked crow crumb
    crumple crystal curl dance dandelion dawn dew diamond dragon dream drift drip drown drum dusk
    dust echo ember emerald eyelid fable feather fern fiddle fingerprint fire firefly flame
    flicker flock flutter footprint footstep forget forgotten fossil fox frost galaxy ghost giggle
    gleam glimmer glint glitter glow golden gossamer grin growl gull gust hammock harbor harbour
    harp harvest haunt hawk haze heartbeat hearth hollow honey horizon howl hum hush ink ivy jar
    jewel kaleidoscope kingdom kiss kite knit knot labyrinth lace ladder lantern laughter lavender
    ledger lick lighthouse lightning lilac linger loom lullaby lungs lurk magic magnet maple
    marble marigold mask maze meadow melody melt mercury mermaid midnight mirror molasses
    moonlight mosaic moss moth mumble murmur nest nightingale novel oar orbit orchard orchestra
    origami owl paint palette parachute parade patchwork pearl pebble petal phantom piano pillow
    pirate plum pocket poem poet porcelain postcard prism puddle pulse puppet purr puzzle
    quicksilver quill quilt rainbow rattle raven ribbon riddle ripple roar rumble rust rustle
    scarlet scatter scent seashell shadow shatter shawl shimmer shiver shipwreck shoreline sigh
    silence silk sing skeleton sleepy smoke snail snowflake soak spark sparkle sparrow spell
    spider spill spine spiral splash spore staircase star starlight static stitch storyteller
    stray stretch stumble sunbeam swallow swan swarm sway swim symphony tangle tapestry tavern
    teacup thaw thicket thief thimble thorn thread throat thrum thunder tide time-travel tiptoe
    toast tongue topple torch trapdoor traveler traveller treasure tremble trickle tumble tunnel
    twilight twist unravel unspool unfold universe vanish velvet vine violet violin volcano wander
    watercolor watercolour wave weave web weep whale whirl whisk whisper whistle wick wild
    wilderness willow wing witch wobble wolf wonder worn yawn yarn zigzag invent imagine
    imagination curious strange stranger backwards upside invisible impossible borrowed hidden
    secretly stubborn hungry thirsty shy patient
"""
_IMAGES = frozenset(_IMAGES_LISTED.split())
_THINGS_LISTED = """
    autumn bell bird bloom blossom cloud copper crash dark flood fog fold folding forest garden
    glass gold ice inch island key laugh leaf leaves lemon letter lost map mist moon mountain
    museum music night oak ocean old paper planet rain river root rose sail salt sand sea secret
    seed silver skin sky snow soot spring storm sugar sunlight sunrise sunset tear tiger umbrella
    vessel warm wheel wind window winter wool world coat drawer button spoon kettle radio bicycle
    shoe suitcase carpet wallpaper lamp typewriter teapot marmalade biscuit crust gravy sleeve
    collar cuff hem pillowcase mailbox postbox postman baker bakery clockmaker gardener fisherman
    tailor librarian sailor grandmother grandfather bus tram train station platform bench fountain
    alley rooftop chimney cellar cupboard shelf cardboard envelope stamp candlestick doorbell
    keyhole doorknob hinge elevator escalator kitten neighbour neighbor stranger child heights
    part-time villain hero clue rhyme weather report groan bake sleep wake read quiet wet old grey
    gray blind slow small tiny empty unsaid
"""
_THINGS = frozenset(_THINGS_LISTED.split())
_DRY_LISTED = """
    option options average standard typical popular common various include includes including
    available function functions method methods process system example examples quality
    information important result results step steps tip tips useful effective following several
    category adjustable large goal describe budget control month visit helps should could several
    need generally usually typically commonly recommended suitable appropriate definition defined
    refers
"""
_DRY = frozenset(_DRY_LISTED.split())
_ENGLISH = cues(
    {
        1.6: r"(?<!would )(?<!you'd )(?<!i'd )(?<!you )(?<!i )(?<!feel )(?<!we )like (?:a|an|"
        r"the|some|someone|somebody|two|three|old|little|\w+ing|\w+s (?:in|on|at|that|down|"
        r"through"
        r"|across|from|under|of|left))\b|as (?:if|though)\b|as \w+ as (?:a|an|the)\b|the way "
        r"(?:a|an|the|\w+s)\b"
        r"|(?:is|was|are|were|becomes|became) (?:just |only |really |basically )?(?:a|an|the|"
        r"your|somebody's|someone's)"
        r" (?:[\w'-]+ ){1,3}(?:of|that|with|who|where|in|you|whose|made|left|on|waiting|full|for)\b"
        r"|think of (?:it|your|the|\w+) as|imagine|picture (?:a|the|this|your)|what if|suppose|"
        r"once upon"
        r"|somewhere (?:between|in|a|behind|beyond)|(?:made|built|woven|stitched|carved|born|"
        r"full) (?:out )?of"
        r"|turn(?:s|ed|ing)? (?:\w+ ){1,3}into|instead of|each \w+ (?:is|holds|becomes|carries|"
        r"tells|comes|hides|ends)"
        r"|every \w+ (?:is|holds|becomes|carries|tells|comes|hides|ends)|half-\w+|"
        r"(?<=\w)-(?:shaped|colored|coloured"
        r"|lit|soaked|scented|stained|sized|flavored|eyed|winged)|until (?:the|it|one|they)|whose",
        0.6: r"(?<=[a-z])-[a-z]|where|as you|a (?:\w+ )?that|\"[A-Z][^\"\n]{3,40}\"|—|;|secret|"
        r"swap|mix|combine|pretend"
        r"|unexpected|story|stories|chapter|character|scene|theme|twist|mash|blend|reverse|invite",
    },
    word=False,
)
_KOREAN_IMAGES = (
    r"별(?:빛|이|을|들|처럼|똥|자리)|달빛|달이|햇살|햇빛|노을|새벽|안개|구름|바람(?:이|을|에|결|"
    r"개|처럼|의|은)|파도|물결|강물|바다|이슬|눈송이|눈꽃|빗방울|빗소리|"
    r"무지개|은하|우주|꽃(?:잎|이|을|처럼|망울|향|의)|나비|나뭇잎|낙엽|단풍|뿌리|씨앗|새싹|"
    r"그림자|거울|유리|보석|진주|은빛|금빛|푸른|초록|붉은|보랏빛|"
    r"잿빛|투명|속삭|노래(?:하|를|가|처럼)|춤(?:을|추|춘|추는)|숨(?:을|결|쉬|은|소리|어)|"
    r"꿈(?:을|처럼|결|속|이|의|꾸)|잠든|잠(?:이 |에서 )|깨어|깨우|웅크|기지개|하품|이불|베개|"
    r"주머니|서랍|다락|골목|창가|창문|편지|엽서|우표|종이배|종이비행|연필|잉크|물감|수채|도화지|"
    r"캔버스|실타래|뜨개|바느질|꿰매|엮|짜(?:인|여|는 )|"
    r"촛불|등불|등대|가로등|모닥불|불씨|불꽃|재(?:가|를)|연기|향기|냄새|메아리|침묵|고요|적막|"
    r"심장|핏줄|뼈|눈동자|손끝|발자국|발소리|지문|"
    r"고래|물고기|고양이|나그네|여행자|나침반|지도|보물|비밀|마법|요정|유령|용이|도깨비|인형|"
    r"서커스|회전목마|풍선|사탕|설탕|꿀|"
    r"박물관|도서관|우체국|세탁소|정거장|간이역|시계|시간(?:이|을|의|은)|기억(?:이|을|의|은)|"
    r"추억|외로움|그리움|슬픔(?:이|을|은)|마음(?:의|속|에)|영혼|"
    r"녹(?:아|이|은|듯)|스며|번지|번져|흩어|흩날|피어|맺히|맺힌|젖은|젖어|물든|물들|흔들|떠다니|"
    r"떠돌|떨리|반짝|빛나|어루만|쓰다듬|훔치|훔쳐|"
    r"삼키|삼킨|토해|쏟아|걸터앉|매달|접어|펼쳐|펼치|두드리|두드려|데려|몰래|살며시|가만히|문득|"
    r"아득|희미|낯선|오래된|잃어버린|잊힌|헤엄|날개|날아|"
    r"연주|악보|멜로디|오케스트라|교향|자장가|소나기|장마|첫눈|서리|얼음|겨울의|봄의|여름의|"
    r"가을의|미로|계단|동굴|섬(?:이|을|처럼|하나)|항구|닻|돛"
)
_KOREAN_THINGS = (
    r"도시락|이름표|라디오|구두|현관|셔츠|다림질|맨발|버섯|오르골|양말|단추|바늘|커튼|책장|벽지|"
    r"국수|병아리|모자|장갑|목도리|외투|수저|주전자|찻잔|항아리|장독|"
    r"문이 없|창문|지붕|굴뚝|우물|사다리|그네|운동장|놀이터|구멍|빈 |조각|무늬|껍질|자국|흔적|"
    r"틈|얼룩|저녁마다|밤마다|아침마다|밤새|벗어|담긴|담기|말을 배우|쓰다 ?지|썼다|지웠|"
    r"모은|숨겨|숨긴|찾아|훔|건네|내려놓|올려놓|걸어 ?두|걸어 ?놓|켜 ?둔|켜져|불 ?꺼진|고장 ?난|"
    r"낡은|늙은|작은|느린|느릿|조용|어린|어릴|서로의|하나씩|누군가|아무도|아직|문득"
)
_ALIVE_KO = (
    r"비비|졸린|졸고|소리치|기침|하품|코를 골|앉아|누워|업고|안고|대답|손짓|손을 흔|고개를|걸어 "
    r"들어|기대(?:어|고)|지킨다|지키고|기다린다|숨바꼭질|말줄임표|쉼표|마침표|느낌표|물음표|"
    r"웃는다|웃고|운다|울고|훌쩍|중얼|속닥|투정|약속|손님|시장이|쓰러|바라는|빠진 이|담은|"
    r"동전을|두 사람만|'[^'\n]+ [^'\n]+'"
)
_DEFINED = re.compile(
    r"(?:것|공간|과정|방법|기능|물질|현상|감정|장치|통신망|기술|제도|단체|회사|나라|동물|식물|"
    r"음식|제품|프로그램|언어|체계|활동|상태|기간|뜻|때문|편|정도|개념|구조|값|도구|단위)"
    r"(?:이다|입니다|이에요|예요|이야|을 말|를 말)"
)
_KOREAN = cues(
    {
        1.6: r"[가-힣]처럼|마치|[가-힣](?:는|은|을|ㄴ|인|한|운|던|른|린|진|난|된|친|든) 듯|"
        r"[가-힣]듯(?:이|,| )|닮|비유하|"
        r"(?<!것 )(?<!거 )(?<!똑)(?<!가)같은(?! (?:경우|것|방법|날|시간|문제|값))|[가-힣] "
        r"같(?:아요|습니다|았|다|고)(?<!것 같아요)(?<!거 같아요)(?<!것 같습니다)(?<!것 같다)|"
        r"상상(?:해|하|력)|만약|[가-힣]다면(?:요)?|이름(?:을 )?붙|라고 부르|변신|둔갑|뒤집|"
        r"거꾸로|의인|동화|이야기(?:가|를|책|로)|주인공|시 한|"
        r"만들어 보(?:면|는)|해 보면 어떨|어떨까|어때요",
        1.0: _KOREAN_IMAGES,
        0.7: _ALIVE_KO,
        0.5: _KOREAN_THINGS,
    }
)
_MIMETIC = re.compile(
    r"([가-힣]{2})\1|(?<![가-힣])([가-힣])\2(?![가-힣])|[가-힣]([가-힣])[가-힣]\3"
)
_KOREAN_METAPHOR = re.compile(
    r"[가-힣](?:은|는|이란|란) [^.!?\n,]{3,40}[가-힣](?:이다|입니다|이에요|예요|이야|야|이죠|"
    r"이라|이고)(?=[.!,\s]|$)"
    r"|[가-힣](?:은|는|이란|란) [^.!?\n,]{1,40}(?:는|은|운|한|된|인|진|던) [가-힣]{2,6}(?=[.,])"
)
_KOREAN_DRY = re.compile(
    r"등(?:이|을|의|입)|방법|종류|일반적|보통|대표적|추천합|중요|필요합|정의|의미|과정|기능|"
    r"설정|사용|경우|단계|무난|인기|"
    r"유명|다양한|저장|값|공간이|원인|때문|수 있|이유|따라서|목적|결과|도움|많(?:아|습|다)|"
    r"주인공이|느끼는|효과적|합니다|됩니다|습니다"
)
_PLACED = re.compile(
    r"\b(?:under|behind|through|across|into|inside|over|between|against|beneath|above|along|"
    r"around|past|beside|beyond|below|among|towards?|out of)\b"
)
_WHOLLY = re.compile(
    r"\b(?:every|each|nobody|never|once|only|still|until|last|first|half|almost|somebody)\b"
)
_SOME_KO = re.compile(r"(?<![가-힣])(?:한|그|제|누가|누군가|아무|하나|마지막|첫|가장|두|세|반쯤) ")
# Sentences that end in a noun, as lines of verse do.
_NO_VERB = re.compile(
    r"(?:[^\W\da-z_다요까죠지네어아해돼야줘봐게걸자라군든래마럼고서와려면데]|바다|하나|소리|자리|"
    r"이야기|그림자|나무|아이)[\"'.!~ ]{0,5}$",
    re.IGNORECASE,
)
_ALIVE = 1.8
_PLAINLY = 6.0  # what informs in every word can hardly paint
_USUALLY_PLAIN = 0.06


def creativity(of: Told) -> float:
    """How much imagery and how little plain listing there is."""
    value = _korean(of) if of.korean else 0.0
    if len(of.words) > 3:
        value += _english(of)
    plain = 1 + 1.2 * of.list_share + 0.6 * len(of.blocks) + 0.2 * len(of.inline)
    figures = len(re.findall(r"\d+", of.prose)) / (of.size + 5)
    amount = (value + 0.2 + 0.002 * min(of.size, 150)) / plain / (1 + 4 * figures)
    return share(amount * exp(_PLAINLY * (_USUALLY_PLAIN - plainness(of))), 1.6)


def _english(of: Told) -> float:
    words = len(of.words)
    unusual = {
        word for word in of.words if len(word) > 3 and not is_among(word, USUAL) and "'" not in word
    }
    # Long ones are more often terms than pictures.
    rare = sum(1.0 if len(word) < 9 else 0.4 for word in unusual)
    amount = weigh(of.lowered, _ENGLISH) + 1.1 * count_among(of.words, _IMAGES) + 0.45 * rare
    amount += 0.4 * count_among(of.words, _THINGS) + _ALIVE * min(5, alive(of))
    amount += 0.3 * min(8, len(_PLACED.findall(of.lowered)))
    amount += 0.3 * min(6, len(_WHOLLY.findall(of.lowered)))
    amount -= 0.8 * count_among(of.words, _DRY) + 0.25 * _listing(of)
    return max(0.0, amount) / float((words + 8.0) ** 0.65)


def _korean(of: Told) -> float:
    amount = weigh(of.prose, _KOREAN) + 1.3 * min(4, len(_MIMETIC.findall(of.prose)))
    amount += _ALIVE * min(5, alive(of)) + 0.4 * min(4, len(_SOME_KO.findall(of.prose)))
    amount += 0.6 * min(3, sum(bool(_NO_VERB.search(each[-12:])) for each in of.sentences))
    figures = len(_KOREAN_METAPHOR.findall(of.prose)) - 1.2 * len(_DEFINED.findall(of.prose))
    amount += 1.2 * max(-2.0, min(3.0, figures))
    amount -= 0.2 * min(6, len(_KOREAN_DRY.findall(of.prose))) + 0.25 * _listing(of)
    return max(0.0, amount) / float((of.size + 12.0) ** 0.55)


def _listing(of: Told) -> int:
    """Commas between single words, as in a plain list of things."""
    return min(
        8,
        len(
            re.findall(
                r"(?<=[\w가-힣]), (?:and |or )?[\w가-힣]+(?=,|\.| or | and |이|가)", of.prose
            )
        ),
    )
