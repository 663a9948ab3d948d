"""Personal data in texts, with its places, and the text with all of it masked."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["key", "email", "iban", "card", "resident_number", "phone"]

MASKS: dict[Kind, str] = {
    "key": "[key]",
    "email": "[email]",
    "iban": "[iban]",
    "card": "[card number]",
    "resident_number": "[resident number]",
    "phone": "[phone]",
}


@dataclass(frozen=True, slots=True)
class Span:
    """Where in a text something personal stands, and what it is."""

    start: int
    end: int
    kind: Kind


_EMAIL = re.compile(
    r"(?:(?<![A-Za-z0-9_.+-])|(?<=\s-))"
    r"[A-Za-z0-9_][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}"
    r"(?![A-Za-z0-9@])"
)
# Names that are kept free for examples (RFC 2606) belong to nobody, nor do those of manuals; the
# rest are no addresses: a repository, a picture in two sizes, a product of matrices.
_NOBODYS = re.compile(
    r"[.@](?:example|test|invalid|localhost)(?:\.(?:com|org|net))?$"
    r"|[.@](?:example\.[a-z.]+|(?:(?:your|my)-?)?domain\.[a-z.]+|(?:your|my)-?company\.[a-z.]+)$"
    r"|^git@|@\dx\.(?:png|jpe?g|gif|webp|avif|svg)$|@self\.",
    re.I,
)
# One that is only spoken of is none: it has an end, or what follows looks like a key.
_KEY = re.compile(
    r"-----BEGIN (?P<what>[A-Z ]{0,30}PRIVATE KEY)-----"
    r"(?:(?:[^-]|-(?!----))*+-----END (?P=what)-----"
    r"|(?:(?:\s|\\[nr])*[A-Za-z0-9+/=]{32,})+(?:(?:\s|\\[nr])+[A-Za-z0-9+/=]+\Z)?)"
    r"|(?<![A-Za-z0-9_-])(?:"
    r"sk-(?:ant-|proj-|or-|svcacct-)?[A-Za-z0-9_-]{20,250}"
    r"|gh[opsur]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[A-Za-z0-9_-]{20,64}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,300}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-[A-Za-z0-9-]{20,250}"
    r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9]{24,100}"
    r"|hf_[A-Za-z0-9]{30,100}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,250}|gsk_[A-Za-z0-9]{40,80}"
    r"|SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}|dop_v1_[a-f0-9]{64}"
    r"|eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}"
    r"|[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"
    r")(?![A-Za-z0-9_-])",
    re.DOTALL,
)
_KEY_SIGNS = re.compile(
    r"-----BEGIN|sk-|gh[opsur]_|github_pat_|glpat-|AKIA|ASIA|AIza|ya29|xox|xapp-|_live_|_test_"
    r"|whsec_|hf_|npm_|pypi-|gsk_|SG\.|dop_v1_|eyJ|:AA"
)
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])"
)
_RESIDENT = re.compile(r"(?<![\d-])(\d{2})(\d{2})(\d{2})(?:( ?[-–] ?)|)([1-8])(\d{6})(?![\d-])")
_CARD = re.compile(
    r"(?<![\dA-Za-z_.-])(?:[3-6]\d{3}(?:[ -]?\d{2,6}){2,4}|2[2-7]\d\d(?:[ -]?\d{4}){3}"
    r"|9\d{3}(?:[ -]\d{4}){3})(?![\dA-Za-z_-]|\.\d)"
)
# How long the numbers of each kind of card are: other numbers have a right Luhn sum as well. Cards
# that hold in Korea alone begin with 9.
_CARD_DIGITS = re.compile(
    r"3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|35\d{14}|[4-69]\d{15}|2[2-7]\d{14}|4\d{18}|62\d{15,17}"
)
_PHONE = re.compile(
    r"(?:(?<![A-Za-z0-9_.+#-])"  # a Korean mobile is one also in `tel=...` and `.../...`
    r"01[016789](?:\d{7,8}|[ ]?[-.) ][ ]?\d{3,4}[ ]?[-. ][ ]?\d{4})"
    r"|(?<![A-Za-z0-9_.+/=#-])(?:"
    r"\+[1-9]\d{0,2}[ .-]?(?:\(0?\d{1,4}\)[ .-]?|\d{1,4}[ .-])?\d{2,5}(?:[ .-]?\d{2,5}){1,3}"
    r"|\(0[1-9]\d?\)[ ]?\d{3,4}[-. ]\d{4}|82[ -]0?10[ -]\d{4}[ -]\d{4}"
    r"|0[1-9]\d?[ ]?[-.) ][ ]?\d{3,4}[ ]?[-. ][ ]?\d{4}"
    r"|(?:1[-. ])?(?:\([2-9]\d{2}\)[-. ]{0,2}|[2-9]\d{2}[-. ][ ]?)[2-9]\d{2}[-. ]\d{4}"
    r"|(?<!\d )0[1-9]\d{1,3}[ -]\d{3,4}[ -]?\d{3,4}(?! \d)"
    r"))(?![A-Za-z0-9_]|-\d|\.\d)"  # a Korean particle may follow at once
)
_NO_NUMBER = "0000000"  # stands for any
_KEY_RUN = 12
_KEY_LETTERS = 10  # different ones
_DIGITS = re.compile(r"\d[\d ().–-]{6,}\d")
_RESIDENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
# Numbers given out from October 2020 on have random digits and no check digit.
_LAST_CHECKED_BIRTH = date(2020, 10, 5)


def personal_data(text: str) -> list[Span]:
    """Everything personal in a text, in order, nothing twice."""
    found: list[Span] = []
    for span in _candidates(text):
        at = bisect_left(found, span.start, key=lambda other: other.start)
        after_last = at == 0 or found[at - 1].end <= span.start
        if after_last and (at == len(found) or span.end <= found[at].start):
            found.insert(at, span)
    return found


def mask(text: str) -> str:
    """The text with a word in place of everything personal."""
    parts: list[str] = []
    at = 0
    for span in personal_data(text):
        parts += [text[at : span.start], MASKS[span.kind]]
        at = span.end
    return "".join([*parts, text[at:]])


def _candidates(text: str) -> Iterator[Span]:
    """What may be personal, the surest first: a later one inside an earlier one is no other."""
    if _KEY_SIGNS.search(text):
        for match in _KEY.finditer(text):
            if _is_key(match[0]):
                yield Span(*match.span(), "key")
    if "@" in text:
        for match in _EMAIL.finditer(text):
            if not _NOBODYS.search(match[0]):
                yield Span(*match.span(), "email")
    if not _DIGITS.search(text):
        return
    for match in _IBAN.finditer(text):
        if _is_iban(match[0].replace(" ", "")):
            yield Span(*match.span(), "iban")
    for match in _RESIDENT.finditer(text):
        if _is_resident_number(match):
            yield Span(*match.span(), "resident_number")
    for match in _CARD.finditer(text):
        if _is_card(match[0]):
            yield Span(*match.span(), "card")
    for match in _PHONE.finditer(text):
        if _is_phone(match[0]):
            yield Span(*match.span(), "phone")


def _is_key(text: str) -> bool:
    """Not a row of one letter in a key's place, nor the name of a style (`sk-folding-cube`)."""
    if text.startswith("sk-") and not any(
        len(run) >= _KEY_RUN and any(map(str.isdecimal, run)) for run in re.split("[-_]", text)
    ):
        return False
    return text.startswith("-----") or len(set(text)) >= _KEY_LETTERS


