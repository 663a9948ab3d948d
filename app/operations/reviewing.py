"""Reviewing: what comes in is kept, corrected, dropped, tagged or masked, and all can be undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.operations.rating import same_words
from app.store.looks import Subject
from app.store.review import AroundLine, Chosen, FilterKind, ReviewFilter, ReviewItem
from app.store.store import Store
from app.store.values import Action, Rating, RatingValue
from replay.looking import FLAG_KINDS
from replay.measures.personal_data import Span, personal_data
from replay.measures.personal_data import mask as masked
from replay.measures.topics import TOPIC_GUIDE, TOPICS

PAGE = 50
SAMPLE = 100
AROUND = 100
VERBS = ("keep", "drop", "correct", "set_topic", "mask")
_MASKED_A_CHUNK = 500


@dataclass(frozen=True)
class ReviewPage:
    """Replies to decide on; `after` asks for the next page, None when this is the last."""

    items: tuple[ReviewItem, ...]
    after: int | None


@dataclass(frozen=True)
class Done:
    """What a verb did: the action to undo, None when there was nothing to do."""

    action: Action | None
    count: int


@dataclass(frozen=True)
class Undone:
    """The action that was taken back, and the replies that it was about."""

    action: Action
    message_ids: tuple[int, ...]


@dataclass(frozen=True)
class TopicShare:
    """How many approved replies are on a topic, against the guide where it says something."""

    topic: str
    count: int
    share: float
    least: float | None
    most: float | None


@dataclass(frozen=True)
class ReviewCounts:
    """What is left to decide on, by what the review offers."""

    flags: Mapping[str, int]
    flagged: int
    unrated: int
    archive: int
    sample: int
    decided: int
    by_topic: Mapping[str, int]


def queue(
    store: Store,
    persona_id: int,
    chosen: ReviewFilter,
    limit: int = PAGE,
    after: int | None = None,
) -> ReviewPage:
    """A page of replies, newest first."""
    items = store.review.page(persona_id, chosen, limit, after)
    return ReviewPage(tuple(items), items[-1].message_id if len(items) == limit else None)


def count(store: Store, persona_id: int, chosen: ReviewFilter) -> int:
    """How many replies a filter has left."""
    return store.review.count(persona_id, chosen)


def items(store: Store, message_ids: Sequence[int]) -> tuple[ReviewItem, ...]:
    """These replies as they are now, newest first; without those that are gone."""
    return tuple(store.review.items(message_ids))


def ids(store: Store, persona_id: int, chosen: ReviewFilter) -> tuple[int, ...]:
    """All replies that a filter has left, newest first."""
    return tuple(store.review.ids(persona_id, chosen))


def let_through(
    store: Store, persona_id: int, chosen: ReviewFilter, message_ids: Sequence[int]
) -> frozenset[int]:
    """Those of these replies that a filter lets through."""
    return frozenset(
        each for each in message_ids if store.review.ids(persona_id, chosen, 1, each + 1) == [each]
    )


def around(store: Store, message_id: int, most: int = AROUND) -> tuple[AroundLine, ...]:
    """The conversation around a reply: at most so many messages before it, and after."""
    return tuple(store.review.around(message_id, most))


def counts(store: Store, persona_id: int) -> ReviewCounts:
    """What is left, by everything that can be filtered for."""

    def of(kind: FilterKind, name: str = "", *, decided: bool = False) -> int:
        return count(store, persona_id, ReviewFilter(kind, name, decided))

    return ReviewCounts(
        {kind: of("flagged", kind) for kind in FLAG_KINDS},
        of("flagged"),
        of("unrated"),
        of("archive"),
        of("sample"),
        of("all", decided=True),
        {topic: of("topic", topic) for topic in TOPICS},
    )


def keep(store: Store, persona_id: int, chosen: Chosen) -> Done:
    """These replies are good as they are shown, and count for learning."""
    return _decide(store, persona_id, chosen, "kept")


def drop(store: Store, persona_id: int, chosen: Chosen) -> Done:
    """These replies are not to be learned."""
    return _decide(store, persona_id, chosen, "dropped")


def correct(store: Store, persona_id: int, message_id: int, text: str) -> Done:
    """Put another text in the place of a reply; the same text keeps it, an empty one is none."""
    words = text.strip()
    shown = store.looks.words_of([message_id])
    if not words or not shown:
        return Done(None, 0)
    if same_words(words, shown[0].reply):
        return keep(store, persona_id, [message_id])

    def do(action_id: int) -> int:
        if same_words(words, store.actions.words(message_id)):
            # The reply's own words again: no correction, which would count for more.
            store.ratings.rate(message_id, "kept", action_id=action_id)
        else:
            _correct(store, message_id, words, action_id)
        return 1

    return _act(store, persona_id, "correct", do)


def set_topic(store: Store, persona_id: int, chosen: Chosen, topic: str) -> Done:
    """Say what these replies are about."""
    if topic not in TOPICS:
        raise ValueError(f"not a topic: {topic}")
    return _act(
        store,
        persona_id,
        "set_topic",
        lambda action_id: store.review.tag(persona_id, chosen, topic, action_id),
    )


def mask(store: Store, persona_id: int, chosen: Chosen) -> Done:
    """Put a word in place of everything personal in these replies and their questions.

    It says nothing of the replies: masking many at once must not make unseen ones count. So
    their words are edited; a correction that is there is corrected, and what it stands over is
    edited, too, since a preference holds both.
    """

    def do(action_id: int) -> int:
        ids = store.review.ids(persona_id, chosen)
        questions: set[int] = set()
        masked_replies = 0
        for start in range(0, len(ids), _MASKED_A_CHUNK):
            chunk = ids[start : start + _MASKED_A_CHUNK]
            said = store.ratings.of(chunk)
            for subject in store.looks.words_of(chunk):
                rating = said.get(subject.message_id)
                in_reply = _mask_reply(store, subject, rating, action_id)
                in_question = _mask_question(store, subject, questions, action_id)
                masked_replies += in_reply or in_question
        return masked_replies

    return _act(store, persona_id, "mask", do)


def undo(store: Store, persona_id: int) -> Undone | None:
    """Take the last verb of the review back; a pick or a deletion is taken back where it was made.

    Whoever undoes a decision does not see the chat, where something else would change.
    """
    with store.transaction():
        last = store.actions.last(persona_id, VERBS)
        if last is None:
            return None
        touched = store.review.touched(last.id)
        store.actions.take_back(last.id)
        return Undone(last, touched)


def draw_sample(store: Store, persona_id: int, size: int = SAMPLE) -> int:
    """Have a sample of the archive to review: the one that is under way, else a new one.

    How many of it are left.
    """
    sample = ReviewFilter("sample")
    if not count(store, persona_id, sample):
        store.review.draw_sample(persona_id, size)
    return count(store, persona_id, sample)


def personal_places(text: str) -> list[Span]:
    """Where personal data stands in a text that is shown."""
    return personal_data(text)


def topic_shares(store: Store, persona_id: int) -> tuple[TopicShare, ...]:
    """The topics of all approved replies that were looked at, against the guide."""
    found = store.review.approved_by_topic(persona_id, TOPICS)
    total = sum(found.values())
    return tuple(
        TopicShare(
            topic,
            found[topic],
            round(found[topic] / total, 4) if total else 0.0,
            *TOPIC_GUIDE.get(topic, (None, None)),
        )
        for topic in TOPICS
    )


def _decide(store: Store, persona_id: int, chosen: Chosen, value: RatingValue) -> Done:
    return _act(
        store,
        persona_id,
        "keep" if value == "kept" else "drop",
        lambda action_id: store.review.decide(persona_id, chosen, value, action_id),
    )


def _act(store: Store, persona_id: int, verb: str, do: Callable[[int], int]) -> Done:
    """Do something as one action; an action that touches nothing leaves no trace."""
    with store.transaction():
        action = store.actions.begin(persona_id, verb)
        touched = do(action.id)
        if not touched:
            store.actions.undo(persona_id)
            return Done(None, 0)
    return Done(action, touched)


def _correct(store: Store, message_id: int, words: str, action_id: int) -> None:
    before = store.ratings.of([message_id]).get(message_id)
    store.ratings.rate(
        message_id,
        before.value if before else None,
        before.reasons if before else (),
        before.comment if before else "",
        words,
        action_id=action_id,
    )


def _mask_reply(store: Store, subject: Subject, said: Rating | None, action_id: int) -> bool:
    """Mask a reply, with and without its correction; whether there was anything to mask."""
    correction = said.correction if said is not None else None
    spoken = subject.reply if correction is None else store.actions.words(subject.message_id)
    words = masked(spoken)
    if words != spoken:
        store.actions.edit(subject.message_id, words, action_id)
    if said is None or correction is None or masked(correction) == correction:
        return words != spoken
    store.ratings.rate(
        subject.message_id,
        said.value,
        said.reasons,
        said.comment,
        masked(correction),
        origin=said.origin,
        action_id=action_id,
    )
    return True


def _mask_question(store: Store, subject: Subject, questions: set[int], action_id: int) -> bool:
    """Mask a question, once for all its replies; whether there was anything to mask."""
    question = masked(subject.question)
    if question == subject.question or subject.parent_id is None:
        return False
    if subject.parent_id not in questions:
        questions.add(subject.parent_id)
        store.actions.edit(subject.parent_id, question, action_id)
    return True
