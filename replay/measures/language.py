"""The language of a text, the one that a prompt asks for, and replies that are in another."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from replay.measures.scripts import prose, script_counts

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LATIN = "latin"  # some language in Latin letters; the text is too short to say which
KOREAN_SHARE = 0.2  # Korean texts on technical matters are full of Latin names
ENOUGH_LETTERS = 8
_ENOUGH_FOR_MODEL = 60
_READ_BY_MODEL = 300  # characters; its time grows with the text, its answers hardly
_SURE = 0.9
_STRAY_LETTERS = 2
_STRAY_HANGUL = 6

_BY_SCRIPT = {
    "hangul": "ko", "kana": "ja", "han": "zh", "cyrillic": "ru", "greek": "el", "arabic": "ar",
    "hebrew": "he", "thai": "th", "devanagari": "hi",
}  # fmt: skip
_SCRIPTS_OF = {"ko": {"hangul"}, "ja": {"kana", "han"}, "zh": {"han"}} | {
    language: {script}
    for script, language in _BY_SCRIPT.items()
    if language not in ("ko", "ja", "zh")
}
_LATIN_LANGUAGES = [
    "en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "fi", "pl", "cs", "hu", "ro", "tr",
    "id", "vi",
]  # fmt: skip
_NAMES = {
    "english": "en", "korean": "ko", "japanese": "ja", "chinese": "zh", "german": "de",
    "french": "fr", "spanish": "es", "italian": "it", "portuguese": "pt", "russian": "ru",
    "thai": "th", "arabic": "ar", "greek": "el", "hebrew": "he", "hindi": "hi", "dutch": "nl",
    "turkish": "tr", "vietnamese": "vi", "indonesian": "id", "태국어": "th", "아랍어": "ar",
    "그리스어": "el", "히브리어": "he", "베트남어": "vi", "인도네시아어": "id",
    "영어": "en", "영문": "en", "한국어": "ko", "한글": "ko", "우리말": "ko", "일본어": "ja",
    "중국어": "zh", "독일어": "de", "프랑스어": "fr", "스페인어": "es", "러시아어": "ru",
}  # fmt: skip
_ENGLISH_NAMES = "|".join(name for name in _NAMES if name.isascii())
_KOREAN_NAMES = "|".join(name for name in _NAMES if not name.isascii())
_NAMED = re.compile(
    rf"\b(?:{_ENGLISH_NAMES})\b|{_KOREAN_NAMES}|한자|한문|사자성어|고사성어|translat|번역|통역|영작"
    r"|hangul|kanji|hanja|hanzi|hiragana|katakana|cyrillic|히라가나|가타카나",
    re.IGNORECASE,
)
_ASKED_IN_ENGLISH = re.compile(
    r"\b(?:answer|reply|respond|write|explain|speak|talk)\b[^.?!\n]{0,40}?"
    rf"\bin ({_ENGLISH_NAMES})\b",
    re.IGNORECASE,
)
_ASKED_IN_KOREAN = re.compile(rf"({_KOREAN_NAMES})로\s*(?:만\s*)?(?:답|대답|설명|써|쓰|작성|말)")
_TRANSLATION = re.compile(
    r"translat|번역|통역|영작|how (?:do|would) (?:you|i) say|뭐라고", re.IGNORECASE
)
_SMALL_WORDS = (
    "the a an of to in is it and or that this for on with you your i we be are was as at by can"
    " not have has do if from will so but what how which my they he she there when"
)
_ENGLISH_WORDS = frozenset(_SMALL_WORDS.split())
_ENGLISH_SHARE = 0.2
# Begins with a word only: else a long row of letters, as of a picture, takes its square.
_FOREIGN_SENTENCE = re.compile(r"(?<![A-Za-z'])(?:[A-Za-z']+[ ,]+){8,}[A-Za-z']+")
_ASIDE = re.compile(r"\([^()\n]*\)|\"[^\"\n]*\"|“[^“”\n]*”|'[^'\n]*'|「[^「」\n]*」")


def language_of(text: str) -> str:
    """A language's code, `latin` for some language in Latin letters, nothing when unclear."""
    plain = prose(text)
    return _language(plain, script_counts(plain))


