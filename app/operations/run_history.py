"""The history of a persona's runs: every attempt, what it made, and what stands in its folder."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from app.archive.provenance import came_along
from app.cycle.stages import DISCARDED, NOT_PASSED
from app.evaluation.page_reading import Part, part, parts
from app.evaluation.stored_scores import score_rows
from app.home import Home
from app.operations.run_curves import CurveReader, Curves
from app.operations.run_facts import FileTrouble, RunFacts, RunFiles, facts_of
from app.store.store import Store
from app.store.values import Adapter, Persona, Run
from trainer.contract.folder import RunFolder

PAGE = 40
Chosen = Literal["all", "passed", "refused", "undecided", "unfinished"]
CHOICES: tuple[Chosen, ...] = ("all", "passed", "refused", "undecided", "unfinished")
Outcome = Literal[
    "running", "cut_off", "waiting", "failed", "stopped", "discarded",
    "live", "previous", "rolled_back", "kept_old", "refused", "undecided",
]  # fmt: skip
Purpose = Literal["repeat", "pack", "bring_back"]
_NAMES = ("name", "about")  # of a recipe: they change nothing


@dataclass(frozen=True)
class RunSummary:
    """A run as it stands in the list."""

    run: Run
    outcome: Outcome
    base: str
    parent: int | None  # the version that it started from
    version: int | None  # the version that it made
    facts: RunFacts
    elsewhere: bool = False  # made in another home

    @property
    def live(self) -> bool:
        return self.outcome == "live"

    @property
    def overruled(self) -> bool:
        """Whether it went live by the user's own word."""
        return self.run.state == "done" and self.run.verdict in NOT_PASSED


@dataclass(frozen=True)
class RunPage:
    """Some runs, newest first; `after` is the last of them when there are more."""

    rows: tuple[RunSummary, ...]
    counts: Mapping[Chosen, int]
    after: str | None = None


@dataclass(frozen=True)
class Setting:
    """A value of the recipe, and the one that it has where nobody says otherwise."""

    name: str
    value: Any
    usual: Any


@dataclass(frozen=True)
class RunDetails:
    """Everything that is kept of a run."""

    summary: RunSummary
    folder: Path
    page: Path | None  # the report to look at, if there is one
    scores: tuple[Part, ...]
    recipe: Part
    changed: tuple[Setting, ...]
    spec: Part
    curves: Curves
    commands: tuple[tuple[Purpose, str], ...]
    troubles: tuple[FileTrouble, ...] = ()
    asked: tuple[Part, ...] = ()  # all replies to held-out questions, a report shows some

    @property
    def report(self) -> Part:
        return self.summary.facts.report


def count_runs(store: Store, persona_id: int) -> int:
    """How many runs a persona has behind it."""
    return len(store.runs.of_persona(persona_id))


def page(
    store: Store,
    persona_id: int,
    chosen: Chosen = "all",
    limit: int = PAGE,
    after: str | None = None,
) -> RunPage:
    """A page of the history; only the folders of the runs on it are looked into."""
    runs = store.runs.of_persona(persona_id)
    counts: Counter[str] = Counter(all=len(runs))
    counts.update(_chosen_of(run) for run in runs)
    found = [run for run in runs if chosen in ("all", _chosen_of(run))]
    ids = [run.id for run in found]
    gone = len(ids)  # the run that the page would follow is no longer there
    first = 0 if after is None else ids.index(after) + 1 if after in ids else gone
    shown = found[first : first + limit]
    summaries = _Summaries(store, store.personas.get(persona_id))
    more = first + limit < len(found)
    return RunPage(
        tuple(summaries.of(run) for run in shown),
        {name: counts[name] for name in CHOICES},
        shown[-1].id if more else None,
    )


