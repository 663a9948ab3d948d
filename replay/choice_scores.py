"""What the answers to multiple-choice questions come to, by type of question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from replay.intervals import Share, paired_p, share

ALL, UNTYPED = "All", "Untyped"
BASE, CANDIDATE = "base", "candidate"

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Score:
    """One type of question: who got how many right, and whether the candidate differs.

    `gained` counts questions that the candidate got right and the base wrong, `lost` the
    opposite; `p` is how often chance alone would part them so far.
    """

    kind: str
    questions: int
    chance: float | None
    shares: Mapping[str, Share]
    gained: int
    lost: int
    p: float

    def row(self) -> dict[str, Any]:
        """The score as JSON."""
        made = asdict(self)
        for name, each in self.shares.items():
            made["shares"][name]["value"] = each.value
        return made


def pooled(parts: Sequence[Mapping[str, Rows]]) -> dict[str, list[Mapping[str, Any]]]:
    """The rows of several folds by subject; each question once, by every subject."""
    subjects = set.intersection(*(set(part) for part in parts)) if parts else set()
    if not {BASE, CANDIDATE} <= subjects:
        raise ValueError("every fold needs the answers of base and candidate")
    made = {name: [row for part in parts for row in part[name]] for name in sorted(subjects)}
    asked = Counter(str(row["id"]) for row in made[BASE])
    twice = [name for name, count in asked.items() if count > 1]
    if twice:
        raise ValueError(f"judged twice: {', '.join(twice)}")
    for name, rows in made.items():
        if [row["id"] for row in rows] != [row["id"] for row in made[BASE]]:
            raise ValueError(f"{name} was not asked what the base was asked")
    return made


def scores(subjects: Mapping[str, Rows], types: Sequence[str]) -> tuple[Score, ...]:
    """A score of all questions, of each type, and of those without a type where there are any.

    A question of several types counts in each of them.
    """
    kinds = [ALL, *types]
    if any(not row["types"] for row in subjects[BASE]):
        kinds.append(UNTYPED)
    return tuple(_score(kind, subjects) for kind in kinds)


def letters_chosen(subjects: Mapping[str, Rows]) -> dict[str, dict[str, int]]:
    """How often each letter was chosen, and was right: one letter for all shows here."""
    asked = subjects[BASE]
    letters = sorted({letter for row in asked for letter in row["log_likelihoods"]})
    counts = {"right": Counter(row["answer"] for row in asked)}
    for name, rows in subjects.items():
        counts[name] = Counter(row["chosen"] for row in rows)
    return {name: {letter: each[letter] for letter in letters} for name, each in counts.items()}


def _score(kind: str, subjects: Mapping[str, Rows]) -> Score:
    places = [at for at, row in enumerate(subjects[BASE]) if _is_of(row, kind)]
    right = {
        name: [rows[at]["chosen"] == rows[at]["answer"] for at in places]
        for name, rows in subjects.items()
    }
    chances = [1 / len(subjects[BASE][at]["log_likelihoods"]) for at in places]
    both = list(zip(right[BASE], right[CANDIDATE], strict=True))
    gained, lost = both.count((False, True)), both.count((True, False))
    return Score(
        kind,
        len(places),
        sum(chances) / len(chances) if chances else None,
        {name: share(sum(hits), len(hits)) for name, hits in right.items()},
        gained,
        lost,
        paired_p(gained, lost),
    )


def _is_of(row: Mapping[str, Any], kind: str) -> bool:
    return kind == ALL or kind in row["types"] or (kind == UNTYPED and not row["types"])
