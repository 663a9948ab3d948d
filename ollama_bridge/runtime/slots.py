"""Which slot of the model server answers for which persona."""

from __future__ import annotations

from collections import Counter


class SlotTable:
    """A slot for each recently used adapter, so that its prompt stays evaluated."""

    def __init__(self, slots: int) -> None:
        self._adapters: list[str | None] = [None] * slots
        self._taken = [False] * slots
        self._last_use = [0] * slots
        self._busy: Counter[int] = Counter()
        self._clock = 0

    def take(self, adapter: str | None) -> int:
        """The adapter's own slot, or the idle one that was used longest ago."""
        slot = self._own(adapter)
        if slot is None:
            slot = min(
                range(len(self._adapters)),
                key=lambda each: (self._busy[each] > 0, self._last_use[each]),
            )
        self._clock += 1
        self._adapters[slot] = adapter
        self._taken[slot] = True
        self._last_use[slot] = self._clock
        self._busy[slot] += 1
        return slot

    def give_back(self, slot: int) -> None:
        """The reply in this slot has ended."""
        self._busy[slot] -= 1

    def _own(self, adapter: str | None) -> int | None:
        for slot, owner in enumerate(self._adapters):
            if self._taken[slot] and owner == adapter:
                return slot
        return None
