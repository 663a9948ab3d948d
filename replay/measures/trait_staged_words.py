"""Words of courts, thrones, laboratories and offices: what small matters are played up with."""

from __future__ import annotations

import re

from replay.measures.trait_text import Told, count_among

_STAGED_LISTED = """
    academy accidentally accomplice accusation acquit affidavit allegiance alliance ambush
    amnesty anthem applause applicant apprentice archbishop armistice army arrest asylum auction
    autopsy bachelor backstage bailiff ballot banquet biography blockade bodyguard bouncer
    bureaucrat butler cabinet campaign candidate casualty catastrophe cathedral ceasefire
    ceremony chairman champion chancellor chaperone charter choir civilian clergy colonel colony
    commando commission commissioner committee commune compliance consent consulate consultant
    contestant convict coronation coroner coup cv decree defendant delegate delegation
    deliberately demotion deport deposition dignitary diplomat diplomatic diplomatically
    disciplinary dowry duchess duke dynasty elite embassy embezzle emotionally encore envoy
    epidemic eulogy evict eviction evidence evolution excavate excavation exhibit exile
    expedition eyewitness faction fatality felony feud forensic fraud frontier fugitive geneva
    getaway gladiator government governor guerrilla harem heirloom heist herald hereby heretic
    heritage hermit heroically historically honeymoon hostage hr humanitarian immigration
    impeach infantry infiltrate informant inheritance innocent inquest inquiry inquisition
    insurgent interpol interrogation intervention intimidate invasion journalist jurisdiction
    jury keynote kidnap kingdom knighthood laboratory landlord laureate lawsuit lawyer legally
    liberation lieutenant lodge majestically manifesto maternity mathematician mausoleum medal
    mediator meltdown memoir mercenary militia ministry misdemeanor misdemeanour monarch
    monarchy monastery morale morally mourner mugshot mutiny mysteriously mythical negotiate
    nobility nobly notary nun oath obituary observatory orchestra ordeal overthrow pact parade
    pardon parliament parole peacekeeper pensioner perjury petition pharaoh pickpocket pilgrim
    pilgrimage plaintiff plea pledge podium politician pope portfolio posthumous preacher
    president prestige probation procession professionally prosecution prosecutor psychiatrist
    publicist purgatory pyramid ransom rebellion recession referee referendum refugee regime
    rehab relic reluctantly republic resign resignation resurrection retirement reunion rival
    royal royalty ruins sabotage saga saint salary sanction scandal scapegoat scholar scripture
    sect sentencing sermon sheriff shrine siege smuggle solemn solemnly sovereign spiritually
    spokesperson spouse standoff statesman strategist subpoena summit supervise supervisor
    surveillance suspicious suspiciously syndicate tabloid tenant testify testimony theatrical
    theology tragedy tragic tragically traitor treason treasury treaty trial tribe tribunal
    tribute trophy truce tycoon tyrant ultimatum unanimous unanimously unauthorised unauthorized
    undercover unemployed unemployment unforgiven unpaid unprecedented uprising vatican verdict
    veteran veto viceroy victorious viking villain volunteer vow waiver warden warrant weapon
    whistleblower witness
"""
_STAGED = frozenset(_STAGED_LISTED.split())
_STAGED_KOREAN = re.compile(
    r"인질|구조 ?(?:요청|대)|농성|요구 ?사항|협상|담판|중재|합의(?!점)|차별|종교|교리|성경|순례|"
    r"수행(?:자|의)|고행|경지|고급 ?과정|정규직|비정규|인턴|수습|신입|입사|회장님|인사과|"
    r"인사 ?(?:발령|담당)|퇴거|세입자|집주인|입주|동거|위원회|위원장|의장|안건으로|만장일치|지층|"
    r"유적|유물|발굴|화석|생태계|서식지|야생|천적|포식|멸종|진화|종족|종입니다|인류|문명|봉인|"
    r"저주|주문|환불|반품|뇌물|로비|클럽|동호회|협회|연맹|총회|이재민|난민|망명|귀화|국적|"
    r"대한민국|국민|정부|대통령|장관|총리|외교|사절|대사관|국경|국가|영토|점령|침략|독립|혁명|"
    r"쿠데타|재판|판결|판사|항소|증거|목격|진술|자백|자수|변명|묵비권|공소|무죄|유죄|피고|원고|"
    r"변호|고소|법적|합법|불법|위법|공식(?:적|입장)?|비공식|역사적|역사상|세기의|학계|논문|가설|"
    r"학설|연구 ?대상|의학적|과학적으로|철학적|물리 ?법칙|우주의|자연현상|천문학|고고학|심리전|"
    r"첩보|위장|잠복|매복|포로|탈출|생환|생존자|희생|추모|애도|부고|장례|유족|유산|상속|왕조|왕국|"
    r"왕좌|즉위|황제|여왕|공주|기사단|백성|신하|충신|역적|반란|귀양|유배|상소|어명|올림픽|"
    r"국가대표|메달|결승|준결승|해설|중계|응원단|심판|퇴장|레드카드|은퇴|복귀|데뷔|팬클럽|사인회|"
    r"주연|조연|엑스트라|관객|기립 ?박수|무대|막장|반전|예고편|속편|시즌|완결|최종회|연애|밀당|"
    r"이별|고백|재회|권태기|헤어지|질투|바람(?:을 피|났)|양육권|이혼|유학|이민|가출|잠적|실종|"
    r"수배|제보|현상금|은신|도피|밀항|밀수|암시장|상담(?:이 필요|받아)|심리 ?상담|트라우마|자아|"
    r"정체성|번아웃|우울|사춘기|중년|갱년기|전 ?재산|가산|파산|부도|주주|상장|투자자|합병|"
    r"구조조정|정리해고|노조|단체 ?교섭|입장에서|입장 ?차|체질|재능|수준급|달인|장인|명인|고수|"
    r"전문가급|자격증"
)


def staged(of: Told) -> int:
    """How many such words there are."""
    return count_among(of.words, _STAGED) + (
        len(_STAGED_KOREAN.findall(of.prose)) if of.korean else 0
    )
