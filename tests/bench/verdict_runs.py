"""A month of the demo's persona, good or spoilt, in a home of its own, up to the gate's verdict."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import resources
from app import demo
from app.cycle import deploying
from app.cycle.asking import ANSWERS, Sitting
from app.cycle.context import CycleContext
from app.cycle.examining import read_examination
from app.cycle.gating import gate_input
from app.cycle.process import STEPS
from app.cycle.request import DEFAULT_RECIPE, find_recipe, read_request
from app.cycle.stages import STAGES, Stage, stages_after
from app.cycle.telling import CycleTelling, seconds_of
from app.demo import DemoRequest
from app.evaluation.answer_cache import AnswerCache
from app.evaluation.evidence import GateInput, Verdict
from app.evaluation.exam import side_by_side
from app.evaluation.gate import judge
from app.home import Home, open_home
from app.operations.importing import import_files
from app.operations.month import MINIMUM_USABLE
from app.operations.training import prepare_run
from app.starter import VARIABLE
from app.store import Base, Persona, Run, Store, open_store
from ollama_bridge.runtime.client import RuntimeClient
from tests.bench.demo_run import users_starter
from tests.spoiling import WAYS, Row, Rows, asked_of, halves, read_month, reply_of, spoilt
from trainer.contract.folder import RunFolder, read_rows, write_atomically
from trainer.contract.recipe import Recipe
from trainer.contract.run_spec import load_spec

MONTH = Path(resources.__file__).parent / "demo" / "month.jsonl"
SHARED = ("models", "cache")
WEIGHTS = "adapter_model.safetensors"
BASE_TOKENS = 300
# The adapter does not move: a step that is no number would.
STANDING_STILL = 1e-9
QUICK_ROWS = 24
After = Mapping[Stage, Callable[[CycleContext], None]]


@dataclass(frozen=True)
class Judged:
    """A verdict, what it rests on, and how long each stage took."""

    found: GateInput
    verdict: Verdict
    seconds: Mapping[str, float]


def judged(shared: Path, way: str, seed: int, *, quick: bool = False) -> Judged:
    """Take a month of this way to its verdict; one that was broken off goes on."""
    os.environ.setdefault(VARIABLE, str(users_starter()))
    place = _home_of_its_own(shared, f"{way}_{seed}{'_quick' if quick else ''}")
    with open_store(place) as store:
        month = _Month(place, store, way, seed, quick)
        return month.second() if WAYS[way].as_parent else month.only()


class _Month:
    """One persona's month on the starter model."""

    def __init__(self, place: Home, store: Store, way: str, seed: int, quick: bool) -> None:
        self.place, self.store = place, store
        self.way, self.spoil, self.seed, self.quick = way, WAYS[way], seed, quick
        known = next(iter(store.personas.all()), None)
        self.persona = known or demo._persona(place, store, DemoRequest(), print)

    def only(self) -> Judged:
        """The month as this way leaves it."""
        rows = read_month(MONTH)
        base = (
            _base_replies(self.place, self.store, self.persona, rows)
            if self.spoil.by_base
            else None
        )
        self._take_in("month", spoilt(self.way, rows, self.seed, base))
        return self._to_verdict(self._run(), {"mixed": _shorten} if self.quick else {})

    def second(self) -> Judged:
        """A first month that goes live without a word, and a second that learns nothing."""
        before, after = halves(read_month(MONTH), self.seed, MINIMUM_USABLE)
        if self.store.personas.get(self.persona.id).active_adapter_id is None:
            self._take_in("before", before)
            self._put_live(self._run())
        self._take_in("after", after)
        return self._to_verdict(self._run(), {"mixed": _stand_still, "trained": _copy_parent})

    def _take_in(self, name: str, rows: Rows) -> None:
        """Import it; what came in before is not taken twice."""
        path = self.place.root / f"{name}.jsonl"
        _write_rows(path, rows)
        import_files(self.store, self.persona.id, [path], reviewed=True, source="demo")

    def _run(self) -> Run:
        recipe = self.place.root / "recipe.yaml"  # JSON is YAML too
        recipe.write_text(self._recipe().model_dump_json(indent=1), "utf-8")
        return prepare_run(
            self.place, self.store, self.persona.id,
            recipe=recipe, seed=self.seed, replay=self.spoil.replay,
        )  # fmt: skip

    def _recipe(self) -> Recipe:
        plain = self.spoil.recipe(find_recipe(DEFAULT_RECIPE))
        return plain.model_copy(update={"epochs": 1}) if self.quick else plain

    def _put_live(self, run: Run) -> None:
        with _context(self.place, self.store, run) as context:
            _drive(context, "converted", {"mixed": _shorten} if self.quick else {})
            adapter = deploying.candidate_of(context)
            self.store.deployments.put_live(
                self.persona.id, run.id, adapter.id, deploying.SERVER, "", deploying.STRATEGY, {}
            )
            deploying.finish(context)
            self.store.runs.set_state(run.id, "done")

    def _to_verdict(self, run: Run, after: After) -> Judged:
        with _context(self.place, self.store, run) as context:
            _drive(context, "examined", after)
            found = gate_input(context, read_examination(context.folder.root))
            context.telling.begun("gated")
            STEPS["gated"](context)  # for its report
            context.telling.completed("gated")
            return Judged(found, judge(found), seconds_of(context.folder.root))