def asked_language(prompt: str) -> str:
    """The language that an answer is to be in; nothing when any will do or none is clear."""
    plain = prose(prompt)
    if _NAMED.search(plain) or _TRANSLATION.search(plain):
        return _requested(plain)
    counts = script_counts(plain)
    if sum(counts.values()) < _least(counts):
        return ""
    if counts["hangul"] and counts["latin"] > ENOUGH_LETTERS:
        # What is pasted need not be in the language of the question, nor what becomes of it.
        sentence = _FOREIGN_SENTENCE.search(plain) is not None
        if sentence and "\n" not in plain.strip():
            return ""
        if sentence or len(plain) > 200:
            return _of_both_ends(plain)
    return _language(plain, counts)


def wrong_language(prompt: str, reply: str) -> tuple[str, str] | None:
    """The language asked for and the one that the reply is in, where they are not the same."""
    asked = asked_language(prompt)
    if asked in ("", LATIN):
        return None  # nothing clear, or a few words as one types them into a search
    plain = prose(reply)
    counts = script_counts(plain)
    letters = sum(counts.values())
    if letters < _least(counts):
        return None
    found = _language(plain, counts)
    if asked == "ko" and counts["hangul"] * 10 > letters:
        return None  # Korean with very many Latin names
    return None if not found or _agree(asked, found) else (asked, found)


def mixed_scripts(prompt: str, reply: str) -> str | None:
    """The script that strayed into a reply, where neither the prompt nor its language has it;
    none where a language is spoken of."""
    plain = prose(reply)
    if plain.isascii() or (prompt and _NAMED.search(prompt)):
        return None
    stray = _stray_script(prompt, plain)
    return None if stray is None or _NAMED.search(plain) else stray


def _stray_script(prompt: str, plain: str) -> str | None:
    counts = script_counts(_ASIDE.sub(" ", plain))
    main = _language(plain, counts)
    expected = {"latin", *_SCRIPTS_OF.get(main, set()), *script_counts(prompt)}
    for script, letters in counts.items():
        least = _STRAY_HANGUL if script == "hangul" else _STRAY_LETTERS
        if script not in expected and letters >= least:
            return script
    if main == "ko" and _FOREIGN_SENTENCE.search(_ASIDE.sub(" ", plain)):
        return None if script_counts(prompt)["latin"] > 40 else "latin"
    return None


def asks_for_translation(prompt: str) -> bool:
    """Whether a prompt wants something said in another language."""
    return _TRANSLATION.search(prompt) is not None and (
        "translat" in prompt.lower() or "번역" in prompt or _NAMED.search(prompt) is not None
    )


def _language(plain: str, counts: Counter[str]) -> str:
    letters = sum(counts.values())
    if letters < 2:
        return ""
    if counts["hangul"] >= KOREAN_SHARE * letters:
        return "ko"
    if counts["kana"] and counts["kana"] + counts["han"] > letters / 2:
        return "ja"
    script = max(counts, key=lambda name: counts[name])
    return _latin_language(plain, counts["latin"]) if script == "latin" else _BY_SCRIPT[script]


def _latin_language(plain: str, letters: int) -> str:
    """English by its small words; the model is only asked about the rest."""
    words = plain[:400].lower().split()
    known = sum(map(_ENGLISH_WORDS.__contains__, words))
    if known >= _ENGLISH_SHARE * len(words) and len(words) > 3:
        return "en"
    if letters < _ENOUGH_FOR_MODEL:
        return LATIN
    code, sure = _identifier().classify(plain[:_READ_BY_MODEL])
    return str(code) if sure >= _SURE else LATIN


@cache
def _identifier() -> LanguageIdentifier:
    """Loaded when it is first asked: it takes a second and tens of megabytes."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LATIN_LANGUAGES)
    return identifier


def _requested(plain: str) -> str:
    found = _ASKED_IN_ENGLISH.search(plain) or _ASKED_IN_KOREAN.search(plain)
    if found is None or _TRANSLATION.search(plain):
        return ""
    return _NAMES[found[1].lower()]


def _of_both_ends(plain: str) -> str:
    lines = [line for line in plain.splitlines() if line.strip()]
    first, last = (_language(line, script_counts(line)) for line in (lines[0], lines[-1]))
    return first if _agree(first, last) else ""


def _least(counts: Counter[str]) -> int:
    """Letters that say something: a Korean syllable is worth several Latin letters."""
    return ENOUGH_LETTERS if counts["latin"] >= sum(counts.values()) / 2 else 2


def _agree(one: str, other: str) -> bool:
    if one == other:
        return True
    return LATIN in (one, other) and {one, other} <= {LATIN, *_LATIN_LANGUAGES}
