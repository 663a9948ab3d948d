"""Run folders of multiple-choice questions, one a fold, and what their answers come to."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from replay.choice_forms import ByLetter, Form
from replay.choice_scores import letters_chosen, pooled, scores
from replay.choices import ChoiceSides, leaks_of, write_sides
from replay.choices_reading import TYPES
from tests.bench.trained_run import train_run
from trainer.contract.folder import RunFolder, file_digest, read_rows
from trainer.contract.recipe import Recipe
from trainer.contract.run_spec import BaseRef, RunSpec, load_spec

SYSTEM_PROMPT = "You choose the recipe that fits what somebody asks for."
# A day for all folds: the same questions make the same bytes whenever they are written.
CREATED = "2026-11-01T00:00:00Z"
ONE_LETTER = ByLetter()


@dataclass(frozen=True)
class Plan:
    """What every fold is trained with."""

    base: BaseRef
    recipe: Recipe
    system_prompt: str = SYSTEM_PROMPT
    form: Form = field(default_factory=ByLetter)


def gguf_base(path: Path) -> BaseRef:
    """A GGUF file as the base of a run."""
    return BaseRef(name=path.stem, kind="gguf", digest=file_digest(path), path=str(path.resolve()))


def make_run(root: Path, sides: ChoiceSides, plan: Plan) -> RunFolder:
    """Write the run of a fold, or find it as it was written before, trained or not."""
    folder = RunFolder(root)
    spec = RunSpec(
        run_id=root.name,
        persona="Choices",
        system_prompt=plan.system_prompt,
        base=plan.base,
        recipe=plan.recipe,
        seed=plan.recipe.seed,
        created=CREATED,
    )
    if folder.spec.exists():
        if load_spec(folder.spec) != spec or not _is_data_of(folder.data, sides, plan):
            raise SystemExit(f"{root} holds a run of another plan: give another --out")
        return folder
    write_sides(sides, folder.data, plan.system_prompt, plan.form)
    spec.save(folder.spec)
    return folder


def _is_data_of(data: Path, sides: ChoiceSides, plan: Plan) -> bool:
    with tempfile.TemporaryDirectory() as other:
        write_sides(sides, Path(other), plan.system_prompt, plan.form)
        return all(
            (data / file.name).read_bytes() == file.read_bytes() for file in Path(other).iterdir()
        )


def train(folder: RunFolder, cache: Path) -> None:
    """Train it as the app would, unless that is done; a run that was broken off goes on."""
    leaks = leaks_of(folder.data)
    if leaks:
        raise SystemExit(f"{folder.root}: " + "; ".join(leaks))
    train_run(folder, cache)


def results(folders: Sequence[RunFolder], folds: int, form: Form = ONE_LETTER) -> dict[str, Any]:
    """Everything that the answers of these folds show."""
    subjects = pooled([_subjects(folder, form) for folder in folders])
    return {
        "folds": folds,
        "folds_run": [folder.root.name for folder in folders],
        "questions": len(subjects["base"]),
        "leaks": [leak for folder in folders for leak in leaks_of(folder.data)],
        "scores": [each.row() for each in scores(subjects, TYPES)],
        "letters": letters_chosen(subjects),
        "runs": [_run(folder, form) for folder in folders],
    }


def table(found: dict[str, Any]) -> str:
    """The scores for people: shares with their bounds, 95 times in 100."""
    lines = [
        f"{'questions':<14}{'n':>4}  {'chance':>6}  {'base':<20}  {'candidate':<20}  +/-      p"
    ]
    for row in found["scores"]:
        chance = "none" if row["chance"] is None else f"{row['chance']:.1%}"
        lines.append(
            f"{row['kind']:<14}{row['questions']:>4}  {chance:>6}"
            f"  {_bounds(row['shares']['base'])}  {_bounds(row['shares']['candidate'])}"
            f"  +{row['gained']}/-{row['lost']}  {row['p']:.3f}"
        )
    return "\n".join(lines)


def _bounds(share: dict[str, Any]) -> str:
    if not share["of"]:
        return f"{'none':<20}"
    return f"{share['value']:>6.1%} ({share['low']:.0%} to {share['high']:.0%})".ljust(20)


def _subjects(folder: RunFolder, form: Form) -> dict[str, list[dict[str, Any]]]:
    asked = json.loads(folder.choices.read_text("utf-8"))["subjects"]
    return {name: form.joined(rows) for name, rows in asked.items()}


def _run(folder: RunFolder, form: Form) -> dict[str, Any]:
    """What there is to know of one fold beside its answers."""
    events = list(read_rows(folder.events))
    manifest = json.loads((folder.data / "manifest.json").read_text("utf-8"))
    learned = next(event for event in events if event["kind"] == "preflight")
    steps = [event for event in events if event["kind"] == "step"]
    report = next(event for event in events if event["kind"] == "report")
    return {
        "name": folder.root.name,
        "counts": manifest["counts"],
        "options_seen": manifest["options_seen"],
        "examples_learned": learned["examples"],
        "precision": learned["precision"],
        "differences": learned["differences"],
        "steps": steps[-1]["step"] if steps else 0,
        "steps_planned": learned["steps"],
        "train_losses": [round(step["loss"], 3) for step in steps],
        "losses": {name: report.get(name) for name in ("base_loss", "candidate_loss")},
        "scores": [each.row() for each in scores(_subjects(folder, form), ())][:1],
    }