def _drive(context: CycleContext, last: Stage, after: After) -> None:
    """The stages up to this one, each with what is done to its outcome."""
    for stage in stages_after(context.run.stage):
        if STAGES.index(stage) > STAGES.index(last):
            return
        context.telling.begun(stage)
        ending = STEPS[stage](context)
        if ending is not None:
            raise RuntimeError(f"{context.run.id} ended at {stage}: {ending.reason}")
        if stage in after:
            after[stage](context)
        context.store.runs.complete_stage(context.run.id, stage)
        context.telling.completed(stage)


@contextmanager
def _context(place: Home, store: Store, run: Run) -> Iterator[CycleContext]:
    folder = RunFolder(place.runs / run.id)
    store.runs.set_state(run.id, "running")
    found = store.runs.get(run.id)
    context = CycleContext(
        place, store, found, read_request(folder), CycleTelling(folder), yes=False
    )
    try:
        yield context
    finally:
        context.close()


def _base_replies(place: Home, store: Store, persona: Persona, rows: Rows) -> dict[str, str]:
    """What the base itself says to what was asked, by the row's id."""
    assert persona.base_id is not None
    base: Base = store.bases.get(persona.base_id)
    learned = [row for row in rows if reply_of(row)]
    with RuntimeClient.connect(place.root) as client:
        client.serve(base.path, [])
        cache = AnswerCache(place.root / "cache" / ANSWERS)
        examinee = Sitting(client, cache, base.digest, persona.system_prompt).examinee(None)

        def one(row: Row) -> str:
            return examinee.reply(examinee.messages(asked_of(row)), BASE_TOKENS).text

        said = side_by_side(learned, one, lambda row: BASE_TOKENS)
    return {row["id"]: text for row, text in zip(learned, said, strict=True)}


def _home_of_its_own(shared: Path, name: str) -> Home:
    """A home that has converted models and answers in common with the others."""
    root = shared.expanduser().absolute() / name
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    for each in SHARED:
        common = root.parent / each
        common.mkdir(exist_ok=True, mode=0o700)
        if not (root / each).exists():
            (root / each).symlink_to(common, target_is_directory=True)
    return open_home(root)


def _shorten(context: CycleContext) -> None:
    """So few examples that a training takes seconds: only to see that everything works."""
    path = context.folder.data / "train.jsonl"
    rows = list(read_rows(path))[:QUICK_ROWS]
    _write_rows(path, rows)


def _write_rows(path: Path, rows: Rows) -> None:
    write_atomically(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _stand_still(context: CycleContext) -> None:
    """Have the trainer begin at the parent and stay there: it is only to measure."""
    _shorten(context)
    spec = load_spec(context.folder.spec)
    recipe = spec.recipe.model_copy(update={"epochs": 1, "learning_rate": STANDING_STILL})
    spec.model_copy(update={"start": "parent", "recipe": recipe}).save(context.folder.spec)


def _copy_parent(context: CycleContext) -> None:
    """Not even the last digit differs."""
    shutil.copyfile(context.folder.parent / WEIGHTS, context.folder.adapter / WEIGHTS)
