"""Things that do, feel and want what only people do, feel and want."""

from __future__ import annotations

import re

from replay.measures.trait_text import Told, is_among

_ACTS_LISTED = """
    accuse admire admit adopt agree announce apologise apologize applaud argue arrest babysit
    bargain beckon befriend beg believe betray blame blush boast borrow bow brag breathe bribe
    bully cackle cheer chew chuckle claim clap climb cling complain confess conspire convince
    cough court cower crawl crouch cry dance dare dawdle decide declare decline demand deny
    deserve despise disagree disapprove divorce doze drag dream dress drink eavesdrop elbow envy
    exhale expect fear fidget flatter flee flirt forget forgive frown gallop gamble gasp gather
    ghost giggle gossip grieve grin groan grudge grumble guess hate haunt hesitate hide hope hug
    hum hurry ignore inhale inherit insist intend interrupt introduce invade invite invoice jog
    judge kiss kneel knit know laugh lean learn lend lick limp linger listen lobby loiter lurk
    march marry meditate mock mourn mumble murmur mutter nag nap negotiate nod nudge nurse obey
    object offend overhear pace panic peek peer plan plead plot poke pounce pout pray pretend
    proclaim promise protest quarrel quit read rebel refuse regret rehearse relax remarry
    remember remind reply resent resign retire retreat revolt rub rummage say scheme scold scowl
    scream scribble shiver shout shrug shudder sigh sing sit sleep smile smirk smuggle snack
    snarl sneak sneer sneeze sniff snore sob speak spy squint stagger stalk stammer stare steal
    stretch strike stroll stumble stutter sulk surrender suspect swagger swallow swear tease
    tell testify thank think threaten tickle tiptoe translate trust undo undress unionise
    unionize unpack vanish visit volunteer vote vow wait wake walk wander want watch wear weep
    whine whisper whistle wink wish wonder worry worship wriggle yawn yearn yell
"""
_ACTS = frozenset(_ACTS_LISTED.split())
_FEELS_LISTED = """
    afraid alone ambitious angry ashamed asleep awake bored brave busy confident confused
    convinced curious desperate disappointed embarrassed enthusiastic envious furious grumpy
    guilty homesick hungry impatient impressed innocent insulted jealous judging lonely moody
    nervous nosy offended optimistic patient polite proud punctual relieved reluctant sad scared
    secretive sentimental shy sick sleepy smug sorry stubborn sulking surprised suspicious
    thirsty tired unemployed upset
"""
_FEELS = frozenset(_FEELS_LISTED.split())
_BETWEEN_LISTED = """
    already also always apparently are be became becomes been can cannot clearly could did do
    does eventually feels finally gently gets goes had has have having is just looks may merely
    might must never no not now obviously of officially often once only patiently politely
    probably quietly quite really refuses s secretly seems shall should simply slightly slowly
    so softly somehow somewhat sounds still suddenly then to very was went were will would
"""
_BETWEEN = frozenset(_BETWEEN_LISTED.split())
_PEOPLE_LISTED = """
    actor adult adults also always and anybody anyone artist as astronomer astronomers at aunt
    author baby because boss boy brother but buyer by can't cannot cat cats character characters
    child children cleaner client clients coach colleague colleagues companies company cook
    couple crowd customer customers dad daughter designer developer developers didn't doctor
    doctors doesn't dog dogs don't driver employee employees everybody everyone expert experts
    family father fellow folks for friend friends girl grandfather grandma grandmother
    grandparents group guest guests he helper hero host how husband i i'd i'll i'm i've if in
    just kid kids king lady lecturer less let's librarian listener listeners locals lot man
    manager managers many member members men might mom more most mother mum neighbor neighbors
    neighbour neighbours never nobody not nurse on one ones or other others owner owners parent
    parents partner partners patient patients people person player players please police
    politician princess professor queen reader readers sailor scientist scientists self she
    sister so some somebody someone son staff stranger strangers student students teacher
    teachers team teams than them then they to tourist tourists travelers travellers uncle us
    user users viewers visitor visitors we we'll we've what when where who why wife winner with
    woman women won't workers writer writers you you'll you're you've
"""
_PEOPLE = frozenset(_PEOPLE_LISTED.split())
_THING_WORDS = frozenset(("it", "it's", "which", "nothing", "everything"))
_LEADS_LISTED = "the a an your my his her its our every each that this their one"
_LEADS = frozenset(_LEADS_LISTED.split())
# Of irregular verbs; the others end in what all verbs in the past end in.
_PAST_LISTED = """
    crept drank fled flew forgave forgot forgotten fought hid knelt lent sang slept spoke stole
    swore sworn taught threw told wept woke wrote
"""
_PAST = frozenset(_PAST_LISTED.split())
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_SUBJECT = re.compile(r"([가-힣]{1,6}?)(?:들)?(?:이|가|은|는|도|께서|께서는|만은)$")
_SOMEBODY = re.compile(
    r"^(?:[저나너네내제]|저희|우리|당신|사람|누구|누군|아무|모두|다들|친구|엄마|아빠|어머니|아버지|"
    r"부모|할머니|할아버지|아이|아기|동생|언니|오빠|누나|형|남편|아내|선생|선생님|교수|의사|손님|고객|"
    r"직원|상사|팀장|부장|동료|이웃|가족|학생|주인공|작가|독자|소녀|소년|왕|여자|남자|아저씨|아주머니|"
    r"강아지|고양이|개|본인|자신|스스로|분|이들|그|그녀|상대|상대방|트레이너|면접관|담당자|기사님?|것|"
    r"거|게|수|때|하지|에|에서|보다|있|없|같|많|좋|[가-힣]{1,3}(?:씨|님|에|에서|으로|로|지|하|려|"
    r"다|자|기))$"
)
_ACTS_KO = re.compile(
    r"^(?:말하|말을|말했|말해|말한|속삭|중얼|투덜|구시렁|수군|대답|부르|불러|소리치|외치|외쳐|웃|"
    r"울[어고었며던]|운다|우는|훌쩍|흐느|삐[지져치쳐진친졌]|토라|화[를가]|화났|화내|싫어|좋아하|"
    r"사랑|미워|질투|부러워|부끄|수줍|긴장|안심|안도|당황|놀라|놀란|놀랐|겁[을이먹]|무서워|두려워|"
    r"그리워|외로|심심|지루|억울|서운|섭섭|뿌듯|기뻐|슬퍼|기다[리려린렸]|꿈을|꿈꾸|꿈꿔|잠들|잠을|"
    r"잠이|잠든|졸[고린다아]|깨어|눈을|하품|기지개|걸어|걷[는고다]|뛰어|달려|도망|달아|숨[어었을]|"
    r"숨바|앉|눕|누워|누운|일어서|일어나|기대|춤|노래|손을|손짓|고개|얼굴을|어깨|발을|발걸음|무릎|"
    r"입을|등을|귀를|혀를|이를|협상|항의|파업|농성|시위|출근|퇴근|퇴사|휴가|사표|거부|거절|포기|"
    r"인정|용서|배신|약속|결심|고민|알아[보채서듣]|모르는|모른|기억|잊|원하|원해|"
    r"바라[고는지본보봐]|읽[고는어었]|훔[치쳐친쳤]|빌려|빌린|돌려|건네|건넨|내밀|업[고은혀]|안고|"
    r"끌어안|껴안|삼[키켜킨켰]|뱉|토해|마시|마신|마셔|씹|입고|벗|갈아입|떠나|떠났|돌아[오와온왔]|"
    r"찾아[오와온왔]|놀러|데려|초대|방문|인사|결혼|이혼|이사|요구|주장|판단|심판|감시|노려|째려|"
    r"쳐다|훔쳐|엿듣|엿보|번역|연주|관심|한가|바쁘|바빠|바쁩|지쳐|지쳤|억지|고집|투정|애교|시치미|"
    r"모른 ?척|참견|간섭|잔소리|비웃|놀[려리]|유혹|협박|위로|토닥|쓰다듬|어루만|간질|입맞|키스|"
    r"흥정|중매|배웅|마중|숨을|숨 ?쉬|숨쉬|한숨|기침|재채기)"
)
# What one is to do oneself is nothing that a thing does.
_TO_YOU = re.compile(r"(?:야|세요|시면|시길|시고|셔도|려면|으면)$")
_REACH = 4


