"""A training goes on through what happens to it, and ends with the weights that it should have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from tests.unit.trainer.tiny_run import TINY_RECIPE  # noqa: E402
from tests.unit.trainer.tiny_training import (  # noqa: E402
    Heard,
    TinyTraining,
    weights,
    write_tiny_base,
)
from trainer import sft  # noqa: E402
from trainer.backing_off import footing_of  # noqa: E402
from trainer.base import load_tokenizer  # noqa: E402
from trainer.contract.recipe import Recipe  # noqa: E402
from trainer.control import ControlFile, Stopped  # noqa: E402
from trainer.errors import Diverged  # noqa: E402
from trainer.guarding import MOST_SETBACKS  # noqa: E402
from trainer.optimisers import eight_bit_works  # noqa: E402
from trainer.standing import Standing  # noqa: E402

# One pack a step, so that a pack that is spoiled is a step that is.
ONE_PACK = TINY_RECIPE.model_copy(update={"packed_tokens": 1024})
NO_MEMORY = "[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"
# Wide enough that some of its adapter's tensors have eight bits in an 8-bit optimiser.
EIGHT_BIT = TINY_RECIPE.model_copy(update={"rank": 64, "optimiser": "adamw"})


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_base(tmp_path_factory.mktemp("tiny") / "base")


@pytest.fixture
def begin(base: Path, tmp_path: Path) -> Callable[..., TinyTraining]:
    def made(name: str = "run", recipe: Recipe = TINY_RECIPE) -> TinyTraining:
        return TinyTraining(base, tmp_path / name, recipe)

    return made


def trained(tiny: TinyTraining) -> dict[str, bytes]:
    """The weights that an uninterrupted training ends with."""
    training = tiny.begin()
    assert training.run() == "go_on"
    return weights(training)


def spoil(
    patch: pytest.MonkeyPatch, which: Callable[[int], bool], how: Callable[[Any], Any]
) -> None:
    """Change the losses of some packs, counted over the whole test."""
    real, counted = sft.lesson_losses, iter(range(10**6))

    def spoiled(*arguments: Any) -> Any:
        losses, counts = real(*arguments)
        return (how(losses) if which(next(counted)) else losses), counts

    patch.setattr(sft, "lesson_losses", spoiled)


def test_a_loss_that_was_no_number_once_is_survived(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cosmic ray or a bad kernel must not cost a person the night."""
    tiny = begin(recipe=ONE_PACK)
    spoil(monkeypatch, lambda pack: pack == 7, lambda losses: losses * float("nan"))
    training = tiny.begin()
    assert training.run() == "go_on"
    (warning,) = tiny.heard.of("warning")
    assert warning.warning == "not_a_number" and "step 8" in warning.advice
    assert warning.values["back_to"] < 8 and training.progress.rate_factor == 0.5
    steps = tiny.heard.of("step")
    again = [event for event in steps if event.step == 7]
    assert len(again) == 2 and again[1].lr == pytest.approx(again[0].lr / 2)
    assert steps[-1].step == training.schedule.steps
    assert all(torch.isfinite(p).all() for p in training.model.parameters())


