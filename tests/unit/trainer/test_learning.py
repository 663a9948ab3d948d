"""What teaches and what does not: the heart of learning from approved replies alone."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from tests.tiny_gguf import write_tiny_gguf  # noqa: E402
from tests.unit.trainer.tiny_run import TINY_RECIPE, conversation  # noqa: E402
from trainer import base, gguf_base  # noqa: E402
from trainer.batches import (  # noqa: E402
    encode,
    epoch_order,
    packs,
    plan_packs,
    spans,
    taught_replies,
)
from trainer.losses import lesson_losses, losses_of, token_losses  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("base")
    gguf_base.convert(write_tiny_gguf(root / "tiny.gguf"), root / "hf")
    return root / "hf"


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Any:
    return base.load_tokenizer(folder)


@pytest.fixture
def model(folder: Path) -> Any:
    torch.manual_seed(0)
    recipe = TINY_RECIPE.model_copy(update={"dropout": 0.0})
    return base.wear_adapter(base.load_model(folder, "cpu", "fp32"), recipe, None)


def gradients(model: Any, rows: list[Any], packed_tokens: int) -> dict[str, Any]:
    model.zero_grad()
    for pack in packs(rows, packed_tokens, "cpu"):
        losses, weights = token_losses(model, pack)
        (losses * weights).sum().backward()
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def test_the_reply_and_its_end_are_learned_and_nothing_else(tokenizer: Any) -> None:
    example = encode(tokenizer, conversation(3), 256)
    assert example is not None
    taught = [t for t, w in zip(example.tokens, example.weights, strict=True) if w > 0]
    assert tokenizer.decode(taught) == "It is 3!<|im_end|>"


def test_a_rejected_turn_inside_a_kept_conversation_teaches_nothing(
    model: Any, tokenizer: Any
) -> None:
    """Otherwise a thumb down would teach what it rejects."""

    def row(rejected_weight: float) -> Any:
        messages = [
            {"role": "user", "content": "One?"},
            {"role": "assistant", "content": "Bad words.", "weight": rejected_weight},
            {"role": "user", "content": "Two?"},
            {"role": "assistant", "content": "Good words.", "weight": 1.0},
        ]
        return encode(tokenizer, {"id": "x", "group": "new", "messages": messages}, 256)

    example = row(0.0)
    pack = next(packs([example], 256, "cpu"))
    learned = [int(t) for t in pack.targets if int(t) >= 0]
    assert tokenizer.decode(learned) == "Good words.<|im_end|>"
    ignoring, teaching = gradients(model, [row(0.0)], 256), gradients(model, [row(1.0)], 256)
    assert any(not torch.equal(ignoring[name], teaching[name]) for name in ignoring)


def test_packed_conversations_do_not_see_each_other(model: Any, tokenizer: Any) -> None:
    """A leak between conversations would teach answers to other people's questions."""
    rows = [encode(tokenizer, conversation(i), 256) for i in range(6)]
    together = {r["id"]: r["loss"] for r in losses_of(model, rows, 512, "cpu")}
    for row in rows:
        alone = losses_of(model, [row], 512, "cpu")[0]
        assert alone["loss"] == pytest.approx(together[alone["id"]], rel=1e-4)
    packed, single = gradients(model, rows, 512), gradients(model, rows, 32)
    for name, gradient in packed.items():
        assert torch.allclose(gradient, single[name], atol=1e-4), name


def test_a_held_reply_teaches_nothing_to_an_adapter_that_says_what_the_base_says(
    model: Any, tokenizer: Any
) -> None:
    pack = next(packs([encode(tokenizer, conversation(1), 256)], 256, "cpu"))
    losses, weights = lesson_losses(model, pack, {"new"}, 1.0)
    (losses * weights).sum().backward()
    grown = [p.grad.abs().max() for p in model.parameters() if p.grad is not None]
    assert grown and max(grown) < 1e-5


def test_a_held_reply_leads_an_adapter_back_to_the_base(model: Any, tokenizer: Any) -> None:
    """Learning the written words instead would lead it somewhere else."""
    rows = [encode(tokenizer, conversation(i), 256) for i in range(4)]
    pack = next(packs(rows, 256, "cpu"))
    with torch.no_grad(), model.disable_adapter():
        base_losses, _ = token_losses(model, pack)
    learning = [p for p in model.parameters() if p.requires_grad]
    with torch.no_grad():
        for weights in learning:
            weights.add_(torch.randn_like(weights) * 0.05)

    def distance() -> float:
        return float((token_losses(model, pack)[0] - base_losses).detach().abs().mean())

    before = distance()
    optimiser = torch.optim.AdamW(learning, lr=0.005)
    for _ in range(40):
        optimiser.zero_grad()
        lesson_losses(model, pack, {"new"}, 1.0)[0].mean().backward()
        optimiser.step()
    assert distance() < before / 3


