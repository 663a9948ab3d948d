"""A wrong merge would give another program a persona that was never trained, or half a file."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import gguf
import numpy as np
import pytest
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, LlamaFileType
from gguf.quants import dequantize, quantize
from safetensors.numpy import load_file, save_file

from ollama_bridge import gguf_merge
from ollama_bridge.base_gguf import check_whole
from ollama_bridge.errors import AdapterMismatch, AdapterUnsupported, BridgeError, GgufUnreadable
from ollama_bridge.gguf_adapter import convert
from ollama_bridge.gguf_merge import merge, merged_size
from tests.tiny_gguf import GGUF_NAMES, Shape, write_tiny_adapter, write_tiny_gguf

# Blocks of 256, so that rows of the tiny model are whole ones in every type.
WIDE = Shape(embedding=256, feed_forward=512)
STORED = (
    LlamaFileType.ALL_F32,
    LlamaFileType.MOSTLY_F16,
    LlamaFileType.MOSTLY_BF16,
    LlamaFileType.MOSTLY_Q8_0,
    LlamaFileType.MOSTLY_Q4_0,
    LlamaFileType.MOSTLY_Q5_1,
)
CHILD = """
import sys, time
from pathlib import Path
from ollama_bridge.gguf_merge import merge

def hang(done, total):
    if done > total // 2:
        print("half", flush=True)
        time.sleep(600)

