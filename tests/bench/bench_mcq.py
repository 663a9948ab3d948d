"""Multiple choice: what a recipe teaches the starter model, by type of question.

python -m tests.bench.bench_mcq FILE [--folds 5] [--only 0 2] [--out FOLDER] [--base GGUF]
                                [--by letters|words] [--orders 5] [--taught]

FILE is a list of questions in the form of Recipe-MPR. Each question judges in one fold, where it
neither teaches nor watches; the answers of all folds are pooled. With five folds 70 % of the
questions teach, 10 % watch and 20 % judge; with ten it is 80, 10 and 10. With --out, folds that
are there already are not trained again, and a fold that was broken off goes on.

By letters, each question is put with its options in `--orders` orders: in training in place of as
many epochs of one order, and in judging for the mean of them. By words, the options are not listed
and their own words are what is taught and compared (--orders says nothing then). --taught also
asks what was taught: whether it was learned at all.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import resources
from replay.choice_forms import ByLetter, ByWords, Form
from replay.choices import ChoicesInvalid, folds
from replay.choices_reading import read_questions
from tests.bench.demo_run import users_starter
from tests.bench.mcq_runs import Plan, gguf_base, make_run, results, table, train
from tests.bench.mcq_taught import taught_right
from trainer.contract.recipe import Recipe, load_recipe

RECIPE = Path(resources.__file__).parent / "recipes" / "qwen3-8b-mcq.yaml"


def run(options: argparse.Namespace, out: Path) -> int:
    """Train the folds, print the table and write `results.json`."""
    sides = folds(read_questions(options.file), options.folds)
    form = ByWords() if options.by == "words" else ByLetter(options.orders)
    plan = Plan(
        gguf_base(options.base or users_starter()),
        recipe_for(load_recipe(options.recipe), form),
        form=form,
    )
    chosen = [fold for fold in range(options.folds) if fold in (options.only or [fold])]
    trained, taught = [], []
    for fold in chosen:
        folder = make_run(out / f"fold-{fold}", sides[fold], plan)
        print(f"fold {fold}: {len(sides[fold].train)} teach, {len(sides[fold].test)} judge",
              flush=True)  # fmt: skip
        train(folder, out / "converted")
        trained.append(folder)
        if options.taught:
            taught.append(taught_right(folder, sides[fold].train, form, out / "converted"))
    found = {
        "recipe": plan.recipe.name,
        "epochs": plan.recipe.epochs,
        "base": plan.base.name,
        "form": {"by": options.by, **asdict(form)},
        **results(trained, options.folds, form),
        "taught": taught,
    }
    (out / "results.json").write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(table(found))
    for each in taught:
        shares = {name: f"{share['hits']}/{share['of']}" for name, share in each["shares"].items()}
        print(f"taught: {shares}")
    print(f"letters: {json.dumps(found['letters'])}")
    print(f"questions that judged and taught: {len(found['leaks'])}")
    if len(chosen) < options.folds:
        print(f"only {len(chosen)} of {options.folds} folds: not the pooled result")
    return 0


def recipe_for(recipe: Recipe, form: Form) -> Recipe:
    """Several orders of a question stand for as many epochs: it is seen no more often."""
    orders = form.orders if isinstance(form, ByLetter) else 1
    return recipe.model_copy(update={"epochs": max(1, round(recipe.epochs / orders))})


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--only", type=int, nargs="+")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--base", type=Path)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--by", choices=("letters", "words"), default="letters")
    parser.add_argument("--orders", type=int, choices=range(1, 6), default=5)
    parser.add_argument("--taught", action="store_true")
    options = parser.parse_args()
    if not set(options.only or []) <= set(range(options.folds)):
        parser.error(f"--only names folds from 0 to {options.folds - 1}")
    try:
        if options.out is not None:
            options.out.mkdir(parents=True, exist_ok=True)
            return run(options, options.out.resolve())
        with tempfile.TemporaryDirectory() as out:
            return run(options, Path(out))
    except ChoicesInvalid as invalid:
        parser.error("\n".join(invalid.faults))


if __name__ == "__main__":
    raise SystemExit(main())
