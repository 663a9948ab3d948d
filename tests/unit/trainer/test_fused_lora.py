"""The fused path computes what PEFT's own does, for every family and under everything around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model

from tests.unit.trainer.tiny_families import FAMILIES
from trainer import fused_lora
from trainer.contract.recipe import SEVEN_PROJECTIONS
from trainer.dropout import Dropout, draw
from trainer.fused_feed_forward import FeedForwardFunction
from trainer.fused_projections import GroupFunction
from trainer.nf4 import nf4_layer

TOKENS = 48


def worn(family: str, *, precision: str = "fp32", **options: Any) -> Any:
    """A tiny model with an adapter that already says something."""
    model = FAMILIES[family].model()
    if precision != "fp32":
        model = model.to(torch.bfloat16)
    if precision == "nf4":
        for name, layer in list(model.named_modules()):
            if isinstance(layer, torch.nn.Linear) and name != "lm_head":
                model.set_submodule(name, nf4_layer(layer, [layer.weight.data], "cpu"))
    config = LoraConfig(
        r=4, lora_alpha=8, target_modules=list(SEVEN_PROJECTIONS), task_type="CAUSAL_LM", **options
    )
    made = get_peft_model(model.requires_grad_(False), config)
    torch.manual_seed(3)
    for name, parameter in made.named_parameters():
        if "lora_" in name and "magnitude" not in name:
            torch.nn.init.normal_(parameter, std=0.1)
    return made.train()


def learned(model: Any, *, autocast: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    """What the model says, and the gradients of its adapter in a row."""
    ids = torch.arange(TOKENS).view(1, -1) % model.config.vocab_size
    model.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        found = model(input_ids=ids, labels=ids)
    found.loss.backward()
    grads = [each.grad.flatten() for each in model.parameters() if each.grad is not None]
    return found.logits.detach().float(), torch.cat(grads)


def off(found: torch.Tensor, exact: torch.Tensor) -> float:
    return float((found - exact).norm() / exact.norm())


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """How often the fused steps were taken."""
    counts = {"groups": 0, "feed_forwards": 0}

    def counting(name: str, apply: Callable[..., Any]) -> Callable[..., Any]:
        def count(*args: Any) -> Any:
            counts[name] += 1
            return apply(*args)

        return count

    with monkeypatch.context() as patch:
        patch.setattr(GroupFunction, "apply", counting("groups", GroupFunction.apply))
        patch.setattr(
            FeedForwardFunction, "apply", counting("feed_forwards", FeedForwardFunction.apply)
        )
        yield counts


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_learns_as_with_peft(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's adapter would learn something else than what their replies teach."""
    model = worn(family)
    said, taught = learned(model)
    fused_lora.install(model)
    with counted(monkeypatch) as counts:
        said_now, taught_now = learned(model)
    assert off(said_now, said) < 1e-5
    assert off(taught_now, taught) < 1e-5
    layers = model.config.num_hidden_layers
    assert counts == {"groups": 2 * layers, "feed_forwards": layers}


@pytest.mark.parametrize("precision", ["nf4", "bf16"])
@pytest.mark.parametrize("family", ["llama", "qwen2", "gemma"])
def test_in_16_and_4_bits_it_is_as_exact_as_peft(family: str, precision: str) -> None:
    """A person with a small machine would get a worse adapter than the one that they paid for."""
    model = worn(family, precision=precision)
    said, taught = learned(model, autocast=True)
    fused_lora.install(model)
    said_now, taught_now = learned(model, autocast=True)
    assert off(said_now, said) < 0.03
    assert off(taught_now, taught) < 0.06
    exact = worn(family, precision=precision).to(torch.float32)
    for module in exact.modules():  # four bits unpacked into 32 instead of 16
        state = getattr(getattr(module, "weight", None), "quant_state", None)
        if state is not None:
            state.dtype, module.compute_dtype = torch.float32, torch.float32
    best, goal = learned(exact)
    assert off(said_now, best) < 1.2 * off(said, best)
    assert off(taught_now, goal) < 1.2 * off(taught, goal)


@pytest.mark.parametrize("family", ["llama", "qwen2", "gemma"])
def test_checkpointing_changes_nothing(family: str) -> None:
    """Where memory is short, a person would train something else than where it is not."""
    model = fused_lora.install(worn(family, lora_dropout=0.25))
    torch.manual_seed(11)
    said, taught = learned(model)
    model.get_base_model().activation_checkpointing_enable({"use_reentrant": False})
    torch.manual_seed(11)
    said_now, taught_now = learned(model)
    assert torch.equal(said, said_now)
    assert torch.equal(taught, taught_now)


