"""Two stages in one adapter: how long to answer, by tag, and then a domain, on the starter model.

python -m tests.bench.bench_verbosity [--out FOLDER] [--recipe NAME_OR_FILE] [--seed 42]
                                      [--side test|valid]

The run is drawn by the app's own stage and trained by `python -m trainer run`. Then the base, the
adapter after the first stage and the one that ships answer the held-out questions under both tags
and the held-out tasks of the domain. `--side valid` answers what watched the training instead: for
trying values on, so that what judges stays unseen. Half an hour and more on two cores; with --out
a run that is there is not trained again, and one that was broken off goes on.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from replay.lessons import TERSE, VERBOSE, Lessons
from tests.bench.batched_replies import Replier, Written
from tests.bench.trained_run import train_run
from tests.bench.verbosity_run import lessons, make_run
from tests.bench.verbosity_scores import WANTED_RATIO, formats, lengths, mean_losses
from trainer import base
from trainer.contract.folder import RunFolder, read_rows, write_atomically
from trainer.contract.run_spec import load_spec

RECIPE = "verbosity-then-domain"
MOST_TOKENS = 400
# A template with its words about it is longer than an answer to a question.
MOST_DOMAIN_TOKENS = 700


def adapters_of(folder: RunFolder) -> dict[str, Path]:
    """The adapter after each stage, and the one that ships."""
    stages = load_spec(folder.spec).recipe.stages[:-1]
    kept = {f"after {each.name}": folder.checkpoints / each.name / "best" for each in stages}
    return {**kept, "candidate": folder.adapter}


def measured(folder: RunFolder, place: Path, side: str, kept: Path) -> dict[str, Any]:
    """What each subject answers, in numbers and in words; the one that ships first."""
    held = lessons()
    adapters = adapters_of(folder)
    replier = None
    found: dict[str, Any] = {"styles": {}, "domain": {}}
    written: dict[str, Any] = {}
    rows = [*_rows(held.styles, side, TERSE), *_rows(held.styles, side, VERBOSE)]
    tasks = list(getattr(held.domain, side))
    topics = [str(row["id"]).rpartition("-")[0] for row in tasks]
    for subject in (*reversed(adapters), "base"):
        file = kept / f"replies-{side}-{subject.replace(' ', '-')}.json"
        if not file.is_file():
            replier = replier or Replier(place, adapters)
            _write_replies(file, replier, subject, (rows, tasks))
        made = [Written(**each) for each in json.loads(file.read_text("utf-8"))]
        half = len(rows) // 2
        found["styles"][subject] = lengths(made[:half], made[half : 2 * half])
        found["domain"][subject] = formats(topics, made[2 * half :])
        written[subject] = [
            {"id": row["id"], "asked": _asked(row)[-1]["content"], **asdict(reply)}
            for row, reply in zip([*rows, *tasks], made, strict=True)
        ]
        print(f"{subject}: {found['styles'][subject]} {found['domain'][subject]}", flush=True)
    return {**found, "replies": written}


def _write_replies(
    file: Path, replier: Replier, subject: str, asked: tuple[list[dict[str, Any]], ...]
) -> None:
    """Keep what a subject answered: it takes minutes, and may be broken off after one of them."""
    styles, tasks = ([_asked(row) for row in rows] for rows in asked)
    made = replier.replies(subject, styles, MOST_TOKENS)
    made += replier.replies(subject, tasks, MOST_DOMAIN_TOKENS)
    write_atomically(file, json.dumps([asdict(each) for each in made], ensure_ascii=False))


def _rows(of: Lessons, side: str, tag: str) -> list[dict[str, Any]]:
    """The rows under a tag, so ordered that the questions of both tags stand beside each other."""
    rows = [row for row in getattr(of, side) if _asked(row)[-1]["content"].startswith(tag)]
    return sorted(rows, key=lambda row: str(row["id"]).rpartition("-")[0])


def _asked(row: dict[str, Any]) -> list[dict[str, Any]]:
    return list(row["messages"][:-1])


def losses(folder: RunFolder) -> dict[str, Any]:
    """What `losses.json` says of the rows that judge, by what they are of."""
    held = lessons()
    subjects = json.loads(folder.losses.read_text("utf-8"))["subjects"]
    ids = {
        "styles": [str(row["id"]) for row in held.styles.test],
        "domain": [str(row["id"]) for row in held.domain.test],
    }
    return {name: mean_losses(subjects, of) for name, of in ids.items()}


def run(options: argparse.Namespace, out: Path) -> int:
    """Train, ask, and write `results-SIDE.json`; whether the bars are met."""
    folder = make_run(out / "home", options.recipe, options.seed)
    _require_apart(folder)
    cache = out / "converted"
    train_run(folder, cache)
    spec = load_spec(folder.spec)
    place = base.hf_folder(spec.base, None, cache)
    found = {
        "recipe": spec.recipe.model_dump(mode="json"),
        "base": spec.base.name,
        "side": options.side,
        "run": _told(folder),
        "losses": losses(folder),
        **measured(folder, place, options.side, out),
    }
    path = out / f"results-{options.side}.json"
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    ratio, domain = found["styles"]["candidate"]["ratio"], found["losses"]["domain"]
    print(json.dumps({key: found[key] for key in ("losses", "styles", "domain", "run")}, indent=1))
    met = ratio >= WANTED_RATIO and domain["candidate"] < domain["base"]
    print(f"verbose over terse: {ratio} (wanted {WANTED_RATIO}); {'met' if met else 'missed'}")
    return 0 if met else 1


def _require_apart(folder: RunFolder) -> None:
    """No question that is asked here may be among what the run learns."""
    held = lessons()
    asked = {_asked(row)[-1]["content"] for of in (held.styles, held.domain) for row in of.test}
    learned = {
        message["content"]
        for path in folder.data.rglob("*.jsonl")
        if path.name in ("train.jsonl", "valid.jsonl")
        for row in read_rows(path)
        for message in row["messages"]
    }
    if asked & learned:
        raise SystemExit(f"{len(asked & learned)} held-out questions are learned as well")


def _told(folder: RunFolder) -> dict[str, Any]:
    """How the training went, from its events."""
    events = list(read_rows(folder.events))
    steps = [event for event in events if event["kind"] == "step"]
    looks = [event for event in events if event["kind"] == "eval"]
    preflight = next(event for event in events if event["kind"] == "preflight")
    return {
        "precision": preflight["precision"],
        "differences": preflight["differences"],
        "steps": steps[-1]["step"],
        "looks": [{key: each[key] for key in ("step", "loss", "best")} for each in looks],
        "train_losses": [round(each["loss"], 3) for each in steps],
        "warnings": [event["warning"] for event in events if event["kind"] == "warning"],
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path)
    parser.add_argument("--recipe", default=RECIPE)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--side", choices=("test", "valid"), default="test")
    options = parser.parse_args()
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        return run(options, options.out.resolve())
    with tempfile.TemporaryDirectory() as out:
        return run(options, Path(out))


if __name__ == "__main__":
    raise SystemExit(main())
