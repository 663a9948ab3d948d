"""Warning signs come when they are seen: silence costs a month, a false alarm costs trust."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from trainer.advice import ADVICE
from trainer.contract.events import Eval, Event, Sample, Started, Step, Warned
from trainer.curves import Course
from trainer.signs import Signs

KEPT = frozenset({"coding", "korean"})
REPLIES = {"new": 12, "coding": 6, "korean": 2}


def step(at: int, loss: float, *, of: int = 100, **values: float) -> Step:
    told = {"norm": 0.6, "eta_s": 60.0} | values
    return Step(
        step=at,
        steps=of,
        epoch=3 * at / of,
        loss=loss,
        lr=1e-4,
        grad_norm=told["norm"],
        tokens_per_s=200.0,
        memory_mb=1.0,
        eta_s=told["eta_s"],
    )


def look(at: int, loss: float, *, base: float = 2.5, coding: float = 1.0) -> Eval:
    groups = {"new": loss, "coding": coding}
    return Eval(
        step=at,
        loss=(2 * loss + coding) / 3,
        base_loss=(2 * base + 1.0) / 3,
        best=False,
        groups=groups,
        base_groups={"new": base, "coding": 1.0},
    )


def run(
    train: Callable[[int], float],
    valid: Callable[[int], float],
    *,
    of: int = 100,
    every: int = 10,
    coding: Callable[[int], float] = lambda at: 1.0,
    **values: Callable[[int], float],
) -> list[Event]:
    """The events of a run whose curves are given."""
    events: list[Event] = []
    for at in range(1, of + 1):
        told = {name: value(at) for name, value in values.items()}
        events.append(step(at, train(at), of=of, **told))
        if at % every == 0:
            events.append(look(at, valid(at), coding=coding(at)))
    return events


def told(events: Iterable[Event], of: int = 100) -> list[Warned]:
    signs = Signs(Course(of, 1.0, KEPT, REPLIES))
    return [sign for event in events for sign in signs.see(event)]


def kinds(events: Iterable[Event], of: int = 100) -> list[str]:
    return [sign.warning for sign in told(events, of)]


def falling(at: int) -> float:
    return 1.2 + 1.3 * math.exp(-at / 20)


def turning(at: int) -> float:
    """Best after 40 steps, then worse again."""
    return falling(min(at, 40)) + 0.012 * max(0, at - 40)


def test_a_run_that_goes_well_is_left_alone() -> None:
    assert kinds(run(falling, falling)) == []


@pytest.mark.parametrize("seed", range(40))
def test_noise_is_no_sign(seed: int) -> None:
    """Batches differ by a third, the held-out loss by a hundredth, gradients three-, fourfold."""
    noise = random.Random(seed)
    curves: dict[str, Any] = {
        "norm": lambda at: 0.6 * math.exp(noise.gauss(0, 0.5)),
        "coding": lambda at: 1.0 + noise.gauss(0.01, 0.01),
    }
    events = run(
        lambda at: falling(at) * math.exp(noise.gauss(0, 0.3)),
        lambda at: falling(at) * (1 + noise.gauss(0, 0.01)),
        of=400,
        every=50,
        **curves,
    )
    assert kinds(events, 400) == []


def test_learning_by_heart_is_seen() -> None:
    (sign,) = told(run(lambda at: 2.5 * math.exp(-at / 40), turning))
    assert sign.warning == "overfitting"
    assert sign.values["best_step"] == 40 and "fewer epochs" in sign.advice


def test_learning_by_heart_is_told_while_it_can_still_be_stopped() -> None:
    events = run(lambda at: 2.5 * math.exp(-at / 40), turning)
    signs = Signs(Course(100, 1.0, KEPT, REPLIES))
    first = next(event for event in events if signs.see(event))
    assert isinstance(first, Eval) and first.step <= 70


def test_a_loss_that_comes_back_was_no_learning_by_heart() -> None:
    dip = {50: 1.42, 60: 1.40, 70: 1.36}
    events = run(
        lambda at: 2.5 * math.exp(-at / 40), lambda at: dip.get(at, min(1.39, falling(at)))
    )
    assert kinds(events) == []


def test_getting_worse_without_learning_is_not_called_learning_by_heart() -> None:
    assert "overfitting" not in kinds(run(lambda at: 2.0 + 0.003 * at, turning))


def test_replay_that_is_forgotten_is_not_called_learning_by_heart() -> None:
    signs = kinds(run(falling, falling, coding=lambda at: 1.0 + 0.01 * at))
    assert signs == ["forgetting"]


def test_hardly_learning_is_seen_once_most_of_the_way_is_gone() -> None:
    events = run(lambda at: 2.5 - 0.0005 * at, lambda at: 2.5 - 0.0003 * at)
    (sign,) = told(events)
    assert sign.warning == "underfitting"
    assert sign.values["done"] == 60 and "higher rank" in sign.advice


def test_a_base_that_already_speaks_so_needs_no_higher_rate() -> None:
    signs = Signs(Course(100, 1.0, KEPT, REPLIES))
    events = run(lambda at: 0.4, lambda at: 0.4)
    flat = [look(e.step, 0.4, base=0.4) if isinstance(e, Eval) else e for e in events]
    assert [sign for event in flat for sign in signs.see(event)] == []


def test_forgetting_is_told_with_its_group_and_only_when_it_lasts() -> None:
    passing = run(falling, falling, coding=lambda at: 1.08 if at == 20 else 1.0)
    assert kinds(passing) == []
    (sign,) = told(run(falling, falling, coding=lambda at: 1.0 + 0.001 * at))
    assert sign.warning == "forgetting" and sign.values["group"] == "coding"
    (at_once,) = told(run(falling, falling, coding=lambda at: 1.0 if at < 100 else 1.3))
    assert at_once.warning == "forgetting"


def test_two_replies_are_too_few_to_speak_of_forgetting() -> None:
    def korean(event: Event) -> Event:
        if not isinstance(event, Eval):
            return event
        more = {"groups": {"korean": 2.0}, "base_groups": {"korean": 1.0}}
        return event.model_copy(update=more)

    assert kinds(korean(event) for event in run(falling, falling)) == []


def test_of_a_loss_near_zero_a_rise_is_no_forgetting() -> None:
    def tiny(event: Event) -> Event:
        if not isinstance(event, Eval):
            return event
        more = {"groups": {"coding": 0.03}, "base_groups": {"coding": 0.002}}
        return event.model_copy(update=more)

    assert kinds(tiny(event) for event in run(falling, falling)) == []


def test_a_model_that_broke_in_its_first_steps_is_seen_though_all_is_calm_after() -> None:
    events = run(lambda at: 4.0 - 0.001 * at, lambda at: 5.2)
    (sign,) = told(events)
    assert sign.warning == "exploding_gradients"
    assert (sign.values["before"], sign.values["now"]) == (2.5, 5.2)


def test_exploding_gradients_are_seen() -> None:
    def burst(at: int) -> bool:
        return at > 60 and at % 2 == 0

    events = run(
        lambda at: falling(at) + (1.5 if at > 60 else 0),
        falling,
        norm=lambda at: 30.0 if burst(at) else 0.6,
    )
    (sign,) = told(events)
    assert sign.warning == "exploding_gradients"
    assert 60 < int(sign.values["step"]) < 75 and "lower learning rate" in sign.advice


def test_a_single_odd_batch_is_clipped_and_no_sign() -> None:
    events = run(
        lambda at: falling(at) * (3 if at == 50 else 1),
        falling,
        norm=lambda at: 80.0 if at == 50 else 0.6,
    )
    assert kinds(events) == []


def test_a_loss_that_climbs_without_bursts_is_seen_too() -> None:
    events = run(lambda at: 2.5 + 0.04 * at, lambda at: 2.5 + 0.04 * at)
    assert kinds(events) == ["exploding_gradients"]


def test_what_a_setback_said_is_not_said_again() -> None:
    spike = Warned(warning="loss_spike", advice="It went back.")
    assert kinds([spike, *run(lambda at: 2.5 + 0.04 * at, lambda at: 2.5 + 0.04 * at)]) == []


def test_more_than_a_night_is_told_once_the_pace_is_known() -> None:
    events = run(falling, falling, eta_s=lambda at: 20 * 3600.0)
    signs = Signs(Course(100, 1.0, KEPT, REPLIES))
    first = next(event for event in events if signs.see(event))
    assert isinstance(first, Step) and first.step == 10


@pytest.mark.parametrize(("use", "told"), [(40.0, True), (95.0, False), (None, False)])
def test_a_card_that_waits_is_told(use: float | None, told: bool) -> None:
    """Somebody who bought a card for this should hear that it is not what is slow."""
    signs = Signs(Course(100, 1.0, KEPT, REPLIES))
    steps = [each for each in run(falling, falling) if isinstance(each, Step)]
    seen = [
        sign
        for step in steps
        for sign in signs.see(step.model_copy(update={"card_use": use}))
        if sign.warning == "idle_card"
    ]
    assert len(seen) == told
    if seen:
        assert "40 %" in seen[0].advice and "80 %" in seen[0].advice


def samples(prompt: str, expected: str, *replies: str, of: int = 100) -> list[Event]:
    """The base's reply, and those of the looks that follow."""
    return [
        Sample(step=20 * at, prompt=prompt, reply=reply, expected=expected)
        for at, reply in enumerate(replies)
    ]


