"""A base that cannot be trained says so in words, before anything is written."""

from __future__ import annotations

import hashlib
import random
import struct
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.unit.trainer.tiny_families import (  # noqa: E402
    FAMILIES,
    add_vocabulary,
    describe,
    finish,
    stored_tensors,
    write_family,
)
from tests.unit.trainer.tiny_run import make_run, train  # noqa: E402
from trainer import base, gguf_base  # noqa: E402
from trainer.contract.run_spec import load_spec  # noqa: E402
from trainer.errors import (  # noqa: E402
    BaseDamaged,
    BaseMissing,
    BaseUnsupported,
    TrainerError,
)
from trainer.gguf_config import config_of  # noqa: E402
from trainer.gguf_file import GgufFile  # noqa: E402

LLAMA = FAMILIES["llama"]


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    return write_family(tmp_path / "whole.gguf", LLAMA, LLAMA.model()).read_bytes()


def load(path: Path) -> None:
    """What a training does with a base."""
    gguf_base.convert(path, path.with_suffix(""))
    base.load_model(path.with_suffix(""), "cpu", "nf4")


def written(path: Path, architecture: str = "llama", **changed: Any) -> Path:
    """A base some of whose header or tensors are other than its family's."""
    model = LLAMA.model()
    writer = gguf.GGUFWriter(path, architecture)
    describe(writer, model.config)
    add_vocabulary(writer)
    for name, values in changed.get("header", {}).items():
        add = {str: writer.add_string, float: writer.add_float32, int: writer.add_uint32}
        add[type(values)](f"{architecture}.{name}", values)
    tensors = {**stored_tensors(LLAMA, model), **changed.get("tensors", {})}
    for name, values in tensors.items():
        if values is not None:
            writer.add_tensor(name, values)
    finish(writer)
    return path


@pytest.mark.parametrize("share", [0.0, 0.001, 0.02, 0.2, 0.6, 0.999])
def test_a_file_that_is_cut_short_is_told(share: float, whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "base.gguf"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BaseDamaged, match="damaged"):
        load(path)
    assert not path.with_suffix("").exists()


def test_a_file_of_something_else_is_told(tmp_path: Path) -> None:
    path = tmp_path / "base.gguf"
    path.write_bytes(b"PK\x03\x04" + bytes(5000))
    with pytest.raises(BaseDamaged, match="begin"):
        load(path)


@pytest.mark.parametrize("version", [1, 4, 3 << 24])
def test_another_form_of_the_file_is_told(version: int, whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "base.gguf"
    path.write_bytes(whole[:4] + struct.pack("<I", version) + whole[8:])
    with pytest.raises(BaseUnsupported, match="version"):
        load(path)


def test_no_damage_to_the_header_is_a_bug(whole: bytes, tmp_path: Path) -> None:
    """A flipped bit gives a base that loads or an error in words, and never a crash."""
    path, chance = tmp_path / "base.gguf", random.Random(5)
    told = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 4))):
            at = chance.randrange(8, 14_000)
            damaged[at] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        try:
            gguf_base.convert(path, path.with_suffix(""))
        except TrainerError as error:
            told += bool(error.text and error.next_step)
    assert told > 20


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BaseMissing):
        GgufFile(tmp_path / "nothing.gguf")


@pytest.mark.parametrize("architecture", ["phi3", "qwen3moe", "mamba", "gemma3n", "nobody"])
def test_an_unknown_family_is_told_with_the_known_ones(architecture: str, tmp_path: Path) -> None:
    with pytest.raises(BaseUnsupported, match=architecture) as caught:
        load(written(tmp_path / "base.gguf", architecture))
    assert all(name in caught.value.text for name in ("mistral", "qwen3", "gemma"))
    assert "hatting" in caught.value.text


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"expert_count": 8}, "experts"),
        ({"rope.scaling.type": "longrope"}, "longrope"),
        ({"rope.scaling.type": "yarn", "rope.scaling.yarn_log_multiplier": 0.1}, "stretches"),
        ({"rope.scaling.type": "linear", "rope.scaling.factor": 2.0, "twice": 1}, "two ways"),
    ],
)
def test_what_a_training_would_miss_is_refused(
    header: dict[str, Any], words: str, tmp_path: Path
) -> None:
    tensors = {}
    if header.pop("twice", 0):
        tensors["rope_freqs.weight"] = np.ones(4, np.float32)
    path = written(tmp_path / "base.gguf", header=header, tensors=tensors)
    with pytest.raises(BaseUnsupported, match=words):
        load(path)


