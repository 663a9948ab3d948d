"""Which models a person can train here: each base of the home and each of the user's Ollama.

Marked trainable with the memory and the time that a month would take, or chat only with the
reason. What nobody measured on this machine is said to be not measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import resources
from app import starter
from app.home import Home
from app.store.backups import finding
from app.store.values import Base
from ollama_bridge import ollama
from ollama_bridge.base_gguf import BaseFacts, read_facts
from ollama_bridge.errors import GgufUnreadable
from ollama_bridge.installed import InstalledModel, installed
from trainer.contract.auto import choose_recipe
from trainer.contract.fitting import Fitting, Possible, Room, fit, gigabytes
from trainer.contract.needs import Job, Lessons, settings_of
from trainer.contract.recipe import Recipe, load_recipe
from trainer.contract.shape import (
    BaseShape,
    shape_of_config,
    shape_of_metadata,
    why_not_trainable,
)
from trainer.contract.work import Month, rough_seconds

Verdict = Literal["fits", "fits_with_less", "does_not_fit", "chat_only", "unknown"]
NIGHT_S = 8 * 3600.0
NOT_MEASURED = "not measured yet"
# Cut shorter than this, conversations lose what a persona should learn from them.
SHORTEST = 256


@dataclass(frozen=True)
class Model:
    """A model that somebody could choose; `trouble` says why it can only be chatted with."""

    name: str
    place: str
    shape: BaseShape | None
    trouble: str = ""


@dataclass(frozen=True)
class Machine:
    """What a training would have here; without a room nothing is known of the device's memory."""

    device: str = "cpu"
    nf4_works: bool = True
    room: Room | None = None
    products_per_s: float | None = None


@dataclass(frozen=True)
class TableRow:
    """A line of the table."""

    model: Model
    needed_mb: float | None = None
    there_mb: float | None = None
    fits: bool | None = None
    seconds: float | None = None
    changes: tuple[str, ...] = ()
    sibling: str = ""

    @property
    def trainable(self) -> bool:
        return not self.model.trouble and self.fits is not False

    @property
    def verdict(self) -> Verdict:
        """In a word, for a table to choose by."""
        if self.model.trouble or self.model.shape is None:
            return "chat_only"
        if self.fits is None:
            return "unknown"
        if not self.fits:
            return "does_not_fit"
        return "fits_with_less" if self.changes else "fits"

    @property
    def words(self) -> str:
        """The line for people."""
        name = f"{self.model.name} ({self.model.place})"
        sibling = f" Nearest that can be trained: {self.sibling}." if self.sibling else ""
        if self.model.trouble:
            return f"{name}: chat only, {self.model.trouble}.{sibling}"
        there = gigabytes(self.there_mb) if self.there_mb is not None else NOT_MEASURED
        memory = f"{gigabytes(self.needed_mb or 0.0)} of memory, {there} there"
        if self.fits is False:
            return f"{name}: chat only, a training needs {memory}.{sibling}"
        month = f"one night's month: {self._time()}"
        return " ".join((f"{name}: trainable; {memory}; {month}.", *self.changes))

    def _time(self) -> str:
        if self.seconds is None:
            return NOT_MEASURED
        late = ", longer than a night" if self.seconds > NIGHT_S else ""
        return f"about {_duration(self.seconds)}{late}"


def _duration(seconds: float) -> str:
    if seconds < 90 * 60:
        return f"{max(1, round(seconds / 60))} min"
    return f"{seconds / 3600:.0f} h"


def table(
    models: Sequence[Model], machine: Machine, recipe: Recipe, month: Month | None = None
) -> list[TableRow]:
    """Mark each model; one that cannot be trained names the nearest that can."""
    rows = [_row(model, machine, recipe, month or Month()) for model in models]
    able = [row.model for row in rows if row.trainable]
    return [row if row.trainable else _with_sibling(row, able) for row in rows]


def _row(model: Model, machine: Machine, recipe: Recipe, month: Month) -> TableRow:
    if model.trouble or model.shape is None:
        return TableRow(model)
    fitting = _fitting(model.shape, machine, recipe, month)
    seconds = None
    if machine.products_per_s:
        seconds = rough_seconds(model.shape, recipe.rank, machine.products_per_s, month)
    return TableRow(
        model,
        needed_mb=fitting.needed_mb,
        there_mb=machine.room.there_mb if machine.room else None,
        fits=fitting.fits and fitting.job.settings.max_length >= SHORTEST if machine.room else None,
        seconds=seconds,
        changes=fitting.changes,
    )


def _fitting(shape: BaseShape, machine: Machine, recipe: Recipe, month: Month) -> Fitting:
    step = month.tokens * recipe.batch_size * recipe.accumulation
    job = Job(
        shape,
        # A month has its long conversations, and some of its replies are held to the base.
        Lessons(
            recipe.max_length,
            max(step, recipe.max_length),
            month.taught / month.tokens,
            held_share=0.3,
            pack_sizes=month.examples,
        ),
        settings_of(recipe),
        "nf4" if machine.nf4_works else "bf16",
        "cuda" if machine.device == "cuda" else "mps" if machine.device == "mps" else "cpu",
        recipe.rank,
        recipe.target_modules,
    )
    possible = Possible(
        recipe.length_fallbacks,
        recipe.gradient_checkpointing != "off",
        "paged_adamw_8bit" if machine.device == "cuda" else None,
    )
    return fit(job, machine.room.there_mb if machine.room else float("inf"), possible)


