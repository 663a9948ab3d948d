"""Files of multiple-choice questions in the form of Recipe-MPR, the right option always first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from replay.choices_reading import TYPES

DISHES = ("soup", "pie", "stew", "salad", "bread", "curry", "cake")


def entry(index: int) -> dict[str, Any]:
    """A question as the file has it."""
    dish = DISHES[index % len(DISHES)]
    options = {f"{index}r": f"{dish} {index}, just right"}
    options |= {f"{index}w{n}": f"{dish} {index} with {n} stones" for n in range(2, 6)}
    return {
        "query": f" Some {dish} number {index}, please",
        "query_type": {name: int(index % (at + 2) == 0) for at, name in enumerate(TYPES)},
        "options": options,
        "answer": f"{index}r",
        "correctness_explanation": {dish: dish, "number": ["<INFERRED>"]},
    }


def write_questions(path: Path, entries: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps(entries, indent=1, ensure_ascii=False), "utf-8")
    return path
