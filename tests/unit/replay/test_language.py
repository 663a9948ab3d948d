"""A right answer that is flagged for its language is reviewed for nothing; a wrong one teaches."""

from __future__ import annotations

import pytest

from replay.measures.language import (
    asked_language,
    asks_for_translation,
    language_of,
    mixed_scripts,
    wrong_language,
)

ENGLISH = "The easiest way is to read the file line by line and to count what you need."
KOREAN = "파일을 한 줄씩 읽으면서 필요한 것을 세는 방법이 가장 쉬워요."
FRENCH = (
    "Pour commencer, choisissez une recette simple et préparez tous les ingrédients avant de"
    " chauffer la poêle, puis goûtez souvent."
)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (KOREAN, "ko"),
        (FRENCH, "fr"),
        ("`requests` 모듈의 Session 객체를 쓰시면 Keep-Alive 연결이 재사용됩니다.", "ko"),
        ("今日はとても良い天気ですね。散歩に行きましょう。", "ja"),
        ("今天天气很好，我们去散步吧。", "zh"),
        ("Сегодня хорошая погода.", "ru"),
        ("```python\nprint('the file and the line')\n```", ""),
        ("Paris", "latin"),
        ("12 + 30 = 42", ""),
        ("", ""),
    ],
)
def test_the_language_of_a_text(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("prompt", "reply", "found"),
    [
        ("이 파일을 어떻게 읽어요?", ENGLISH, ("ko", "en")),
        ("How do I read this file and count the lines?", KOREAN, ("en", "ko")),
        ("What is a good way to start with cooking at home?", FRENCH, ("en", "fr")),
        ("이 파일을 어떻게 읽어요?", KOREAN, None),
        ("파이썬에서 pandas DataFrame groupby aggregate 어떻게 써요?", ENGLISH, ("ko", "en")),
        ("이 파일을 어떻게 읽어요? 영어로 답해 주세요.", ENGLISH, None),
        ("이 파일을 어떻게 읽어요? 영어로 답해 주세요.", KOREAN, ("en", "ko")),
        ("Please answer in Korean: how do I read this file?", KOREAN, None),
        ("Please answer in Korean: how do I read this file?", ENGLISH, ("ko", "en")),
        ("Translate into English: 오늘 날씨가 정말 좋네요.", "The weather is lovely today.", None),
        ("'수고하셨습니다'를 영어로 번역해 줘", "Thank you for your hard work today.", None),
        ("How do I say thank you in Korean?", "감사합니다.", None),
        ("리스트를 뒤집는 코드 줘", "```python\nitems[::-1]\n```", None),
        ("서울은 어느 나라의 수도예요?", "OK", None),
        ("ok", KOREAN, None),
        ("What is the capital of France?", "Paris.", None),
        ("영작해 줘: 저는 어제 친구를 만났어요", "I met a friend yesterday in the city.", None),
        (
            "다음 문장 좀 고쳐 줘. I am go to the school yesterday with my friend",
            "I went to school yesterday with my friend.",
            None,
        ),
        ("numpy dot product", "`np.dot`을 쓰시면 됩니다. 두 배열의 내적을 구해요.", None),
        ("Say hello in Thai, please", "สวัสดีครับ if you are a man", None),
    ],
)
def test_only_another_language_than_asked_for_is_a_fault(
    prompt: str, reply: str, found: tuple[str, str] | None
) -> None:
    assert wrong_language(prompt, reply) == found


def test_a_pasted_text_does_not_decide_the_language_of_the_answer() -> None:
    pasted = f"이 글을 요약해 주세요.\n\n{ENGLISH * 5}"
    assert asked_language(pasted) == ""
    assert asked_language(f"{pasted}\n\n세 줄이면 돼요.") == "ko"


@pytest.mark.parametrize(
    ("prompt", "reply", "script"),
    [
        ("오늘 뭐 먹을까요?", "김치찌개를 非常 추천해요. 따뜻하고 든든해요.", "han"),
        ("What should I cook tonight?", "A simple стью with bread is a good idea.", "cyrillic"),
        (
            "What should I cook tonight?",
            "A simple stew with good bread is a fine choice, 그리고 빵도 드세요.",
            "hangul",
        ),
        (
            "오늘 뭐 먹을까요?",
            "김치찌개 어때요? I think that it would be really good for you tonight. 드셔 보세요.",
            "latin",
        ),
        ("오늘 뭐 먹을까요?", "대한민국(大韓民國)의 대표 음식인 김치찌개 어때요?", None),
        ("한자로 '사랑'을 어떻게 써요?", "'사랑 애'는 愛라고 써요. 慈愛 같은 말에 쓰여요.", None),
        ("What is π?", "π is the ratio of a circle's circumference to its diameter.", None),
        ("What does 안녕하세요 mean?", "It means hello: 안녕하세요 is the polite form.", None),
        ("What is a small change?", "It is written Δθ, and a product of two angles αβ.", None),
        ("What is logos?", "It comes from the Greek λόγος, which means word or reason.", None),
        ("라멘이 뭐예요?", "일본식 국수예요. 일본어로는 ラーメン이라고 써요.", None),
        ("오늘 뭐 먹을까요?", "`pip install`을 하고 Docker Desktop을 켜세요.", None),
    ],
)
def test_a_script_that_strayed_in_is_seen(prompt: str, reply: str, script: str | None) -> None:
    assert mixed_scripts(prompt, reply) == script


def test_asking_for_a_translation() -> None:
    assert asks_for_translation("Translate this into Korean: good night")
    assert asks_for_translation("'눈치'는 영어로 뭐라고 해요?")
    assert not asks_for_translation("사장님이 뭐라고 하셨어요?")