def test_held_and_new_replies_of_a_pack_each_teach_their_own(model: Any, tokenizer: Any) -> None:
    rows = [
        encode(tokenizer, conversation(i, "general" if i % 2 else "new"), 256) for i in range(4)
    ]
    pack = next(packs(rows, 512, "cpu"))
    with torch.no_grad():
        for weights in (p for p in model.parameters() if p.requires_grad):
            weights.add_(torch.randn_like(weights) * 0.05)

    def grown(rows: list[Any], held: set[str], hold: float) -> Any:
        model.zero_grad()
        for pack in packs(rows, 512, "cpu"):
            losses, weights = lesson_losses(model, pack, held, hold)
            (losses * weights).sum().backward()
        return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])

    assert len(pack.examples) == 4
    new, held = ([row for row in rows if row.group == name] for name in ("new", "general"))
    apart = grown(new, {"general"}, 1.0) + 3 * grown(held, {"general"}, 1.0)
    assert torch.allclose(grown(rows, {"general"}, 3.0), apart, atol=1e-4)
    assert not torch.allclose(grown(rows, set(), 3.0), apart, atol=1e-2)


def test_a_long_conversation_ends_behind_a_reply(tokenizer: Any) -> None:
    """Half a reply has no end: the persona would learn to stop anywhere."""
    row = conversation(1)
    question, reply = row["messages"][1:]
    row["messages"] += [question, {**reply, "content": "word " * 400}]
    example = encode(tokenizer, row, 128)
    assert example is not None and taught_replies(example) == 1
    assert tokenizer.decode(example.tokens).endswith("It is 1!<|im_end|>")
    row["messages"] = row["messages"][:2] + row["messages"][-1:]
    assert encode(tokenizer, row, 128) is None


def test_a_reply_without_words_teaches_nothing(tokenizer: Any) -> None:
    """A persona that learned empty replies would say nothing."""
    row = conversation(1)
    row["messages"][-1]["content"] = " \n"
    assert encode(tokenizer, row, 128) is None


@pytest.mark.parametrize("room", [20, 64, 100])
def test_every_conversation_is_packed_once_and_little_room_is_left(room: int) -> None:
    """A conversation that is packed twice, or never, teaches twice, or nothing."""
    lengths = [Random(place).randint(1, 90) for place in range(3000)]
    rows = plan_packs(lengths, room)
    assert sorted(place for row in rows for place in row) == list(range(3000))
    full = [sum(lengths[place] for place in row) for row in rows]
    assert all(size <= room or len(row) == 1 for size, row in zip(full, rows, strict=True))
    at_least = sum(length if length > room else 0 for length in lengths)
    shared = sum(length for length in lengths if length <= room)
    alone = sum(length > room for length in lengths)
    assert at_least + shared == sum(full)
    assert len(rows) - alone <= 11 / 9 * -(-shared // room) + 40 * (room < 64)


def test_rendered_spans_join_to_the_served_prompt(tokenizer: Any) -> None:
    messages = conversation(2)["messages"]
    text = "".join(span.text for span in spans(tokenizer, messages))
    plain = [{"role": m["role"], "content": m["content"]} for m in messages]
    assert tokenizer.apply_chat_template(plain, tokenize=False).startswith(text)


def test_each_epoch_shows_everything_once_in_its_own_order() -> None:
    first, second = epoch_order(20, 0, 5), epoch_order(20, 1, 5)
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second and first == epoch_order(20, 0, 5)


def test_nf4_and_full_precision_agree_on_the_same_base(folder: Path, tokenizer: Any) -> None:
    rows = [encode(tokenizer, conversation(i), 256) for i in range(4)]
    losses = []
    for precision in ("fp32", "nf4"):
        torch.manual_seed(0)
        model = base.load_model(folder, "cpu", precision)
        worn = base.wear_adapter(model, TINY_RECIPE, None)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "nf4"):
            losses.append(sum(r["loss"] for r in losses_of(worn, rows, 256, "cpu")))
    assert losses[1] == pytest.approx(losses[0], rel=0.1)
