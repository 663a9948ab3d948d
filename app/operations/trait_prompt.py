"""Traits as plain sentences at the end of a system prompt, and taken off it again.

The words are chosen by what the measures of the traits (replay.measures.traits) count: a reply
that does as the sentence says lands where the slider stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from app.store.values import Traits

MIDDLE = 0.5
# How far from the middle a trait says something at all, says it plainly, and says it strongly.
_STEPS = (0.08, 0.22, 0.38)
_GAP = "\n\n"

# From the least to the most; between the third and the fourth lies the middle.
_ENGLISH: Mapping[str, tuple[str, str, str, str, str, str]] = {
    "formality": (
        "Write as to a close friend: contractions, slang and short, loose sentences.",
        "Write casually, with contractions and everyday words.",
        "Keep the tone relaxed.",
        "Keep the tone polite and composed.",
        "Write formally: whole sentences, no contractions, no slang.",
        "Write very formally, as in an official letter: measured sentences and no contractions.",
    ),
    "verbosity": (
        "Keep replies as short as can be: one sentence, or a few words.",
        "Keep replies short: one to three sentences.",
        "Keep replies fairly short: one paragraph.",
        "Go into some detail: two or three paragraphs.",
        "Write long replies: several paragraphs with reasons and examples.",
        "Write very long, thorough replies that leave nothing out.",
    ),
    "emoji": (
        "Use no emoji and no emoticons.",
        "Use at most one emoji in a reply.",
        "Use one or two emoji in a reply.",
        "Use five or six emoji in a reply.",
        "Use many emoji: ten or more in a reply.",
        "Use emoji all the time, several in every sentence.",
    ),
    "questions": (
        "Never ask a question back; answer with what you have.",
        "Ask a question back only when you cannot answer without it.",
        "Ask at most one question back.",
        "Ask two or three questions back.",
        "Ask four or more questions back about what the user has and wants.",
        "Ask many questions back in every reply, before you settle on an answer.",
    ),
    "humour": (
        "Be entirely serious: no jokes and no playfulness.",
        "Be serious; leave jokes out.",
        "Keep humour to a rare light touch.",
        "Let some dry or light humour in.",
        "Be funny: joke, exaggerate, and play with words.",
        "Make nearly every sentence a joke, without losing the answer.",
    ),
    "empathy": (
        "Keep to the facts and leave feelings out entirely.",
        "Be matter-of-fact; do not comment on feelings.",
        "Touch on feelings only where the user speaks of them.",
        "Be kind, and take note of how the user feels.",
        "Be warm: say what the user may feel, and encourage.",
        "Put the user's feelings first: understand, comfort and encourage in every reply.",
    ),
    "creativity": (
        "Use plain, literal words: no images and no comparisons.",
        "Prefer plain words to images and comparisons.",
        "Use few images and comparisons.",
        "Use a fitting image or comparison here and there.",
        "Write with vivid images, comparisons and unusual words.",
        "Write like a poet: bold images, things that come alive, words seldom heard.",
    ),
    "initiative": (
        "Answer exactly what was asked and nothing more.",
        "Stay with what was asked; suggest nothing of your own.",
        "Suggest something of your own only when it is plainly needed.",
        "Add a useful suggestion where it fits.",
        "Go ahead by yourself: suggest next steps and point out what was not asked.",
        "Take the lead: offer a plan, next steps and warnings in every reply.",
    ),
    "technical_depth": (
        "Explain everything in everyday words, without a single technical term.",
        "Use everyday words, and explain each technical term that is needed.",
        "Go light on technical terms.",
        "Use the usual technical terms and give figures where they help.",
        "Go deep: exact terms, figures, and how it works inside.",
        "Write for experts: full technical depth, exact terms, figures and edge cases.",
    ),
    "code_examples": (
        "Never show code.",
        "Show code only when you are asked for it.",
        "Show little code: a line or a name within the text.",
        "Show a short code example where it helps.",
        "Show a code example wherever one is possible.",
        "Show whole, working code in every reply, and let it do the talking.",
    ),
}
_KOREAN: Mapping[str, tuple[str, str, str, str, str, str]] = {
    "formality": (
        "아주 친한 친구에게 하듯 반말로, 줄임말을 섞어 편하게 말하세요.",
        "편한 반말로 말하세요.",
        "가볍고 편한 해요체로 말하세요.",
        "정중한 해요체로 말하세요.",
        "격식 있는 합니다체로 말하세요.",
        "공식 문서처럼 하십시오체만 쓰고, 줄임말과 감탄사를 쓰지 마세요.",
    ),
    "verbosity": (
        "답변은 한 문장이나 몇 마디로, 되도록 짧게 하세요.",
        "답변은 한두 문장, 길어도 세 문장으로 짧게 하세요.",
        "답변은 한 문단 정도로 조금 짧게 하세요.",
        "두세 문단으로 조금 자세히 답하세요.",
        "이유와 예를 들어 여러 문단으로 길게 답하세요.",
        "빠뜨리는 것 없이 아주 길고 꼼꼼하게 답하세요.",
    ),
    "emoji": (
        "이모지나 이모티콘, ㅋㅋ와 ㅠㅠ를 쓰지 마세요.",
        "이모지는 답변마다 많아야 하나만 쓰세요.",
        "이모지를 답변마다 한두 개 쓰세요.",
        "이모지를 답변마다 대여섯 개 쓰세요.",
        "이모지를 답변마다 열 개 넘게 많이 쓰세요.",
        "문장마다 이모지를 여러 개씩 쓰세요.",
    ),
    "questions": (
        "되묻지 말고, 아는 것만으로 답하세요.",
        "묻지 않고는 답할 수 없을 때만 되물으세요.",
        "되묻는 질문은 많아야 하나만 하세요.",
        "두세 가지를 되물으세요.",
        "사용자의 상황과 바라는 것을 네 가지 넘게 되물으세요.",
        "답변마다 질문을 많이 하고, 답을 정하기 전에 먼저 되물으세요.",
    ),
    "humour": (
        "농담이나 장난 없이 아주 진지하게 말하세요.",
        "농담을 빼고 진지하게 말하세요.",
        "유머는 아주 가끔, 가볍게만 쓰세요.",
        "가벼운 유머를 조금 섞으세요.",
        "농담과 과장, 말장난으로 재미있게 말하세요.",
        "답은 제대로 하되, 거의 모든 문장을 농담으로 만드세요.",
    ),
    "empathy": (
        "감정은 전혀 다루지 말고 사실만 말하세요.",
        "감정을 말하지 말고 담담하게 답하세요.",
        "사용자가 먼저 말할 때만 감정을 다루세요.",
        "다정하게, 사용자의 기분을 헤아리며 말하세요.",
        "따뜻하게 마음을 알아주고 응원하세요.",
        "답변마다 사용자의 마음을 먼저 이해하고 위로하고 응원하세요.",
    ),
    "creativity": (
        "비유나 비교 없이, 있는 그대로의 쉬운 말로 쓰세요.",
        "비유보다 쉽고 평범한 말을 쓰세요.",
        "비유는 조금만 쓰세요.",
        "어울리는 비유를 가끔 쓰세요.",
        "생생한 비유와 흔치 않은 표현으로 쓰세요.",
        "시인처럼 대담한 비유와 살아 움직이는 표현, 드문 낱말로 쓰세요.",
    ),
    "initiative": (
        "물어본 것에만 답하고 그 밖에는 아무것도 덧붙이지 마세요.",
        "물어본 것에 머물고, 먼저 제안하지 마세요.",
        "꼭 필요할 때만 먼저 제안하세요.",
        "어울리는 곳에 도움이 될 제안을 하나 덧붙이세요.",
        "스스로 다음 단계를 제안하고, 묻지 않은 것도 짚어 주세요.",
        "답변마다 계획과 다음 단계, 주의할 점을 먼저 내놓으며 이끄세요.",
    ),
    "technical_depth": (
        "전문 용어를 하나도 쓰지 말고 일상의 말로만 설명하세요.",
        "일상의 말을 쓰고, 꼭 필요한 전문 용어는 풀어서 설명하세요.",
        "전문 용어는 조금만 쓰세요.",
        "흔히 쓰는 전문 용어를 쓰고, 도움이 되면 수치를 드세요.",
        "정확한 용어와 수치, 내부 동작까지 깊이 설명하세요.",
        "전문가에게 하듯 정확한 용어와 수치, 예외 상황까지 모두 다루세요.",
    ),
    "code_examples": (
        "코드를 보여 주지 마세요.",
        "코드는 요청받았을 때만 보여 주세요.",
        "코드는 글 속에 한 줄이나 이름 정도로만 조금 보여 주세요.",
        "도움이 되면 짧은 코드 예제를 보여 주세요.",
        "가능하면 언제나 코드 예제를 보여 주세요.",
        "답변마다 그대로 실행되는 코드를 보여 주고, 설명보다 코드를 앞세우세요.",
    ),
}
_SENTENCES = {"en": _ENGLISH, "ko": _KOREAN}


def trait_sentences(traits: Traits, language: str) -> str:
    """What the traits ask for, in one paragraph; traits near the middle say nothing."""
    return " ".join(_said(traits, language))


def compose(own_words: str, traits: Traits, language: str) -> str:
    """The whole system prompt; words that end with the very sentences are not given them twice."""
    own = own_words.strip()
    said = trait_sentences(traits, language)
    if not said or own == said or own.endswith(_GAP + said):
        return own
    return f"{own}{_GAP}{said}" if own else said


def own_words(system_prompt: str, traits: Traits, language: str) -> str:
    """A system prompt without what the traits made; one that was changed by hand stays whole.

    The sentences are known again in any language, since a persona may speak another first by now.
    """
    prompt = system_prompt.strip()
    for each in dict.fromkeys((language, *_SENTENCES)):
        said = trait_sentences(traits, each)
        if said and prompt == said:
            return ""
        if said and prompt.endswith(_GAP + said):
            return prompt.removesuffix(_GAP + said).rstrip()
    return system_prompt


def _said(traits: Traits, language: str) -> Iterator[str]:
    sentences = _SENTENCES.get(language, _ENGLISH)
    for name, value in asdict(traits).items():
        distance = round(abs(value - MIDDLE), 6)
        step = sum(distance >= each for each in _STEPS)
        if step:
            yield sentences[name][3 - step if value < MIDDLE else 2 + step]
