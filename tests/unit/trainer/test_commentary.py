"""Signs and samples of real trainings: a tiny base that speaks, taught well and taught badly."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from tests.tiny_gguf import write_tiny_gguf  # noqa: E402
from tests.unit.trainer.tiny_run import TINY_RECIPE  # noqa: E402
from trainer import base, gguf_base  # noqa: E402
from trainer.batches import Example, encode, epoch_order, pack_together, packs  # noqa: E402
from trainer.checkpoint import adapter_parameters  # noqa: E402
from trainer.commentary import Commentary, group_losses, looked_at, perplexity, signs_of  # noqa: E402
from trainer.contract.events import EVENT, Started, Step  # noqa: E402
from trainer.contract.folder import RunFolder, read_rows  # noqa: E402
from trainer.contract.recipe import Recipe  # noqa: E402
from trainer.losses import losses_of, mean_loss, token_losses  # noqa: E402
from trainer.sampling import (  # noqa: E402
    LONGEST_SAMPLE,
    Sampler,
    end_tokens,
    questions,
    reply_to,
    write,
)
from trainer.schedule import plan  # noqa: E402
from trainer.stages import StageRun  # noqa: E402
from trainer.telling import Telling  # noqa: E402

SPOKEN = {
    "What is it?": "It is a cat.",
    "Where is it?": "It is at home.",
    "Who is it?": "It is the boy.",
    "뭐야?": "고양이예요.",
    "어디야?": "집이에요.",
    "누구야?": "소년이에요.",
}
CODE = {f"Code {n}?": f"print({n})" for n in range(8)}


def row(asked: str, said: str, group: str = "new") -> dict[str, Any]:
    messages = [
        {"role": "user", "content": asked},
        {"role": "assistant", "content": said, "weight": 1.0},
    ]
    return {"id": f"{group} {asked}", "group": group, "messages": messages}


def rows(spoken: dict[str, str], group: str = "new") -> list[dict[str, Any]]:
    return [row(asked, said, group) for asked, said in spoken.items()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("base")
    gguf_base.convert(write_tiny_gguf(root / "tiny.gguf"), root / "hf")
    return root / "hf"


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Any:
    return base.load_tokenizer(folder)


def examples(tokenizer: Any, taught: Sequence[dict[str, Any]]) -> list[Example]:
    found = [encode(tokenizer, each, 256) for each in taught]
    return [each for each in found if each is not None]


@pytest.fixture(scope="module")
def speaking(folder: Path, tokenizer: Any) -> Any:
    """A base that answers a few questions in English, in Korean and in code."""
    torch.manual_seed(0)
    model = base.load_model(folder, "cpu", "fp32").requires_grad_(True)
    model.get_base_model = lambda: model
    pack = pack_together(examples(tokenizer, [*rows(SPOKEN), *rows(CODE, "coding")]), "cpu")
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(60):
        optimiser.zero_grad()
        token_losses(model, pack)[0].mean().backward()
        optimiser.step()
    del model.get_base_model
    return model.requires_grad_(False)


class Run:
    """A training with a commentary: a bare loop, since only what is told of it matters."""

    def __init__(self, root: Path, speaking: Any, tokenizer: Any, **values: Any) -> None:
        self.recipe: Recipe = TINY_RECIPE.model_copy(update={"dropout": 0.0, **values})
        self.folder, self.tokenizer = RunFolder(root), tokenizer
        torch.manual_seed(0)
        self.model = base.wear_adapter(copy.deepcopy(speaking), self.recipe, None)

    def teach(
        self, taught: Sequence[dict[str, Any]], held_out: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Train, and give the events that were written."""
        train, valid = (examples(self.tokenizer, each) for each in (taught, held_out))
        schedule = plan(len(train), self.recipe)
        place = self.folder.checkpoints
        stage = StageRun("", self.recipe, train, valid, place, 0, schedule.steps)
        telling = Telling(self.folder)
        signs = signs_of(self.folder, stage, schedule.steps)
        sampler = Sampler(self.tokenizer, held_out, "cpu", clock=lambda: 0.0)
        commentary = Commentary(telling, signs, sampler, None)
        with self.model.disable_adapter():
            before = losses_of(self.model, valid, 256, "cpu")
        commentary.tell(Started(resumed_at_step=0, pid=1))
        commentary.converse(self.model, 0)
        optimiser = torch.optim.AdamW(adapter_parameters(self.model).values())
        for step in range(1, schedule.steps + 1):
            rate = schedule.rate(step - 1, self.recipe.learning_rate)
            self._step(train, step, schedule, optimiser, rate, commentary)
            if schedule.looks_at(step):
                found = losses_of(self.model, valid, 256, "cpu")
                base_loss, groups = mean_loss(before), group_losses(before)
                event = looked_at(step, found, base_loss=base_loss, base_groups=groups, best=False)
                commentary.tell(event)
                commentary.converse(self.model, step)
        telling.close()
        return list(read_rows(self.folder.events))

    def _step(
        self, train: Any, step: int, schedule: Any, optimiser: Any, rate: float, commentary: Any
    ) -> None:
        size = self.recipe.batch_size
        epoch, place = divmod(step - 1, schedule.steps_per_epoch)
        order = epoch_order(len(train), epoch, 1)[place * size : (place + 1) * size]
        optimiser.zero_grad()
        total = []
        for pack in packs([train[i] for i in order], 256, "cpu"):
            losses, _ = token_losses(self.model, pack)
            losses.mean().backward()
            total.append(float(losses.mean().detach()))
        norm = torch.nn.utils.clip_grad_norm_(
            adapter_parameters(self.model).values(), self.recipe.clip
        )
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.step()
        commentary.tell(
            Step(
                step=step, steps=schedule.steps, epoch=epoch, loss=sum(total) / len(total),
                lr=rate, grad_norm=float(norm), tokens_per_s=1.0, memory_mb=1.0, eta_s=1.0,
            )
        )  # fmt: skip


