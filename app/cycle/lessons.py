"""The data of a recipe's stages: lessons that come with the app, and the month among them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import resources
from replay.lessons import Lessons, domain_lessons, read_lessons, style_lessons, with_earlier
from trainer.contract.folder import read_rows, stage_folder
from trainer.contract.recipe import Recipe, Stage

_LESSONS = Path(resources.__file__).parent / "lessons"


def learns_the_month(recipe: Recipe) -> bool:
    """Whether what the persona's user approved is learned at all."""
    return not recipe.stages or any(stage.data == "month" for stage in recipe.stages)


def write_stages(recipe: Recipe, prompt: str, seed: int, data: Path) -> dict[str, Any]:
    """Write what each stage learns beside the month; what the manifest says of it.

    Without the month the lessons take its place: they are learned, and judged.
    """
    counts: dict[str, Any] = {}
    earlier: Sequence[dict[str, Any]] = ()
    judged: list[dict[str, Any]] = []
    for stage in recipe.stages:
        own = _lessons_of(stage, prompt, data)
        lessons = with_earlier(own, earlier, stage.earlier_share, seed)
        folder = stage_folder(data, stage.name)
        folder.mkdir(parents=True)
        _write(folder / "train.jsonl", lessons.train)
        _write(folder / "valid.jsonl", lessons.valid)
        counts[stage.name] = {
            "data": stage.data,
            "train": len(lessons.train),
            "of_the_stage_before": len(lessons.train) - len(own.train),
            "valid": len(lessons.valid),
            "test": len(own.test),
        }
        earlier = own.train
        judged += own.test
    if not learns_the_month(recipe):
        _write(data / "train.jsonl", lessons.train)
        _write(data / "valid.jsonl", lessons.valid)
        _write(data / "test.jsonl", judged)
        _write(data / "preferences.jsonl", ())
    return counts


def digests(data: Path) -> dict[str, str]:
    """SHA-256 of every data file, by its place."""
    files = sorted(data.rglob("*.jsonl"))
    return {
        path.relative_to(data).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files
    }


def _lessons_of(stage: Stage, prompt: str, data: Path) -> Lessons:
    if stage.data == "month":
        train, valid = (tuple(read_rows(data / f"{side}.jsonl")) for side in ("train", "valid"))
        return Lessons(train, valid, ())
    items = read_lessons(_LESSONS / f"{stage.data}.jsonl")
    return style_lessons(items, prompt) if stage.data == "styles" else domain_lessons(items, prompt)


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), "utf-8")
