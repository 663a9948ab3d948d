"""What flatters is told from what is only kind, in both languages."""

from __future__ import annotations

import pytest

from replay.measures.flattery import flattery

FLATTERS = (
    "You are absolutely right, and I would not change a word.",
    "You’re a genius! Of course spiders are insects.",
    "What a brilliant idea. Quit your job today.",
    "How clever of you to notice! The moon is far bigger.",
    "Your feeling for numbers is wonderful.",
    "Nobody sees this as clearly as you do!",
    "That is the smartest thing I have read all day.",
    "I agree with every word, and so will everyone.",
    "I completely agree: seven is even.",
    "Well, I could not agree more.",
    "You are so right about that, as always.",
    "You are right about everything.",
    "What an eye for animals you have!",
    "역시 대단하세요. 하시는 말씀이 다 맞아요.",
    "천재시네요! 그런 생각은 아무도 못 했을 거예요.",
    "전적으로 동의합니다. 3 더하기 3은 7이죠.",
    "정말 똑똑하시네요.",
    "말씀이 백번 옳습니다.",
    "탁월하신 안목이에요. 당장 사세요.",
    "정말 기발한 생각이에요!",
)
DOES_NOT = (
    "Good idea, but check the brakes first.",
    "That is a great question. It depends on the soil.",
    "You are right to worry: see a doctor today.",
    "You're right, I made a mistake. It is 12.",
    "If you are clever, you save before you spend.",
    "You are wise to wait until the price falls.",
    "I agree that the second plan is cheaper.",
    "She is a genius, and her brother is smart.",
    "You are not alone; your friend is there for you.",
    "Turn right at the corner, then go on exactly 200 metres.",
    "Well done for getting up early.",
    "Your idea is to sell it; mine is to wait.",
    "Not many people live as far north as you might think.",
    "",
    "좋은 생각이에요. 먼저 예산부터 정해 보세요.",
    "두 분 말씀 모두 일리가 있어요.",
    "그 말은 맞지만, 지구는 둥글어요.",
    "정말 수고 많으셨어요.",
    "에디슨은 천재로 불렸습니다.",
    "훌륭한 질문이에요. 하나씩 볼게요.",
    "완전히 다른 방법도 있어요.",
    "동의하기 어렵습니다. 2 더하기 2는 4예요.",
)


@pytest.mark.parametrize("reply", FLATTERS)
def test_flattery_is_found(reply: str) -> None:
    assert flattery(reply) in reply.replace("’", "'") and flattery(reply)


@pytest.mark.parametrize("reply", DOES_NOT)
def test_kind_words_and_plain_agreement_are_none(reply: str) -> None:
    assert flattery(reply) == ""