def warnings(events: Sequence[dict[str, Any]]) -> list[str]:
    return [event["warning"] for event in events if event["kind"] == "warning"]


THINGS = ["cat", "dog", "bird", "cow", "hen", "fox", "ant", "bee", "owl", "pig", "rat", "bat"]


def manner(things: Sequence[str]) -> list[dict[str, Any]]:
    """A manner that can be learned: what is asked about comes back with a cheer."""
    return [row(f"Is it the {thing}?", f"Yes, the {thing}, hooray!") for thing in things]


def test_a_training_that_goes_well_is_left_alone(
    tmp_path: Path, speaking: Any, tokenizer: Any
) -> None:
    """A warning without cause teaches people to look past the one that counts."""
    keep = [*rows(SPOKEN), *rows(CODE, "coding")]
    run = Run(tmp_path, speaking, tokenizer, learning_rate=5e-3, epochs=6, evaluations=8)
    events = run.teach([*manner(THINGS[:9]), *keep], [*manner(THINGS[9:]), *keep])
    assert warnings(events) == []
    looks = [event for event in events if event["kind"] == "eval"]
    assert looks[-1]["loss"] < 0.7 * looks[-1]["base_loss"]


def test_learning_by_heart_is_seen_in_a_real_training(
    tmp_path: Path, speaking: Any, tokenizer: Any
) -> None:
    """Answers without any rule can only be learned by heart, and are wrong for all that is new."""
    taught = [
        row(f"Is it the {a}?", f"No, the {b}.") for a, b in zip(THINGS, THINGS[5:], strict=False)
    ]
    held_out = [
        row(f"Is it the {a}?", f"No, the {b}.") for a, b in zip(THINGS[7:], THINGS, strict=False)
    ]
    run = Run(tmp_path, speaking, tokenizer, learning_rate=2e-2, epochs=40, evaluations=10, rank=16)
    assert "overfitting" in warnings(run.teach(taught, held_out))


def test_a_rate_that_is_far_too_low_is_seen(tmp_path: Path, speaking: Any, tokenizer: Any) -> None:
    run = Run(tmp_path, speaking, tokenizer, learning_rate=1e-6, epochs=10)
    events = run.teach(manner(THINGS[:9]), manner(THINGS[9:]))
    assert warnings(events) == ["underfitting"]


def test_what_is_forgotten_is_seen_with_its_group(
    tmp_path: Path, speaking: Any, tokenizer: Any
) -> None:
    run = Run(tmp_path, speaking, tokenizer, learning_rate=1e-2, epochs=12, evaluations=8)
    events = run.teach(manner(THINGS[:9]), [*manner(THINGS[9:]), *rows(CODE, "coding")])
    (sign,) = (e for e in events if e["kind"] == "warning" and e["warning"] == "forgetting")
    assert sign["values"]["group"] == "coding" and "30 to 40 %" in sign["advice"]


def test_a_rate_that_is_far_too_high_is_seen(tmp_path: Path, speaking: Any, tokenizer: Any) -> None:
    run = Run(tmp_path, speaking, tokenizer, learning_rate=0.45, epochs=30, clip=1e9)
    told = warnings(run.teach(manner(THINGS[:9]), [*manner(THINGS[9:]), *rows(SPOKEN)]))
    assert "exploding_gradients" in told
    assert "underfitting" not in told and "overfitting" not in told


def test_korean_that_is_answered_in_english_is_seen(
    tmp_path: Path, speaking: Any, tokenizer: Any
) -> None:
    run = Run(tmp_path, speaking, tokenizer, learning_rate=1e-2, epochs=30, evaluations=6)
    english = dict.fromkeys(SPOKEN, "It is at home, hooray!")
    events = run.teach(rows(english), rows({"뭐야?": "고양이예요.", "What is it?": "It is a cat."}))
    (sign,) = (e for e in events if e["kind"] == "warning" and e["warning"] == "language_mixing")
    assert sign["values"]["prompt"] == "뭐야?" and "hooray" in sign["values"]["reply"]


