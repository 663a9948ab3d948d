"""The weights of a GGUF file as transformers wants them, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from trainer.gguf_file import GgufFile
from trainer.gguf_names import FAMILIES, names_in_transformers
from trainer.weights import rows_of_a_piece

_QUERY, _KEY = ".self_attn.q_proj.", ".self_attn.k_proj."


class GgufWeights:
    """Names, order and offsets of llama.cpp undone."""

    def __init__(self, file: GgufFile, config: dict[str, Any]) -> None:
        self._file, self._family = file, FAMILIES[file.architecture]
        self._head_size = int(config["head_dim"])
        self._stored = {
            name: file.tensors[stored]
            for name, stored in names_in_transformers(self._family, file.tensors).items()
        }
        self.shapes = {name: tensor.shape for name, tensor in self._stored.items()}

    def pieces(self, name: str, multiple: int) -> Iterator[torch.Tensor]:
        """A weight from its first row to its last, in 32 bits."""
        stored = self._stored[name]
        if len(stored.shape) == 1:
            whole = torch.from_numpy(self._file.read(stored, 0, 1)[0])
            yield self._as_in_transformers(name, whole)
            return
        turned = self._is_turned(name)
        rows = rows_of_a_piece(stored.columns, multiple, self._head_size if turned else 1)
        for piece in self._file.pieces(stored, rows):
            yield self._as_in_transformers(name, torch.from_numpy(piece))

    def _is_turned(self, name: str) -> bool:
        return self._family.turned_queries and (_QUERY in name or _KEY in name)

    def _as_in_transformers(self, name: str, values: torch.Tensor) -> torch.Tensor:
        if self._is_turned(name):
            return _turned_back(values, self._head_size)
        if self._family.norms_with_one and name.endswith("norm.weight"):
            return values - 1
        return values


def _turned_back(rows: torch.Tensor, head_size: int) -> torch.Tensor:
    """Undo the order in which llama.cpp keeps the rows of q and k for its rotary embedding."""
    shape = (-1, head_size // 2, 2, *rows.shape[1:])
    return rows.reshape(shape).swapaxes(1, 2).reshape(rows.shape)
