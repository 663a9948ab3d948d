"""Every form that people's bases are stored in holds the same numbers here as in llama.cpp."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from transformers.models.llama.configuration_llama import LlamaConfig  # noqa: E402

from tests.unit.trainer.tiny_families import (  # noqa: E402
    TinyFamily,
    add_vocabulary,
    describe,
    finish,
    stored_tensors,
)
from trainer import base, gguf_base, weights  # noqa: E402
from trainer.errors import BaseUnsupported  # noqa: E402
from trainer.gguf_file import READABLE, GgufFile  # noqa: E402

TYPES = {kind.name: kind for kind in gguf.GGMLQuantizationType}
# Where the scales of a block stand, in bytes: random ones would be no numbers.
SCALES = {"Q2_K": (80, 82), "Q3_K": (108,), "Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,)}
WIDE = {"hidden_size": 256, "intermediate_size": 256, "num_hidden_layers": 1}
FAMILY = TinyFamily("llama", LlamaConfig, WIDE)
TOKENS = torch.arange(12)[None] * 7 % 250 + 3


def stored_as(values: Any, name: str, random: np.random.Generator) -> Any:
    """A matrix in this form; forms that Python cannot write become random blocks."""
    kind = TYPES[name]
    if name not in SCALES:
        return gguf.quantize(values, kind)
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (values.size // elements, size), dtype=np.uint8)
    for at in SCALES[name]:
        scales = random.uniform(1e-4, 1e-3, len(blocks)).astype(np.float16)
        blocks[:, at : at + 2] = scales.view(np.uint8).reshape(-1, 2)
    return blocks.reshape(values.shape[0], -1)


def write_as(path: Path, name: str) -> tuple[Path, Any]:
    """A base whose matrices are in this form, and the model of the same numbers."""
    model, random = FAMILY.model(), np.random.default_rng(3)
    writer = gguf.GGUFWriter(path, "llama")
    describe(writer, model.config)
    add_vocabulary(writer)
    exact: dict[str, Any] = {}
    for stored, values in stored_tensors(FAMILY, model).items():
        if values.ndim == 1:
            writer.add_tensor(stored, values)
            continue
        raw = stored_as(values, name, random)
        writer.add_tensor(stored, raw, raw_dtype=TYPES[name])
        exact[stored] = gguf.dequantize(raw, TYPES[name])
    finish(writer)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, 1)
    with torch.no_grad():
        for place, parameter in model.named_parameters():
            stored = names.get_name(place, (".weight",))
            if stored in exact:
                parameter.copy_(torch.from_numpy(in_maker_order(exact[stored], stored)))
    return path, model


def in_maker_order(values: Any, stored: str) -> Any:
    """Rows of q and k back from pairs to halves, one by one."""
    heads = {"attn_q": 4, "attn_k": 2}.get(stored.split(".")[-2], 0)
    if not heads:
        return values
    size = len(values) // heads
    made = np.empty_like(values)
    for row in range(len(values)):
        head, place = divmod(row, size)
        made[head * size + place % 2 * size // 2 + place // 2] = values[row]
    return made


def logits(model: Any) -> Any:
    with torch.no_grad():
        return model(input_ids=TOKENS, use_cache=False).logits.float()


@pytest.mark.parametrize("name", sorted(READABLE))
def test_each_type_gives_the_numbers_that_are_stored(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small pieces, so that every matrix comes in several.
    monkeypatch.setattr(weights, "PIECE_ELEMENTS", 256 * 20)
    path, made = write_as(tmp_path / "base.gguf", name)
    gguf_base.convert(path, tmp_path / "hf")
    found, wanted = logits(base.load_model(tmp_path / "hf", "cpu", "fp32")), logits(made)
    assert float(wanted.std()) > 1e-6
    assert float((found - wanted).abs().max()) < 1e-4 * float(wanted.abs().max())


@pytest.mark.parametrize("name", [name for name in TYPES if name.startswith(("IQ", "TQ", "MXFP"))])
def test_types_that_cannot_be_read_are_named_with_those_that_can(name: str, tmp_path: Path) -> None:
    size = gguf.GGML_QUANT_SIZES[TYPES[name]][1]
    writer = gguf.GGUFWriter(tmp_path / "base.gguf", "llama")
    raw = np.zeros((2, size), np.uint8)
    writer.add_tensor("token_embd.weight", raw, raw_dtype=TYPES[name])
    finish(writer)
    with pytest.raises(BaseUnsupported, match=name) as caught:
        GgufFile(tmp_path / "base.gguf")
    assert all(kind in caught.value.next_step for kind in READABLE)


def test_every_named_type_is_read() -> None:
    plain = {"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"}
    assert plain | {f"Q{bits}_K" for bits in (2, 3, 4, 5, 6)} == READABLE
