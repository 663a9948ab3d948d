"""One preference training of a persona's own adapter, in a process of its own, judged apart.

The judge is a set of pairs that the training never saw, neither to learn nor to look at.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import resources
from trainer.contract.folder import RunFolder, read_rows
from trainer.contract.preference_recipe import PreferenceRecipe
from trainer.contract.recipe import Recipe, load_recipe
from trainer.contract.run_spec import load_spec

LESSONS = Path(resources.__file__).parent / "lessons" / "styles.jsonl"
RECIPE = LESSONS.parents[1] / "recipes" / "starter.yaml"
JUDGING = 100


@dataclass(frozen=True)
class PreferenceCase:
    """Which run's adapter learns, in which way, from how many pairs."""

    run: str
    base: str
    cache: str
    out: str
    method: Literal["dpo", "kto"]
    seed: int
    pairs: int
    values: dict[str, Any] = field(default_factory=dict)


def lessons() -> list[dict[str, str]]:
    """Questions with a terse and a verbose answer; the first ones judge, in every run.

    Of a verbose answer the first paragraph is taken: it is four times as long as the terse one,
    and half an hour of a small machine is spared.
    """
    items = [json.loads(line) for line in LESSONS.read_text("utf-8").splitlines()]
    for item in items:
        item["verbose"] = item["verbose"].partition("\n\n")[0]
    return sorted(items, key=lambda item: sha256(f"preferences:{item['id']}".encode()).hexdigest())


def pair_rows(items: Sequence[dict[str, str]], system_prompt: str) -> Iterator[dict[str, Any]]:
    """The terse answer is liked better than the verbose one."""
    for item in items:
        yield {
            "id": item["id"],
            "reason": "choice",
            "prompt": _prompt(item, system_prompt),
            "chosen": item["terse"],
            "rejected": item["verbose"],
        }


def thumb_rows(items: Sequence[dict[str, str]], system_prompt: str) -> Iterator[dict[str, Any]]:
    """The same without saying which answers belong together."""
    for item in items:
        for style, label in (("terse", True), ("verbose", False)):
            yield {
                "id": f"{item['id']}-{style}",
                "reason": "thumb",
                "prompt": _prompt(item, system_prompt),
                "completion": [{"role": "assistant", "content": item[style]}],
                "label": label,
            }


def _prompt(item: dict[str, str], system_prompt: str) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": system_prompt},
        {"role": "user", "content": item["question"]},
    ]


def _write(path: Path, rows: Iterator[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def measured(case: PreferenceCase) -> dict[str, Any]:
    """Train, and judge what it was before and what it is after."""
    import torch

    from trainer import base, device
    from trainer.preference import PreferenceTraining
    from trainer.preference_data import read_preferences
    from trainer.preference_measure import Measure, examples_of, gain
    from trainer.telling import Telling

    run, out = RunFolder(Path(case.run)), RunFolder(Path(case.out))
    spec = load_spec(run.spec)
    torch.manual_seed(case.seed)
    place = base.hf_folder(spec.base, Path(case.base), Path(case.cache))
    tokenizer = base.load_tokenizer(place)
    choice = device.choose_precision(device.find_device(), spec.recipe.precision)
    model = base.load_model(place, "cpu", choice.precision)
    model = base.wear_adapter(model, spec.recipe, run.adapter)
    sealed = _write_rows(case, out, spec.system_prompt)
    pairs = read_preferences(tokenizer, sealed, spec.recipe.max_length).pairs
    telling = Telling(out)
    job = _job(case, (model, tokenizer), (run, out), spec.recipe, telling)
    measure = Measure(model, "cpu", spec.recipe.packed_tokens, job.autocast, lambda: None)
    unseen = _examples(tokenizer, run, "test", spec.recipe.max_length)
    before, unseen_before = measure.likelihoods(examples_of(pairs)), measure.persona_loss(unseen)
    began = time.monotonic()
    result = PreferenceTraining(job).run().result
    took_s = time.monotonic() - began
    after, unseen_after = measure.likelihoods(examples_of(pairs)), measure.persona_loss(unseen)
    telling.close()
    first, now = gain(pairs, before, before), gain(pairs, before, after)
    if result is None or first is None or now is None:
        raise SystemExit(f"{case.method} was broken off")
    steps = [event for event in read_rows(out.events) if event["kind"] == "step"]
    return {
        "method": case.method,
        "seed": case.seed,
        "precision": choice.precision,
        "preference": _preference(case).model_dump(),
        "steps": len(steps),
        "seconds": round(took_s),
        "judging_pairs": len(pairs),
        "before": asdict(first),
        "after": asdict(now),
        "persona_test_loss": {"before": unseen_before, "after": unseen_after},
        "result": result.row(),
        "looks": [event for event in read_rows(out.events) if event["kind"] == "eval"],
    }


def _write_rows(case: PreferenceCase, out: RunFolder, system_prompt: str) -> Path:
    """What the training reads, and apart from it what judges."""
    judging, learning = lessons()[:JUDGING], lessons()[JUDGING : JUDGING + case.pairs]
    rows = pair_rows if case.method == "dpo" else thumb_rows
    _write(out.data / "preferences.jsonl", rows(learning, system_prompt))
    return _write(out.root / "judging.jsonl", pair_rows(judging, system_prompt))


def _job(
    case: PreferenceCase,
    worn: tuple[Any, Any],
    folders: tuple[RunFolder, RunFolder],
    recipe: Recipe,
    telling: Any,
) -> Any:
    """The job as the worker makes it."""
    from trainer.control import ControlFile
    from trainer.preference import PreferenceJob

    (model, tokenizer), (run, out) = worn, folders
    return PreferenceJob(
        model=model,
        tokenizer=tokenizer,
        recipe=recipe,
        preference=_preference(case),
        seed=case.seed,
        device="cpu",
        data=out.data / "preferences.jsonl",
        valid=_examples(tokenizer, run, "valid", recipe.max_length),
        start=run.adapter,
        place=out.checkpoints / "preference",
        telling=telling,
        control=ControlFile(out, telling),
        autocast=lambda: _autocast(model),
    )


def _preference(case: PreferenceCase) -> Any:
    """The values of the shipped recipe, with what the case tries."""
    shipped = load_recipe(RECIPE).preference.model_dump()
    return PreferenceRecipe.model_validate({**shipped, **case.values, "method": case.method})


def _examples(tokenizer: Any, run: RunFolder, side: str, max_length: int) -> Any:
    from trainer.reading import read_tests

    return read_tests(tokenizer, run.data / f"{side}.jsonl", max_length, run.root)


def _autocast(model: Any) -> AbstractContextManager[Any]:
    import torch
    from peft.helpers import disable_input_dtype_casting

    stack = ExitStack()
    stack.enter_context(disable_input_dtype_casting(model))
    stack.enter_context(torch.autocast("cpu", torch.bfloat16))
    return stack


if __name__ == "__main__":
    print(json.dumps(measured(PreferenceCase(**json.loads(sys.argv[1])))))
