"""Which examples are nearly the same, by the signatures of their replies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from replay.measures.near import bands, similarity

NEARLY_THE_SAME = 0.7


def near_pairs(signatures: Sequence[Sequence[bytes]]) -> Iterator[tuple[int, int]]:
    """Places in the list that hold something nearly the same; each with the first such place."""
    holders: list[int] = []
    signed: list[bytes] = []
    first: dict[int, int] = {}
    for index, each in enumerate(signatures):
        for signature in each:
            number = len(signed)
            holders.append(index)
            signed.append(signature)
            met = [first.setdefault(band, number) for band in bands(signature)]
            if min(met) == number:
                continue  # no other text has any of its bands
            for like in {*met} - {number}:
                other = holders[like]
                if other != index and similarity(signature, signed[like]) >= NEARLY_THE_SAME:
                    yield other, index