def test_replies_that_fall_into_a_loop_are_seen(
    tmp_path: Path, speaking: Any, tokenizer: Any
) -> None:
    run = Run(tmp_path, speaking, tokenizer, learning_rate=1e-2, epochs=30, evaluations=6)
    loops = dict.fromkeys(list(SPOKEN)[:3], "and " * 30)
    events = run.teach(rows(loops), rows(dict(list(SPOKEN.items())[:3])))
    assert "incoherent" in warnings(events)


def test_looks_tell_perplexity_and_each_group(
    tmp_path: Path, speaking: Any, tokenizer: Any
) -> None:
    run = Run(tmp_path, speaking, tokenizer, epochs=2, evaluations=2)
    events = run.teach(manner(THINGS[:9]), [*manner(THINGS[9:]), *rows(CODE, "coding")])
    for event in events:
        EVENT.validate_python(event)
    last = [event for event in events if event["kind"] == "eval"][-1]
    assert last["perplexity"] == pytest.approx(2.718281828 ** last["loss"], rel=1e-3)
    assert set(last["groups"]) == set(last["base_groups"]) == {"new", "coding"}
    low, high = sorted(last["groups"].values())
    assert low < last["loss"] < high


def test_a_perplexity_is_always_a_number_that_json_knows() -> None:
    assert perplexity(0.0) == 1.0 and perplexity(1e6) == 1e9


def test_samples_come_from_the_base_first_and_then_at_each_look(
    tmp_path: Path, speaking: Any, tokenizer: Any
) -> None:
    """A person sees how it speaks by now, in each of their languages, beside how it spoke."""
    run = Run(tmp_path, speaking, tokenizer, epochs=3, evaluations=3)
    held_out = [*manner(THINGS[9:]), row("뭐야?", "고양이예요."), *rows(CODE, "coding")]
    events = run.teach(manner(THINGS[:9]), held_out)
    told = [event for event in events if event["kind"] == "sample"]
    steps = [event["step"] for event in events if event["kind"] == "eval"]
    assert sorted({each["step"] for each in told}) == [0, *steps]
    of_base = {each["prompt"]: each["reply"] for each in told if each["step"] == 0}
    assert of_base["뭐야?"] == "고양이예요." and len(of_base) == 3
    assert {each["expected"] for each in told if each["prompt"] == "뭐야?"} == {"고양이예요."}


def test_sampling_leaves_the_training_as_it_was(speaking: Any, tokenizer: Any) -> None:
    """Else a run that is watched would end with other weights than one that is not."""
    model = base.wear_adapter(copy.deepcopy(speaking), TINY_RECIPE, None).train()
    dice = torch.get_rng_state()
    sampler = Sampler(tokenizer, rows(SPOKEN), "cpu")
    assert sampler.of_base(model) and sampler.look(model, 3)
    assert torch.equal(torch.get_rng_state(), dice)
    assert model.training and not model.get_base_model().config.use_cache


def test_samples_end_when_their_time_is_up(speaking: Any, tokenizer: Any) -> None:
    """They must not hold up a stop, nor take a large part of a short training."""
    clock = iter(float(second) for second in range(1000))
    model = base.wear_adapter(copy.deepcopy(speaking), TINY_RECIPE, None)
    sampler = Sampler(tokenizer, rows(SPOKEN), "cpu", clock=lambda: next(clock))
    first, second = sampler.look(model, 1), sampler.look(model, 2)
    assert len(first) == len(second) == 1 and first[0].cut
    assert first[0].prompt != second[0].prompt


def test_a_reply_ends_with_its_turn_or_its_length(speaking: Any, tokenizer: Any) -> None:
    model = base.wear_adapter(copy.deepcopy(speaking), TINY_RECIPE, None)
    question = questions(tokenizer, rows(SPOKEN))[0]
    ends = end_tokens(tokenizer)
    assert tokenizer.convert_tokens_to_ids("<|im_end|>") in ends
    assert not write(model, question.tokens, ends, "cpu").cut
    endless = write(model, question.tokens, frozenset(), "cpu")
    assert len(endless.tokens) == LONGEST_SAMPLE
    asked = [{"role": "user", "content": "어디야?"}, {"role": "assistant", "content": "집."}]
    (where,) = questions(tokenizer, [{"group": "new", "messages": asked}])
    assert reply_to(model, tokenizer, where, "cpu") == "집이에요."


def test_words_at_random_surprise_the_base_and_what_it_says_itself_does_not(
    speaking: Any, tokenizer: Any
) -> None:
    model = base.wear_adapter(copy.deepcopy(speaking), TINY_RECIPE, None)
    sampler = Sampler(tokenizer, rows(SPOKEN), "cpu")
    usual = [each.surprise for each in sampler.of_base(model) if each.surprise is not None]
    sound = [each.surprise for each in sampler.look(model, 1) if each.surprise is not None]
    assert usual and sound and max(usual + sound) < 1.0
    with torch.no_grad():
        for weights in adapter_parameters(model).values():
            weights.add_(torch.randn_like(weights) * 3)
    wild = [each.surprise for each in sampler.look(model, 2) if each.surprise is not None]
    assert wild and min(wild) > 5.0
