"""What the same files hold twice, told without a store: in a preview nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.store.placing import Placement


@dataclass
class SeenTwice:
    """How long each conversation was when it came before, and which of them may still go on.

    Several exports of one program hold the same conversations, each time a little longer.
    """

    lengths: dict[int, int] = field(default_factory=dict)
    ends: set[int] = field(default_factory=set)

    def placed(self, placement: Placement) -> Placement:
        """Where a conversation belongs once those before it are here."""
        arriving = placement.arriving
        length, mark = len(arriving.messages), hash(arriving.external_id)
        if placement.state == "forgotten":
            return placement
        before = self.lengths.get(mark, 0)
        if not before:
            for name in map(hash, reversed(arriving.earlier_ids)):
                if name in self.ends:
                    self.ends.remove(name)
                    before = self.lengths[name]
                    break
        if mark not in self.lengths:
            self.ends.add(mark)
        self.lengths[mark] = max(length, before)
        here = sum(map(bool, placement.ids))
        if before <= here or placement.state == "known":
            return placement
        if length <= before:
            return Placement(arriving, "known")
        known = (1,) * before
        return Placement(arriving, "grown", ids=known + (0,) * (length - before))