def wanted_mb(shape: BaseShape, machine: Machine, recipe: Recipe) -> float:
    """What a month's training would take if nothing had to be given up."""
    return _fitting(shape, replace(machine, room=None), recipe, Month()).needed_mb


def recipe_for(shape: BaseShape) -> Recipe:
    """What a month of a base of this size is trained with where nobody chose."""
    return choose_recipe(starter_recipe(), shape.weights / 1e9, Month().examples).recipe


def _with_sibling(row: TableRow, able: Sequence[Model]) -> TableRow:
    """Of the same family where there is one, else the nearest in size."""
    if not able:
        return row
    own = row.model.shape

    def distance(model: Model) -> tuple[bool, float]:
        assert model.shape is not None
        if own is None:
            return True, -float(model.shape.weights)
        other_family = model.shape.architecture != own.architecture
        return other_family, abs(model.shape.weights - own.weights)

    return TableRow(
        row.model, row.needed_mb, row.there_mb, row.fits, row.seconds, row.changes,
        min(able, key=distance).name,
    )  # fmt: skip


def models_here(home: Home) -> list[Model]:
    """The bases of this home, then the models of the user's Ollama."""
    server = ollama.find()
    theirs = installed(server.address) if server is not None else []
    return [*_bases(home), *(_of_ollama(model) for model in theirs)]


def _of_ollama(model: InstalledModel) -> Model:
    if model.elsewhere:
        return Model(model.name, "Ollama", None, "it runs on another computer")
    trouble = why_not_trainable(model.metadata, model.quantisation)
    try:
        shape = shape_of_metadata(model.metadata)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return Model(model.name, "Ollama", None, trouble or "Ollama does not tell its sizes")
    return Model(model.name, "Ollama", shape, trouble)


def _bases(home: Home) -> Iterator[Model]:
    """What the store knows; in a home without a database the starter model, if it is there."""
    from app.store import open_store

    if home.database.exists() and finding(home.database) == "ok":
        with open_store(home) as store:
            bases = store.bases.all()
        yield from map(as_model, bases)
        return
    place = starter.find_starter(home.root)
    if place is not None:
        yield model_of_file("SmolLM2 135M", place)


def as_model(base: Base) -> Model:
    """A base of this home as a line of the table."""
    made = _of_folder if base.kind == "hf" else model_of_file
    return made(base.name, base.path)


def model_of_file(name: str, path: Path) -> Model:
    try:
        facts = read_facts(path)
    except GgufUnreadable as error:
        return Model(name, "this home", None, error.text.rstrip("."))
    shape = shape_of_facts(facts)
    trouble = why_not_trainable({"general.architecture": facts.architecture}, _worst_type(facts))
    if not facts.chat_template:
        trouble = trouble or "it has no chat template"
    if shape is None:
        trouble = trouble or "its blocks are of a kind that is not known to the training"
    return Model(name, "this home", shape, trouble)


def shape_of_facts(facts: BaseFacts) -> BaseShape | None:
    """The shape of a GGUF file whose header was read."""
    up = facts.tensors.get("blk.0.ffn_up.weight")
    if up is None or not facts.heads:
        return None
    return BaseShape(
        architecture=facts.architecture,
        hidden=facts.embedding,
        between=up.shape[0],
        layers=facts.blocks,
        heads=facts.heads,
        heads_kv=facts.heads_kv,
        head_size=facts.head_size,
        vocabulary=facts.vocabulary,
        tied="output.weight" not in facts.tensors,
    )


def _worst_type(facts: BaseFacts) -> str:
    """The kind of its weights; one that is not read for training, if there is such."""
    from gguf import GGMLQuantizationType

    kinds = {GGMLQuantizationType(tensor.ggml_type).name for tensor in facts.tensors.values()}
    unreadable = [
        kind for kind in kinds
        if why_not_trainable({"general.architecture": "llama"}, kind)
    ]  # fmt: skip
    return min(unreadable) if unreadable else "F16"


def _of_folder(name: str, path: Path) -> Model:
    try:
        config = json.loads((path / "config.json").read_text("utf-8"))
        return Model(name, "this home", shape_of_config(config))
    except (OSError, ValueError, KeyError, TypeError):
        return Model(name, "this home", None, "its config.json cannot be read")


def machine_of(facts: Mapping[str, Any] | None) -> Machine:
    """The machine that `python -m trainer facts` described; without it memory is all there is."""
    if facts is None:
        return Machine()
    room = facts.get("room")
    return Machine(
        str(facts.get("device", "cpu")),
        bool(facts.get("nf4_works", False)),
        Room(**room) if isinstance(room, Mapping) else None,
        facts.get("products_per_s"),
    )


def starter_recipe() -> Recipe:
    """The recipe that a first month is trained with."""
    return load_recipe(Path(resources.__file__).parent / "recipes" / "starter.yaml")
