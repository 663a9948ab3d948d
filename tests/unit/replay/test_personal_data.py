"""A phone number that is not seen is learned by heart; a date that is masked spoils a reply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.measures.personal_data import mask, personal_data


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to anna.berg+news@mail.firma.co.kr today.", "Write to [email] today."),
        ("내 번호는 010-2345-6789야", "내 번호는 [phone]야"),
        ("01023456789로 전화 주세요", "[phone]로 전화 주세요"),
        ("사무실: 02-345-6789, 031) 123-4567", "사무실: [phone], [phone]"),
        ("Call +82 10 2345 6789 or +1 (212) 555-0187.", "Call [phone] or [phone]."),
        ("tel=010-2345-6789, 010-2345-6789/010-3456-7890", "tel=[phone], [phone]/[phone]"),
        ("(010) 2345-6789 (02-345-6789) 82-10-2345-6789", "[phone] ([phone]) [phone]"),
        ("(415)555-2671", "[phone]"),
        ("메일은hong@naver.com입니다\n-kim@naver.com", "메일은[email]입니다\n-[email]"),
        ("Call (415) 555-2671 or 415-555-2671 now", "Call [phone] or [phone] now"),
        ("+49 30 901820 ist das Amt", "[phone] ist das Amt"),
        ("card 4111 1111 1111 1111 exp 12/29", "card [card number] exp 12/29"),
        ("5500-0055-5555-5559", "[card number]"),
        ("주민번호는 800101-1234560입니다.", "주민번호는 [resident number]입니다."),
        ("아이 번호 211231-3000001", "아이 번호 [resident number]"),
        ("DE89 3704 0044 0532 0130 00 is mine", "[iban] is mine"),
        ("export KEY=sk-proj-abcdEFGH1234ijklMNOP5678qrst", "export KEY=[key]"),
        ("aws AKIAIOSFODNN7EXAMPLE!", "aws [key]!"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "[key]"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----\nkeep it",
            "[key]\nkeep it",
        ),
        (f"-----BEGIN PRIVATE KEY-----\n{'MIIEvQ+/' * 8}\n{'9aZ' * 20}\nqrst==", "[key]"),
        (
            "Mastercard 2223 0031 2200 3222, local 9490 1234 5678 9013.",
            "Mastercard [card number], local [card number].",
        ),
        ("sk-ant-api03-Ab3dEfGh1jKlMn0p-QrStUv_Wx2", "[key]"),
        ("👩‍👩‍👧 010-2345-6789, 다시 010-2345-6789", "👩‍👩‍👧 [phone], 다시 [phone]"),
    ],
)
def test_what_is_personal_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "On 2024-01-15 at 10:30 version 3.11.7 came out.",
        "The years 1914-1918 and 1939-1945.",
        "Ask at help@example.com or user@test.example.",
        "A number with a wrong check digit: 4111 1111 1111 1112.",
        "800101-1234561 has a wrong check digit, 809901-1234567 no date.",
        "0.1234567890123 and 1,234,567,890 and 6.02214076e23",
        "192.168.100.200:8080",
        "DE00 3704 0044 0532 0130 00",
        "print(f'{x:010.4f}')  # 100000 200000 300000",
        "sk-learn is scikit-learn; task-sk-1",
        "@property and user@host:~/src$",
        "ISBN 978-3-16-148410-0",
        "전화는 나중에 할게요. 1588을 누르세요.",
        "git clone git@github.com:me/app.git",
        "Put icon@2x.png beside icon.png, and write y = x@self.weight.",
        "you@yourdomain.com, name@domain.com and kim@example.co.kr",
        "export OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "HF_TOKEN=hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx sk-your-openai-api-key-here",
        '<div class="sk-three-bounce-container-child-1">',
        "The file begins with `-----BEGIN PRIVATE KEY-----`. Never commit it, keep it at home.",
        "The barcodes 5901234123457 and 8801043014816, the number 37889062373143906.",
        "0000-0000-0000, 010-0000-0000, 001 002 0003 and +0.12345678",
    ],
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert personal_data(text) == []


def test_places_are_in_order_and_never_overlap() -> None:
    text = "a@b.co 010-1234-5678 c@d.org 4111111111111111"
    spans = personal_data(text)
    assert [span.kind for span in spans] == ["email", "phone", "email", "card"]
    assert [text[span.start : span.end] for span in spans] == text.split()


@given(st.text(alphabet=st.sampled_from("0123456789-+() .@abkzE가"), max_size=60))
def test_what_was_masked_once_has_nothing_left(text: str) -> None:
    once = mask(text)
    assert mask(once) == once


def test_a_list_of_a_hundred_thousand_addresses_takes_no_minutes() -> None:
    """One pasted mailing list would stop the looking for good."""
    text = "a@firma.com " * 100_000
    assert len(personal_data(text)) == 100_000
    assert mask(text).count("[email]") == 100_000
