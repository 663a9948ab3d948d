"""What a reply says and how long it is; each function tells why a check fails, or nothing."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Sequence

from app.evaluation.cases import (
    LETTERS,
    ChoiceCheck,
    LengthCheck,
    PatternCheck,
    RatioCheck,
    WordsCheck,
)
from app.evaluation.patterns import Unjudged
from replay.measures.length import word_count
from replay.measures.sentences import sentences_of

_HANGUL = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
# A letter or digit that a word ends at: Korean particles follow foreign words and numbers.
_LETTER = "[^\\W\u3131-\u318e\uac00-\ud7a3]"
_SHOWN_CHARACTERS = 60
_MARKS = r"[\s*_\"'(:\[]*"
# Alone; "A" and "I" begin English sentences as words too.
_ALONE = r"(?<!\w)(LETTERS)(?![^\W가-힣])(?!['’])(?<![AI](?= (?!and |or |is )[a-z]))"
_LETTER_FORMS = (
    # "The answer is B", "정답은 (B)"
    r"(?i:\b(?:answer|choice|option)|정답|답|보기)(?i:은|는| is| would be)?"
    rf"{_MARKS}(LETTERS)(?![^\W가-힣])(?!['’])",
    # "B", "(B)", "B) Paris", "**B**, because", "B입니다"
    rf"\A{_MARKS}(LETTERS)(?:[\s*_\"']*(?:[).:,\]]|$)|(?=[가-힣]))",
)


def words_fault(check: WordsCheck, reply: str) -> str:
    """Whole words in any case; Korean ones also with what is written on to them."""
    text = _plain(reply)
    said = [word for word in check.of if _says(word, text)]
    if check.kind == "contains_any":
        return "" if said else f"it says none of: {_listed(check.of)}"
    if check.kind == "lacks":
        return f"it says: {_listed(said)}" if said else ""
    missing = [word for word in check.of if word not in said]
    return f"it does not say: {_listed(missing)}" if missing else ""


def _says(word: str, text: str) -> bool:
    """Whether a text has a word or phrase; 6 is not in 16, nor in 6.5."""
    word = _plain(word).strip()
    pattern = r"\s+".join(map(re.escape, word.split()))
    if _HANGUL.search(word):
        return re.search(pattern, text, re.IGNORECASE) is not None
    before = rf"(?<!{_LETTER})" if re.match(r"\w", word) else ""
    after = rf"(?!{_LETTER})" if re.search(r"\w\Z", word) else ""
    if word[:1].isdigit():
        before += r"(?<!\d[.,])"
    if word[-1:].isdigit():
        after += r"(?![.,]\d)"
    return re.search(f"{before}{pattern}{after}", text, re.IGNORECASE) is not None


def pattern_fault(check: PatternCheck, reply: str, search: Callable[[str, str], bool]) -> str:
    """A pattern that must be there, or must not."""
    if search(check.pattern, reply) == (check.kind == "matches"):
        return ""
    verb = "does not match" if check.kind == "matches" else "matches"
    return f"it {verb} {_cut(check.pattern)}"


def length_fault(check: LengthCheck, reply: str, tokens: int) -> str:
    """Too long or too short, in the check's unit."""
    if check.unit == "tokens" and not tokens:
        raise Unjudged("its tokens were not counted")
    size = tokens if check.unit == "tokens" else _SIZES[check.unit](reply)
    told = f"it has {_counted(size, check.unit)}"
    if size < check.least:
        return f"{told}, not {check.least} or more"
    if check.most is not None and size > check.most:
        return f"{told}, not {check.most} or fewer"
    return ""


def ratio_fault(check: RatioCheck, terse: tuple[str, int], verbose: tuple[str, int]) -> str:
    """The verbose reply is not as many times longer as it must be; each with its tokens."""
    if check.unit == "tokens":
        short, long = terse[1], verbose[1]
        if not short or not long:
            raise Unjudged("its tokens were not counted")
    else:
        short, long = word_count(terse[0]), word_count(verbose[0])
    if long >= check.least * max(1, short):
        return ""
    return (
        f"the verbose reply has {_counted(long, check.unit)} to the terse one's {short}:"
        f" {long / max(1, short):.1f} times as many, not {check.least:g}"
    )


def letter_fault(check: ChoiceCheck, reply: str) -> str:
    """The reply names another letter than the right one, or none."""
    letters = LETTERS[: len(check.choices)]
    named = letter_of(reply, letters)
    if not named:
        return f"it names none of the letters {letters[0]} to {letters[-1]}"
    wanted = letters[check.answer]
    return "" if named == wanted else f"it chose {named}, not {wanted}"


def letter_of(reply: str, letters: str) -> str:
    """The letter that a reply gives as its answer, or nothing."""
    for form in _LETTER_FORMS:
        match = re.search(form.replace("LETTERS", f"[{letters}]"), reply, re.MULTILINE)
        if match:
            return match[1]
    alone = set(re.findall(_ALONE.replace("LETTERS", f"[{letters}]"), reply))
    return alone.pop() if len(alone) == 1 else ""


def likelihood_fault(check: ChoiceCheck, likelihoods: Sequence[float]) -> str:
    """Another choice is at least as likely as the right one."""
    if len(likelihoods) != len(check.choices) or any(map(math.isnan, likelihoods)):
        raise Unjudged("how likely each choice is was not measured")
    right = likelihoods[check.answer]
    others = [place for place in range(len(likelihoods)) if place != check.answer]
    best = max(others, key=lambda place: likelihoods[place])
    if right > likelihoods[best]:
        return ""
    return f"{_cut(check.choices[best])} is likelier than {_cut(check.choices[check.answer])}"


_SIZES: dict[str, Callable[[str], int]] = {
    "words": word_count,
    "characters": lambda reply: len(reply.strip()),
    "sentences": lambda reply: len(sentences_of(reply)),
    "lines": lambda reply: sum(bool(line.strip()) for line in reply.splitlines()),
}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).replace("’", "'").replace("‘", "'")


def _counted(size: int, unit: str) -> str:
    return f"{size} {unit[:-1] if size == 1 else unit}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(map(_cut, words))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
