"""A Hugging Face folder written as one GGUF file, which is then both trained on and served."""

from __future__ import annotations

import json
import math
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gguf
import numpy as np
from gguf.quants import quantize
from numpy.typing import NDArray

from ollama_bridge.errors import FolderUnusable
from ollama_bridge.gguf_adapter import permute
from ollama_bridge.hf_header import Description, describe
from ollama_bridge.hf_tokenizer import FolderTokenizer, read_tokenizer
from ollama_bridge.safetensors_files import StoredWeight, weights_in

Storage = Literal["as_is", "q8_0"]
Progress = Callable[[int, int], None]

_ENDS = (".weight", ".bias")
_TYPES = {
    "F32": gguf.GGMLQuantizationType.F32,
    "F16": gguf.GGMLQuantizationType.F16,
    "BF16": gguf.GGMLQuantizationType.BF16,
}
_Q8_BLOCK = 32


@dataclass(frozen=True)
class _Planned:
    """A weight under llama.cpp's name, and how it is to be stored."""

    name: str
    source: str
    weight: StoredWeight
    type: gguf.GGMLQuantizationType

    @property
    def size_bytes(self) -> int:
        block, size = gguf.GGML_QUANT_SIZES[self.type]
        return math.prod(self.weight.shape) // int(block) * int(size)


class FolderBase:
    """A folder that was looked through and can be written; nothing of it is held in memory."""

    def __init__(self, folder: Path, storage: Storage = "as_is") -> None:
        self.folder = folder
        self.described: Description = describe(_config(folder))
        self._weights = weights_in(folder)
        self._planned = list(self._plan(storage))
        self._tokenizer: FolderTokenizer = read_tokenizer(folder, self._rows("token_embd.weight"))

    @property
    def size_bytes(self) -> int:
        """How large the file will be, but for its header."""
        return sum(planned.size_bytes for planned in self._planned)

    def write(self, out: Path, on_progress: Progress = lambda done, total: None) -> None:
        """Write the file, whole or not at all, one weight in memory at a time."""
        out.parent.mkdir(parents=True, exist_ok=True)
        draft = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
        writer = gguf.GGUFWriter(draft, self.described.architecture)
        try:
            self._describe(writer)
            try:
                writer.write_header_to_file()
                writer.write_kv_data_to_file()
                writer.write_ti_data_to_file()
                self._write_weights(writer, on_progress)
            finally:
                writer.close()
            with draft.open("rb+") as file:
                os.fsync(file.fileno())
            draft.replace(out)
        finally:
            draft.unlink(missing_ok=True)

    def _plan(self, storage: Storage) -> Iterator[_Planned]:
        wanted = gguf.MODEL_ARCH_NAMES
        arch = next(arch for arch, name in wanted.items() if name == self.described.architecture)
        names = gguf.get_tensor_name_map(arch, self.described.blocks)
        for source, weight in self._weights.items():
            if source == "lm_head.weight" and self.described.tied:
                continue
            if source.endswith("rotary_emb.inv_freq"):
                continue
            name = names.get_name(source, _ENDS)
            if name is None:
                raise FolderUnusable(
                    f"This base has a part that is not known here ({source}).",
                    "Fetch the same base as a GGUF file, or choose another one.",
                )
            yield _Planned(name, source, weight, _stored_as(weight, storage))

    def _rows(self, name: str) -> int:
        for planned in self._planned:
            if planned.name == name:
                return planned.weight.shape[0]
        raise FolderUnusable(
            f"The base in {self.folder} is not whole: it has no {name}.", "Fetch the base again."
        )

    def _describe(self, writer: gguf.GGUFWriter) -> None:
        writer.add_type(gguf.GGUFType.MODEL)
        writer.add_name(self.folder.name)
        self.described.write(writer)
        self._tokenizer.write(writer)
        writer.add_vocab_size(len(self._tokenizer.tokens))
        whole = np.dtype(np.float32)
        factors = self.described.rope_factors
        if factors is not None:
            writer.add_tensor_info("rope_freqs.weight", factors.shape, whole, factors.nbytes)
        for each in self._planned:
            writer.add_tensor_info(each.name, each.weight.shape, whole, each.size_bytes, each.type)

    def _write_weights(self, writer: gguf.GGUFWriter, on_progress: Progress) -> None:
        if self.described.rope_factors is not None:
            writer.write_tensor_data(self.described.rope_factors)
        done, total = 0, self.size_bytes
        for planned in self._planned:
            values = self._turned(planned)
            plain = planned.type == gguf.GGMLQuantizationType.F32
            writer.write_tensor_data(values if plain else quantize(values, planned.type))
            done += planned.size_bytes
            on_progress(done, total)

    def _turned(self, planned: _Planned) -> NDArray[np.float32]:
        """The values in the order, and with the offset, that llama.cpp computes with."""
        values, described = planned.weight.floats(), self.described
        if described.architecture == "llama" and ".self_attn.q_proj." in planned.source:
            return _permuted(values, described.heads)
        if described.architecture == "llama" and ".self_attn.k_proj." in planned.source:
            return _permuted(values, described.heads_kv)
        if described.architecture.startswith("gemma") and planned.source.endswith("norm.weight"):
            return values + 1
        return values


def _permuted(values: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    return permute(values.reshape(len(values), -1), heads).reshape(values.shape)


def _stored_as(weight: StoredWeight, storage: Storage) -> gguf.GGMLQuantizationType:
    if len(weight.shape) < 2:
        return gguf.GGMLQuantizationType.F32
    if storage == "q8_0" and weight.shape[-1] % _Q8_BLOCK == 0:
        return gguf.GGMLQuantizationType.Q8_0
    return _TYPES[weight.kind]


def _config(folder: Path) -> Mapping[str, Any]:
    path = folder / "config.json"
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise FolderUnusable(
            f"{path} cannot be read ({error}).",
            "Choose a folder with config.json and *.safetensors, or fetch the base again.",
        ) from error
