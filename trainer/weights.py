"""Where a base's weights come from: some rows at a time, under the names of transformers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import torch

from trainer.errors import BaseDamaged

# What is held beside the result at any moment: half a MiB in 32 bits, and a few copies of it.
# That stays in a processor's cache: Q4_K comes three times as fast as in pieces of 4 MiB.
PIECE_ELEMENTS = 1 << 17


class Weights(Protocol):
    """A base's weights, read in order and never all at once."""

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each weight by its name in transformers."""

    def pieces(self, name: str, multiple: int) -> Iterator[torch.Tensor]:
        """A weight from its first row to its last; all but the last piece hold a multiple of
        so many elements."""


def rows_of_a_piece(columns: int, multiple: int, group: int = 1) -> int:
    """So many rows, in whole groups, that their elements are such a multiple."""
    step = group
    while step * columns % multiple:
        step += group
    return max(PIECE_ELEMENTS // (columns * step), 1) * step


class FolderWeights:
    """The safetensors of a Hugging Face folder."""

    def __init__(self, folder: Path) -> None:
        from safetensors import SafetensorError, safe_open

        self._open = ExitStack()
        self._files: dict[str, Any] = {}
        for path in sorted(folder.glob("*.safetensors")):
            try:
                file = self._open.enter_context(safe_open(path, framework="pt"))
            except SafetensorError as error:
                raise BaseDamaged(
                    f"The base's file {path} is damaged: {error}.", "Fetch the base again."
                ) from error
            self._files.update(dict.fromkeys(file.keys(), file))
        self.shapes = {
            name: tuple(file.get_slice(name).get_shape()) for name, file in self._files.items()
        }

    def __enter__(self) -> FolderWeights:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def pieces(self, name: str, multiple: int) -> Iterator[torch.Tensor]:
        """A weight from its first row to its last."""
        shape = self.shapes[name]
        if len(shape) < 2:
            yield self._files[name].get_tensor(name)
            return
        stored = self._files[name].get_slice(name)
        rows = rows_of_a_piece(shape[1], multiple)
        for start in range(0, shape[0], rows):
            yield stored[start : start + rows]