def test_frequencies_of_no_known_rule_are_taken_one_by_one(tmp_path: Path) -> None:
    """A base stretched by a rule of its own trains with the positions that it is served with."""
    factors = np.array([1.0, 1.5, 2.5, 7.0], np.float32)
    path = written(tmp_path / "base.gguf", tensors={"rope_freqs.weight": factors})
    with GgufFile(path) as file:
        assert config_of(file)["rope_parameters"]["rope_type"] == "longrope"
    load(path)
    model = base.load_model(path.with_suffix(""), "cpu", "fp32")
    plain = 10_000.0 ** (-np.arange(0, 8, 2) / 8)
    with torch.no_grad():
        model(input_ids=torch.arange(30)[None])
    found = model.model.rotary_emb.inv_freq.numpy()
    assert found == pytest.approx(plain / factors, rel=1e-5)


def test_a_part_that_is_missing_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "base.gguf", tensors={"blk.1.ffn_up.weight": None})
    with pytest.raises(BaseDamaged, match=r"layers\.1\.mlp\.up_proj"):
        load(path)


def test_a_part_of_another_size_is_named(tmp_path: Path) -> None:
    small = {"blk.1.attn_k.weight": np.zeros((8, 32), np.float32)}
    with pytest.raises(BaseDamaged, match="k_proj"):
        load(written(tmp_path / "base.gguf", tensors=small))


def test_a_base_that_sees_pictures_says_so(tmp_path: Path) -> None:
    """Most of the Gemma 3 models in Ollama's library do; no name of a tensor tells a person."""
    more = {"mm.mm_input_projection.weight": np.zeros((8, 32), np.float32)}
    with pytest.raises(BaseUnsupported, match="pictures"):
        load(written(tmp_path / "base.gguf", tensors=more))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("context_length", "long"), ("context_length", float("inf")),
        ("attention.key_length", float("nan")), ("attention.head_count_kv", 0),
        ("feed_forward_length", 2**31 - 1), ("feed_forward_length", -64.0),
        ("attention.layer_norm_rms_epsilon", "small"), ("rope.dimension_count", "all"),
        ("rope.freq_base", "ten"), ("rope.freq_base", [1, 2]), ("expert_count", "none"),
    ],
)  # fmt: skip
def test_a_value_of_the_header_that_is_none_is_told(key: str, value: Any, tmp_path: Path) -> None:
    """Not a bug, and no memory asked for that no weights stand for."""
    model = LLAMA.model()
    writer = gguf.GGUFWriter(tmp_path / "base.gguf", "llama")
    describe(writer, model.config)
    writer.kv_data[0].pop(f"llama.{key}", None)
    add = {str: writer.add_string, float: writer.add_float32, int: writer.add_uint32}
    add.get(type(value), writer.add_array)(f"llama.{key}", value)
    for name, values in stored_tensors(LLAMA, model).items():
        writer.add_tensor(name, values)
    finish(writer)
    with GgufFile(tmp_path / "base.gguf") as file, pytest.raises(BaseDamaged, match="header"):
        config_of(file)


def test_an_alignment_that_is_a_list_is_told(tmp_path: Path) -> None:
    writer = gguf.GGUFWriter(tmp_path / "base.gguf", "llama")
    writer.add_array("general.alignment", [32, 32])
    finish(writer)
    with pytest.raises(BaseDamaged):
        GgufFile(tmp_path / "base.gguf")


def test_a_part_that_is_not_known_is_named(tmp_path: Path) -> None:
    more = {"blk.0.attn_gate.weight": np.zeros((8, 32), np.float32)}
    with pytest.raises(BaseUnsupported, match="attn_gate"):
        load(written(tmp_path / "base.gguf", tensors=more))


def test_one_part_of_a_split_base_is_told(tmp_path: Path) -> None:
    model = LLAMA.model()
    writer = gguf.GGUFWriter(tmp_path / "base.gguf", "llama")
    describe(writer, model.config)
    writer.add_uint16("split.count", 3)
    finish(writer)
    with pytest.raises(BaseUnsupported, match="split"):
        load(tmp_path / "base.gguf")


def test_a_damaged_base_ends_a_training_in_words(tmp_path: Path) -> None:
    """Not as a bug, and with no adapter."""
    folder = make_run(tmp_path / "run")
    spec = load_spec(folder.spec)
    path = Path(spec.base.path)
    path.write_bytes(path.read_bytes()[:-5000])
    cut = spec.base.model_copy(update={"digest": hashlib.sha256(path.read_bytes()).hexdigest()})
    spec.model_copy(update={"base": cut}).save(folder.spec)
    last = train(folder)[-1]
    assert (last["kind"], last["error_kind"]) == ("failed", "base_damaged")
    assert "cut short" in last["text"] and not folder.adapter.exists()