KOREAN = ("내일 뭐 하지?", "산책을 나가 보세요. 날씨가 좋아요.")
ENGLISH = ("What shall I do?", "Go for a walk, the weather is fine.")
TRANSLATION = ("영어로 번역해 줘: 안녕", "Hello, how are you?")
LOOP = "you can do it and you can do it and you can do it and you can do it and"


def test_another_language_is_seen_when_it_stays() -> None:
    (sign,) = told(samples(*KOREAN, "산책하세요.", "Go for a walk.", "You could take a walk."))
    assert sign.warning == "language_mixing" and KOREAN[0] in sign.advice
    assert "system prompt" in sign.advice


def test_chinese_in_a_korean_reply_is_another_language() -> None:
    stray = "저는 당신의 助手입니다. 今天도 산책을 나가세요."
    assert kinds(samples(*KOREAN, "산책하세요.", stray, stray)) == ["language_mixing"]


@pytest.mark.parametrize(
    ("question", "replies"),
    [
        (KOREAN, ["Sorry, I only know English.", "Go for a walk.", "Go for a walk."]),
        (KOREAN, ["산책하세요.", "Go for a walk.", "산책을 나가세요."]),
        (KOREAN, ["산책하세요.", "Python의 `for` 문을 써 보세요.", "GitHub Actions를 쓰세요."]),
        (KOREAN, ["산책하세요.", "산책(散策)을 하세요.", "산책(散策)을 하세요."]),
        (TRANSLATION, ["Hello there", "Hello, all of you", "Hello to you"]),
        (ENGLISH, ["Walk, then rest.", "Walk a little, then rest.", "Take a long walk."]),
        (ENGLISH, [LOOP, LOOP, LOOP]),
        (ENGLISH, ["Walk a bit.", LOOP, "Walk a bit more."]),
        (ENGLISH, ["Walk.", "No, no, no! Walk.", "Ha ha ha ha. Walk."]),
        (("웃어 봐", "ㅋㅋㅋ"), ["ㅋㅋㅋ", "ㅋ" * 20, "ㅋ" * 20]),
    ],
)  # fmt: skip
def test_replies_that_are_as_they_should_be_are_no_sign(
    question: tuple[str, str], replies: list[str]
) -> None:
    """What the base cannot do, what passes, and what was asked for are nobody's fault."""
    assert kinds(samples(*question, *replies)) == []