def details(store: Store, run_id: str) -> RunDetails:
    """Everything that is known of a run."""
    from app.cycle.request import REQUEST_FILE  # with all that reads recipes

    run = store.runs.get(run_id)
    persona = store.personas.get(run.persona_id)
    summary = _Summaries(store, persona).of(run)
    report = summary.facts.report
    folder = RunFolder(store.home.runs / run.id)
    files = RunFiles(folder)
    mixed = bool(run.stage) and folder.root.is_dir() and not summary.elsewhere
    spec = files.json(folder.spec, expected=mixed)
    request = files.json(folder.root / REQUEST_FILE, expected=False)
    exam = files.json(folder.root / "examination.json", expected=False)
    recipe = (
        part(spec, "recipe") or part(part(report, "recipe"), "values") or part(request, "recipe")
    )
    return RunDetails(
        summary,
        folder.root,
        folder.report_page if folder.report_page.is_file() else None,
        tuple(score_rows(report, store.scores.of_run(run_id))),
        recipe,
        _changed(recipe),
        spec,
        _curves(folder.root),
        _commands(store.home, persona, summary),
        (*summary.facts.troubles, *files.troubles),
        tuple(parts(exam, "replies")),
    )


def _chosen_of(run: Run) -> Chosen:
    for chosen in CHOICES:
        if run.verdict == chosen:
            return chosen
    return "unfinished"


class _Summaries:
    """Makes summaries of one persona's runs."""

    def __init__(self, store: Store, persona: Persona) -> None:
        self._home = store.home
        self._persona = persona
        self._elsewhere = came_along(store, persona)
        self._bases = {base.id: base.name for base in store.bases.all()}
        adapters = store.adapters.of_persona(persona.id)
        self._made = {adapter.run_id: adapter for adapter in adapters}
        self._versions = {adapter.id: adapter.version for adapter in adapters}

    def of(self, run: Run) -> RunSummary:
        adapter, elsewhere = self._made.get(run.id), run.id in self._elsewhere
        parent = run.parent_adapter_id
        return RunSummary(
            run,
            self._outcome(run, adapter),
            self._bases.get(run.base_id, ""),
            self._versions.get(parent) if parent is not None else None,
            adapter.version if adapter is not None else None,
            facts_of(run, self._home.runs / run.id, elsewhere=elsewhere),
            elsewhere,
        )

    def _outcome(self, run: Run, adapter: Adapter | None) -> Outcome:
        if run.state == "running":
            return "running" if _alive(self._home, run.id) else "cut_off"
        if run.state == "stopped":
            return "discarded" if run.reason == DISCARDED else "stopped"
        if run.state == "refused":
            return "kept_old" if run.verdict == "passed" else "refused"
        if run.state != "done":
            return run.state
        if adapter is not None and adapter.id == self._persona.active_adapter_id:
            return "live"
        rolled_back = adapter is not None and adapter.status == "rolled_back"
        return "rolled_back" if rolled_back else "previous"


def _alive(home: Home, run_id: str) -> bool:
    from app.operations import training  # brings libraries that a list of ended runs does not need

    return training.run_alive(home, run_id)


def _changed(recipe: Part) -> tuple[Setting, ...]:
    """The values of a recipe that are not as in every recipe."""
    from trainer.contract.recipe import Recipe  # half a second of pydantic

    usual = Recipe.model_validate({"name": "usual"}).model_dump(mode="json")
    return tuple(
        Setting(name, recipe[name], usual[name])
        for name in Recipe.model_fields
        if name in recipe and name not in _NAMES and recipe[name] != usual[name]
    )


def _curves(root: Path) -> Curves:
    try:
        return CurveReader(root).read()
    except (OSError, RecursionError):
        return Curves()  # told with the other files


def _commands(home: Home, persona: Persona, summary: RunSummary) -> tuple[tuple[Purpose, str], ...]:
    """Lines for a terminal: the same training again, packed for elsewhere, or its adapter back."""
    run, folder = summary.run, RunFolder(home.runs / summary.run.id)
    found: list[tuple[Purpose, str]] = []
    if folder.spec.is_file() and not summary.elsewhere:
        trainer = [sys.executable, "-m", "trainer"]
        again = [*trainer, "run", str(folder.root), "--into", f"{run.id}-again"]
        found.append(("repeat", _line(again)))
        found.append(("pack", _line([*trainer, "pack", str(folder.root), f"{run.id}.zip"])))
    if summary.outcome in ("previous", "rolled_back") and summary.version is not None:
        options = ["rollback", persona.slug, "--to", run.id, "--home", str(home.root)]
        found.append(("bring_back", _line([sys.executable, "-m", "app.cli", *options])))
    return tuple(found)


def _line(words: list[str]) -> str:
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