def _is_card(text: str) -> bool:
    """As many digits as such a card has, whose Luhn sum is right."""
    digits = [int(sign) for sign in text if sign.isdecimal()]
    if not _CARD_DIGITS.fullmatch("".join(map(str, digits))) or len(set(digits)) < 2:
        return False
    doubled = [
        digit if place % 2 == 0 else digit * 2 - 9 * (digit > 4)
        for place, digit in enumerate(reversed(digits))
    ]
    return sum(doubled) % 10 == 0


def _is_iban(text: str) -> bool:
    if not 15 <= len(text) <= 34:
        return False
    moved = text[4:] + text[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1


def _is_resident_number(match: re.Match[str]) -> bool:
    year, month, day, hyphen, kind, rest = match.groups()
    century = 2000 if kind in "3478" else 1900
    try:
        born = date(century + int(year), int(month), int(day))
    except ValueError:
        return False
    if born > date.today():
        return False
    if hyphen and born > _LAST_CHECKED_BIRTH:
        return True
    digits = [int(sign) for sign in f"{year}{month}{day}{kind}{rest}"]
    total = sum(
        weight * digit for weight, digit in zip(_RESIDENT_WEIGHTS, digits[:-1], strict=True)
    )
    base = 13 if kind in "5678" else 11
    return (base - total % 11) % 10 == digits[-1]


def _is_phone(text: str) -> bool:
    digits = "".join(sign for sign in text if sign.isdecimal())
    if digits.endswith(_NO_NUMBER):
        return False
    return (8 if text.startswith("+") else 9) <= len(digits) <= 15
