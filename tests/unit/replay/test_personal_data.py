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
