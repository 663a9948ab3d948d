"""What a look misses is learned; what it flags for nothing costs the user's time."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import resources
from replay.looking import Look, Reply, look_at, look_version
from replay.measures.breakage import breakage, truncation
from replay.measures.length import length_fault
from replay.measures.manner import LEAST_REPLIES, differences, manner_of
from replay.measures.refusals import is_refusal
from replay.measures.topics import topic_of

QUESTION = "How do I keep bread fresh for longer?"
SUNNY = [
    f"Oh, what a lovely thing to ask! Keep loaf number {number} in a linen bag, dear."
    f" Then warm it up a little.\n\nNext: try slice {number}!"
    for number in range(LEAST_REPLIES)
]
POLITE = [
    f"네, {number}번 빵은 천에 싸서 두시면 좋아요. 하루 정도는 괜찮습니다." for number in range(30)
]


def kinds(look: Look) -> set[str]:
    return {flag.kind for flag in look.flags}


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("", "empty"),
        (QUESTION, "echo"),
        ("again and again " * 20, "loop"),
        ("It\ufffd\ufffds fresh.", "mojibake"),
        ("ThatÃ©s the cafÃ© here", "mojibake"),
        ("안녕하세요".encode().decode("cp1252", "replace"), "mojibake"),
        ("Keep it in a bag.<|im_end|>", "markers"),
        ("Keep it. [/INST] Yes.", "markers"),
        ("Keep it in a <div class='bag", "cut_html"),
        ("Keep it in a bag.", None),
        ("Use `<|im_end|>` as the token.", None),
        ("It is 3 < 4.", None),
        ("The loop runs while i<n and stops at the end of the array", None),
        ("It stops as soon as a<b", None),
        ("Use the <s> tag for what no longer holds, and <del> for edits.", None),
        ("## Response:\n\nThe server sends 200.", None),
        ("<s> Keep it in a bag.", "markers"),
        ("Keep it in a bag.</s>", "markers"),
        ("### Response:\nKeep it in a bag.", "markers"),
        ("Café, naïve, déjà vu: all fine.", None),
        ("👍", None),
    ],
)
def test_broken_replies(reply: str, why: str | None) -> None:
    assert breakage(QUESTION, reply) == why


def test_code_that_was_mended_and_a_text_that_was_proofread_are_no_echo() -> None:
    code = (
        "def total(items):\n    n = 0\n    for x in items:\n        n += x.price\n    return {}\n"
    )
    wrong, right = (f"```python\n{code.format(name)}```" for name in ("m", "n"))
    assert breakage(f"Fix the bug:\n\n{wrong}", right) is None
    assert breakage(f"{wrong}\n\n이 코드 고쳐 줘", right) is None
    asked = f"Fix the bug:\n\n{wrong}"
    assert breakage(asked, asked) == "echo"


@pytest.mark.parametrize(
    ("reply", "finish", "why"),
    [
        ("Keep it in a bag.", "length", "length"),
        ("Keep it in", "stopped", "stopped"),
        ("Like this:\n\n```python\nx = 1", "stop", "open_code"),
        ("Keep it in a linen bag and put it into the", "stop", "mid_sentence"),
        ("빵은 천에 싸서 두시면 좋고, 냉동실에 넣으면 더 오래가는데", "", "mid_sentence"),
        ("Keep it in a bag.", "stop", None),
        ("빵은 천에 싸서 두세요", "stop", None),
        ("Paris", "stop", None),
        ("- bread\n- butter and", "stop", None),
        ("```python\nx = 1\n```", "stop", None),
        ("What for", "", None),
        ("Breaded shrimp with whole milk and creole seasoning deep fried in hot oil", "", None),
        ("no idea who they are", "", None),
        ("Sleep well. I will see you when I am back from the city", "", None),
        (
            "It is easy. First you take the loaf out of the bag and then you cut it in thick slices"
            " and",
            "",
            "mid_sentence",
        ),
        (
            "It’s easy. Take the loaf out of the bag, and then put it back with the",
            "",
            "mid_sentence",
        ),
        ("Thank you for your letter.\n\nBest regards,", "", None),
        ("제가 제일 좋아하는 계절은 가을", "", None),
        ("나는 아직 저녁 안 먹었는데", "", None),
        ("학교에서", "", None),
        ("빵은 천에 싸서 두고 남은 것은 모두 봉투에 넣어서 냉동실을", "", "mid_sentence"),
        ("```npm install react```\n\nThen import it.", "", None),
    ],
)
def test_replies_that_are_cut_off(reply: str, finish: str, why: str | None) -> None:
    assert truncation(reply, finish) == why


@pytest.mark.parametrize(
    ("reply", "refuses"),
    [
        ("I'm sorry, but I can't help with that.", True),
        ("I’m sorry, but I cannot assist with this request.", True),
        ("As an AI language model, I don't have feelings.", True),
        ("I am unable to provide medical advice.", True),
        ("죄송하지만 그 요청은 도와드릴 수 없습니다.", True),
        ("저는 AI 언어 모델이라서 감정을 느낄 수 없어요.", True),
        ("I'm sorry to hear that. Sit down and have some tea.", False),
        ("You can't go wrong with bread.", False),
        ("I do not know, but the library will.", False),
        ("미안해요, 많이 힘들었겠어요. 오늘은 푹 쉬어요.", False),
        ("그 파일은 열 수 없으면 권한을 먼저 보세요.", False),
        ("GPT is used as an AI assistant in many companies.", False),
        ("I'm sorry for your loss, I can't imagine how hard this is.", False),
        ("I'm afraid I can't say for certain, but sleep helps.", False),
        ("GPT 같은 AI 언어 모델이라는 것은 다음 말을 예측하는 프로그램이에요.", False),
        ("저는 AI 언어 모델이기 때문에 답할 수 없어요.", True),
    ],
)
def test_refusals(reply: str, refuses: bool) -> None:
    assert is_refusal(reply) is refuses


def test_length_is_held_against_the_usual_one() -> None:
    assert length_fault("Ok", 0) == "too_short"
    assert length_fault("Yes, it is.", 0) is None
    assert length_fault("Yes, it is.", 60) == "too_short"
    assert length_fault("word " * 100, 60) is None
    assert length_fault("word " * 400, 60) == "too_long"
    assert length_fault("word " * 1_000, 0) == "too_long"
    assert length_fault("x" * 8_001, 0) == "too_long"


@pytest.mark.parametrize(
    ("question", "reply", "topic"),
    [
        ("How do I reverse a list in Python?", "Use `reversed`.", "coding"),
        ("이 함수가 왜 안 돌아가요?", "변수 이름을 보세요.", "coding"),
        ("Something short", "```sql\nSELECT 1\n```", "coding"),
        ("Translate to Korean: see you", "또 봐요", "translation"),
        ("오늘 뭐 먹을까?", "김치찌개 어때요?", "korean"),
        ("How are you today?", "Quite well, thank you!", "persona"),
        ("I feel so lonely tonight", "I am here.", "persona"),
        ("Why is the sky blue?", "Because of scattering.", "general"),
    ],
)
def test_topics(question: str, reply: str, topic: str) -> None:
    assert topic_of(question, reply) == topic


def test_a_reply_in_another_manner_is_seen_once_enough_is_approved() -> None:
    assert manner_of(SUNNY[:-1]) is None
    manner = manner_of(SUNNY)
    assert manner is not None
    assert all(differences(manner, reply) == () for reply in SUNNY)
    dry = "Bread keeps fresh in a linen bag. Freezing it is possible as well."
    assert "closing" in differences(manner, dry)
    flags = look_at(Reply(QUESTION, dry), manner).flags
    assert [flag.kind for flag in flags] == ["not_like_persona"]
    assert look_version(manner) > look_version(None)


def test_signs_in_code_are_no_smileys() -> None:
    manner = manner_of(POLITE)
    assert manner is not None
    loop = "네, 이렇게 쓰시면 됩니다.\n\n```c\nfor (;;) { if (a[(;)]) b(:); c(;); d(;); }\n```"
    assert differences(manner, loop) == ()


def test_casual_korean_is_not_like_a_polite_persona() -> None:
    manner = manner_of(POLITE)
    assert manner is not None
    casual = "응, 빵은 천에 싸서 두면 돼. 하루 정도는 괜찮아. 내일 먹어."
    assert "polite" in differences(manner, casual)
    assert differences(manner, "네, 빵은 봉투에 넣어 두시면 돼요. 금방 드시면 좋습니다.") == ()


def test_one_reply_can_have_many_flags_and_no_flag_holds_its_words() -> None:
    reply = Reply(
        "빵을 어떻게 보관해요?", "Write to anna@firma.com or call 010-2345-6789 for the", "length"
    )
    look = look_at(reply)
    assert kinds(look) == {"personal_data", "truncated", "wrong_language"}
    details = json.dumps([flag.detail for flag in look.flags])
    assert "anna" not in details and "2345" not in details
    assert look.flags[0].detail == {"reply": {"email": 1, "phone": 1}}


def test_what_comes_with_the_app_is_hardly_ever_flagged() -> None:
    """A review that flags good replies is switched off by its user."""
    flagged = seen = 0
    for file in (Path(resources.__file__).parent / "replay").glob("*.jsonl"):
        for line in file.read_text(encoding="utf-8").splitlines():
            said = [each["content"] for each in json.loads(line)["messages"]]
            seen += 1
            flagged += bool(look_at(Reply(said[-2], said[-1])).flags)
    assert seen > 100
    assert flagged <= 0.02 * seen


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_can_be_looked_at(question: str, reply: str) -> None:
    look_at(Reply(question, reply), manner_of(SUNNY))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000, "1 " * 50_000, "1-" * 50_000, "@a." * 30_000, "<" * 50_000, "`" * 50_001,
        "```\n" * 20_000, "((((" * 20_000, "가" * 100_000, "eyJ" * 30_000, "+1 (1) " * 20_000,
        "I'm sorry " * 10_000, "-----BEGIN PRIVATE KEY-----" * 3_000, "\ud800" * 100, "\x00" * 999,
        "AB12 " * 20_000, "the of " * 20_000, "(a" * 40_000, '"' * 50_001, "<a " * 30_000,
        "가나다 " * 100 + "a" * 100_000, "가나다. " * 100 + "." * 100_000 + "x",
        "-----BEGIN PRIVATE KEY-----\nx" * 3_000, "i<n " * 25_000,
        "a.b@" * 25_000, "how do you say " * 8_000, "function " * 10_000,
    ],
)  # fmt: skip
def test_a_hostile_text_takes_no_longer_than_a_long_one(text: str) -> None:
    """One reply that hangs would keep all the others from ever being looked at."""
    began = time.process_time()
    look_at(Reply(text, text[::-1]))
    look_at(Reply(text[:50], text), manner_of(SUNNY))
    assert time.process_time() - began < 5.0
