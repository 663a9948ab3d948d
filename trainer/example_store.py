"""Examples on the disk, so that a long history takes no more memory than a short one."""

from __future__ import annotations

import struct
import weakref
from array import array
from collections.abc import Sequence
from itertools import chain, groupby, repeat
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, cast, overload

from trainer.batches import Example

# Tokens, stretches of one weight, and bytes of the name that follow.
_HEAD = struct.Struct("<III")


class ExampleStore(Sequence[Example]):
    """Keeps examples in a file without a name: it goes with this process, however that ends, and
    no words are left behind by a kill. In memory are a few bytes of each."""

    def __init__(self, room: Path) -> None:
        file = cast("IO[bytes]", TemporaryFile(dir=room))  # noqa: SIM115 (as long as the store)
        weakref.finalize(self, file.close)
        self._file, self._end = file, 0
        self._starts, self._groups = array("Q"), array("H")
        self._names: dict[str, int] = {}
        self.lengths = array("I")

    def add(self, example: Example) -> None:
        """Put one more behind the others."""
        stretches = [(weight, sum(1 for _ in each)) for weight, each in groupby(example.weights)]
        name = example.id.encode()
        parts = (
            _HEAD.pack(len(example.tokens), len(stretches), len(name)),
            array("i", example.tokens).tobytes(),
            array("I", [count for _, count in stretches]).tobytes(),
            array("d", [weight for weight, _ in stretches]).tobytes(),
            name,
        )
        self._file.seek(self._end)
        self._starts.append(self._end)
        self._end += sum(self._file.write(part) for part in parts)
        self._groups.append(self._names.setdefault(example.group, len(self._names)))
        self.lengths.append(len(example.tokens))

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, place: int) -> Example: ...
    @overload
    def __getitem__(self, place: slice) -> list[Example]: ...
    def __getitem__(self, place: int | slice) -> Example | list[Example]:
        if isinstance(place, slice):
            return [self._read(each) for each in range(*place.indices(len(self)))]
        return self._read(range(len(self))[place])

    def _read(self, place: int) -> Example:
        self._file.seek(self._starts[place])
        tokens, stretches, name = _HEAD.unpack(self._file.read(_HEAD.size))
        ids, counts, weights = array("i"), array("I"), array("d")
        for values, many in ((ids, tokens), (counts, stretches), (weights, stretches)):
            values.frombytes(self._file.read(many * values.itemsize))
        return Example(
            self._file.read(name).decode(),
            list(self._names)[self._groups[place]],
            tuple(ids),
            tuple(chain.from_iterable(map(repeat, weights, counts))),
        )
