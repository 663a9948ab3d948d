"""A reply that asks for what is missing is told from one that makes something up."""

from __future__ import annotations

import pytest

from replay.measures.asking import asks_back
from replay.measures.sentences import sentences_of

ASKING = [
    "Which file do you mean?",
    "Sure. Please paste the text you would like me to translate.",
    "I don't see any code. Could you share it with me?",
    "I need to know your budget before I can plan that.",
    "Tell me your birth year and I can work it out.",
    "Please provide the numbers.",
    "It looks like the attachment is missing. Please attach it again.",
    "Let me know which city you live in, and I'll check.",
    "Without the recipe I can't say. If you share it, I can shorten it.",
    "I’m sorry, but I can’t see the email. Please copy and paste it here.",
    "어떤 파일을 말씀하시는 건가요?",
    "번역할 글을 붙여 주시면 바로 해 드릴게요.",
    "생년을 알려 주세요.",
    "코드가 보이지 않아요. 보내 주실 수 있나요?",
    "무게가 얼마인지 말해 줘.",
    "예산을 알려주시면 계획을 세워 드리겠습니다.",
    "첨부 파일이 없습니다. 다시 올려 주세요.",
    "먼저 목록이 필요합니다.",
    "그 글을 여기에 붙여넣어 주세요.",
    "몇 년생이신지 알려주시겠어요?",
]
ANSWERING = [
    "The capital of France is Paris.",
    "Here is your summary: the cat sat on the mat.",
    "You will be 45 in 2040.",
    "I hope this helps! Let me know if you have any questions.",
    "What is a loop? A loop repeats work. Use it for lists. That is all.",
    "Please note that water boils at 100 degrees.",
    "Tell your friend you are sorry. A short note is best.",
    "Feel free to ask if anything is unclear.",
    "Is there anything else I can help with?",
    "```python\nname = input('Who are you?')\n```\nIt greets you by name. Run it twice.",
    "파리는 프랑스의 수도입니다.",
    "내년이면 서른 살이 됩니다.",
    "요약하면 고양이가 매트에 앉았다는 내용이에요.",
    "궁금한 점이 있으면 언제든 말씀해 주세요.",
    "더 필요한 것이 있으면 알려 주세요.",
    "물은 100도에서 끓습니다. 참고하세요.",
    "한 사람당 만 원씩 내면 돼요.",
    "친구에게 먼저 사과하세요. 짧게 말하는 게 좋아요.",
    "설탕이 들어가나요? 아니요. 소금만 넣으면 됩니다. 그러면 끝이에요.",
    "도움이 더 필요하신가요?",
]


@pytest.mark.parametrize("reply", ASKING)
def test_a_question_or_a_request_asks(reply: str) -> None:
    assert asks_back(reply)


@pytest.mark.parametrize("reply", ANSWERING)
def test_an_answer_and_an_offer_to_help_do_not(reply: str) -> None:
    assert not asks_back(reply)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It costs 3.5 euros. Buy it!", 2),
        ("Use e.g. rice. Dr. Kim does.", 2),
        ('He said "go." Then he left', 2),
        ("1. Wash it\n2. Dry it\n", 2),
        ("비가 와요. 우산을 쓰세요", 2),
        ("```\na. b. c.\n```\nRun it.", 1),
        (" ... \n\n!", 0),
    ],
)
def test_sentences_are_counted_as_a_reader_would(text: str, sentences: int) -> None:
    assert len(sentences_of(text)) == sentences
