"""Words that everybody uses; one that is not among them is worth a look."""

from __future__ import annotations

_COMMON_WORDS_LISTED = """
    able about above access accident according account achieve across action activity actual
    added adding address adds adult advice affect afraid africa after afternoon afterwards
    again against ages agree ahead alike allow almost alone along aloud alphabet already also
    although always amazing american among amount angle animal announce another answer anybody
    anyone anything anyway apart apartment appears appointment april area argue around arrange
    arrive article aside ask asleep assume attend august available average avoid away baby
    back background backup badly bake balance ball bank bare base basic battery beach beats
    beautiful became because become bedroom beef been before beforehand began begin behind
    being believe belong below bend benefit bent berlin beside best better between beyond
    bigger bill birthday black blank block blood blue board body boil book boss both bottom
    bowl boyfriend brain bread break breakfast bridge bright bring british broke brother
    brought brown browser bubble bucket budget build built business busy butter cafe calendar
    call calm came camera cannot carbon card care careful carry case catch caught cause
    celebrate celebration cell celsius center centimetres centre century certain certificate
    chain challenge chance change character charge cheap check cheese chicken child childhood
    children chinese choice choose chosen cinema circle city classic clean clear clock close
    cloth cloudformation coat code coffee cold colleague collect college colour column combine
    come comfortable comma command comments commit common communicate community company
    compare comparison complain complete concern concert condition confident congratulations
    connect consider contact contain continue contract control conversation convert cook cool
    copy corner correct cost could count country couple course cover crack create cross crust
    ctrl culture cure customer daily damage data database date daughter days dead deal dear
    december decide decimal decision deep definitely definition degree delay delete delicious
    dense depend deposit describe design desk detail develop device dictionary died differ
    difference different digits dinner direction directly director discuss discussion disk
    distance divide doctor document does doing done door double down download drain draw dried
    dries drifts drink drive drop during each early earth east easy eat economy edge effect
    effort eggs eight eighth either eleven else elsewhere email emergency emotion empty ended
    ending ends energy engine english enjoy enough enter entry environment equal error
    especially estimate europe european evaporates even ever everybody everyday everyone
    everything exact exam example excellent exchange exercise existing exists expands expect
    experience expert explain express extra eyes face fact fade failed fails fall false family
    famous farther fast father fault favorite favourite february feedback feel feet female
    fewer fibres field fifteen fifth fifty figure file fill film final find fine finger finish
    firm first fitness fits five fixed flat flight floor flower flows flush foam focus follow
    food foot football force forecast forever form forward found four fourteen frame free
    freedom freeze french fresh friday fridge friend from front frozen fruit fry full further
    future gallery game gaps garlic gave general generation gentle german gets getting gift
    girl girlfriend give globe glue goal goes going gone good grain grammar grass grease great
    greek green grew grip ground group grow growth guess guest guide guitar habit hair half
    halves hand happen happy hard harm harmless hate have head health hear heart heat heavy
    height held hello help hence here hide high history hobby hold hole holiday home honest
    hope hospital hotel hotter hour house however http hundred husband idea ideal illness
    import important improve including increase industry information ingredients inner inside
    install instead insurance interest internet interview into invest investment invite
    involve iron issue italian item itself jacket january jobs journey july jump june just
    keep kept kettle keys kilometres kind king kitchen knife know knowledge label lake lamp
    land landlord language laptop large largest last late latin lawyer layer lead learn least
    leave left legs length less lesson lets letters letting level lies life lift light like
    limit line link linux liquid list listen litre little live local location logs london
    lonely long look loose lose loud love lower lowest lucky lunch lying machine made mail
    main major make manage management many march mark market marriage married mass match
    material matter maybe meal meant measure media medical medicine meet member mental merely
    message metal method metre middle might mild milk million mind minus minute missed missing
    mistake mixed mixing mixture model modern moist moisture moment monday money month more
    morning most mother mouth move movement movie much multiply must name narrow natural
    nature near need negative neighbours neither nerves nervous network never news next nice
    nine ninth nobody noise none noon normal north northern note nothing notice november
    nowhere number nurse october offer office often older once ones onion online only onto
    open opinion opportunity opposite option order ordinary organize original other otherwise
    output outside oven over owner oxygen page painting pair paragraph parallel parent park
    part particular partner pass passion password past path pattern people percent perfect
    perfume perhaps person personal phone photo physical pick picnic picture piece pitch place
    plan plant plastic plate play please plenty plug plus pods point poison police policy
    polite pool popular pork position positive possible post potatoes powder power practical
    practice precisely prefer prepare present president press pressure pretty price print
    private probably problem produce product professional program project promise proper prove
    provide public pull pump pure purpose push puts putting quality quarter question quick
    quiet quite quotes raise random range rare rate rather reach read readers real reason
    receive recent recipe recommend record red reduce region regular relationship relax
    remaining remains remedy remember remove rent repeat replace reply report request require
    research resource respect response rest restart restaurant result return reverse review
    rice rich ride right ring rinse rise road role roman romantic room roots roses roughly
    round routine rows rubber rubbing rule running runs safe said salad salary same save says
    scale scattered schedule school science screen screw seal search season second section
    seem seen sees seldom sell send sense sensible sent sentence separate september series
    serious service sets settings settles seven several shape share sharp sheet shift ship
    shirt shoes shop short shorten should show side sign similar simple simply since single
    sink sister site sits sixth size skill sleep slide slightly slip slow small smallest smell
    smooth soap social society soda soft software soil solar solid solution solve some
    somebody someone something sometimes somewhere song soon sorry sort sound soup south space
    spare speak special speech speed spelling spend split spoon sport spot spread square stage
    stand starch start state station stay steady steam steel stems step stick stiff still stir
    stone stop store story straight strategy street strength stress string strip stroke strong
    stuck student studio study style subject success successful such suddenly suggest
    suggestion suits summer sunday supplies support suppose sure surface surprise survive
    switch syllable system table tail take talk task taste tax teach team tears technology
    tell temperature tend tennis tenth test text than thank that theater theatre them
    themselves then there therefore these they thick thin thing think third thirty this those
    though thought thousand three through throws thursday thus ticket tightly time tiny tired
    today together told tomato tomorrow tonight took tool topic total touch tough tour towards
    town traditional traffic train trap travel treat tree trick tries trip trouble true trust
    truth tuesday turn twelve twenty twice type under underneath understand undo university
    unknown unless until update upper used useful user uses using usual vacation value vapour
    various vegetable vehicle verb version very video view village vinegar visible visit
    visitor voice volume wait walk wall wallet want warmer warmth warning wash watch water
    waves ways weak weather website wedding week weekend weight welcome well went were west
    western what whatever when whenever where whereas wherever whether which while white
    whoever whole whom whose wide wife will windows wins wipe wish with within without woman
    women wonderful word work world worry worse worst worth would write written wrong wrote
    year yellow yes yesterday yoga young your yourself zero
"""
COMMON_WORDS = frozenset(_COMMON_WORDS_LISTED.split())
