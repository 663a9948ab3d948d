"""What lies in the home, what each kind is for, and what of it can go without being missed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from filelock import Timeout

from app.cycle import process
from app.cycle.device import trainer_alive
from app.cycle.errors import PersonaBusy
from app.errors import PerennialError
from app.forgetting.journal import forgetting_lock
from app.home import Home
from app.operations.adapters_kept import AdapterUse, adapter_uses
from app.operations.home_place import risky_file_system, synced_by
from app.operations.ollama_plan import WORK_FOLDER
from app.operations.ollama_server import one_at_a_time
from app.starter import DEMO_FOLDER
from app.store import Persona, Run, Store
from app.store.backups import backups
from ollama_bridge.runtime.twin import folder_in as served_folder
from trainer.contract.folder import RunFolder

KindName = Literal[
    "database", "adapters", "unused_adapters", "older_adapters", "runs", "working", "bases",
    "served", "merged", "caches", "backups", "logs", "demo", "other",
]  # fmt: skip
KINDS: tuple[KindName, ...] = get_args(KindName)
# Older adapters go only where each of them was named.
CLEANED_BY_NAME: KindName = "older_adapters"
# The newest copy of the database, and one more should that be damaged.
BACKUPS_LEFT = 2
_CONVERTED = "converted"


@dataclass(frozen=True)
class Kind:
    """One kind of thing: how much of the disk it takes, and how much of that can go."""

    name: KindName
    bytes: int
    cleanable: int


@dataclass(frozen=True)
class OlderAdapter:
    """An adapter that could be gone back to, but not to by a single step."""

    adapter_id: int
    persona: str
    version: int
    run_id: str
    bytes: int


@dataclass(frozen=True)
class Survey:
    """What lies in a home, and where the home lies."""

    root: Path
    kinds: tuple[Kind, ...]
    older: tuple[OlderAdapter, ...]
    free_bytes: int
    synced_by: str | None
    file_system: str | None

    @property
    def total(self) -> int:
        return sum(each.bytes for each in self.kinds)

    @property
    def cleanable(self) -> int:
        return sum(each.cleanable for each in self.kinds)


@dataclass(frozen=True)
class Cleaned:
    """How much room was made, and what could not go: it is held open, or in use by now."""

    freed: int
    left: tuple[Path, ...] = ()


@dataclass
class _Found:
    """Sizes by kind, and the places of what can go."""

    bytes: dict[KindName, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    can_go: dict[KindName, list[Path]] = field(default_factory=lambda: {name: [] for name in KINDS})

    def add(self, name: KindName, path: Path, *, can_go: bool = False) -> None:
        self.bytes[name] += size_of(path)
        if can_go and os.path.lexists(path):
            self.can_go[name].append(path)


def survey(home: Home, store: Store) -> Survey:
    """Look through the home; seconds where there is much."""
    found, uses = _found(home, store), adapter_uses(home, store)
    kinds = tuple(
        Kind(name, found.bytes[name], sum(map(size_of, found.can_go[name]))) for name in KINDS
    )
    older = tuple(
        OlderAdapter(
            use.adapter.id, use.persona.name, use.adapter.version, use.adapter.run_id,
            size_of(_folder(home, use.adapter.run_id).adapter),
        )
        for use in uses
        if use.kind == "older"
    )  # fmt: skip
    return Survey(
        home.root,
        kinds,
        tuple(each for each in older if each.bytes),
        shutil.disk_usage(home.root).free,
        synced_by(home.root),
        risky_file_system(home.root),
    )


def clean(
    home: Home, store: Store, kinds: Collection[KindName], older: Collection[int] = ()
) -> Cleaned:
    """Make room: what can go of these kinds, and the older adapters of these ids.

    Looked for anew, so that nothing goes that came into use since it was shown.
    """
    try:
        with forgetting_lock(home).acquire(timeout=0):
            return _clean(home, store, kinds, older)
    except Timeout as error:
        raise PerennialError(
            "Another window or command is forgetting something or making a backup just now.",
            "Wait for it to end, then clean up.",
            kind="storage_busy",
            kept="Nothing was cleaned up.",
        ) from error


def _clean(
    home: Home, store: Store, kinds: Collection[KindName], older: Collection[int]
) -> Cleaned:
    freed, left = 0, []
    for place in _going(home, store, kinds, older):
        before = size_of(place)
        _remove(home, place)
        after = size_of(place)
        freed += before - after
        if after:
            left.append(place)
    return Cleaned(freed, tuple(left))


def _going(
    home: Home, store: Store, kinds: Collection[KindName], older: Collection[int]
) -> Iterator[Path]:
    """What goes, each while nobody can begin to use it."""
    found = _found(home, store)
    for name in KINDS:
        if name not in kinds or name in ("working", "unused_adapters", "older_adapters"):
            continue
        if name == "merged":
            yield from _of_ollama(home, found.can_go[name])
        else:
            yield from found.can_go[name]
    for persona in store.personas.everyone():
        try:
            with process.persona_lock(home, persona):
                yield from _of_persona(home, store, persona, kinds, older)
        except PersonaBusy:
            continue


def _of_persona(
    home: Home, store: Store, persona: Persona, kinds: Collection[KindName], older: Collection[int]
) -> Iterator[Path]:
    """Under its lock no training of it begins; one that began before is left alone."""
    if "working" in kinds:
        for run in store.runs.of_persona(persona.id):
            if _is_over(home, store, run):
                yield from _working(_folder(home, run.id))
    uses = [use for use in adapter_uses(home, store) if use.persona.id == persona.id]
    if "unused_adapters" in kinds:
        for use in uses:
            if use.kind == "unused":
                yield _folder(home, use.adapter.run_id).adapter
        yield from _unnamed(home, store, persona)
    going = [use for use in uses if use.kind == "older" and use.adapter.id in older]
    if going:
        # No way back leads to them any more, before their files go.
        store.deployments.withdraw([use.adapter.id for use in going])
    for use in going:
        yield _folder(home, use.adapter.run_id).adapter


def _of_ollama(home: Home, places: list[Path]) -> Iterator[Path]:
    try:
        with one_at_a_time(home, wait=False):
            yield from places
    except Timeout:
        return  # a model is being put into Ollama, out of this folder


def _found(home: Home, store: Store) -> _Found:
    found = _Found()
    for path in (home.database, *home.root.glob(f"{home.database.name}-*")):
        found.add("database", path)
    _look_at_runs(home, store, found)
    _look_at_models(home, found)
    training = any(_alive(folder) for folder in _folders(home))
    for path in (*(home.root / "cache").rglob("*"), home.models / _CONVERTED):
        if path.is_file() or path.name == _CONVERTED:
            found.add("caches", path, can_go=not training)
    for number, path in enumerate(backups(home)):
        found.add("backups", path, can_go=number >= BACKUPS_LEFT)
    for path in home.logs.rglob("*"):
        if path.is_file():
            found.add("logs", path, can_go=True)
    demo = Home(home.root / DEMO_FOLDER)
    found.add("demo", demo.root, can_go=not any(_alive(folder) for folder in _folders(demo)))
    found.bytes["other"] = max(0, size_of(home.root) - sum(found.bytes.values()))
    return found


def _look_at_runs(home: Home, store: Store, found: _Found) -> None:
    uses = {use.adapter.run_id: use for use in adapter_uses(home, store)}
    for persona in store.personas.everyone():
        for place in _unnamed(home, store, persona):
            found.add("unused_adapters", place, can_go=True)
        for run in store.runs.of_persona(persona.id):
            over = _is_over(home, store, run)
            for place in _working(_folder(home, run.id)):
                found.add("working", place, can_go=over)
    for name, use in uses.items():
        found.add(_kind_of(use), _folder(home, name).adapter, can_go=use.kind == "unused")
    taken: tuple[KindName, ...] = (
        "working", "adapters", "unused_adapters", "older_adapters",
    )  # fmt: skip
    every = sum(size_of(folder.root) for folder in _folders(home))
    found.bytes["runs"] = max(0, every - sum(found.bytes[name] for name in taken))


def _look_at_models(home: Home, found: _Found) -> None:
    for path in served_folder(home.root).glob("*.gguf"):
        found.add("served", path, can_go=True)
    found.add("merged", home.models / WORK_FOLDER, can_go=True)
    apart = {WORK_FOLDER, _CONVERTED, served_folder(home.root).name}
    for path in home.models.iterdir():
        if path.name not in apart:
            found.add("bases", path)


def _kind_of(use: AdapterUse) -> KindName:
    kinds: dict[str, KindName] = {"unused": "unused_adapters", "older": "older_adapters"}
    return kinds.get(use.kind, "adapters")


def _is_over(home: Home, store: Store, run: Run) -> bool:
    """Whether nobody works on a run and it has nothing to go on from."""
    deleted = run.persona_id in {each.id for each in store.personas.deleted()}
    alive = _alive(_folder(home, run.id))
    return not (deleted or alive or process.can_go_on(home, store, run))


def _working(folder: RunFolder) -> tuple[Path, ...]:
    return (folder.checkpoints, folder.root / ".data.part")


def _unnamed(home: Home, store: Store, persona: Persona) -> Iterator[Path]:
    """What trainings wrote that ended before their adapter had a name."""
    for run in store.runs.of_persona(persona.id):
        folder = _folder(home, run.id)
        nameless = store.adapters.of_run(run.id) is None and folder.adapter.is_dir()
        if nameless and _is_over(home, store, run):
            yield folder.adapter


def _alive(folder: RunFolder) -> bool:
    return process.cycle_alive(folder) or trainer_alive(folder)


def _folder(home: Home, run_id: str) -> RunFolder:
    return RunFolder(home.runs / run_id)


def _folders(home: Home) -> list[RunFolder]:
    if not home.runs.is_dir():
        return []
    return [RunFolder(path) for path in sorted(home.runs.iterdir()) if path.is_dir()]


def size_of(place: Path) -> int:
    """The bytes of a file or of all files below a folder; what goes away meanwhile counts none."""
    try:
        if not place.is_dir():
            return place.lstat().st_size
        with os.scandir(place) as inside:
            entries = list(inside)
    except OSError:
        return 0
    total = 0
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                total += size_of(Path(entry.path))
            else:
                total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total


def _remove(home: Home, place: Path) -> None:
    """As far as it can be removed: what is held open stays."""
    if not place.is_relative_to(home.root) or place == home.root:
        return
    try:
        if place.is_relative_to(home.logs):
            os.truncate(place, 0)  # who has it open goes on from there: everybody appends
        elif place.is_dir() and not place.is_symlink():
            shutil.rmtree(place, ignore_errors=True)
        else:
            place.unlink(missing_ok=True)
    except OSError:
        return
