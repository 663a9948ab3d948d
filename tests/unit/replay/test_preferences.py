"""A preference that was never said, or the opposite of one that was, would teach the wrong way."""

from __future__ import annotations

from replay.preferences import Reply, counts, pairs, thumbs


def _reply(message_id: int, rating: str | None = None, correction: str | None = None) -> Reply:
    return Reply(message_id, 1, f"reply {message_id}", rating, correction)


def _said(*replies: Reply, choices: tuple[tuple[int, int], ...] = ()) -> set[tuple[str, str, str]]:
    return {(pair.chosen, pair.rejected, pair.reason) for pair in pairs(replies, choices)}


def test_a_correction_is_better_than_what_it_corrects() -> None:
    assert _said(_reply(2, "down", "better")) == {("better", "reply 2", "correction")}


def test_up_beats_down_on_the_same_message_and_on_no_other() -> None:
    elsewhere = Reply(9, 8, "reply 9", "down")
    found = _said(_reply(2, "up"), _reply(3, "dropped"), _reply(4), elsewhere)
    assert found == {("reply 2", "reply 3", "thumbs")}


def test_the_last_choice_counts_and_outweighs_thumbs() -> None:
    replies = (_reply(2, "down"), _reply(3, "up"))
    assert _said(*replies, choices=((3, 2), (2, 3))) == {("reply 2", "reply 3", "choice")}


def test_a_corrected_reply_is_chosen_with_its_correction() -> None:
    found = _said(_reply(2, "up", "better"), _reply(3), choices=((2, 3),))
    assert ("better", "reply 3", "choice") in found


def test_nothing_is_preferred_to_itself_or_twice_or_both_ways() -> None:
    same = (Reply(2, 1, "same", "up"), Reply(3, 1, "same ", "down"))
    assert _said(*same) == set()
    two = (Reply(2, 1, "a", "up"), Reply(3, 1, "a", "up"), Reply(4, 1, "b", "down"))
    assert len(pairs(two)) == 1
    both = (Reply(2, 1, "a", "up"), Reply(3, 1, "b", "down"), Reply(4, 1, "b", "up"))
    assert len(pairs((*both, Reply(5, 1, "a", "down")))) == 1


def test_choices_of_replies_that_are_gone_say_nothing() -> None:
    assert pairs([_reply(2)], [(2, 77), (77, 2), (2, 2)]) == []


def test_thumbs_stand_alone_and_a_corrected_original_is_none() -> None:
    found = thumbs([_reply(2, "up"), _reply(3, "down"), _reply(4, "down", "better"), _reply(5)])
    assert [(each.text, each.good) for each in found] == [
        ("reply 2", True),
        ("reply 3", False),
        ("better", True),
    ]


def test_preferences_are_counted_by_reason() -> None:
    found = pairs([_reply(2, "up"), _reply(3, "down"), _reply(4, None, "better")], [(2, 4)])
    assert counts(found) == {"correction": 1, "choice": 1, "thumbs": 2}
