"""`perennial demo`: a whole month on the starter model, in a home of its own."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

import resources
from app.cli_deploy import showing
from app.cli_progress import following
from app.cycle.device import trainer_alive
from app.cycle.errors import PersonaBusy
from app.cycle.process import cycle_alive
from app.cycle.telling import seconds_of
from app.errors import HomeError, MonthError
from app.home import Home, open_home
from app.operations import base, training
from app.operations import ollama_deploying as deploying
from app.operations.importing import import_files, read_persona
from app.operations.mixing import mix_counts
from app.operations.ollama_leaving import take_all_out
from app.starter import DEMO_FOLDER
from app.store import OllamaModel, Persona, Run, Score, Store, Traits, open_store
from ollama_bridge.errors import NameTaken, OllamaError
from trainer.contract.folder import RunFolder, send_control, write_atomically

if TYPE_CHECKING:
    from rich.console import Console

MARK_FILE = "demo.json"
NAME_IN_OLLAMA = "perennial-demo"
REMOVE_FROM_OLLAMA = f"ollama rm {NAME_IN_OLLAMA}"
# What costs time to make and is the same in every demo, and suites that were put there by hand.
KEPT_FOLDERS = ("models", "cache", "suites")
TRAINER_ENDS_WITHIN_S = 60.0


@dataclass(frozen=True)
class DemoRequest:
    """Which month, and how."""

    month: Path | None = None
    replay: bool = True
    seed: int | None = None
    ollama: bool = False
    """Whether the persona is put into the user's own Ollama at the end."""


class _Mark(BaseModel):
    """What the demo home was made for; a killed demo goes on with its run."""

    model_config = ConfigDict(frozen=True)

    month: str
    replay: bool
    seed: int | None
    run_id: str = ""


@dataclass(frozen=True)
class DemoOutcome:
    """Everything that the demo shows at its end."""

    home: Home
    persona: Persona
    run: Run
    manifest: dict[str, Any]
    report: dict[str, Any]
    scores: tuple[Score, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)
    in_ollama: OllamaModel | None = None

    @property
    def reasons(self) -> list[str]:
        """Why, each rule in a sentence."""
        return [str(reason["text"]) for reason in self.report.get("reasons", ())]

    def row(self) -> dict[str, Any]:
        """The outcome as `--json` prints it."""
        return {
            "verdict": self.run.verdict,
            "reasons": self.reasons,
            "scores": list(self.report.get("scores", ())),
            "replies": list(self.report.get("replies", ())),
            "mix": mix_counts(self.manifest),
            "seconds": dict(self.seconds),
            "ollama": self.in_ollama and self.in_ollama.name,
        }


def run_demo(home: Home, request: DemoRequest, console: Console) -> DemoOutcome:
    """Take a persona through its month; a demo that was killed goes on where it was."""
    began = time.monotonic()
    root = home.root / DEMO_FOLDER
    mark = _Mark(month=_month_digest(request.month), replay=request.replay, seed=request.seed)
    run_id = _cut_off(root, mark)
    if run_id is None:
        _clear(root, console)
    place = open_home(root)
    _write_mark(place, mark)
    with open_store(place) as store:
        if request.ollama:
            _check_name_in_ollama(store)
        if run_id is None:
            run_id = _begin(place, store, request, console)
        else:
            console.print(f"Going on with {run_id}, which was cut off.", markup=False)
        _write_mark(place, mark.model_copy(update={"run_id": run_id}))
        folder = RunFolder(place.runs / run_id)
        with following(folder.root):
            run = training.work_on(place, run_id, yes=True).run
        seconds = seconds_of(folder.root)
        # A demo that was cut off began in an earlier process.
        total = max(time.monotonic() - began, sum(seconds.values()))
        seconds = {**seconds, "total": round(total, 2)}
        persona = store.personas.get(run.persona_id)
        in_ollama = None
        if request.ollama and run.state == "done":
            with showing() as on_step:
                wish = deploying.Wish(NAME_IN_OLLAMA)
                in_ollama = deploying.put_into_ollama(place, store, persona, wish, on_step=on_step)
        return DemoOutcome(
            place, persona, run, _read(folder.data / "manifest.json"), _read(folder.report),
            tuple(store.scores.of_run(run.id)), seconds, in_ollama,
        )  # fmt: skip


