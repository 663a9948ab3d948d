"""The review: a decision that is lost, or one that nobody made, changes what a persona becomes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.home import Home
from app.operations import conversations, preferring, rating, reviewing
from app.operations.examining import examine
from app.operations.preferring import preferred
from app.operations.reviewing import ReviewFilter
from app.store import Persona, Store, open_store

UNRATED = ReviewFilter("unrated")
FLAGGED = ReviewFilter("flagged")
ARCHIVE = ReviewFilter("archive")
SAMPLE = ReviewFilter("sample")
PERSONAL = ReviewFilter("flagged", "personal_data")
DECIDED = ReviewFilter("all", decided=True)


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    return store.personas.add("Sunny", "Be sunny.")


def say(store: Store, persona: Persona, question: str, reply: str, source: str = "chat") -> int:
    talk = store.conversations.add(persona.id, "", title="Bread", source=source)
    asked = store.messages.add(talk.id, None, "user", question)
    return store.messages.add(talk.id, asked.id, "assistant", reply).id


def learned(store: Store, persona: Persona) -> dict[int, str]:
    """What a mix would take, by message."""
    return {
        turn.message_id: turn.content if turn.correction is None else turn.correction
        for talk in store.learnable(persona.id)
        for turn in talk.turns
        if turn.rating in ("up", "kept") or turn.correction is not None
    }


def shown(store: Store, persona: Persona, chosen: ReviewFilter) -> list[int]:
    return [item.message_id for item in reviewing.queue(store, persona.id, chosen).items]


def test_a_kept_reply_counts_and_a_dropped_one_does_not(store: Store, sunny: Persona) -> None:
    good = say(store, sunny, "Bread?", "In a linen bag.")
    bad = say(store, sunny, "Milk?", "On the roof.")
    assert shown(store, sunny, UNRATED) == [bad, good]
    assert reviewing.keep(store, sunny.id, [good]).count == 1
    assert reviewing.drop(store, sunny.id, [bad]).count == 1
    assert learned(store, sunny) == {good: "In a linen bag."}
    assert shown(store, sunny, UNRATED) == []
    assert shown(store, sunny, DECIDED) == [bad, good]


def test_every_verb_is_undone_in_turn_and_says_what_it_was_about(
    store: Store, sunny: Persona
) -> None:
    first = say(store, sunny, "Bread?", "In a bag. Ask anna@firma.com")
    second = say(store, sunny, "Mine is 010-2345-6789, and yours?", "I have none, my friend.")
    before = store.review.page(sunny.id, UNRATED, 10, None)
    reviewing.keep(store, sunny.id, [first, second])
    reviewing.correct(store, sunny.id, first, "In a linen bag.")
    reviewing.drop(store, sunny.id, [first])
    reviewing.set_topic(store, sunny.id, [second], "persona")
    reviewing.mask(store, sunny.id, [second])
    undone = [reviewing.undo(store, sunny.id) for _ in range(5)]
    assert [(each.action.verb, each.message_ids) for each in undone if each] == [
        ("mask", (second,)),
        ("set_topic", (second,)),
        ("drop", (first,)),
        ("correct", (first,)),
        ("keep", (second, first)),
    ]
    assert store.review.page(sunny.id, UNRATED, 10, None) == before
    assert reviewing.undo(store, sunny.id) is None


def test_an_undo_in_the_review_changes_nothing_in_the_chat(store: Store, sunny: Persona) -> None:
    """Who takes a decision back does not see that a deleted conversation is there again."""
    first, second = (say(store, sunny, f"Q{n}?", "In a linen bag.") for n in range(2))
    reviewing.keep(store, sunny.id, [first])
    preferring.prefer(store, second)
    conversations.delete(store, store.messages.get(second).conversation_id)
    undone = reviewing.undo(store, sunny.id)
    assert undone is not None and undone.message_ids == (first,)
    assert reviewing.undo(store, sunny.id) is None
    assert shown(store, sunny, UNRATED) == [first]
    assert [each.title for each in conversations.deleted(store, sunny.id, 5, None)] == ["Bread"]


def test_a_correction_replaces_the_words_and_a_drop_takes_it_back(
    store: Store, sunny: Persona
) -> None:
    reply = say(store, sunny, "Bread?", "On the roof.")
    reviewing.correct(store, sunny.id, reply, "  In a linen bag. ")
    assert learned(store, sunny) == {reply: "In a linen bag."}
    item = reviewing.queue(store, sunny.id, DECIDED).items[0]
    assert (item.reply, item.original, item.corrected) == ("In a linen bag.", "On the roof.", True)
    reviewing.drop(store, sunny.id, [reply])
    assert learned(store, sunny) == {}
    reviewing.undo(store, sunny.id)
    assert learned(store, sunny) == {reply: "In a linen bag."}


def test_a_correction_to_the_same_words_keeps_and_an_empty_one_does_nothing(
    store: Store, sunny: Persona
) -> None:
    reply = say(store, sunny, "Bread?", "In a bag.")
    assert reviewing.correct(store, sunny.id, reply, " \n").action is None
    assert shown(store, sunny, UNRATED) == [reply]
    done = reviewing.correct(store, sunny.id, reply, "In a bag.\n")
    assert done.action is not None and done.action.verb == "keep"
    assert store.ratings.of([reply])[reply].correction is None


def test_a_correction_back_to_the_replys_own_words_is_none(store: Store, sunny: Persona) -> None:
    """Counted as a correction, a reply of the persona itself would teach more than it may."""
    reply = say(store, sunny, "Bread?", "In a bag.")
    reviewing.correct(store, sunny.id, reply, "On the roof.")
    reviewing.correct(store, sunny.id, reply, "In a bag.")
    said = store.ratings.of([reply])[reply]
    assert (said.value, said.correction) == ("kept", None)
    reviewing.undo(store, sunny.id)
    assert learned(store, sunny) == {reply: "On the roof."}


def test_bulk_touches_the_filter_alone_and_goes_back_in_one_undo(
    home: Home, store: Store, sunny: Persona
) -> None:
    other = store.personas.add("Other")
    foreign = say(store, other, "Bread?", "<|im_end|>")
    broken = [say(store, sunny, f"Bread {n}?", f"Loaf {n}.<|im_end|>") for n in range(5)]
    fine = say(store, sunny, "Milk?", "In the fridge, at the back.")
    examine(home, store, sunny.id)
    examine(home, store, other.id)
    only = ReviewFilter("flagged", "broken")
    assert reviewing.count(store, sunny.id, only) == 5
    assert reviewing.drop(store, sunny.id, only).count == 5
    assert reviewing.count(store, sunny.id, only) == 0
    assert shown(store, sunny, ReviewFilter("flagged", "broken", decided=True)) == broken[::-1]
    assert shown(store, sunny, UNRATED) == [fine]
    assert shown(store, other, only) == [foreign]
    undone = reviewing.undo(store, sunny.id)
    assert undone is not None and undone.message_ids == tuple(broken[::-1])
    assert reviewing.count(store, sunny.id, only) == 5


def test_a_verb_that_touches_nothing_leaves_nothing_to_undo(store: Store, sunny: Persona) -> None:
    reply = say(store, sunny, "Bread?", "In a bag.")
    reviewing.keep(store, sunny.id, [reply])
    other = store.personas.add("Other")
    assert reviewing.keep(store, other.id, [reply]).action is None
    assert reviewing.drop(store, sunny.id, ARCHIVE).action is None
    assert reviewing.mask(store, sunny.id, [reply]).action is None
    undone = reviewing.undo(store, sunny.id)
    assert undone is not None and undone.action.verb == "keep"


def test_masking_changes_what_is_learned_but_approves_nothing(
    home: Home, store: Store, sunny: Persona
) -> None:
    """Hundreds masked at one key must not become hundreds approved unseen."""
    reply = say(store, sunny, "I am at 010-2345-6789.", "Then I write to anna@firma.com instead.")
    examine(home, store, sunny.id)
    assert shown(store, sunny, PERSONAL) == [reply]
    assert reviewing.mask(store, sunny.id, PERSONAL).count == 1
    item = reviewing.queue(store, sunny.id, UNRATED).items[0]
    assert (item.question, item.reply) == ("I am at [phone].", "Then I write to [email] instead.")
    assert learned(store, sunny) == {}
    examine(home, store, sunny.id)
    assert shown(store, sunny, PERSONAL) == []
    reviewing.keep(store, sunny.id, [reply])
    texts = [turn.content for talk in store.learnable(sunny.id) for turn in talk.turns]
    assert texts == ["I am at [phone].", "Then I write to [email] instead."]


def test_masking_a_correction_keeps_it_a_correction(store: Store, sunny: Persona) -> None:
    reply = say(store, sunny, "Whom?", "Nobody.")
    rating.correct(store, reply, "Ask anna@firma.com.")
    reviewing.mask(store, sunny.id, [reply])
    assert learned(store, sunny) == {reply: "Ask [email]."}
    reviewing.undo(store, sunny.id)
    assert learned(store, sunny) == {reply: "Ask anna@firma.com."}


def test_masking_a_correction_masks_what_it_stands_over(store: Store, sunny: Persona) -> None:
    """A preference teaches the original, too, as the worse half."""
    reply = say(store, sunny, "Whom?", "Ask anna@firma.com, she knows everything.")
    rating.correct(store, reply, "Anna.")
    assert reviewing.mask(store, sunny.id, [reply]).count == 1
    (pair,) = preferred(store, sunny).pairs
    assert (pair.chosen, pair.rejected) == ("Anna.", "Ask [email], she knows everything.")
    rating.correct(store, reply, "Anna, anna@firma.com.")
    assert reviewing.mask(store, sunny.id, [reply]).count == 1
    assert learned(store, sunny) == {reply: "Anna, [email]."}
    for _ in range(2):
        reviewing.undo(store, sunny.id)
    (pair,) = preferred(store, sunny).pairs
    assert (pair.chosen, "@" in pair.rejected) == ("Anna, anna@firma.com.", True)


@pytest.mark.parametrize("late", [False, True])
def test_a_decision_taken_back_in_the_chat_leaves_nothing_to_undo(
    store: Store, sunny: Persona, late: bool
) -> None:
    """Otherwise an undo says that it took something back, and nothing has changed."""
    first, second = say(store, sunny, "Bread?", "Yes."), say(store, sunny, "Milk?", "No.")
    reviewing.keep(store, sunny.id, [first])
    reviewing.keep(store, sunny.id, [second])
    if late:
        assert rating.take_back(store, store.ratings.of([second])[second])
    else:
        rating.undo(store, second)
    undone = reviewing.undo(store, sunny.id)
    assert undone is not None and undone.message_ids == (first,)


def test_an_imported_word_is_shown_and_teaches_only_after_the_user_said_so(
    store: Store, sunny: Persona
) -> None:
    reply = say(store, sunny, "Bread?", "On the roof.", source="import")
    store.ratings.rate(reply, "down", (), "", "In a bag.", origin="import")
    assert shown(store, sunny, UNRATED) == []
    item = reviewing.queue(store, sunny.id, ARCHIVE).items[0]
    assert (item.rating, item.imported_rating, item.reply) == ("down", True, "In a bag.")
    assert learned(store, sunny) == {}
    reviewing.keep(store, sunny.id, [reply])
    assert learned(store, sunny) == {reply: "In a bag."}


def test_a_sample_of_the_archive_stays_the_same_until_it_is_done(
    store: Store, sunny: Persona
) -> None:
    archive = [say(store, sunny, f"Q{n}?", f"Answer {n}.", "import") for n in range(30)]
    assert reviewing.draw_sample(store, sunny.id, 10) == 10
    sample = shown(store, sunny, SAMPLE)
    assert sample != archive[:10] and sample != archive[:-11:-1]
    reviewing.keep(store, sunny.id, sample[:4])
    assert reviewing.draw_sample(store, sunny.id, 10) == 6
    assert shown(store, sunny, SAMPLE) == sample[4:]
    reviewing.drop(store, sunny.id, SAMPLE)
    assert reviewing.draw_sample(store, sunny.id, 10) == 10
    assert not set(shown(store, sunny, SAMPLE)) & set(sample)


def test_pages_follow_one_another_without_gap_or_double(store: Store, sunny: Persona) -> None:
    replies = [say(store, sunny, f"Q{n}?", f"Answer {n}.") for n in range(7)]
    rating.thumb_up(store, replies[2])
    rating.thumb_down(store, replies[5])
    for chosen, expected in ((UNRATED, 5), (ReviewFilter("all"), 5), (DECIDED, 2)):
        seen: list[int] = []
        after: int | None = None
        while True:
            page = reviewing.queue(store, sunny.id, chosen, 2, after)
            seen += [item.message_id for item in page.items]
            if (after := page.after) is None:
                break
        assert seen == sorted(set(seen), reverse=True)
        assert len(seen) == expected == reviewing.count(store, sunny.id, chosen)


def test_what_is_never_learned_or_deleted_is_not_reviewed(store: Store, sunny: Persona) -> None:
    secret, deleted = (say(store, sunny, f"Q{n}?", "Hm, my friend.") for n in range(2))
    store.conversations.set_never_train(store.messages.get(secret).conversation_id, True)
    action = store.actions.begin(sunny.id, "delete")
    store.actions.delete_conversation(store.messages.get(deleted).conversation_id, action.id)
    assert shown(store, sunny, UNRATED) == []
    assert reviewing.keep(store, sunny.id, UNRATED).count == 0
    conversations.bring_back(store, store.messages.get(deleted).conversation_id)
    assert shown(store, sunny, UNRATED) == [deleted]
    store.conversations.set_never_train(store.messages.get(secret).conversation_id, False)
    assert shown(store, sunny, UNRATED) == [deleted, secret]


def test_topics_are_suggested_corrected_and_held_against_the_guide(
    home: Home, store: Store, sunny: Persona
) -> None:
    coding = say(store, sunny, "How do I sort a list in Python?", "Call `sorted` on the list.")
    general = [say(store, sunny, f"Why is sky {n} blue?", f"Light scatters {n}.") for n in range(3)]
    reviewing.keep(store, sunny.id, UNRATED)
    assert sum(each.count for each in reviewing.topic_shares(store, sunny.id)) == 0
    examine(home, store, sunny.id)
    reviewing.set_topic(store, sunny.id, general[:1], "persona")
    shares = {each.topic: each for each in reviewing.topic_shares(store, sunny.id)}
    assert (shares["coding"].count, shares["coding"].share) == (1, 0.25)
    assert (shares["coding"].least, shares["coding"].most) == (0.5, 0.6)
    assert (shares["general"].count, shares["persona"].count) == (2, 1)
    assert shown(store, sunny, ReviewFilter("topic", "coding", decided=True)) == [coding]
    reviewing.undo(store, sunny.id)
    assert {each.topic: each.count for each in reviewing.topic_shares(store, sunny.id)} == {
        "coding": 1, "general": 3, "korean": 0, "translation": 0, "persona": 0,
    }  # fmt: skip
    with pytest.raises(ValueError, match="weather"):
        reviewing.set_topic(store, sunny.id, general, "weather")


@pytest.mark.parametrize(
    "chosen",
    [
        FLAGGED, PERSONAL, UNRATED, ARCHIVE, DECIDED, SAMPLE,
        ReviewFilter("topic", "coding"), ReviewFilter("topic", "coding", decided=True),
    ],
)  # fmt: skip
def test_a_page_never_reads_a_whole_history(
    store: Store, sunny: Persona, chosen: ReviewFilter
) -> None:
    """A queue that takes seconds a page at a million messages is not used."""
    from app.store.review import selection

    sql, parameters = selection(sunny.id, chosen, 50, None)
    plan = [row["detail"] for row in store._database.rows(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    reads = [step for step in plan if "replies" in step or "flags" in step or "samples" in step]
    assert reads and all(step.startswith("SEARCH") for step in reads), plan
    if chosen is not SAMPLE:
        assert all("state=? AND message_id<?" in step for step in reads), plan


def test_the_conversation_around_a_reply_follows_its_own_branch(
    store: Store, sunny: Persona
) -> None:
    """Shown is what was said around this reply, not around the alternative beside it."""
    first = store.messages.get(say(store, sunny, "Bread?", "On the roof."))
    asked = first.parent_id
    other = store.messages.add(first.conversation_id, asked, "assistant", "In a bag.")
    store.messages.add(first.conversation_id, other.id, "user", "Which bag?")
    then = store.messages.add(first.conversation_id, first.id, "user", "Call anna@firma.com?")
    last = store.messages.add(first.conversation_id, then.id, "assistant", "Better not.")
    reviewing.mask(store, sunny.id, [last.id])
    around = reviewing.around(store, first.id)
    assert [(line.role, line.words) for line in around] == [
        ("user", "Bread?"),
        ("assistant", "On the roof."),
        ("user", "Call [email]?"),
        ("assistant", "Better not."),
    ]
    assert [line.message_id for line in reviewing.around(store, then.id, 1)] == [
        first.id, then.id, last.id,
    ]  # fmt: skip


def test_the_replies_of_a_filter_are_known_by_their_ids(store: Store, sunny: Persona) -> None:
    """A bulk is about what was counted when it was asked for, not about what came in since."""
    replies = [say(store, sunny, f"Q{n}?", f"Answer {n}.") for n in range(4)]
    rating.thumb_up(store, replies[1])
    counted = reviewing.ids(store, sunny.id, UNRATED)
    assert counted == (replies[3], replies[2], replies[0])
    assert reviewing.let_through(store, sunny.id, UNRATED, replies) == frozenset(counted)
    later = say(store, sunny, "Q?", "Answer.")
    assert reviewing.drop(store, sunny.id, counted).count == 3
    assert shown(store, sunny, UNRATED) == [later]
    assert [item.message_id for item in reviewing.items(store, [*replies, 999])] == replies[::-1]
