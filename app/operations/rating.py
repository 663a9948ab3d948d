"""Rating: each verb writes the whole word on a reply anew, so that one undo takes one verb back."""

from __future__ import annotations

from collections.abc import Sequence

from app.store.store import Store
from app.store.values import Rating, RatingValue

REASONS = (
    "too_long", "too_short", "wrong_language", "wrong_fact", "not_like_persona", "bad_code",
    "unsafe", "other",
)  # fmt: skip


def thumb_up(store: Store, message_id: int) -> Rating:
    """The reply is good; pressed again, the word is taken back."""
    return _thumb(store, message_id, "up")


def thumb_down(store: Store, message_id: int) -> Rating:
    """The reply is bad; pressed again, the word is taken back."""
    return _thumb(store, message_id, "down")


def give_reasons(
    store: Store, message_id: int, reasons: Sequence[str], comment: str = ""
) -> Rating:
    """Say why a reply is bad."""
    unknown = set(reasons) - set(REASONS)
    if unknown:
        raise ValueError(f"not a reason: {', '.join(sorted(unknown))}")
    before = _said(store, message_id)
    ordered = [reason for reason in REASONS if reason in reasons]
    return store.ratings.rate(
        message_id,
        before.value if before else "down",
        ordered,
        comment,
        before.correction if before else None,
    )


def correct(store: Store, message_id: int, text: str) -> Rating:
    """Put another text in the place of a reply; the reply itself stays readable."""
    before = _said(store, message_id)
    unchanged = same_words(text, store.actions.words(message_id))
    return store.ratings.rate(
        message_id,
        before.value if before else None,
        before.reasons if before else (),
        before.comment if before else "",
        None if unchanged or not text.strip() else text.strip(),
    )


def same_words(text: str, other: str) -> bool:
    """Whether texts differ at most by the line ends and spaces that an editor makes others of."""
    return _as_edited(text) == _as_edited(other)


def _as_edited(text: str) -> str:
    return "\n".join(text.replace("\xa0", " ").splitlines()).strip()


def accept(store: Store, message_id: int) -> Rating | None:
    """Make what an import says of a reply the user's own word, so that it counts."""
    said = _said(store, message_id)
    if said is None or said.origin == "user":
        return said
    return store.ratings.rate(message_id, said.value, said.reasons, said.comment, said.correction)


def undo(store: Store, message_id: int) -> Rating | None:
    """Take the last verb back; what counts now."""
    return store.ratings.undo(message_id)


def take_back(store: Store, said: Rating) -> bool:
    """Take this one word back, whatever was said since; whether it was still there."""
    return store.ratings.remove(said)


def _thumb(store: Store, message_id: int, value: RatingValue) -> Rating:
    before = _said(store, message_id)
    if before is not None and (before.value, before.origin) == (value, "import"):
        # It is not the user's word yet: pressing makes it so, with its reasons.
        return accept(store, message_id) or before
    pressed_again = before is not None and before.value == value
    return store.ratings.rate(
        message_id,
        None if pressed_again else value,
        (),
        "",
        before.correction if before else None,
    )


def _said(store: Store, message_id: int) -> Rating | None:
    """The word that counts; a reply that was forgotten meanwhile is told as missing."""
    store.messages.get(message_id)
    return store.ratings.of([message_id]).get(message_id)