def _begin(place: Home, store: Store, request: DemoRequest, console: Console) -> str:
    """The persona with its conversations, and its run."""
    tell = _teller(console)
    persona = _persona(place, store, request, tell)
    file = request.month or _resource("month.jsonl")
    imported = import_files(store, persona.id, [file], reviewed=True, source="demo")
    tell(
        f"{persona.name}: {imported.conversations} conversations, {imported.up} up,"
        f" {imported.down} down, {imported.corrected} corrected"
    )
    for left_out in imported.left_out:
        tell(f"left out: {left_out.text}")
    run = training.prepare_run(place, store, persona.id, seed=request.seed, replay=request.replay)
    return run.id


def _persona(
    place: Home, store: Store, request: DemoRequest, tell: Callable[[str], None]
) -> Persona:
    starter = base.starter_base(place, store, tell)
    if request.month is not None:
        draft = read_persona(request.month)
        return store.personas.add(draft.name, draft.system_prompt, base_id=starter.id)
    row = json.loads(_resource("persona.json").read_text("utf-8"))
    return store.personas.add(
        row["name"], row["system_prompt"], row["languages"], Traits(**row["traits"]),
        base_id=starter.id,
    )  # fmt: skip


def _teller(console: Console) -> Callable[[str], None]:
    return lambda line: console.print(line, markup=False)


def _resource(name: str) -> Path:
    return Path(resources.__file__).parent / "demo" / name


def _month_digest(month: Path | None) -> str:
    """What tells one month from another, also when a file was changed in its place."""
    if month is None:
        return "built in"
    try:
        return hashlib.sha256(month.read_bytes()).hexdigest()
    except OSError as error:
        raise MonthError(
            f"The file {month} cannot be read: {error.strerror or error}.", "Check its name."
        ) from error


def _cut_off(root: Path, mark: _Mark) -> str | None:
    """The run of a demo like this one that was killed."""
    known = _read_mark(root)
    if known is None or not known.run_id:
        return None
    if cycle_alive(RunFolder(root / "runs" / known.run_id)):
        raise PersonaBusy(
            "A demo is under way in this home.",
            f"Wait for it, or follow it with: perennial watch {known.run_id} --home {root}",
        )
    if known != mark.model_copy(update={"run_id": known.run_id}):
        return None
    with open_store(open_home(root)) as store:
        run = store.runs.get(known.run_id)
    return run.id if run.state == "running" else None


def _check_name_in_ollama(store: Store) -> None:
    try:
        deploying.check_free_name(store, NAME_IN_OLLAMA)
    except NameTaken as error:
        error.next_step = f"If it is of an older demo, take it away: {REMOVE_FROM_OLLAMA}"
        raise


def _out_of_ollama(place: Home, console: Console) -> None:
    """What the last demo put into Ollama goes with its home, where that can be done."""
    if not place.database.is_file():
        return
    with open_store(place) as store:
        if not any(each.state in ("live", "begun") for each in store.ollama_models.all()):
            return
        try:
            take_all_out(place, store)
        except OllamaError as error:
            console.print(
                f"What the last demo put into Ollama is still there: {error.text} Take it away"
                f" when it answers: {REMOVE_FROM_OLLAMA}",
                markup=False,
            )


def _clear(root: Path, console: Console) -> None:
    """Take away the last demo, and only a demo."""
    if not root.is_dir() or not any(root.iterdir()):
        return
    made_here = {path.name for path in Home(root).folders} | set(KEPT_FOLDERS)
    if _read_mark(root) is None and not {each.name for each in root.iterdir()} <= made_here:
        raise HomeError(
            f"{root} is the place of the demo, and something else is in it.",
            "Move it away, or choose another home with --home.",
            kind="not_a_folder",
            kept="Nothing in it was changed.",
        )
    _out_of_ollama(Home(root), console)
    for folder in sorted((root / "runs").glob("*")):
        _end_trainer(RunFolder(folder))
    for each in root.iterdir():
        if each.name in KEPT_FOLDERS or each.name.startswith("runtime"):
            continue
        if each.is_dir():
            shutil.rmtree(each)
        else:
            each.unlink()


def _end_trainer(folder: RunFolder) -> None:
    """The trainer of a demo that was killed works on; two at once would take each other's time."""
    if not trainer_alive(folder):
        return
    send_control(folder, "discard")
    last = time.monotonic() + TRAINER_ENDS_WITHIN_S
    while trainer_alive(folder):
        if time.monotonic() > last:
            raise PersonaBusy(
                "The trainer of the last demo is still at work.",
                "Wait until it has ended, then start the demo again.",
            )
        time.sleep(0.2)


def _write_mark(place: Home, mark: _Mark) -> None:
    write_atomically(place.root / MARK_FILE, mark.model_dump_json() + "\n")


def _read_mark(root: Path) -> _Mark | None:
    try:
        return _Mark.model_validate_json((root / MARK_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    row: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return row