class _SameMask(torch.nn.Module):
    """Leaves out what the fused path leaves out, in PEFT's own way."""

    def __init__(self, dropouts: Iterator[Dropout]) -> None:
        super().__init__()
        self._dropouts = dropouts

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        dropout = next(self._dropouts)
        return dropout.of(states) / dropout.kept


def _with_same_masks(model: Any, dropouts: list[Dropout]) -> None:
    """Layers with one input share a mask; the feed-forward part draws for its end at its start."""
    place = iter(dropouts)
    for block in model.get_base_model().model.layers:
        shared = (
            (block.self_attn, ("q_proj", "k_proj", "v_proj")),
            (block.self_attn, ("o_proj",)),
            (block.mlp, ("gate_proj", "up_proj")),
            (block.mlp, ("down_proj",)),
        )
        for part, names in shared:
            dropout = next(place)
            for name in names:
                layer = getattr(part, name)
                layer.lora_dropout["default"] = _SameMask(iter([dropout]))


@pytest.mark.parametrize("family", ["llama", "qwen2", "gemma"])
def test_with_dropout_it_learns_as_with_peft(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dropout that is made up for wrongly would shrink or swell whatever is learned."""
    model = fused_lora.install(worn(family, lora_dropout=0.25))
    drawn: list[Dropout] = []

    def keep(share: float) -> Dropout:
        drawn.append(draw(share))
        return drawn[-1]

    monkeypatch.setattr(fused_lora, "draw", keep)
    said, taught = learned(model)
    fused_lora.uninstall(model)
    _with_same_masks(model, drawn)
    said_now, taught_now = learned(model)
    assert off(said, said_now) < 1e-5
    assert off(taught, taught_now) < 1e-5


def test_dropout_leaves_out_its_share_and_the_same_each_time() -> None:
    """Another mask on the way back would teach numbers that were never seen."""
    dropout = draw(0.05)
    ones = torch.ones(400, 500)
    mask = dropout.mask(ones)
    assert set(mask.unique().tolist()) == {0.0, 1.0}
    assert abs(float(mask.mean()) - 0.95) < 0.002
    assert torch.equal(mask, dropout.mask(ones))
    assert not torch.equal(mask, draw(0.05).mask(ones))
    assert torch.equal(dropout.of(ones[:3, :3]), dropout.mask(ones[:3, :3]))


def test_what_is_not_plain_is_left_to_peft(monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter of another kind would be trained as if it were a plain one."""
    model = worn("llama", use_dora=True)
    said, taught = learned(model)
    fused_lora.install(model)
    with counted(monkeypatch) as counts:
        said_now, taught_now = learned(model)
    assert counts == {"groups": 0, "feed_forwards": 0}
    assert off(said_now, said) < 1e-5
    assert off(taught_now, taught) < 1e-5


def test_without_its_adapter_the_base_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Held groups would be held to the adapter instead of the base, and drift away."""
    plain = worn("qwen2")
    ids = torch.arange(TOKENS).view(1, -1)
    with torch.no_grad(), plain.disable_adapter():
        base = plain(input_ids=ids).logits
    model = fused_lora.install(worn("qwen2"))
    with torch.no_grad(), model.disable_adapter(), counted(monkeypatch) as counts:
        assert off(model(input_ids=ids).logits, base) < 1e-6
    assert counts["groups"] == 0
    with torch.no_grad():
        assert off(model(input_ids=ids).logits, base) > 1e-2


def test_a_second_adapter_can_be_worn_in_the_place_of_the_first() -> None:
    """Learning preferences compares with a copy of the adapter: it would compare with itself."""
    model = fused_lora.install(worn("llama"))
    model.add_adapter("other", model.peft_config["default"])
    ids = torch.arange(TOKENS).view(1, -1)
    with torch.no_grad():
        first = model(input_ids=ids).logits
        model.set_adapter("other")
        second = model(input_ids=ids).logits
        with model.disable_adapter():
            base = model(input_ids=ids).logits
    assert off(second, base) < 1e-6  # a fresh adapter says nothing yet
    assert off(first, base) > 1e-2


def test_nothing_is_computed_for_the_embeddings() -> None:
    """Each step would spend time and memory on what never learns."""
    model = fused_lora.install(worn("llama"))
    first = model.get_base_model().model.layers[0]
    seen: list[bool] = []
    first.register_forward_pre_hook(lambda _, args: seen.append(args[0].requires_grad))
    learned(model)
    assert seen == [False]


def test_uninstalled_it_is_what_it_was() -> None:
    """Whoever goes on with the model elsewhere would find forwards that they do not know."""
    model = worn("gemma")
    before = {name: set(module.__dict__) for name, module in model.named_modules()}
    names = set(model.state_dict())
    fused_lora.install(model)
    assert set(model.state_dict()) == names
    fused_lora.uninstall(model)
    assert {name: set(module.__dict__) for name, module in model.named_modules()} == before
