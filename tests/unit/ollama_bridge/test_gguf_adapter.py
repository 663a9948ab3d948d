"""A wrong conversion would serve a persona that was never trained, without any error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ollama_bridge.errors import AdapterMismatch, AdapterUnsupported
from ollama_bridge.gguf_adapter import convert, permute
from tests.tiny_gguf import Shape, write_tiny_adapter, write_tiny_gguf

QWEN = Shape(architecture="qwen2")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_tiny_gguf(tmp_path / "base.gguf")


def tensors_of(path: Path) -> dict[str, Any]:
    return {each.name: np.array(each.data) for each in gguf.GGUFReader(path).tensors}


def rotate(rows: np.ndarray[Any, Any], angle: float, *, pairs: bool) -> np.ndarray[Any, Any]:
    """One head under a rotary embedding, in llama.cpp's layout or in Hugging Face's."""
    half = len(rows) // 2
    first, second = (rows[0::2], rows[1::2]) if pairs else (rows[:half], rows[half:])
    turns = angle / 10.0 ** np.arange(half)
    turned = (
        first * np.cos(turns) - second * np.sin(turns),
        first * np.sin(turns) + second * np.cos(turns),
    )
    return np.stack(turned, 1).reshape(-1) if pairs else np.concatenate(turned)


def test_permuted_rows_turn_as_the_trained_ones() -> None:
    heads, size = 3, 8
    rows = np.random.default_rng(1).normal(size=(heads * size, 1)).astype(np.float32)
    permuted = permute(rows, heads)
    for head in range(heads):
        at = slice(head * size, (head + 1) * size)
        trained = rotate(rows[at, 0], 0.7, pairs=False)
        served = rotate(permuted[at, 0], 0.7, pairs=True)
        expected = permute(trained[:, None].astype(np.float32), 1)[:, 0]
        np.testing.assert_allclose(served, expected, rtol=1e-5)


def test_llama_queries_and_keys_alone_are_permuted(tmp_path: Path, base: Path) -> None:
    shape = Shape()
    peft = write_tiny_adapter(tmp_path / "peft")
    convert(peft, tmp_path / "out.gguf", base, precision="f32")
    trained = load_file(peft / "adapter_model.safetensors")
    written = tensors_of(tmp_path / "out.gguf")
    assert len(written) == len(trained)
    head = "base_model.model.model.layers.1."
    query = trained[f"{head}self_attn.q_proj.lora_B.weight"]
    # A head's row r of the first half and its partner of the second half become neighbours.
    size = shape.embedding // shape.heads
    order = [
        head_at + half * size // 2 + row
        for head_at in range(0, shape.embedding, size)
        for row in range(size // 2)
        for half in (0, 1)
    ]
    np.testing.assert_array_equal(written["blk.1.attn_q.weight.lora_b"], query[order])
    key = trained[f"{head}self_attn.k_proj.lora_B.weight"]
    np.testing.assert_array_equal(
        written["blk.1.attn_k.weight.lora_b"], permute(key, shape.heads_kv)
    )
    for name, peft_name in (
        ("attn_q.weight.lora_a", "self_attn.q_proj.lora_A"),
        ("attn_v.weight.lora_b", "self_attn.v_proj.lora_B"),
        ("ffn_down.weight.lora_b", "mlp.down_proj.lora_B"),
    ):
        np.testing.assert_array_equal(
            written[f"blk.1.{name}"], trained[f"{head}{peft_name}.weight"]
        )


def test_qwen_keeps_its_rows(tmp_path: Path) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf", shape=QWEN)
    peft = write_tiny_adapter(tmp_path / "peft", shape=QWEN)
    convert(peft, tmp_path / "out.gguf", base, precision="f32")
    trained = load_file(peft / "adapter_model.safetensors")
    np.testing.assert_array_equal(
        tensors_of(tmp_path / "out.gguf")["blk.0.attn_q.weight.lora_b"],
        trained["base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight"],
    )


def test_the_file_says_what_llama_cpp_asks_of_it(tmp_path: Path, base: Path) -> None:
    peft = write_tiny_adapter(tmp_path / "peft", alpha=12.0)
    convert(peft, tmp_path / "out.gguf", base)
    reader = gguf.GGUFReader(tmp_path / "out.gguf")
    fields = {key: field.contents() for key, field in reader.fields.items()}
    assert fields["general.type"] == "adapter"
    assert fields["general.architecture"] == "llama"
    assert fields["adapter.type"] == "lora"
    assert fields["adapter.lora.alpha"] == 12.0
    assert {each.tensor_type for each in reader.tensors} == {gguf.GGMLQuantizationType.F16}
    assert [each.name for each in (tmp_path).iterdir() if each.name.startswith("out.gguf.")] == []


def test_rank_stabilised_adapters_keep_their_strength(tmp_path: Path, base: Path) -> None:
    peft = write_tiny_adapter(tmp_path / "peft", rank=4, alpha=8.0, use_rslora=True)
    convert(peft, tmp_path / "out.gguf", base)
    alpha = gguf.GGUFReader(tmp_path / "out.gguf").fields["adapter.lora.alpha"].contents()
    assert alpha / 4 == pytest.approx(8.0 / 4**0.5)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"bias": "lora_only"}, "bias"),
        ({"lora_bias": True}, "bias"),
        ({"rank_pattern": {"q_proj": 8}}, "rank_pattern"),
        ({"alpha_pattern": {"q_proj": 8}}, "alpha_pattern"),
        ({"trainable_token_indices": [1]}, "trainable_token_indices"),
        ({"use_qalora": True}, "QALoRA"),
        ({"kasa_config": {"r": 4}}, "KaSA"),
        ({"init_lora_weights": "pissa_niter_16"}, "pissa_niter_16"),
        ({"peft_type": "VERA"}, "VERA"),
    ],
)
def test_what_cannot_be_expressed_is_refused_by_name(
    tmp_path: Path, base: Path, settings: dict[str, Any], named: str
) -> None:
    peft = write_tiny_adapter(tmp_path / "peft", **settings)
    with pytest.raises(AdapterUnsupported, match=named):
        convert(peft, tmp_path / "out.gguf", base)
    assert not (tmp_path / "out.gguf").exists()


@pytest.mark.parametrize(
    "name",
    [
        "base_model.model.model.embed_tokens.lora_embedding_A",
        "base_model.model.lm_head.lora_A.weight",
        "base_model.model.model.norm.weight",
        "base_model.model.model.layers.0.input_layernorm.weight",
        "base_model.model.model.layers.0.self_attn.q_proj.lora_B.bias",
        "base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector",
    ],
)
def test_a_tensor_without_a_place_is_refused_by_name(tmp_path: Path, base: Path, name: str) -> None:
    peft = write_tiny_adapter(tmp_path / "peft")
    tensors = load_file(peft / "adapter_model.safetensors")
    save_file({**tensors, name: np.ones((4, 4), np.float32)}, peft / "adapter_model.safetensors")
    with pytest.raises(AdapterUnsupported, match=name.replace(".", r"\.")):
        convert(peft, tmp_path / "out.gguf", base)


@pytest.mark.parametrize("shape", [Shape(embedding=128), Shape(blocks=3), Shape(heads_kv=4)])
def test_an_adapter_of_another_base_is_refused(tmp_path: Path, base: Path, shape: Shape) -> None:
    peft = write_tiny_adapter(tmp_path / "peft", shape=shape)
    with pytest.raises(AdapterMismatch, match="blk"):
        convert(peft, tmp_path / "out.gguf", base)


def test_a_rank_other_than_the_configured_one_is_refused(tmp_path: Path, base: Path) -> None:
    peft = write_tiny_adapter(tmp_path / "peft", rank=4)
    config = json.loads((peft / "adapter_config.json").read_text("utf-8"))
    (peft / "adapter_config.json").write_text(json.dumps({**config, "r": 8}), "utf-8")
    with pytest.raises(AdapterMismatch, match="rank 8"):
        convert(peft, tmp_path / "out.gguf", base)


def test_a_diverged_adapter_is_refused_and_leaves_no_file(tmp_path: Path, base: Path) -> None:
    peft = write_tiny_adapter(tmp_path / "peft")
    tensors = load_file(peft / "adapter_model.safetensors")
    name = "base_model.model.model.layers.0.mlp.up_proj.lora_A.weight"
    tensors[name][0, 0] = np.nan
    save_file(tensors, peft / "adapter_model.safetensors")
    with pytest.raises(AdapterMismatch, match="diverged"):
        convert(peft, tmp_path / "out.gguf", base)
    assert not list(tmp_path.glob("out.gguf*"))


@pytest.mark.parametrize("norm", ["q_norm", "k_norm"])
def test_an_adapted_norm_is_refused_by_name(tmp_path: Path, base: Path, norm: str) -> None:
    peft = write_tiny_adapter(tmp_path / "peft")
    tensors = load_file(peft / "adapter_model.safetensors")
    for half in "AB":
        name = f"base_model.model.model.layers.0.self_attn.{norm}.lora_{half}.weight"
        tensors[name] = np.ones((4, 4), np.float32)
    save_file(tensors, peft / "adapter_model.safetensors")
    with pytest.raises(AdapterUnsupported, match=norm):
        convert(peft, tmp_path / "out.gguf", base)


@pytest.mark.parametrize("kept", [0, 5, 300, -1000])
def test_an_adapter_that_is_cut_short_is_refused(tmp_path: Path, base: Path, kept: int) -> None:
    peft = write_tiny_adapter(tmp_path / "peft")
    path = peft / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(AdapterMismatch, match="cannot be read"):
        convert(peft, tmp_path / "out.gguf", base)
    assert not list(tmp_path.glob("out.gguf*"))


def test_bfloat16_adapters_keep_their_values(tmp_path: Path, base: Path) -> None:
    peft = write_tiny_adapter(tmp_path / "peft")
    path = peft / "adapter_model.safetensors"
    values = {
        name: (each.view("<u4") >> 16 << 16).view("<f4") for name, each in load_file(path).items()
    }
    save_bfloat16(values, path)
    convert(peft, tmp_path / "out.gguf", base, precision="f32")
    np.testing.assert_array_equal(
        tensors_of(tmp_path / "out.gguf")["blk.0.ffn_up.weight.lora_a"],
        values["base_model.model.model.layers.0.mlp.up_proj.lora_A.weight"],
    )


def save_bfloat16(tensors: dict[str, Any], path: Path) -> None:
    """Write safetensors by hand, since numpy has no bfloat16 to give the library."""
    header: dict[str, Any] = {}
    body = b""
    for name, each in tensors.items():
        raw = (each.view("<u4") >> 16).astype("<u2").tobytes()
        header[name] = {
            "dtype": "BF16",
            "shape": list(each.shape),
            "data_offsets": [len(body), len(body) + len(raw)],
        }
        body += raw
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
