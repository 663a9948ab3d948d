"""A base read wrongly would train, and train something that is not what is served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import pytest

torch = pytest.importorskip("torch")

from bitsandbytes.functional import dequantize_4bit  # noqa: E402
from bitsandbytes.nn import Linear4bit  # noqa: E402
from transformers import AttentionInterface  # noqa: E402

from tests.unit.trainer.tiny_families import (  # noqa: E402
    FAMILIES,
    WINDOW,
    TinyFamily,
    describe,
    finish,
    stored_tensors,
    write_family,
)
from trainer import base, gguf_base, windowed_segments  # noqa: E402
from trainer.gguf_config import config_of  # noqa: E402
from trainer.gguf_file import GgufFile  # noqa: E402

TOKENS = torch.arange(40)[None] * 7 % 250 + 3


def loaded(tmp_path: Path, family: TinyFamily, model: Any, precision: Any = "fp32") -> Any:
    gguf_base.convert(write_family(tmp_path / "tiny.gguf", family, model), tmp_path / "hf")
    return base.load_model(tmp_path / "hf", "cpu", precision)


@torch.no_grad()  # type: ignore[misc]
def logits(model: Any, tokens: Any = TOKENS, **options: Any) -> Any:
    return model(input_ids=tokens, use_cache=False, **options).logits[0].float()


@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_says_what_its_maker_says(name: str, tmp_path: Path) -> None:
    family = FAMILIES[name]
    made = family.model()
    found, wanted = logits(loaded(tmp_path, family, made)), logits(made)
    assert float((found - wanted).abs().max()) < 1e-4 * float(wanted.abs().max())
    assert float(wanted.std()) > 0.1, "logits that are all alike show nothing"


@pytest.mark.parametrize("name", ["mistral windowed", "gemma2", "gemma3"])
def test_windows_and_caps_are_kept_in_a_pack(name: str, tmp_path: Path) -> None:
    """A conversation in a pack must be read as it is alone, and no further back than it sees."""
    model = loaded(tmp_path, FAMILIES[name], FAMILIES[name].model())
    lengths = (25, WINDOW - 1, 40 - 25 - WINDOW + 1)
    positions = torch.cat([torch.arange(length) for length in lengths])[None]
    packed = logits(model, position_ids=positions, segments=lengths)
    alone = torch.cat([logits(model, part) for part in torch.split(TOKENS, lengths, 1)])
    assert torch.allclose(packed, alone, atol=1e-4)


def test_a_window_matters_to_these_tests(tmp_path: Path) -> None:
    model = loaded(tmp_path, FAMILIES["mistral windowed"], FAMILIES["mistral windowed"].model())
    far = TOKENS.clone()
    far[0, 0] += 1
    # Two blocks see two windows back.
    changed = (logits(model) - logits(model, far)).abs().amax(1) > 1e-5
    assert changed[: WINDOW - 1].all() and not changed[2 * WINDOW :].any()


@pytest.mark.parametrize("name", ["mistral windowed", "gemma2", "gemma3"])
def test_some_queries_at_a_time_see_what_all_at_once_see(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windowed_segments, "ROWS", 7)
    made = FAMILIES[name].model()
    found, wanted = logits(loaded(tmp_path, FAMILIES[name], made)), logits(made)
    assert float((found - wanted).abs().max()) < 1e-4 * float(wanted.abs().max())


@pytest.mark.parametrize("options", [{"sliding_window": 64}, {"softcap": 2.0}], ids=str)
def test_what_attention_keeps_grows_with_the_length_and_not_its_square(
    options: dict[str, Any],
) -> None:
    """At 4,096 tokens a Gemma would otherwise keep a gigabyte and more in each block."""
    attend = AttentionInterface()[windowed_segments.WINDOWED_SEGMENTS]

    def kept(length: int) -> int:
        query, key = (torch.randn(1, heads, length, 8, requires_grad=True) for heads in (4, 2))
        held = {}

        def keep(tensor: Any) -> Any:
            held[tensor.untyped_storage().data_ptr()] = tensor  # kept, so that no place comes twice
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            attend(torch.nn.Module(), query, key, key, None, segments=(length,), **options)
        return sum(tensor.untyped_storage().nbytes() for tensor in held.values())

    assert kept(4096) < 2.5 * kept(2048)


def test_ollamas_own_names_for_the_turns_of_gemma_3_are_read(tmp_path: Path) -> None:
    """Its library names both bases of the rotary embedding in a way of its own."""
    family = FAMILIES["gemma3"]
    model = family.model()
    writer = gguf.GGUFWriter(tmp_path / "tiny.gguf", family.architecture)
    describe(writer, model.config)
    writer.kv_data[0].pop("gemma3.rope.freq_base")
    writer.add_float32("gemma3.rope.global.freq_base", 1_000_000.0)
    writer.add_float32("gemma3.rope.local.freq_base", 5_000.0)
    for name, values in stored_tensors(family, model).items():
        writer.add_tensor(name, values)
    finish(writer)
    with GgufFile(tmp_path / "tiny.gguf") as file:
        rope = config_of(file)["rope_parameters"]
    assert rope["full_attention"]["rope_theta"] == 1_000_000.0
    assert rope["sliding_attention"]["rope_theta"] == 5_000.0


def test_losses_ask_a_head_that_caps(tmp_path: Path) -> None:
    """The losses leave the model's own forward out; uncapped, they would be of another model."""
    family = FAMILIES["gemma2"]
    made = family.model()
    model = loaded(tmp_path, family, made)
    with torch.no_grad():
        states = model.model(input_ids=TOKENS, use_cache=False).last_hidden_state[0]
        assert torch.allclose(model.lm_head(states), logits(made), atol=1e-4)
    assert float(logits(made).abs().max()) < 1.5


@pytest.mark.parametrize("name", ["llama", "qwen3", "gemma2", "gemma3"])
def test_in_four_bits_each_family_says_what_those_bits_say(name: str, tmp_path: Path) -> None:
    """Of weights this small four bits leave little; what they leave must be what is used."""
    family = FAMILIES[name]
    made = family.model()
    model = loaded(tmp_path, family, made, "nf4")
    with torch.no_grad():
        for place, layer in model.named_modules():
            if isinstance(layer, Linear4bit):
                rounded = dequantize_4bit(layer.weight.data, layer.weight.quant_state)
                made.get_submodule(place).weight.copy_(rounded.float())
    with torch.autocast("cpu", torch.bfloat16):
        found = logits(model)
    assert float((found - logits(made)).norm() / logits(made).norm()) < 0.1


@pytest.mark.parametrize("name", ["mistral windowed", "gemma2", "gemma3"])
def test_a_reply_made_word_by_word_is_the_same(name: str, tmp_path: Path) -> None:
    """The samples that people watch come out of the cache, past the window too."""
    model = loaded(tmp_path, FAMILIES[name], FAMILIES[name].model())
    at_once = logits(model)
    cache, steps = None, []
    with torch.no_grad():
        for ids in torch.split(TOKENS, [20, *[1] * 20], 1):
            out = model(input_ids=ids, past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            steps.append(out.logits[0])
    assert torch.allclose(torch.cat(steps).float(), at_once, atol=1e-4)
