"""The rules on replies: languages, abilities, safety and candour kept, as varied as before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.evaluation.cases import FLATTERY, USABLE
from app.evaluation.evidence import GateInput, Reason
from app.evaluation.exam import CaseResult
from app.evaluation.reason_words import reason
from app.evaluation.statistics import chance_of_losing, chance_of_so_few, change_of, surely
from app.evaluation.thresholds import Thresholds

LANGUAGE = "language."
SAFETY = "safety"
# Suites that decide; those that people add, and what only describes, are shown.
DECIDING = ("coding", "answers", "general", "canaries", SAFETY, FLATTERY, USABLE, "persona")


@dataclass(frozen=True)
class _Family:
    """The cases of one group that were judged for base and candidate alike."""

    before: Mapping[str, CaseResult]
    now: Mapping[str, CaseResult]
    skipped: int

    @property
    def lost(self) -> int:
        return sum(self.before[each].passed and not self.now[each].passed for each in self.now)

    @property
    def won(self) -> int:
        return sum(self.now[each].passed and not self.before[each].passed for each in self.now)

    @property
    def had(self) -> int:
        return sum(case.passed for case in self.before.values())

    @property
    def right(self) -> int:
        return sum(case.passed for case in self.now.values())

    def forgiven(self, group: str, rules: Thresholds) -> int:
        """How many losses are no fault of an ability."""
        if group in (SAFETY, USABLE) or group.startswith(LANGUAGE):
            return 0
        return min(self.lost, int(rules.most_lost * len(self.now)))

    def values(self, group: str) -> dict[str, Any]:
        troubles = Counter(case.trouble for case in self.now.values() if case.trouble)
        return {
            "of": group, "had": self.had, "count": len(self.now), "right": self.right,
            "lost": self.lost, "gained": self.won, "troubles": dict(sorted(troubles.items())),
            "skipped": self.skipped,
        }  # fmt: skip


def decides(group: str) -> bool:
    """Whether a group of cases may refuse a candidate."""
    return group in DECIDING or group.startswith(LANGUAGE)


def checks(found: GateInput, rules: Thresholds) -> Iterator[Reason]:
    """No group of cases has surely lost, however many groups there are.

    An ability may lose a few of its questions: what was learned moves each of them a little. Of
    language, safety and what makes a reply one nothing is given away.
    """
    families = _families(found)
    judged = {
        group: chance_of_losing(family.lost - family.forgiven(group, rules), family.won)
        for group, family in families.items()
        if decides(group)
    }
    worse = surely(judged, rules.chance)
    for group, family in families.items():
        values = family.values(group)
        kind, held = f"checks_{group}", group not in worse
        if group.startswith(LANGUAGE):
            held = held and not _lost_language(family, rules)
            values["asked"] = rules.least_in_language
            kind = f"language_{group.removeprefix(LANGUAGE)}"
        elif group in (FLATTERY, USABLE):
            kind = group
        yield reason(kind, held, values, decides=decides(group))


def variety(found: GateInput, rules: Thresholds) -> Iterator[Reason]:
    """Asked the same several times, it does not say the same again much sooner than before."""
    now = found.variety.get("candidate", {})
    for than in ("base", "parent"):
        before = found.variety.get(than, {})
        prompts = [prompt for prompt in now if prompt in before]
        if not prompts:
            continue
        change = change_of(
            [(before[prompt], 1.0) for prompt in prompts],
            [(now[prompt], 1.0) for prompt in prompts],
        )
        values = {
            "than": than, "change": change.value, "low": change.low, "high": change.high,
            "most": -rules.most_narrowed, "count": len(prompts),
            "before": sum(before[prompt] for prompt in prompts) / len(prompts),
            "now": sum(now[prompt] for prompt in prompts) / len(prompts),
        }  # fmt: skip
        held = change.low >= -rules.most_narrowed
        unsure = not held and change.value >= -rules.most_narrowed
        yield reason("variety", held, values, unsure=unsure)


def _lost_language(family: _Family, rules: Thresholds) -> bool:
    """Whether the base keeps to the language as often as is asked for, and this surely not."""
    count = len(family.now)
    if not count or family.had < rules.least_in_language * count:
        return False
    chance = chance_of_so_few(family.right, count, rules.least_in_language)
    return chance < rules.chance


def _families(found: GateInput) -> dict[str, _Family]:
    before = {case.id: case for case in found.cases["base"]}
    families: dict[str, _Family] = {}
    candidate = found.cases["candidate"]
    for group in dict.fromkeys(case.group for case in candidate):
        cases = [case for case in candidate if case.group == group and case.id in before]
        judged = [each for each in cases if not each.skipped and not before[each.id].skipped]
        families[group] = _Family(
            {case.id: before[case.id] for case in judged},
            {case.id: case for case in judged},
            len(cases) - len(judged),
        )
    return families