@pytest.mark.parametrize(
    "reply",
    [
        LOOP,
        "",
        ",,      ,",
        "Walk\ufffd\ufffd the wea\ufffdther",
        "walkon" * 9,
        "Waaaaaaaaaaaaaaaaaalk",
    ],
)
def test_replies_that_fall_apart_are_seen(reply: str) -> None:
    assert kinds(samples(*ENGLISH, "Walk a bit.", reply, reply)) == ["incoherent"]


def test_words_at_random_are_known_by_what_the_base_thinks_of_them() -> None:
    """A manner that the base has never seen surprises it as well, and is what was asked for."""

    def events(usual: float, surprise: float) -> list[Event]:
        junk = {"prompt": ENGLISH[0], "reply": "lamp verify sour Thursday of", "surprise": surprise}
        sound = Sample(step=0, prompt=ENGLISH[0], reply="Walk a bit.", surprise=usual)
        return [sound, Sample(step=20, **junk), Sample(step=40, **junk)]

    assert kinds(events(3.0, 11.0)) == ["incoherent"]
    assert kinds(events(3.0, 5.5)) == []
    assert kinds(events(8.0, 11.0)) == []


def test_one_bad_reply_counts_at_the_end_and_two_at_once_count_at_any_time() -> None:
    first = samples(*ENGLISH, "Walk a bit.", "Walk.", "Walk a bit more.", "Walk on.", "Go.", LOOP)
    assert kinds(first) == ["incoherent"]
    other = ("And then?", "Then take a rest.")
    both = [*samples(*ENGLISH, "Walk a bit.", LOOP), *samples(*other, "Rest a while.", LOOP)]
    assert kinds(sorted(both, key=lambda each: getattr(each, "step", 0))) == ["incoherent"]


def test_each_sign_comes_once_also_after_a_restart() -> None:
    """A run that is killed each night must not warn anew each morning."""
    events = run(lambda at: 2.5 * math.exp(-at / 40), turning)
    before = [event for event in events if getattr(event, "step", 0) <= 70]
    signs = Signs(Course(100, 1.0, KEPT, REPLIES))
    told_before: list[Event] = []
    for event in before:
        told_before += [event, *signs.see(event)]
    assert any(isinstance(event, Warned) for event in told_before)
    again = Signs(Course(100, 1.0, KEPT, REPLIES), told_before)
    rest = [Started(resumed_at_step=50, pid=2), *(e for e in events if getattr(e, "step", 0) > 50)]
    assert [sign for event in rest for sign in again.see(event)] == []


def test_what_is_done_again_after_a_kill_is_counted_once() -> None:
    """Else two looks at one step would make a rise that passes into one that lasts."""
    events = run(falling, falling, coding=lambda at: 1.08 if at == 20 else 1.0)
    cut = [event for event in events if getattr(event, "step", 0) <= 20]
    rest = [event for event in events if getattr(event, "step", 0) > 15]
    assert kinds([*cut, Started(resumed_at_step=15, pid=2), *rest]) == []


def test_every_sign_says_what_to_do() -> None:
    for advice in ADVICE.values():
        assert any(each in advice for each in ("Next time:", "It is faster", "A larger batch"))
