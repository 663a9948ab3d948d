"""Words for the review: why a reply is looked at, what is said of it, filters and deeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.gui.dates import day
from app.gui.translation import later, tr
from app.store.review import ReviewFilter, ReviewItem

_FLAGS = {
    "too_short": later("Too short"),
    "too_long": later("Too long"),
    "near_duplicate": later("Near-duplicate"),
    "wrong_language": later("Wrong language"),
    "mixed_scripts": later("Mixed scripts"),
    "not_like_persona": later("Not like the persona"),
    "bad_code": later("Code that does not parse"),
    "personal_data": later("Personal data"),
    "refusal": later("Refusal"),
    "broken": later("Broken"),
    "truncated": later("Cut off"),
}
_WHY = {
    "too_short": later(
        "It has far fewer words than the persona's usual replies. A training learns length, too:"
        " keep it only where the question asks for no more."
    ),
    "too_long": later(
        "It has far more words than the persona's usual replies. Keep it where the question needs"
        " them; else correct it to what you would want to read."
    ),
    "near_duplicate": later(
        "It says nearly the same as another reply. One of the two is enough to learn from; what"
        " adapters are judged by must not be learned at all."
    ),
    "wrong_language": later(
        "It is in another language than the question. Keep it where that was asked for, as in a"
        " translation."
    ),
    "mixed_scripts": later(
        "Letters of a script stand in it that the reply has no need of. Small models slip so; what"
        " is kept is learned."
    ),
    "not_like_persona": later(
        "In these ways it differs most from the replies that you approved. Keep it where you like"
        " it: the next replies are measured by it, too."
    ),
    "bad_code": later(
        "The code was read and not run: at the line that is named it is not valid. Correct it, or"
        " keep it where it is meant to be a part only."
    ),
    "personal_data": later(
        "Something in it looks like a number, an address or a key that belongs to somebody. An"
        " adapter may say again what it learned: mask it, or drop it."
    ),
    "refusal": later(
        "It says that it will not answer. Keep it where that is right; what is kept is refused"
        " more often from then on."
    ),
    "broken": later("Nothing can be learned from it as it stands: correct it, or drop it."),
    "truncated": later(
        "It ends before it is finished. What is kept teaches to end like that: correct it, or drop"
        " it."
    ),
}
TOPIC_NAMES = {
    "coding": later("Coding"),
    "general": later("General"),
    "korean": later("Korean"),
    "translation": later("Translation"),
    "persona": later("Persona"),
}
_BROKEN = {
    "empty": later("Broken: there is nothing in it"),
    "echo": later("Broken: it says the question again"),
    "loop": later("Broken: it repeats itself in a loop"),
    "mojibake": later("Broken: unreadable letters (marked)"),
    "markers": later("Broken: a model's own markers in it (marked)"),
    "cut_html": later("Broken: a tag that does not end"),
}
_CUT = {
    "length": later("Cut off: it reached the longest length"),
    "stopped": later("Cut off: it was stopped while it was written"),
    "error": later("Cut off: the model ended while it was written"),
    "open_code": later("Cut off: its code does not end"),
    "mid_sentence": later("Cut off in the middle of a sentence (marked)"),
}
_PERSONAL = {
    "key": later("key or token"),
    "email": later("e-mail address"),
    "iban": later("bank account number"),
    "card": later("card number"),
    "resident_number": later("resident number"),
    "phone": later("phone number"),
}
_FEATURES = {
    "opening": later("how it begins"),
    "closing": later("how it ends"),
    "sentence_words": later("length of the sentences"),
    "list_share": later("lists"),
    "questions": later("questions back"),
    "exclamations": later("exclamation marks"),
    "emoji": later("emoji"),
    "polite": later("polite style"),
}
_LANGUAGES = {
    "ko": later("Korean"), "en": later("English"), "ja": later("Japanese"),
    "zh": later("Chinese"), "de": later("German"), "fr": later("French"), "es": later("Spanish"),
    "ru": later("Russian"),
}  # fmt: skip
_SCRIPTS = {
    "latin": later("Latin"), "hangul": later("Hangul"), "han": later("Chinese characters"),
    "kana": later("Japanese kana"), "cyrillic": later("Cyrillic"), "greek": later("Greek"),
    "arabic": later("Arabic"), "hebrew": later("Hebrew"), "thai": later("Thai"),
    "devanagari": later("Devanagari"),
}  # fmt: skip
_RATINGS = {
    "up": later("rated good"),
    "down": later("rated bad"),
    "kept": later("kept"),
    "dropped": later("dropped"),
}
_SOURCES = {"chat": later("chat")}
_THROUGH = "program:"  # and the name that the program was given


def flag_name(kind: str) -> str:
    """A kind of flag, in the list and in the filter."""
    return tr(_FLAGS[kind]) if kind in _FLAGS else kind


def flag_why(kind: str) -> str:
    """What a flag goes by, and when the reply can be kept all the same."""
    return tr(_WHY[kind]) if kind in _WHY else ""


def topic_name(topic: str) -> str:
    return tr(TOPIC_NAMES[topic]) if topic in TOPIC_NAMES else topic


def flag_words(kind: str, detail: Mapping[str, Any]) -> str:
    """Why a reply is looked at, in a sentence."""
    if kind in ("too_short", "too_long"):
        return _length_words(kind, detail)
    if kind == "near_duplicate":
        return _duplicate_words(detail)
    if kind == "wrong_language":
        return tr(
            "Wrong language: asked in {asked}, answered in {found}",
            asked=_language(detail.get("asked")), found=_language(detail.get("found")),
        )  # fmt: skip
    if kind == "mixed_scripts":
        script = str(detail.get("script", ""))
        name = tr(_SCRIPTS[script]) if script in _SCRIPTS else script
        return tr("Mixed scripts: {script} in it (marked)", script=name)
    if kind == "not_like_persona":
        return tr("Not like the persona: {features}", features=_listed(_FEATURES, detail))
    if kind == "bad_code":
        return tr(
            "Code that does not parse: {language}, line {line} (marked)",
            language={"python": "Python", "json": "JSON"}.get(str(detail.get("language")), ""),
            line=detail.get("line", 1),
        )
    if kind == "personal_data":
        return _personal_words(detail)
    if kind == "refusal":
        return tr("Refusal: it says that it will not answer (marked)")
    why = str(detail.get("why", ""))
    words = {**_BROKEN, **_CUT}.get(why) if kind in ("broken", "truncated") else None
    return tr(words) if words else flag_name(kind)


def state_words(item: ReviewItem) -> str:
    """What was said of a reply so far."""
    if item.corrected:
        return tr("corrected before the import") if item.imported_rating else tr("corrected")
    if item.rating is None:
        return tr("not rated yet")
    words = tr(_RATINGS[item.rating])
    return tr("{rating} before the import", rating=words) if item.imported_rating else words


def topic_words(item: ReviewItem) -> str:
    """A topic, and whose word that is."""
    if not item.topic:
        return tr("Topic: not known yet")
    name = topic_name(item.topic)
    return tr("Topic: {topic}", topic=name) if item.topic_by_user else tr(
        "Topic: {topic} (suggested)", topic=name
    )  # fmt: skip


def where_words(item: ReviewItem) -> str:
    """Where a reply comes from."""
    source = tr(_SOURCES[item.source]) if item.source in _SOURCES else item.source
    if source.startswith(_THROUGH):
        source = tr("through {name}", name=source.removeprefix(_THROUGH))
    title = " ".join(item.title.split()) or tr("Untitled")
    return tr("{source}: “{title}”, {date}", source=source, title=title, date=day(item.created))


def filter_name(chosen: ReviewFilter) -> str:
    """A filter in the box, without its number."""
    if chosen.decided:
        return tr("Decided")
    if chosen.kind == "flagged" and chosen.name:
        return tr("Flag: {flag}", flag=flag_name(chosen.name))
    if chosen.kind == "topic":
        return tr("Topic: {topic}", topic=topic_name(chosen.name))
    return {
        "flagged": tr("Flagged"),
        "unrated": tr("Own replies, undecided"),
        "archive": tr("Imported archive, all"),
        "sample": tr("Imported archive, a sample"),
        "all": tr("Everything undecided"),
    }[chosen.kind]


def done_words(verb: str, count: int) -> str:
    """What was just done."""
    if count == 0:
        return tr("No personal data was found.") if verb == "mask" else tr("Nothing was changed.")
    if count > 1:
        words = {
            "keep": tr("{count} replies kept.", count=count),
            "drop": tr("{count} replies dropped.", count=count),
            "mask": tr("Personal data masked in {count} replies.", count=count),
            "set_topic": tr("Topic of {count} replies set.", count=count),
        }
        return words[verb]
    return {
        "keep": tr("Kept."),
        "drop": tr("Dropped."),
        "correct": tr("Correction kept."),
        "mask": tr("Personal data masked."),
        "set_topic": tr("Topic set."),
    }[verb]


def undone_words(verb: str, count: int, *, elsewhere: bool) -> str:
    """What was just taken back."""
    words = {
        "keep": tr("Undone: kept"),
        "drop": tr("Undone: dropped"),
        "correct": tr("Undone: correction"),
        "mask": tr("Undone: personal data masked"),
        "set_topic": tr("Undone: topic"),
    }.get(verb, tr("It was taken back."))
    if count > 1:
        return tr("{told}, {count} replies", told=words, count=count)
    return tr("{told}, in another filter", told=words) if elsewhere and count else words


def _length_words(kind: str, detail: Mapping[str, Any]) -> str:
    words, usual = detail.get("words", 0), detail.get("usual", 0)
    if usual:
        return tr("{flag}: words: {words}, usually about {usual}",
                  flag=flag_name(kind), words=words, usual=usual)  # fmt: skip
    return tr("{flag}: words: {words}", flag=flag_name(kind), words=words)


def _duplicate_words(detail: Mapping[str, Any]) -> str:
    share = f"{detail.get('share', 1):.0%}"
    if detail.get("held_out"):
        return tr("Near-duplicate: {share} the same as one that adapters are judged by",
                  share=share)  # fmt: skip
    return tr("Near-duplicate: {share} the same as another reply", share=share)


def _personal_words(detail: Mapping[str, Any]) -> str:
    kinds = [kind for place in ("question", "reply") for kind in detail.get(place, {})]
    names = _listed(_PERSONAL, {"features": list(dict.fromkeys(kinds))})
    return tr("Personal data: {kinds} (marked; M masks it)", kinds=names)


def _listed(names: Mapping[str, str], detail: Mapping[str, Any]) -> str:
    return ", ".join(tr(names[each]) for each in detail.get("features", []) if each in names)


def _language(code: object) -> str:
    name = _LANGUAGES.get(str(code))
    return tr(name) if name else tr("another language")
