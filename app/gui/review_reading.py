"""What the review page reads, in the review's own thread."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from app.gui.review_marks import question_of, reply_of
from app.gui.review_model import ReviewRow
from app.operations import reviewing
from app.operations.reviewing import Done, ReviewCounts, TopicShare, Undone
from app.store.review import ReviewFilter, ReviewItem
from app.store.store import Store

MOST_SHOWN_AGAIN = reviewing.PAGE


@dataclass(frozen=True)
class ReadRows:
    """A part of the queue; `after` asks for the next part, None when there is none."""

    rows: tuple[ReviewRow, ...]
    after: int | None
    left: int


@dataclass(frozen=True)
class Numbers:
    """What is left of everything, and the topics against the guide."""

    counts: ReviewCounts
    shares: tuple[TopicShare, ...]


@dataclass(frozen=True)
class Changed:
    """What a verb did to a reply, the reply as it is now, and what its filter has left."""

    done: Done
    row: ReviewRow | None
    left: int


@dataclass(frozen=True)
class TakenBack:
    """What an undo took back; the replies that are to be seen again, and those that are not.

    No rows for more than a page of them: the list is read anew.
    """

    undone: Undone
    shown: tuple[ReviewRow, ...]
    gone: tuple[int, ...]
    many: bool
    left: int


def read_rows(
    store: Store,
    persona_id: int,
    chosen: ReviewFilter,
    limit: int,
    current_id: int | None,
    *,
    draw: bool,
) -> ReadRows:
    """The newest replies of a filter; the one that is looked at stays among them."""
    if draw and chosen.kind == "sample":
        reviewing.draw_sample(store, persona_id)
    page = reviewing.queue(store, persona_id, chosen, limit)
    found = list(page.items)
    while current_id is not None and page.after is not None and current_id < page.after:
        page = reviewing.queue(store, persona_id, chosen, limit, page.after)
        found += page.items
    if current_id is not None and current_id not in {item.message_id for item in found}:
        current = reviewing.items(store, [current_id])
        found += [item for item in current if fits(item, chosen)]
        found.sort(key=lambda item: -item.message_id)
    return ReadRows(rows_of(found), page.after, reviewing.count(store, persona_id, chosen))


def read_more(store: Store, persona_id: int, chosen: ReviewFilter, after: int) -> ReadRows:
    """The next replies of a filter."""
    page = reviewing.queue(store, persona_id, chosen, after=after)
    left = reviewing.count(store, persona_id, chosen)
    return ReadRows(rows_of(page.items), page.after, left)


def read_numbers(store: Store, persona_id: int) -> Numbers:
    return Numbers(reviewing.counts(store, persona_id), reviewing.topic_shares(store, persona_id))


def changed(
    store: Store, persona_id: int, chosen: ReviewFilter, message_id: int, done: Done
) -> Changed:
    """How a reply stands after a verb."""
    rows = rows_of(reviewing.items(store, [message_id]))
    left = reviewing.count(store, persona_id, chosen)
    return Changed(done, rows[0] if rows else None, left)


def take_back(
    store: Store, persona_id: int, chosen: ReviewFilter, decided: AbstractSet[int]
) -> TakenBack | None:
    """Undo what was done last; `decided` was shown by the filter before, and is shown again.

    A correction that goes takes what was found in the reply with it: until somebody looks at
    the reply again, the filter itself would not let it through.
    """
    undone = reviewing.undo(store, persona_id)
    if undone is None:
        return None
    left = reviewing.count(store, persona_id, chosen)
    ids = undone.message_ids
    if len(ids) > MOST_SHOWN_AGAIN:
        return TakenBack(undone, (), (), True, left)
    through = reviewing.let_through(store, persona_id, chosen, ids) | decided
    items = [
        item
        for item in reviewing.items(store, ids)
        if item.message_id in through and fits(item, chosen)
    ]
    gone = set(ids) - {item.message_id for item in items}
    return TakenBack(undone, rows_of(items), tuple(gone), False, left)


def fits(item: ReviewItem, chosen: ReviewFilter) -> bool:
    """Whether a reply is in the state that a filter shows."""
    return item.state in ("approved", "rejected") if chosen.decided else item.state == "open"


def rows_of(items: Iterable[ReviewItem]) -> tuple[ReviewRow, ...]:
    """Replies with their words as they are shown."""
    return tuple(ReviewRow(item, question_of(item), reply_of(item)) for item in items)
