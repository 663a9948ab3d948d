"""Attention in tiles sees what torch's own sees, each conversation alone."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from trainer import tiled_attention
from trainer.tiled_attention import attend, tiles_of

SEGMENTS = [(5,), (3, 2, 4, 1), (40, 40, 3), (7, 90, 2, 2), (16, 16), (1, 1, 1)]


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles so small that these rows take several."""
    monkeypatch.setattr(tiled_attention, "TILE_ROWS", 16)
    tiles_of.cache_clear()


def inputs(tokens: int, dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
    """q, k, v as a block with four heads and two of keys hands them over."""
    torch.manual_seed(0)
    made = [torch.randn(1, tokens, heads, 8, dtype=dtype) for heads in (4, 2, 2)]
    return [each.requires_grad_() for each in made]


def one_by_one(given: list[torch.Tensor], segments: tuple[int, ...], scale: float) -> torch.Tensor:
    """torch's own attention, a conversation at a time."""
    parts = zip(*(torch.split(each.transpose(1, 2), segments, 2) for each in given), strict=True)
    return torch.cat(
        [
            scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale, enable_gqa=True)
            for q, k, v in parts
        ],
        dim=2,
    )


@pytest.mark.parametrize("segments", SEGMENTS)
def test_each_conversation_is_read_alone_and_exactly(segments: tuple[int, ...]) -> None:
    """A reply would be learned from what another conversation says, or from its own future."""
    given = inputs(sum(segments))
    exact = one_by_one(given, segments, 0.3)
    found = attend(*(each.transpose(1, 2) for each in given), 0.3, segments)
    torch.testing.assert_close(found, exact, rtol=1e-5, atol=1e-6)
    back = torch.randn_like(exact)
    wanted = torch.autograd.grad(exact, given, back)
    for grad, goal in zip(torch.autograd.grad(found, given, back), wanted, strict=True):
        torch.testing.assert_close(grad, goal, rtol=1e-4, atol=1e-5)


def test_in_16_bits_its_gradients_are_as_exact_as_torchs() -> None:
    """The adapter would learn noise that torch's own attention does not have."""
    segments = (300, 20, 20)
    given = inputs(sum(segments), torch.bfloat16)
    same = [each.detach().float().requires_grad_() for each in given]
    back = torch.randn(1, 4, sum(segments), 8)
    exact = torch.autograd.grad(one_by_one(same, segments, 0.35), same, back)
    theirs = torch.autograd.grad(one_by_one(given, segments, 0.35), given, back.to(torch.bfloat16))
    ours = torch.autograd.grad(
        attend(*(each.transpose(1, 2) for each in given), 0.35, segments),
        given,
        back.to(torch.bfloat16),
    )
    for found, other, goal in zip(ours, theirs, exact, strict=True):
        assert (found.float() - goal).norm() < 1.5 * (other.float() - goal).norm()


@pytest.mark.parametrize("segments", SEGMENTS)
def test_tiles_cover_a_row_once_and_stay_small(segments: tuple[int, ...]) -> None:
    """Some words would not be read at all, or memory would grow with the square of a pack."""
    tiles = tiles_of(segments, torch.float32)
    assert tiles[0].start == 0
    assert tiles[-1].end == sum(segments)
    assert all(before.end == after.start for before, after in pairwise(tiles))
    assert all(0 < tile.end - tile.start <= 16 for tile in tiles)
    assert all(tile.mask.shape == (tile.end - tile.start,) * 2 for tile in tiles)
