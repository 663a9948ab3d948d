"""Attention of a packed row on a processor: few large products in the place of many small ones.

torch's own kernel for processors works in small blocks and in 32 bits, also on 16-bit numbers,
whose matrix products are several times as fast. Here a row is cut into tiles of queries with the
keys that they may see; short conversations share a tile. Of the way there only q, k and v are
kept: the shares of each tile are made again on the way back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch

# A tile's scores stay in a processor's cache, and its products are large enough to be fast.
TILE_ROWS = 128


@dataclass(frozen=True)
class Tile:
    """Queries from `start` to `end`; they see keys from `first` on, the last ones masked."""

    first: int
    start: int
    end: int
    mask: torch.Tensor


@lru_cache(maxsize=16)
def tiles_of(segments: tuple[int, ...], dtype: torch.dtype) -> tuple[Tile, ...]:
    """Short segments together, long ones in slices."""
    tiles: list[Tile] = []
    at = 0
    for group in _groups(segments):
        size = sum(group)
        if len(group) > 1:
            tiles.append(Tile(at, at, at + size, _mask(group, dtype)))
        else:
            for start in range(at, at + size, TILE_ROWS):
                end = min(start + TILE_ROWS, at + size)
                tiles.append(Tile(at, start, end, _mask((end - start,), dtype)))
        at += size
    return tuple(tiles)


def _groups(segments: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    group: tuple[int, ...] = ()
    for length in segments:
        if group and sum(group) + length > TILE_ROWS:
            yield group
            group = ()
        group += (length,)
    if group:
        yield group


@lru_cache(maxsize=256)
def _mask(lengths: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    """Nothing where a token may look, minus infinity elsewhere: its own segment, and back."""
    mask = torch.full((sum(lengths), sum(lengths)), float("-inf"), dtype=dtype)
    at = 0
    for length in lengths:
        mask[at : at + length, at : at + length].triu_(1)
        at += length
    return mask


def attend(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    scale: float,
    segments: tuple[int, ...],
) -> torch.Tensor:
    """Causal attention inside each segment of one row; heads come second, as they go."""
    out: torch.Tensor = _Attention.apply(query[0], key[0], value[0], scale, segments)
    return out[None]


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        scale: float,
        segments: tuple[int, ...],
    ) -> torch.Tensor:
        ctx.save_for_backward(query, key, value)
        ctx.scale, ctx.segments = scale, segments
        heads, tokens, size = query.shape
        keys, values = key.contiguous(), value.contiguous()
        out = query.new_empty(tokens, heads, size).transpose(0, 1)
        with torch.autocast("cpu", enabled=False):
            for tile in tiles_of(segments, query.dtype):
                rows = _rows(query, tile, len(keys)).mul_(scale)
                made = _shares(rows, keys, tile) @ values[:, tile.first : tile.end]
                out[:, tile.start : tile.end] = made.view(heads, -1, size)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        query, key, value = ctx.saved_tensors
        grad, heads, size = grads[0], query.shape[0], query.shape[2]
        keys, values = key.contiguous(), value.contiguous()
        of_query = torch.empty_like(query)
        # Several tiles add to the same keys: in 16 bits their sum would lose what is small.
        of_keys = torch.zeros_like(keys, dtype=torch.float32)
        of_values = torch.zeros_like(values, dtype=torch.float32)
        with torch.autocast("cpu", enabled=False):
            for tile in tiles_of(ctx.segments, query.dtype):
                seen = slice(tile.first, tile.end)
                rows = _rows(query, tile, len(keys)).mul_(ctx.scale)
                wanted = _rows(grad, tile, len(keys))
                shares = _shares(rows, keys, tile)
                of_values[:, seen] += shares.transpose(1, 2) @ wanted
                of_scores = torch.ops.aten._softmax_backward_data(
                    wanted @ values[:, seen].transpose(1, 2), shares, -1, shares.dtype
                )
                of_rows = (of_scores @ keys[:, seen]).mul_(ctx.scale)
                of_query[:, tile.start : tile.end] = of_rows.view(heads, -1, size)
                of_keys[:, seen] += of_scores.transpose(1, 2) @ rows
        return of_query, of_keys.to(key.dtype), of_values.to(value.dtype), None, None


def _rows(of: torch.Tensor, tile: Tile, heads_kv: int) -> torch.Tensor:
    """A tile's rows of all heads that share keys, below each other: a copy."""
    rows = of[:, tile.start : tile.end].clone(memory_format=torch.contiguous_format)
    return rows.view(heads_kv, -1, of.shape[2])


def _shares(rows: torch.Tensor, keys: torch.Tensor, tile: Tile) -> torch.Tensor:
    """How much of each key each query takes."""
    scores = rows @ keys[:, tile.first : tile.end].transpose(1, 2)
    size = tile.end - tile.start
    square = scores.view(len(keys), -1, size, scores.shape[2])[..., tile.start - tile.first :]
    square += tile.mask
    return scores.softmax(-1)
