"""A folder that is not base plus adapter would be another persona wherever it is served."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import peft
import pytest
import torch
from safetensors.numpy import load_file, save_file
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from ollama_bridge import hf_merge
from ollama_bridge.errors import AdapterMismatch, BridgeError, FolderUnusable
from ollama_bridge.hf_merge import merge_folder
from tests.tiny_gguf import Shape, write_tiny_adapter

VOCABULARY = 96
NAME = "model.layers.1.mlp.up_proj.weight"


def write_base(folder: Path, kind: torch.dtype = torch.float32, *, tied: bool = False) -> Path:
    """A Llama of the tiny model's shape, as transformers saves it."""
    shape = Shape()
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=shape.embedding,
        intermediate_size=shape.feed_forward,
        num_hidden_layers=shape.blocks,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads_kv,
        tie_word_embeddings=tied,
    )
    LlamaForCausalLM(config).to(kind).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "merges.txt", "LICENSE", "other.bin"):
        (folder / name).write_text(f"the {name} of the base", "utf-8")
    return folder


def logits(model: Any) -> torch.Tensor:
    tokens = torch.arange(40).reshape(2, 20) * 7 % VOCABULARY
    with torch.no_grad():
        found: torch.Tensor = model.to(torch.float32).eval()(tokens).logits
    return found


def load(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder)


@pytest.mark.parametrize("settings", [{}, {"use_rslora": True}], ids=["plain", "rslora"])
@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_the_folder_answers_as_peft_s_own_merge(
    tmp_path: Path, kind: torch.dtype, tied: bool, settings: dict[str, Any]
) -> None:
    base = write_base(tmp_path / "base", kind, tied=tied)
    adapter = write_tiny_adapter(tmp_path / "adapter", scale=0.1, **settings)
    merge_folder(base, adapter, tmp_path / "out")
    plain = load(base).to(torch.float32)
    before = logits(plain)
    wanted = logits(peft.PeftModel.from_pretrained(plain, adapter).merge_and_unload())
    merged = load(tmp_path / "out")
    assert merged.dtype == torch.float16
    assert merged.config.tie_word_embeddings is tied
    found = logits(merged)
    assert (wanted - before).abs().max() > 0.05, "nothing would be noticed"
    torch.testing.assert_close(found, wanted, atol=2e-3, rtol=0)


def test_untouched_weights_and_what_goes_with_them_come_along(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", torch.float16)
    merge_folder(base, write_tiny_adapter(tmp_path / "adapter"), tmp_path / "out")
    before = load_file(base / "model.safetensors")
    after = load_file(tmp_path / "out" / "model.safetensors")
    assert after.keys() == before.keys()
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {name for name in before if "_proj." in name}
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        "config.json", "generation_config.json", "model.safetensors",
        "tokenizer.json", "tokenizer_config.json", "merges.txt", "LICENSE",
    }  # fmt: skip
    said = json.loads((tmp_path / "out" / "config.json").read_text("utf-8"))
    assert (said["dtype"], said["torch_dtype"]) == ("float16", "float16")
    assert (tmp_path / "out" / "merges.txt").read_text("utf-8") == "the merges.txt of the base"


def test_a_large_base_is_cut_into_files_and_read_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = write_base(tmp_path / "base", torch.bfloat16)
    adapter = write_tiny_adapter(tmp_path / "adapter", scale=0.1)
    merge_folder(base, adapter, tmp_path / "whole")
    monkeypatch.setattr(hf_merge, "SHARD_BYTES", 40_000)
    monkeypatch.setattr(hf_merge, "WEIGHTS_AT_ONCE", 500)
    told: list[tuple[int, int]] = []
    merge_folder(base, adapter, tmp_path / "out", lambda *each: told.append(each))
    shards = sorted((tmp_path / "out").glob("*.safetensors"))
    assert len(shards) > 2
    assert all(path.stat().st_size < 50_000 for path in shards)
    index = json.loads((tmp_path / "out" / "model.safetensors.index.json").read_text("utf-8"))
    found = {name: each for path in shards for name, each in load_file(path).items()}
    assert index["weight_map"].keys() == found.keys()
    assert index["metadata"]["total_size"] == sum(each.nbytes for each in found.values())
    for name, each in load_file(tmp_path / "whole" / "model.safetensors").items():
        np.testing.assert_allclose(found[name], each, atol=1e-3)
    torch.testing.assert_close(
        logits(load(tmp_path / "out")), logits(load(tmp_path / "whole")), atol=1e-3, rtol=0
    )
    assert told == sorted(told)
    assert told[-1] == (index["metadata"]["total_size"],) * 2
    assert max(after[0] - before[0] for before, after in pairwise(told)) <= 1000


@pytest.mark.parametrize("touched", [True, False])
@pytest.mark.parametrize("value", [1e5, np.nan])
def test_what_16_bits_cannot_hold_is_refused(tmp_path: Path, touched: bool, value: float) -> None:
    base = write_base(tmp_path / "base")
    weights = load_file(base / "model.safetensors")
    name = NAME if touched else "model.norm.weight"
    weights[name].reshape(-1)[0] = value
    save_file(weights, base / "model.safetensors", {"format": "pt"})
    before = sorted(tmp_path.iterdir())
    adapter = write_tiny_adapter(tmp_path / "adapter")
    with pytest.raises(BridgeError, match=name) as caught:
        merge_folder(base, adapter, tmp_path / "out")
    assert caught.value.kind == "merge_too_large"
    assert sorted(tmp_path.iterdir()) == sorted([*before, adapter])


@pytest.mark.parametrize("shape", [Shape(embedding=128), Shape(blocks=3)])
def test_an_adapter_of_another_base_is_refused(tmp_path: Path, shape: Shape) -> None:
    base = write_base(tmp_path / "base")
    adapter = write_tiny_adapter(tmp_path / "adapter", shape=shape)
    with pytest.raises(AdapterMismatch, match="block"):
        merge_folder(base, adapter, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_not_replaced(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base")
    adapter = write_tiny_adapter(tmp_path / "adapter")
    with pytest.raises(BridgeError, match="there already") as caught:
        merge_folder(base, adapter, base)
    assert caught.value.kind == "merge_there"
    (tmp_path / "empty").mkdir()
    merge_folder(base, adapter, tmp_path / "empty")
    assert (tmp_path / "empty" / "config.json").is_file()


def test_a_merge_that_is_called_off_leaves_nothing(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base")
    adapter = write_tiny_adapter(tmp_path / "adapter")
    before = sorted(tmp_path.iterdir())

    def enough(done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        merge_folder(base, adapter, tmp_path / "out", enough)
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_without_settings_is_told(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base")
    (base / "config.json").write_text("{", "utf-8")
    with pytest.raises(FolderUnusable, match="config"):
        merge_folder(base, write_tiny_adapter(tmp_path / "adapter"), tmp_path / "out")
    assert not (tmp_path / "out").exists()
