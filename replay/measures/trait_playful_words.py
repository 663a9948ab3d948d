"""English words that show that somebody is playing."""

from __future__ import annotations

# What is out of place in advice: where it turns up, somebody is playing.
_ODD_LISTED = """
    apocalypse alien aliens abduct absurd accomplice alibi ancestors archenemy armageddon
    avenger bacon banana bandit barbarian batman beast behold betray betrayal blackmail
    blasphemy bribe bribery burrito cape catapult cackle caveman chaos chaotic circus clown
    coffin comedian comedy confess confession conspiracy conspire couch court coward crime
    criminal crown crusade cult curse cursed deity demon detective dictator dinosaur diplomat
    diplomacy diva doom doomed dracula drama dramatic dramatically dungeon duel ego einstein
    emperor empire enemy epic evil exile exorcism exorcist extinct fanfare feral fossil
    frankenstein fugitive funeral gandalf genie ghost gladiator goat goblin godspeed godzilla
    gremlin grudge guilty guru hamster haunted hero heroic heroically hobbit hollywood hostage
    houdini hostile humble humiliate immortal inedible interrogate investigate jail jedi joke
    judgement judgmental judgy judge judging jury karen karma kidnap knight lair lasagna laser
    legend legendary llama loch lord majestic majesty martian martyr mafia medieval mercy
    merlin mime minion mischief monster mortal mortals mourn muahaha mutiny mystic mystical
    napoleon nap nasa negotiate negotiation nemesis ninja nobel noble noodle notorious oath
    obituary offended olympic olympics omen oracle outlaw overlord paperweight parliament
    peasant penguin phd pigeon pickle pirate pizza plot plotting poltergeist potato prank pray
    prayer priest prison prophecy prophet psychic quest raccoon rebel rebellion revenge revolt
    revolution riot ritual robot rumor rumour sacrifice salsa sausage savage scandal
    scandalous scheming shakespeare sherlock siege sith skeleton sloth smug snob snore
    soap-opera sorcery spaghetti spy squirrel stubborn sulk sulking summon superhero
    supervillain suspect suspicious suspiciously sword taco tantrum tarzan telepathy therapist
    therapy thou throne titanic toddler tombstone traitor treason treaty troll truce ufo
    underwear unicorn vampire vendetta victim villain volcano voodoo warrior weep werewolf
    witch witness wizard wizardry worship wrath yoda zen zombie zookeeper grandma grandmother
    hibernate hibernation pajamas pyjamas sofa sock socks toilet divorce breakup flirt
    flirting dating bachelor alas behold forsooth lo verily gods heavens hell satan devil
    angel angels heaven miracle scream screaming screams sob sobbing cry crying begging beg
    roommate archaeologist philosopher ambassador bouncer mayor accountant landlord lawyer
    ancestor museum aesthetic shrug marriage wedding courtroom sport spectator audience
    applause lottery retirement retire reincarnate monk buddha enlightenment meditate audit
    customs parole bail excuse excuses denial optimism optimistic ambition career resume
"""
ODD = frozenset(_ODD_LISTED.split())
THINGS = (
    r"code|printer|cat|cats|dog|laptop|computer|sourdough|starter|dough|plant|plants|fern|"
    r"cactus|fridge|wi-?fi|router|phone|server|compiler|"
    r"algorithm|oven|spreadsheet|excel|alarm|wallet|inbox|css|regex|bug|bugs|toaster|washing "
    r"machine|dishwasher|car|machine|keyboard|mouse|"
    r"bread|cake|pasta|egg|eggs|onion|onions|houseplant|basil|monday|mondays|calendar|deadline|"
    r"python|javascript|git|database|program|script|couch|sofa|bed|"
    r"blanket|gym|treadmill|bank account|budget|credit card|coffee|coffee machine|kettle|"
    r"souffl[eé]|yeast|bike|suitcase|sock|socks|jeans|"
    r"knees?|brain|stomach|back|error|errors|function|loop|app|browser|windows|battery|charger|"
    r"cable|garbage collector|tests?|weather|rain|vegetables?"
)
LIVELY = (
    r"feelings?|feels|hates?|loves?|knows?|smells?|judg\w+|angry|sulk\w*|cr(?:y|ies|ied|ying)|"
    r"sobs?|begs?|plots?|plotting|revenge|offended|jealous|moody|drama\w*|opinions?|"
    r"personality|holiday|vacation|naps?|bites?|forgives?|remembers|mood|ego|therapy|wants|"
    r"decided|decides|refuses|resents?|dreams?|complains?|salary|fired|quit|retired?|"
    r"union|strikes?|resigned|thinks|believes|disagrees?|laughs?|laughing|mocks?|sighs?|"
    r"screams?|panics?|lies|lying|cheats?|wins|won|negotiat\w+|trusts?|fears?|"
    r"suspicious|grudge|conspir\w+|attention|lonely|bored|hungry|tired|asleep|awake|ghosted|"
    r"needs space|divorce|enemies|friends with|plans|dignity|"
    r"attitude|sassy|bully|bullies|betrays?|betrayed|haunts?|stares?|staring|watching you|out "
    r"to get|miss(?:es)? you|demands|expects|objects|pretends?|ignores you"
)