merge(*map(Path, sys.argv[1:]), hang)
"""


def write_base(path: Path, kind: str, *, alignment: int = 32, **changed: str) -> Path:
    """A base of random blocks in one type, some tensors in another; a model to no program."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name("Blocks")
    writer.add_custom_alignment(alignment)
    writer.add_array("tokenizer.ggml.tokens", [f"w{number}" for number in range(1100)])
    random = np.random.default_rng(5)

    def add(name: str, rows: int, columns: int, kind: str) -> None:
        stored = GGMLQuantizationType[kind]
        block, size = GGML_QUANT_SIZES[stored]
        raw = random.integers(0, 256, (rows, columns // block, size), np.uint8)
        if kind == "F32":
            raw = random.normal(size=(rows, columns)).astype(np.float32).view(np.uint8)
        else:
            # Scales of a sensible size, at the two ends where the types of the tests have them.
            ends = random.uniform(1e-4, 1e-3, (rows, columns // block, 2)).astype(np.float16)
            raw[..., :4] = ends.view(np.uint8)
            raw[..., -2:] = ends[..., :1].view(np.uint8)
        writer.add_tensor(name, raw.reshape(rows, -1), raw_dtype=stored)

    add("token_embd.weight", 300, WIDE.embedding, kind)
    writer.add_tensor("output_norm.weight", np.ones(WIDE.embedding + 1, np.float32))
    for block in range(WIDE.blocks):
        for name, (rows, columns) in WIDE.projections().items():
            short = GGUF_NAMES[name]
            add(f"blk.{block}.{short}.weight", rows, columns, changed.get(short, kind))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_adapter(
    folder: Path, base: Path, *, shape: Shape | None = None, only: str = "", **settings: Any
) -> Path:
    """A GGUF adapter for a base, of all projections or of those whose name has a word."""
    peft = write_tiny_adapter(folder / "peft", shape=shape, **settings)
    path = peft / "adapter_model.safetensors"
    save_file({name: each for name, each in load_file(path).items() if only in name}, path)
    convert(peft, folder / "adapter.gguf", base)
    return folder / "adapter.gguf"


def heads(path: Path) -> dict[str, Any]:
    """Everything that a file says of itself."""
    fields = gguf.GGUFReader(path).fields
    return {
        name: field.contents() for name, field in fields.items() if not name.startswith("GGUF.")
    }


def stored(path: Path) -> dict[str, Any]:
    """Type and bytes of every tensor."""
    return {
        each.name: (each.tensor_type, np.array(each.data).tobytes(), tuple(each.shape[::-1]))
        for each in gguf.GGUFReader(path).tensors
    }


def floats(path: Path) -> dict[str, Any]:
    return {
        each.name: dequantize(np.array(each.data), each.tensor_type).reshape(each.shape[::-1])
        for each in gguf.GGUFReader(path).tensors
    }


def expected(base: Path, adapter: Path) -> dict[str, Any]:
    """What each changed tensor should hold, computed all at once."""
    before, changes = floats(base), floats(adapter)
    alpha = heads(adapter)["adapter.lora.alpha"]
    return {
        name: before[name] + change @ changes[f"{name}.lora_a"] * (alpha / change.shape[1])
        for name, change in (
            (each.removesuffix(".lora_b"), value)
            for each, value in changes.items()
            if each.endswith(".lora_b")
        )
    }


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("form", STORED, ids=lambda form: form.name)
def test_every_changed_weight_is_base_plus_adapter_in_the_base_s_own_type(
    tmp_path: Path, form: LlamaFileType
) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf", stored=form)
    adapter, out = write_adapter(tmp_path, base), tmp_path / "out.gguf"
    merge(base, adapter, out)
    before, after = stored(base), stored(out)
    assert list(after) == list(before)
    wanted, found = expected(base, adapter), floats(out)
    assert len(wanted) == 14
    for name, values in wanted.items():
        kind, raw, shape = after[name]
        assert (kind, shape) == (before[name][0], before[name][2])
        assert raw != before[name][1], "the adapter was left out"
        if kind in (GGMLQuantizationType.F32, GGMLQuantizationType.F16):
            exact = np.frombuffer(raw, np.float32 if kind == 0 else np.float16).reshape(shape)
            np.testing.assert_allclose(exact, values, rtol=1e-3, atol=1e-3)
        else:
            nearest = dequantize(quantize(values.astype(np.float32), kind), kind)
            error = np.abs(found[name] - values).mean()
            assert error <= np.abs(nearest - values).mean() * 1.01 + 1e-6
    untouched = set(before) - set(wanted)
    assert {name: before[name] for name in untouched} == {name: after[name] for name in untouched}
    # No type changed, so all in front of the weights is as it was, byte for byte.
    start = gguf.GGUFReader(base).data_offset
    assert out.read_bytes()[:start] == base.read_bytes()[:start]
    check_whole(out)


@pytest.mark.parametrize("kind", ["Q4_K", "Q6_K", "IQ4_XS", "TQ2_0"])
@pytest.mark.parametrize("alignment", [32, 64])
def test_types_that_cannot_be_written_become_q8_0_and_all_else_stays(
    tmp_path: Path, kind: str, alignment: int
) -> None:
    base = write_base(tmp_path / "base.gguf", kind, alignment=alignment, attn_v="F32")
    adapter, out = write_adapter(tmp_path, base, shape=WIDE, only="v_proj"), tmp_path / "out.gguf"
    merge(base, adapter, out)
    assert out.stat().st_size == base.stat().st_size, "nothing needed to grow"
    adapter = write_adapter(tmp_path, base, shape=WIDE, only="self_attn", scale=0.003)
    merge(base, adapter, out)
    assert merged_size(base, adapter) == out.stat().st_size > base.stat().st_size
    before, after = stored(base), stored(out)
    assert heads(out) == heads(base)
    assert gguf.GGUFReader(out).data_offset == gguf.GGUFReader(base).data_offset
    wanted, found = expected(base, adapter), floats(out)
    for name, values in wanted.items():
        plain = name.endswith("attn_v.weight")
        q8_0 = GGMLQuantizationType.Q8_0
        assert after[name][0] == (GGMLQuantizationType.F32 if plain else q8_0)
        blocks = np.abs(values).reshape(-1, 32).max(1, keepdims=True)
        error = np.abs(found[name] - values).reshape(-1, 32)
        assert np.all(error <= blocks * (1 / 254 + 1e-3) + 1e-5), name
    assert {name: before[name] for name in set(before) - set(wanted)} == {
        name: after[name] for name in set(after) - set(wanted)
    }
    assert all(each.data_offset % alignment == 0 for each in gguf.GGUFReader(out).tensors)
    check_whole(out)


@pytest.mark.parametrize("form", [LlamaFileType.ALL_F32, LlamaFileType.MOSTLY_Q8_0])
def test_a_large_tensor_is_patched_a_few_rows_at_a_time(
    tmp_path: Path, form: LlamaFileType, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf", stored=form)
    adapter = write_adapter(tmp_path, base)
    merge(base, adapter, tmp_path / "whole.gguf")
    monkeypatch.setattr(gguf_merge, "WEIGHTS_AT_ONCE", 1000)
    monkeypatch.setattr(gguf_merge, "COPIED_AT_ONCE", 1000)
    told: list[tuple[int, int]] = []
    merge(base, adapter, tmp_path / "pieces.gguf", lambda *each: told.append(each))
    whole, pieces = floats(tmp_path / "whole.gguf"), floats(tmp_path / "pieces.gguf")
    assert whole.keys() == pieces.keys()
    for name, values in whole.items():
        np.testing.assert_allclose(pieces[name], values, atol=1e-5)
    size = merged_size(base, adapter)
    done = [each for each, total in told if total == size]
    assert len(done) == len(told) and done[-1] == size
    steps = [after - before for before, after in pairwise(done)]
    assert min(steps) >= 0 and max(steps) <= 4096, "a piece was larger than asked for"


def test_an_adapter_without_an_alpha_counts_as_llama_cpp_counts_it(tmp_path: Path) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf")
    adapter = write_adapter(tmp_path, base, alpha=0.0)
    merge(base, adapter, tmp_path / "out.gguf")
    changes = floats(adapter)
    name = "blk.0.ffn_up.weight"
    np.testing.assert_allclose(
        floats(tmp_path / "out.gguf")[name],
        floats(base)[name] + changes[f"{name}.lora_b"] @ changes[f"{name}.lora_a"],
        atol=1e-5,
    )


@pytest.mark.parametrize("shape", [Shape(embedding=128), Shape(heads_kv=4)])
def test_an_adapter_of_another_base_is_refused(tmp_path: Path, shape: Shape) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf")
    other = write_tiny_gguf(tmp_path / "other.gguf", shape=shape)
    adapter = write_adapter(tmp_path, other, shape=shape)
    with pytest.raises(AdapterMismatch, match=r"blk\.0.* has the shape"):
        merge(base, adapter, tmp_path / "out.gguf")
    assert not (tmp_path / "out.gguf").exists()


def test_a_weight_that_the_base_does_not_have_is_refused(tmp_path: Path) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf")
    deeper = write_tiny_gguf(tmp_path / "deeper.gguf", shape=Shape(blocks=3))
    adapter = write_adapter(tmp_path, deeper, shape=Shape(blocks=3))
    with pytest.raises(AdapterMismatch, match=r"blk\.2.* is not there"):
        merged_size(base, adapter)


def test_an_adapter_of_another_family_is_refused(tmp_path: Path) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf")
    qwen = Shape(architecture="qwen2")
    other = write_tiny_gguf(tmp_path / "other.gguf", shape=qwen)
    with pytest.raises(AdapterMismatch, match="qwen2"):
        merge(base, write_adapter(tmp_path, other, shape=qwen), tmp_path / "out.gguf")


@pytest.mark.parametrize("what", ["half", "more", "base", "noise", "missing"])
def test_a_file_that_is_no_adapter_is_refused(tmp_path: Path, what: str) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf")
    adapter = tmp_path / "adapter.gguf"
    if what == "base":
        write_tiny_gguf(adapter)
    elif what == "noise":
        adapter.write_bytes(os.urandom(500))
    elif what in ("half", "more"):
        writer = gguf.GGUFWriter(adapter, "llama")
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_tensor("blk.0.attn_q.weight.lora_a", np.ones((4, 64), np.float32))
        if what == "more":
            writer.add_tensor("blk.0.attn_q.weight.lora_b", np.ones((64, 4), np.float32))
            writer.add_tensor("blk.0.attn_norm.weight", np.ones(64, np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    with pytest.raises(AdapterMismatch):
        merge(base, adapter, tmp_path / "out.gguf")
    assert not (tmp_path / "out.gguf").exists()


def test_a_base_that_nobody_can_read_is_told_before_anything_is_written(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base.gguf", "Q4_K", attn_q="Q8_K")
    adapter = write_adapter(tmp_path, base, shape=WIDE)
    before = left(tmp_path)
    with pytest.raises(AdapterUnsupported, match=r"attn_q\.weight as Q8_K") as caught:
        merge(base, adapter, tmp_path / "out.gguf")
    assert caught.value.kind == "merge_base"
    assert "Q4_K_M" in caught.value.next_step
    assert left(tmp_path) == before
    # One that the adapter leaves alone is copied, whatever it is.
    adapter = write_adapter(tmp_path, base, shape=WIDE, only="mlp", scale=0.003)
    merge(base, adapter, tmp_path / "out.gguf")
    assert stored(tmp_path / "out.gguf")["blk.0.attn_q.weight"][0].name == "Q8_K"


def test_a_type_from_the_future_and_a_part_of_a_model_are_refused(tmp_path: Path) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf")
    adapter, raw = write_adapter(tmp_path, base), base.read_bytes()
    place = raw.index(b"blk.1.ffn_up.weight") + len(b"blk.1.ffn_up.weight") + 4 + 16
    base.write_bytes(raw[:place] + struct.pack("<I", 999) + raw[place + 4 :])
    with pytest.raises(GgufUnreadable, match="type 999"):
        merge(base, adapter, tmp_path / "out.gguf")
    base.write_bytes(raw[:-20_000])
    with pytest.raises(GgufUnreadable, match="cut short"):
        merge(base, adapter, tmp_path / "out.gguf")
    writer = gguf.GGUFWriter(base, "llama")
    writer.add_uint16(gguf.Keys.Split.LLM_KV_SPLIT_COUNT, 3)
    writer.add_tensor("blk.0.attn_q.weight", np.ones((64, 64), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(GgufUnreadable, match="one part"):
        merge(base, adapter, tmp_path / "out.gguf")


@pytest.mark.parametrize("bad", [np.nan, 6e4])
def test_a_diverged_adapter_leaves_no_file(tmp_path: Path, bad: float) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf", stored=LlamaFileType.MOSTLY_F16)
    adapter = write_adapter(tmp_path, base)
    raw = adapter.read_bytes()
    at = {each.name: each.data_offset for each in gguf.GGUFReader(adapter).tensors}
    start = at["blk.1.ffn_down.weight.lora_a"]
    adapter.write_bytes(raw[:start] + np.full(128, bad, "<f2").tobytes() + raw[start + 256 :])
    with pytest.raises(AdapterMismatch, match=r"blk\.1\.ffn_down\.weight"):
        merge(base, adapter, tmp_path / "out.gguf")
    assert left(tmp_path) == ["adapter.gguf", "base.gguf", "peft"]


def test_a_merge_never_replaces_what_it_is_made_of(tmp_path: Path) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf")
    adapter = write_adapter(tmp_path, base)
    for out in (base, adapter):
        before = out.read_bytes()
        with pytest.raises(BridgeError, match="over what is merged"):
            merge(base, adapter, out)
        assert out.read_bytes() == before


@pytest.fixture
def earlier(tmp_path: Path) -> Iterator[tuple[Path, Path, Path]]:
    """A base, an adapter, and an older merge that has to stay until the new one is whole."""
    base = write_tiny_gguf(tmp_path / "base.gguf")
    adapter, out = write_adapter(tmp_path, base), tmp_path / "out.gguf"
    out.write_bytes(b"older")
    before = left(tmp_path)
    yield base, adapter, out
    assert left(tmp_path) == before


def test_a_full_disk_keeps_the_older_merge(
    earlier: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(BridgeError, match="became full") as caught:
            merge(*earlier)
    assert caught.value.kind == "disk_full"
    assert caught.value.kept and caught.value.next_step
    usage = shutil.disk_usage(earlier[2].parent)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(BridgeError, match=r"0\.00 GB are free") as caught:
        merge(*earlier)
    assert caught.value.kind == "disk_full"
    assert earlier[2].read_bytes() == b"older"


def test_a_merge_that_is_called_off_keeps_the_older_one(earlier: tuple[Path, Path, Path]) -> None:
    def enough(done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        merge(*earlier, enough)
    assert earlier[2].read_bytes() == b"older"


def test_a_killed_merge_leaves_the_older_one_and_the_next_clears_up(
    earlier: tuple[Path, Path, Path],
) -> None:
    folder = earlier[2].parent
    other = folder / f".other.gguf.{os.getpid()}.part"
    other.write_bytes(b"somebody else's")
    command = [sys.executable, "-c", CHILD, *map(str, earlier)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "half\n"
        child.kill()
    assert earlier[2].read_bytes() == b"older"
    drafts = [name for name in left(folder) if name.startswith(".out.gguf.")]
    assert len(drafts) == 1
    merge(*earlier)
    check_whole(earlier[2])
    assert other.read_bytes() == b"somebody else's"
    other.unlink()


def test_a_merge_that_goes_on_elsewhere_is_left_alone(earlier: tuple[Path, Path, Path]) -> None:
    draft = earlier[2].with_name(f".out.gguf.{os.getppid()}.part")
    draft.write_bytes(b"being written")
    merge(*earlier)
    assert draft.read_bytes() == b"being written"
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()


def test_finer_numbers_keep_changes_that_coarse_ones_swallow(tmp_path: Path) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf", stored=LlamaFileType.MOSTLY_Q4_0)
    adapter = write_adapter(tmp_path, base, scale=0.05)
    wanted = expected(base, adapter)
    lost = {}
    for finer in (False, True):
        out = tmp_path / f"{finer}.gguf"
        merge(base, adapter, out, finer=finer)
        assert out.stat().st_size == merged_size(base, adapter, finer=finer)
        found, before = floats(out), floats(base)
        lost[finer] = sum(
            np.abs(found[name] - values).sum() / np.abs(values - before[name]).sum()
            for name, values in wanted.items()
        ) / len(wanted)
    assert lost[False] > 4 * lost[True], "four bits swallow what eight keep"
    assert lost[True] < 0.2