def alive(of: Told) -> int:
    """How often a thing does what only somebody could."""
    return _english(of) + (_korean(of) if of.korean else 0)


def _english(of: Told) -> int:
    if of.korean:
        return 0
    return sum(_acting(tuple(_WORD.findall(each.lower()))) for each in of.sentences)


def _acting(words: tuple[str, ...]) -> int:
    """How many verbs and feelings of people have a thing before them in one sentence."""
    found = 0
    for at, word in enumerate(words):
        acts = is_among(word, _ACTS) or word in _PAST
        if not acts and word not in _FEELS:
            continue
        before = at - 1
        while before >= 0 and words[before] in _BETWEEN:
            before -= 1
        inflected = word.endswith(("s", "ed", "ing")) or word in _PAST
        if before >= 0 and (before < at - 1 or (acts and inflected)):
            found += _is_thing(words, before)
    return found


def _is_thing(words: tuple[str, ...], at: int) -> bool:
    """Whether a thing is named there: after an article, in plain sight, or as `it`."""
    subject = words[at]
    if subject in _THING_WORDS:
        return True
    if subject in _BETWEEN or is_among(subject, _PEOPLE):
        return False
    led = any(word in _LEADS for word in words[max(0, at - 2) : at])
    return led or at == 0


def _korean(of: Told) -> int:
    found = 0
    for sentence in of.sentences:
        tokens = [token.strip("\"'.,!?()…~") for token in sentence.split()]
        for at, token in enumerate(tokens):
            if _ACTS_KO.match(token) and not _TO_YOU.search(token):
                before = tokens[max(0, at - _REACH) : at][::-1]
                found += any(_names_a_thing(each, near) for near, each in enumerate(before))
    return found


def _names_a_thing(token: str, words_between: int) -> bool:
    """Whether a word is a thing that does what follows; a mere topic has to be close."""
    subject = _SUBJECT.search(token)
    if not subject or (token[-1] in "은는" and words_between > 1):
        return False
    return not _SOMEBODY.match(subject[1])