def test_a_look_that_is_no_number_never_ships(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look would be the best there is, and no later one below it: the broken adapter
    would be what the persona speaks through."""
    tiny = begin()
    real, looks = sft.losses_of, iter(range(1000))

    def broken(*arguments: Any) -> Any:
        rows = real(*arguments)
        return [{**row, "loss": float("nan")} for row in rows] if next(looks) == 1 else rows

    monkeypatch.setattr(sft, "losses_of", broken)
    training = tiny.begin()
    assert training.run() == "go_on"
    (warning,) = tiny.heard.of("warning")
    assert warning.warning == "not_a_number"
    told = tiny.heard.of("eval")
    assert min(event.loss for event in told) == training.progress.best_loss
    assert told[0].step == warning.values["step"] - 1


def test_what_is_never_a_number_ends_after_a_few_returns(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Going back forever would be a training that never ends and never says why."""
    tiny = begin()
    spoil(monkeypatch, lambda pack: pack >= 7, lambda losses: losses * float("inf"))
    training = tiny.begin()
    with pytest.raises(Diverged) as caught:
        training.run()
    assert len(tiny.heard.of("warning")) == MOST_SETBACKS
    assert caught.value.next_step and tiny.folder.checkpoints.exists()


def test_a_loss_that_jumps_and_stays_is_undone(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = begin(recipe=ONE_PACK.model_copy(update={"epochs": 4, "keep_checkpoints": 5}))
    spoil(monkeypatch, lambda pack: 12 <= pack < 15, lambda losses: losses + 30)
    training = tiny.begin()
    assert training.run() == "go_on"
    (warning,) = tiny.heard.of("warning")
    # The steps 13 to 15 showed it, so what was saved after step 12 is not trusted.
    assert warning.warning == "loss_spike" and warning.values["back_to"] < 12
    assert training.progress.finished


class StopsAt:
    """In the place of a person who stops a run at its n-th chance, and starts it again."""

    def __init__(self, chances: Iterator[int]) -> None:
        self._chances, self._left, self.stops = chances, next(chances), 0

    def check(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._left = next(self._chances)
            self.stops += 1
            raise Stopped("saved")


def ended_in_pieces(
    tiny: TinyTraining, patch: pytest.MonkeyPatch, chances: list[int]
) -> dict[str, bytes]:
    stops = StopsAt(iter([*chances, 10**9]))
    with patch.context() as context:
        context.setattr(ControlFile, "check", stops.check)
        for _ in range(len(chances) + 1):
            training = tiny.begin()
            if training.run() == "go_on":
                break
    assert stops.stops == len(chances) and training.progress.finished
    return weights(training)


# In each look of this model its blocks are asked 4 times, in each step 7 times and more.
CHANCES = [3, 11, 30, 1, 45, 2, 9, 17, 60, 5]


def test_a_run_stopped_anywhere_ends_with_the_same_weights(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopping for the day must not change what a persona becomes: neither in the middle of a
    forward or backward pass, nor in a look at the validation loss."""
    whole = begin("whole")
    expected = trained(whole)
    pieces = begin("pieces")
    assert ended_in_pieces(pieces, monkeypatch, CHANCES) == expected
    told = [(event.step, event.loss, event.best) for event in whole.heard.of("eval")]
    assert [(e.step, e.loss, e.best) for e in pieces.heard.of("eval")] == told


def test_a_look_that_was_stopped_is_made_up_for(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it the best adapter could be one that nobody looked at."""
    tiny = begin()
    real, calls = sft.losses_of, iter(range(100))

    def stopped_once(*arguments: Any) -> Any:
        if next(calls) == 1:  # the first is that of the base
            raise Stopped("saved")
        return real(*arguments)

    monkeypatch.setattr(sft, "losses_of", stopped_once)
    assert tiny.begin().run() == "saved"
    assert not tiny.heard.of("eval")
    training = tiny.begin()
    assert training.run() == "go_on"
    looks = [event.step for event in tiny.heard.of("eval")]
    steps = training.schedule.steps
    assert looks == [each for each in range(1, steps + 1) if training.schedule.looks_at(each)]


def failing(patch: pytest.MonkeyPatch, fails: Callable[[Any], bool]) -> None:
    """Have the allocator say no to some packs, in its own words."""
    real = sft.lesson_losses

    def short(model: Any, pack: Any, *rest: Any) -> Any:
        if fails(pack):
            raise RuntimeError(NO_MEMORY)
        return real(model, pack, *rest)

    patch.setattr(sft, "lesson_losses", short)


def test_memory_that_runs_out_makes_packs_smaller_and_stays_with_it(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that forgot by a kill what it had given up would run into the same wall again."""
    failing(monkeypatch, lambda pack: len(pack.examples) > 1)
    whole, pieces = begin("whole"), begin("pieces")
    expected = trained(whole)
    told = whole.heard.of("oom_backoff")
    assert told[0].change.startswith("A batch of 1 × 4 instead of 4 × 1")
    assert "step" in whole.heard.kinds[whole.heard.kinds.index("oom_backoff") :]
    assert ended_in_pieces(pieces, monkeypatch, CHANCES) == expected
    assert [event.change for event in pieces.heard.of("oom_backoff")] == [e.change for e in told]


def test_another_footing_learns_the_same(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One conversation at a time is slower, and must not be a worse teacher."""
    recipe = TINY_RECIPE.model_copy(update={"dropout": 0.0, "learning_rate": 1e-3})
    at_once = begin("at-once", recipe)
    trained(at_once)
    failing(monkeypatch, lambda pack: len(pack.examples) > 1)
    alone = begin("alone", recipe)
    trained(alone)
    for one, other in zip(at_once.heard.of("step"), alone.heard.of("step"), strict=True):
        assert other.loss == pytest.approx(one.loss, rel=1e-3)
        assert (other.step, other.lr) == (one.step, one.lr)


def test_an_optimiser_becomes_smaller_in_the_middle_and_goes_on(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last thing to give up, where bitsandbytes has it on this device."""
    if not eight_bit_works("cpu"):
        pytest.skip("bitsandbytes takes no 8-bit step on this processor")
    failed: list[bool] = []

    def fails(_pack: Any) -> bool:
        """At step 6 nothing fits, until the optimiser is small."""
        small = type(running[-1].standing.optimiser).__name__ == "AdamW8bit"
        if running[-1].progress.step == 5 and not small:
            failed.append(True)
            return True
        return False

    running: list[Any] = []
    real = sft.Training.run

    def run(training: Any) -> Any:
        running.append(training)
        return real(training)

    monkeypatch.setattr(sft.Training, "run", run)
    failing(monkeypatch, fails)
    whole, pieces = begin("whole", EIGHT_BIT), begin("pieces", EIGHT_BIT)
    expected = trained(whole)
    told = [event.change for event in whole.heard.of("oom_backoff")]
    assert failed and told[-1] == "The optimiser's memory in 8 bits, its state carried over."
    assert any(words.startswith("Gradient checkpointing") for words in told)
    losses = [event.loss for event in whole.heard.of("step")]
    assert losses[-1] < losses[4]
    assert ended_in_pieces(pieces, monkeypatch, CHANCES) == expected


def test_a_step_that_memory_broke_off_is_undone(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half the tensors a step further than the others would be an adapter that nobody trained."""
    tiny = begin(recipe=EIGHT_BIT)
    training = tiny.begin()
    real, steps = torch.optim.AdamW.step, iter(range(1000))

    def broken(self: Any, *arguments: Any) -> Any:
        if next(steps) == 4:
            real(self)
            raise RuntimeError(NO_MEMORY)
        return real(self, *arguments)

    monkeypatch.setattr(torch.optim.AdamW, "step", broken)
    if not eight_bit_works("cpu"):
        with pytest.raises(MemoryError):
            training.run()
        return
    assert training.run() == "go_on"
    told = [event.step for event in tiny.heard.of("step")]
    assert told == list(range(1, training.schedule.steps + 1))
    assert tiny.heard.of("oom_backoff")[-1].change.startswith("The optimiser's memory in 8 bits")


def test_when_nothing_is_left_it_ends_with_the_word_memory(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = begin()
    failing(monkeypatch, lambda _pack: True)
    with pytest.raises(MemoryError):
        tiny.begin().run()
    told = [event.change for event in tiny.heard.of("oom_backoff")]
    assert len(told) == len(set(told)) >= 3


def test_what_the_recipe_rules_out_is_not_given_up(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan beforehand keeps to it; so must whatever happens in the night."""
    failing(monkeypatch, lambda _pack: True)
    told = []
    for word in ("off", "auto"):
        tiny = begin(word, TINY_RECIPE.model_copy(update={"gradient_checkpointing": word}))
        with pytest.raises(MemoryError):
            tiny.begin().run()
        changes = [event.change for event in tiny.heard.of("oom_backoff")]
        told.append(any(words.startswith("Gradient checkpointing") for words in changes))
    assert told == [False, True]


def test_a_look_that_does_not_fit_looks_in_smaller_packs(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sft.losses_of

    def short(model: Any, examples: Any, tokens: int, device: str) -> Any:
        if tokens > 200:
            raise MemoryError
        return real(model, examples, tokens, device)

    whole, small = begin("whole"), begin("small")
    expected = trained(whole)
    monkeypatch.setattr(sft, "losses_of", short)
    assert trained(small) == expected
    assert [event.change[:15] for event in small.heard.of("oom_backoff")] == ["Looks in packs "]


def test_a_plan_that_leaves_no_conversation_is_no_training(base: Path, tmp_path: Path) -> None:
    """It would skip every step, say that all went well, and hand over an empty adapter."""
    tiny = TinyTraining(base, tmp_path / "run")
    data = tiny.examples(load_tokenizer(base))
    standing = Standing(tiny.begin().model, tiny.recipe, data, "cpu", tiny.heard)
    with pytest.raises(MemoryError, match="short enough"):
        standing.begin(None, replace(footing_of(tiny.recipe, "adamw"), max_length=8))


def test_memory_that_also_fails_the_checkpoint_does_not_end_the_run(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right after it ran out there may be none to save with; the step is taken again anyway."""
    failing(monkeypatch, lambda pack: len(pack.examples) > 1)
    tiny = begin()
    training = tiny.begin()
    real, failed = training.checkpoints.save, []

    def save(*arguments: Any) -> None:
        if tiny.heard.of("oom_backoff") and not failed:
            failed.append(1)
            raise RuntimeError(NO_MEMORY)
        real(*arguments)

    monkeypatch.setattr(training.checkpoints, "save", save)
    assert training.run() == "go_on" and failed


def test_a_bug_is_not_taken_for_memory(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: Any) -> Any:
        raise RuntimeError("The size of tensor a must match the size of tensor b")

    monkeypatch.setattr(sft, "lesson_losses", bug)
    with pytest.raises(RuntimeError, match="size of tensor"):
        begin().begin().run()


def test_checkpoints_come_by_steps_and_as_many_stay_as_asked(
    begin: Callable[..., TinyTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = TINY_RECIPE.model_copy(
        update={"checkpoint_every_s": 1e9, "checkpoint_every": 2, "keep_checkpoints": 3}
    )
    tiny = begin(recipe=recipe)
    kept: list[list[int]] = []
    real = sft.Training._save

    def saved(training: Any) -> None:
        real(training)
        kept.append(training.checkpoints.steps)

    monkeypatch.setattr(sft.Training, "_save", saved)
    training = tiny.begin()
    training.run()
    assert kept[:4] == [[0], [0, 2], [0, 2, 4], [2, 4, 5]]
    assert max(len(steps) for steps in kept) == 3
    assert training.checkpoints.steps == [15]  # one is enough to find the run finished
    assert (training.checkpoints.best / "adapter_model.safetensors").is_file()


def test_a_training_that_is_finished_stays_finished(begin: Callable[..., TinyTraining]) -> None:
    """A worker that is killed while it measures must not train the last step again."""
    tiny = begin()
    expected = trained(tiny)
    tiny.heard = Heard()
    assert trained(tiny) == expected
    assert tiny.heard.kinds == []
