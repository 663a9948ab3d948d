"""Packs weights into NF4 with double quantisation piece by piece, on the device itself."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import torch

BLOCK = 64
_STATISTICS_BLOCK = 256


def nf4_layer(layer: torch.nn.Linear, pieces: Iterable[torch.Tensor], device: str) -> Any:
    """An NF4 layer in the place of `layer`, whose own weight is never made.

    All but the last piece must hold a multiple of BLOCK elements. The bias stays that of `layer`.
    """
    import bitsandbytes as bnb

    packed = bnb.nn.Linear4bit(
        layer.in_features,
        layer.out_features,
        bias=False,
        compute_dtype=torch.bfloat16,
        compress_statistics=True,
        quant_type="nf4",
        device="meta",
    )
    data, state = packed_nf4(pieces, (layer.out_features, layer.in_features), device)
    packed.weight = bnb.nn.Params4bit(
        data,
        requires_grad=False,
        quant_state=state,
        blocksize=BLOCK,
        compress_statistics=True,
        quant_type="nf4",
        bnb_quantized=True,
        module=packed,
    )
    packed.quant_state = state
    packed.bias = layer.bias
    # A look at the validation loss would repack the weights for inference on a processor
    # with AVX512-BF16, and every later gradient would silently miss the base's share.
    packed.support_avx512bf16_for_cpu = False
    return packed


def packed_nf4(
    pieces: Iterable[torch.Tensor], shape: tuple[int, int], device: str
) -> tuple[torch.Tensor, Any]:
    """The bytes and the state that `bitsandbytes.functional.quantize_4bit` makes of the whole.

    It works on several copies of the whole in 32 bits; its blocks do not know each other, so
    pieces give the same with a small part of that.
    """
    from bitsandbytes.functional import QuantState, get_4bit_type, quantize_blockwise

    elements = prod(shape)
    data = torch.empty(((elements + 1) // 2, 1), dtype=torch.uint8, device=device)
    largest = torch.empty(-(-elements // BLOCK), dtype=torch.float32, device=device)
    done = 0
    for piece in pieces:
        values = piece.to(torch.bfloat16).to(device).reshape(-1)
        part, absmax = torch.ops.bitsandbytes.quantize_4bit.default(
            values, BLOCK, "nf4", torch.uint8
        )
        data[done // 2 : done // 2 + len(part)] = part
        largest[done // BLOCK : done // BLOCK + len(absmax)] = absmax
        done += len(values)
    if done != elements:
        raise ValueError(f"{done} of {elements} elements came")
    offset = largest.mean()
    statistics, second = quantize_blockwise(largest - offset, blocksize=_STATISTICS_BLOCK)
    state = QuantState(
        absmax=statistics,
        shape=torch.Size(shape),
        code=get_4bit_type("nf4", device=data.device),
        blocksize=BLOCK,
        quant_type="nf4",
        dtype=torch.bfloat16,
        offset=offset,
        state2=second,
    )
    return data, state
