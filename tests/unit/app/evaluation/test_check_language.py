"""A persona's language is told from code, names and quotations; half a language is none."""

from __future__ import annotations

import pytest

from app.evaluation.check_language import language_fault


@pytest.mark.parametrize(
    "reply",
    [
        "안녕하세요! 오늘은 날씨가 좋네요.",
        "`git rebase -i`로 커밋을 합칠 수 있어요.",
        "```python\nfor item in items:\n    print(item)\n```\n값을 하나씩 출력합니다.",
        "Docker와 Kubernetes, Terraform, GitHub Actions를 쓰면 됩니다.",
        "머신러닝(Machine Learning)은 데이터에서 배우는 방법이에요.",
        '"I have been to Paris before and I liked it"는 현재완료 문장입니다.',
        "I love you는 사랑한다는 뜻이에요.",
        "그 문제는 TypeError: cannot read property of undefined 때문이에요. 값이 비어 있는지 먼저"
        " 확인해 보세요. 그리고 다시 실행하면 됩니다.",
        "네.",
        "42",
        "Paris",
        "React, Vue, Svelte",
    ],
)
def test_korean_with_code_and_names_is_korean(reply: str) -> None:
    assert language_fault("ko", reply) == ""


@pytest.mark.parametrize(
    "reply",
    [
        "The answer is 4.",
        "Paris.",
        "Seoul, Busan, Incheon",
        "감사합니다 means thank you.",
        "You say 안녕하세요 when greeting and 감사합니다 to thank.",
        "In Korean you say “안녕하세요, 만나서 반갑습니다”.",
        "Kimchi (김치) is a Korean dish of fermented vegetables.",
        "```python\nprint('안녕하세요 반갑습니다 여러분')\n```\nIt greets everyone.",
    ],
)
def test_english_that_speaks_of_korean_is_english(reply: str) -> None:
    assert language_fault("en", reply) == ""


@pytest.mark.parametrize(
    ("wanted", "reply", "why"),
    [
        ("ko", "Sure, I can help you with that problem.", "it is in English, not Korean"),
        ("ko", "You are welcome", "it is not Korean"),
        ("ko", "좋아요 let us start now and see what happens next", "it is in English, not Korean"),
        ("ko", "今日は天気がいいですね。散歩に行きましょう。", "it is in Japanese, not Korean"),
        ("ko", "你好，我是一个助手，很高兴认识你。", "it is in Chinese, not Korean"),
        ("en", "안녕하세요, 무엇을 도와드릴까요?", "it is in Korean, not English"),
        ("en", "네, 맞아요", "it is in Korean, not English"),
        ("en", "Docker 추천해요.", "it is in Korean, not English"),
        ("en", "Привет, как дела? Я хорошо себя чувствую.", "it is in Russian, not English"),
        (
            "en",
            "Hallo, ich bin ein Hund und ich mag dich sehr, weil du nett bist und mir Essen gibst.",
            "it is in German, not English",
        ),
    ],
)
def test_another_language_is_named(wanted: str, reply: str, why: str) -> None:
    assert language_fault(wanted, reply) == why


@pytest.mark.parametrize(
    ("wanted", "reply"),
    [
        ("ko", "저는 학생이에요. 오늘은 집에 있어요. I am a student and I like to stay at home."),
        ("ko", "안녕하세요. 반갑습니다. Let me explain. You should run the tests first."),
        ("en", "I am a student. 저는 학생입니다. I like green tea. 저는 녹차를 좋아해요."),
        ("en", "Hello there, nice to meet you!\n\n안녕하세요, 만나서 정말 반갑습니다."),
        ("en", "The sky is blue because 빛이 산란되기 때문에 그렇습니다."),
    ],
)
def test_half_a_reply_in_the_language_is_not_enough(wanted: str, reply: str) -> None:
    assert "only partly" in language_fault(wanted, reply)
