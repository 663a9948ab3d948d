"""Technical depth: terms of a subject, numbers with units, identifiers."""

from __future__ import annotations

import re

from replay.measures.trait_text import Told, count_among, cues, share, weigh

_TERMS_LISTED = """
    abstraction acetyl acid adenosine adsorption aerobic algorithm alias alkaline allele allocate
    allocation alloy amino amortize amortise amortised amortized ampere amplitude analog annealing
    annotation antibody antigen aperture api applicative arbitration argument arithmetic array
    artery asymptotic async asynchronous asyncio atom atomic authentication authorization axiom
    axon backend backpropagation bandwidth baseline batch benchmark bias binary binomial bit
    bitmask bitwise boolean boot bootloader bottleneck branch breakpoint broker buffer bytecode
    byte cache caching calculus callback capacitance capacitor carbohydrate cardinality catalyst
    cathode anode centrifugal cgroup checksum chloride cholesterol chromosome cipher circuit class
    classifier clause client closure cluster coefficient collagen collision compile compiler
    component compound compress compression compute concatenate concentration concurrency
    concurrent condensation conductivity confidence config configuration congestion connection
    const constant constraint constructor container convection convergence convex convolution
    coroutine correlation cortisol covariance crankshaft cron crud cryptographic csrf current
    daemon dataset datatype deadlock debounce debug debugger declarative decorator decoupled
    default defragment delimiter denaturation denature density dependency deploy deployment
    derivative deserialize deterministic diffusion diode directive dielectric dispatch
    distribution docker domain dopamine driver duplex dynamic eigenvalue elasticity electrode
    electrolyte electron elliptic embedding emulsifier emulsion encapsulation encode encoding
    encrypt encryption endothermic endpoint endpoints entropy enthalpy enum enzyme epoch
    equilibrium equity ethanol evaluate evaporation event exception executor exothermic exponent
    exponential exposure expression factorial fermentation fiber filesystem filter firewall
    firmware flag float flux focal foreign formula fraction framework frequency friction frontend
    function functor garbage gateway gene genome glucose gluten glycogen gradient granularity
    gravity greenhouse grpc hash hashing hashmap header heap heuristic histogram homeostasis host
    hostname hydration hydrogen hypothesis idempotent image immutable immutability impedance
    implement implementation inductance inertia inference inflation infrared inhibit inhibition
    inhibitor inline inode input insulin instance instantiate instruction insulation integer
    integral integration interface interpreter interrupt invariant inverter ion ionic isolation
    isotope iterable iterate iteration iterator javascript join json jvm kernel kinetic kubernetes
    lactic lambda latency latent ldl lexical library lifecycle linear linker liquidity lipid load
    localhost lock locking logarithm logarithmic loop loss lumen lumbar macro magnetic malloc
    mapping margin matrix mean median membrane memoize memoization memory mesh metabolic
    metabolism metadata metric microservice middleware migration mitochondria mitochondrial
    modulation module modulus molar molecular molecule momentum monomer mortgage mutex mutable
    mutate mutation namespace neuron neurotransmitter neutron nginx nitrogen node normalisation
    normalization normalize npm null nullable nucleus numpy object offset ohm optimizer optimistic
    orm osmosis oscillation osmotic overfitting overflow overhead oxidation oxidative oxide packet
    pagination parameter parasympathetic parse parser partition pathogen payload percentile
    permission phase phosphate phosphorylation photon photosynthesis pipeline pixel plasma pointer
    polarity polling polymer polymorphism polynomial pooling port postgres postgresql potassium
    precision predicate prefetch prefix primary principal probability process processor profiler
    profiling prostaglandin protease protein protocol proton proxy python quantization quantum
    query queue ram race rebase receptor recursion recursive redirect redis refactor reference
    reflection refraction regex register registry regression regularization relational renderer
    rendering replica replication repo repository resistance resistivity resistor resolution
    resonance retransmit retry rollback router routing rsync runtime sample sandbox scalar
    scalability scheduler schema scope script segment selector semantic semaphore semiconductor
    sensor serialization serialize serotonin server session shader shard sharding shell shutter
    signal simd singleton sodium socket solubility solvent solute sql ssd ssh stack standard
    statement static statistical statically stochastic storage stream subnet subnetwork subprocess
    substrate sudo surfactant swap symlink synapse synaptic synchronize synchronous syntax
    synthesis tannin template tensor terminal terraform thermal thermodynamic thermostat thread
    throttle throughput timeout timestamp tls token tokenizer topology torque traceback
    transaction transformer transistor transpiler traversal tuple tuning turbine typed typescript
    udp unicode unit unix upstream uri url utf validation valve variable variance vascular vector
    velocity vertex viscosity virtual virtualization viscous vitamin vm vlan volatile volatility
    voltage watt wavelength webhook webpack websocket wifi worker workflow workload xml yaml yeast
    yield zone autolyse autolysis crumb retarding amortization apr arbitrage beta bond compounding
    coupon depreciation derivative diversification dividend escrow etf hedge index annualized
    portfolio principal rebalancing securities amygdala anaerobic aorta cardiac cardiovascular
    cerebral cortex dosage glycemic hippocampus hypertrophy hormone ligament lymph mg microbiome
    neural pharmacokinetic renal respiratory tendon titration vo2 load-bearing tensile shear truss
    beam substrate ph hardiness photosynthetic mycorrhizal nitrogen phosphorus npk humidity dew
    relative evaporative refrigerant compressor sequential scan b-tree acid handshake sequence
    segment quorum raft paxos consensus shutter iso bokeh histogram raw sensor harmonic chord
    cadence interval diatonic tonic dominant timbre hertz
"""
TERMS = frozenset(_TERMS_LISTED.split())
_SHAPED = cues(
    {
        1.3: r"\b\d+(?:[.,]\d+)*(?:[-–]\d+(?:\.\d+)?)? ?(?:ms|µs|μs|ns|[kKMGT]i?B|[kKMG]bps|"
        r"[MG]b/s|[kMG]?Hz|kHz|mm|cm|km|nm|µm|μm|mg|µg|"
        r"kg|ml|mL|dL|kcal|kJ|mol|[kM]?Pa|bar|psi|[kM]?W|kWh|[mk]?V|mA|A|mAh|Ω|ohms?|K|°C|°F|℃|"
        r"℉|°|N|Nm|dB|lux|lm|px|dpi|fps|rpm|ppm|ppi|bits?|bytes?|qps|rps|req/s|"
        r"mmol|IU|m/s|km/h|rem|em|vh|bpm|mmHg|AWG|cores?|threads?|epochs?|tokens?)(?![A-Za-z])"
        r"|\b\d+(?:\.\d+)?[-– ]?(?:bit|byte|core|thread|nm)\b|\bO\([^)\n]{1,20}\)|\bf/\d|"
        r"\b\d+/\d+ ?(?:s|초)\b|\b0x[0-9a-fA-F]+",
        0.9: r"\d(?:\.\d+)? ?(?:%|퍼센트|％|per cent|percent)|\bv?\d+\.\d+(?:\.\d+)*\b|"
        r"\b[a-z]+(?:[A-Z][a-z0-9]*)+\b|\b[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+\b"
        r"|\b[A-Za-z]\w*_\w+\b|(?<![\w-])--?[a-z][\w-]*\b(?=[ =\n])|\b\w+\.(?:py|js|ts|conf|"
        r"yaml|yml|json|toml|sh|sql|md|txt|env|log|csv|html|css|go|rs|java|cpp|c|h)\b"
        r"|\b\w+\(\w*\)|"
        r"\b[A-Z]{2,6}\d?(?:[-/.]\d+(?:\.\d+)?)?\b(?<!\bOK)(?<!\bAM)(?<!\bPM)(?<!\bUS)(?<!\bUK)(?<!\bTV)|"
        r"\b[A-Z]+[a-z]?\d[\w]*\b|\b\d{1,2}:\d{1,2}(?= (?:ratio|by))|[≤≥≈∝∑∫√±×∂ΔΣλμσπθ→=]"
        r"|(?<![\w/])/(?:[a-z]+/)+[a-z.]*|\bpH\b|\b[A-Z][a-z]?\d\b|"
        r"\b(?:[A-Z][a-z]?\d*){2,}\+?(?=[ ,.은는이가을를와])(?<![a-z]{3})",
        0.45: r"\b\d+(?:[.,]\d+)?(?![\d:])",
    }
)
_MORPHED = re.compile(
    r"\b\w{3,}(?:ase|osis|itis|emia|ology|metry|lysis|genic|philic|phobic|morphic|static|"
    r"dynamic|ization|isation|"
    r"ability|ivity|aneous|ometer|ylation|ferase|cytes?|genesis|plasty|trophic|optic|otropic|"
    r"algorithm\w*|ithm\w*)\b"
)
_LAY = cues(
    {
        1.2: r"think of (?:it|this|them) (?:as|like)|like a|as if|imagine|basically|simple "
        r"terms|in (?:short|plain|everyday)|sort of|kind of"
        r"|a (?:bit|lot)|things?\b|stuff|something|magic|helpers?|somehow|the part (?:of|that)|"
        r"쉽게 말|비유|마치|처럼|같은 거|비슷해요|일종의|그냥|느낌|뭔가",
    }
)
_KOREAN = (
    r"알고리즘|함수|변수|인덱스|쿼리|트랜잭션|데이터베이스|테이블|스키마|서버|클라이언트|"
    r"프로토콜|포트|소켓|패킷|대역폭|지연|레이턴시|처리량|캐시|버퍼|메모리|스택|"
    r"(?<![가-힣])힙|큐(?![가-힣]{2})|해시|충돌|복잡도|재귀|반복문|스레드|프로세스|뮤텍스|"
    r"세마포어|락|데드락|교착|경쟁 ?조건|동시성|비동기|동기화|코루틴|이벤트 ?루프|콜백|객체|"
    r"인스턴스|"
    r"클래스|상속|인터페이스|모듈|라이브러리|프레임워크|컴파일|인터프리터|런타임|가비지|포인터|"
    r"참조|예외|디버그|디버깅|로그|배포|컨테이너|쿠버네티스|도커|노드|파드|클러스터|"
    r"로드 ?밸런|프록시|게이트웨이|인증|인가|토큰|세션|암호화|복호화|공개 ?키|개인 ?키|서명|"
    r"해싱|직렬화|파싱|정규식|정규화|비정규화|정규 표현식|파라미터|인자|매개변수|반환|타입|"
    r"자료형|정수형|부동소수|배열|리스트|딕셔너리|튜플|트리|그래프|노드|엣지|스캔|파티션|샤드|"
    r"샤딩|복제|레플리카|격리 ?수준|커밋|롤백|브랜치|리베이스|머지|파이프라인|환경 ?변수|"
    r"커널|인터럽트|페이지 ?폴트|가상|스케줄|컨텍스트|오버헤드|병목|프로파일|모델|학습률|손실|"
    r"가중치|경사|역전파|과적합|정칙화|임베딩|어텐션|텐서|배치|에포크|"
    r"확률|분산|표준 ?편차|평균|중앙값|상관|회귀|유의|가설|신뢰 ?구간|행렬|벡터|미분|적분|"
    r"도함수|극한|로그|지수|계수|방정식|"
    r"분자|원자|이온|전자|양성자|중성자|결합|산화|환원|촉매|효소|단백질|아미노산|포도당|지질|"
    r"탄수화물|글루텐|세포|세포막|미토콘드리아|핵|염색체|유전자|수용체|"
    r"호르몬|인슐린|코르티솔|도파민|세로토닌|멜라토닌|신경|시냅스|뉴런|혈압|혈당|혈관|동맥|정맥|"
    r"심박|대사|항체|항원|면역|염증|억제|합성|분해|광합성|틸라코이드|엽록체|엽록소|명반응|"
    r"암반응|"
    r"삼투|확산|농도|용액|용매|용질|포화|증발|응결|비열|열전도|전도율|대류|복사|압력|밀도|점도|"
    r"점성|마찰|가속도|관성|운동량|에너지|전압|전류|저항|전력|주파수|"
    r"파장|진폭|굴절|반사|산란|회절|간섭|자기장|전기장|반도체|트랜지스터|회로|센서|조리개|셔터|"
    r"노출|심도|초점|화각|감도|해상도|화소|색온도|"
    r"금리|복리|단리|원금|수익률|변동성|분산 ?투자|채권|주식|배당|환율|이자율|상환|원리금|공제|"
    r"과세|세율|담보|유동성|만기|수수료|"
    r"콘크리트|압축 ?강도|인장|하중|응력|철근|슬럼프|단열|열관류|배관|수압|토크|기어|연비|"
    r"배기량|엔진|점화|냉각수|압축비|"
    r"발효|효모|수분율|수화|오토리즈|마이야르|캐러멜화|유화|염도|산도|추출|분쇄도|크레마|젤라틴|"
    r"전분|호화|변성|"
    r"음정|화음|장조|단조|박자|음계|알칼리|산성|염기성|중화|pH|비타민|나트륨|칼륨|칼슘|마그네슘|"
    r"질소|인산|칼리|미네랄|카페인|아데노신|길항|반감기|"
    r"임계|매개|변환|연산|구문|구조체|문법|바이트|비트|인코딩|디코딩|유니코드|도메인|호스트|"
    r"서브넷|라우팅|라우터|방화벽|핸드셰이크|세그먼트|재전송|혼잡 ?제어|"
    r"엔드포인트|요청|응답|헤더|페이로드|웹훅|스트림|스트리밍|큐잉|브로커|파라|의존성|패키지|"
    r"빌드|테스트 ?커버|단위 ?테스트|리팩터|추상화|캡슐화|다형성|불변|멱등|이터레이터|"
    r"제너레이터|"
    r"렌더링|컴포넌트|상태 ?관리|가상 ?돔|번들|폴리필|쿠키|로컬 ?스토리지|스크립트|레지스터|"
    r"명령어|어셈블리|펌웨어|드라이버|디스크|파일 ?시스템|아이노드|심볼릭|디렉터리|경로|권한"
)
_KOREAN_TERMS = re.compile(_KOREAN)
_BODY = re.compile(
    r"[가-힣]{1,3}(?:근|골|염|질환|증후군|괄약근|관절|인대|연골|신경|산|균|효소|"
    r"호르몬)(?=[은는이가을를의에과와 ,.])|식도|척추|이완|수축|부하|역류|위산|골절|병변|질환|"
    r"증상|진단|처방|용량|투여|약물|복용|기전|"
    r"법랑질|치수|카디널|네스티드|마크 앤|가비지|도달|회수|낙폭|샤프|포트폴리오|밀리미터파|대역|"
    r"반송파|변조"
)
_REGISTER_KO = re.compile(r"(?:합니다|됩니다|입니다|습니다|한다|된다|이다)(?=[.\s]|$)")
_KOREAN_ENDINGS = re.compile(
    r"[가-힣]{1,4}(?:률|율|계수|함수|연산|반응|작용|효과|현상|농도|강도|밀도|용량|속도|온도|"
    r"수치|지수|구간|편차|주기|법칙|체계|기법|방식|구조|성분|물질|막|압|량)"
    r"(?=[은는이가을를의에로과와도, .]|입니다)"
)


def technical_depth(of: Told) -> float:
    """How far a reply goes into the terms and figures of its subject."""
    shaped = weigh(of.prose, _SHAPED)
    terms = 1.0 * count_among(of.words, TERMS) + 0.8 * len(set(_MORPHED.findall(of.lowered)))
    korean = len(set(_KOREAN_TERMS.findall(of.prose))) + 0.6 * len(
        set(_KOREAN_ENDINGS.findall(of.prose))
    )
    korean += 0.9 * len(set(_BODY.findall(of.prose)))
    korean += 0.12 * min(3, len(_REGISTER_KO.findall(of.prose)))
    latin = len({word for word in of.words if len(word) > 1}) if of.korean else 0
    long_words = 0.0 if of.korean else 0.12 * sum(len(word) > 8 for word in of.words)
    code = 0.8 * len(of.inline) + 1.5 * len(of.blocks)
    amount = shaped + terms + 1.1 * korean + 0.35 * min(latin, 12) + long_words + code
    amount -= 0.8 * weigh(of.lowered, _LAY)
    return share(max(0.02, amount + 0.12) / (of.size + 8.0) ** 0.55, 1.0)
