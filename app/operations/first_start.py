"""The first start: what this computer is, which models could be the base here, and which is best.

Nothing here reaches the network: what would have to be fetched is known from the table below. How
fast the device is stays a guess until training is installed and measures it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from app import starter
from app.home import Home
from app.operations.adding_bases import HUB, OLLAMA, Adding, add_ollama, in_ollama
from app.operations.base import STARTER_NAME
from app.operations.base_sources import standing_of
from app.operations.computer import Computer, this_computer
from app.operations.machine_speed import machine_of, measured_per_s
from app.store import Base, Store
from app.training_table import (
    NIGHT_S,
    Machine,
    Model,
    TableRow,
    as_model,
    model_of_file,
    recipe_for,
    starter_recipe,
    table,
)
from app.words import Language, later
from ollama_bridge.ollama_store import StoredModel
from ollama_bridge.runtime import llama_server
from trainer.contract.shape import BaseShape
from trainer.contract.work import Month

# A month as the window counts it, and what is mixed in beside it: 70 and 30 percent.
CONVERSATIONS = 500
MONTH = Month(examples=round(CONVERSATIONS / 0.7))
Place = Literal["starter", "here", "ollama", "hub"]
STARTER: Literal["starter"] = "starter"
LANGUAGES: tuple[Language, ...] = ("en", "ko")

_MIB = 1 << 20
_STARTER_SHAPE = BaseShape("llama", 576, 1536, 30, 9, 3, 64, 49_152, True)
# Families whose makers name Korean among their languages; what is not here tells nothing.
_FAMILIES_WITH_KOREAN = frozenset({"qwen2", "qwen3", "gemma2", "gemma3"})
# A reply is read about as fast as this.
_LEAST_TOKENS_PER_S = 4.0
# Bytes of a model that are read a second while it writes: ordinary memory, a Mac's, a card's.
_READ_PER_S = {"cpu": 4e10, "mps": 1e11, "cuda": 3e11}
_MOST_OF_MEMORY = 0.6
# What a download beside one that is here already has to be larger by, to be worth its time.
_WORTH_FETCHING = 1.7
# Below so many weights a model writes Korean that nobody would like to read.
_LEAST_FOR_KOREAN = 1e9
_NOTHING_LARGER = later("Anything larger takes longer than a night here, or does not fit.")
_NO_KOREAN = later("What speaks Korean is too much for this computer; the starter is English only.")


@dataclass(frozen=True)
class Download:
    """A well-known instruct model with an open licence, as its repository on the hub has it."""

    id: str
    licence: str
    size_bytes: int
    shape: BaseShape
    languages: tuple[str, ...] = LANGUAGES


# Shapes from each repository's config.json; sizes are those that its weights have together
# (total_size of model.safetensors.index.json, or the one file). Qwen's pages name the languages.
DOWNLOADS = (
    Download("Qwen/Qwen2.5-0.5B-Instruct", "Apache-2.0", 988_097_824,
             BaseShape("qwen2", 896, 4864, 24, 14, 2, 64, 151_936, True)),
    Download("Qwen/Qwen2.5-1.5B-Instruct", "Apache-2.0", 3_087_467_144,
             BaseShape("qwen2", 1536, 8960, 28, 12, 2, 128, 151_936, True)),
    Download("Qwen/Qwen3-4B-Instruct-2507", "Apache-2.0", 8_044_936_192,
             BaseShape("qwen3", 2560, 9728, 36, 32, 8, 128, 151_936, True)),
    Download("Qwen/Qwen2.5-7B-Instruct", "Apache-2.0", 15_231_233_024,
             BaseShape("qwen2", 3584, 18_944, 28, 28, 4, 128, 152_064, False)),
    Download("Qwen/Qwen2.5-14B-Instruct", "Apache-2.0", 29_540_067_328,
             BaseShape("qwen2", 5120, 13_824, 48, 40, 8, 128, 152_064, False)),
)  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """A model that could be the base; no languages where nobody told them."""

    key: str
    place: Place
    row: TableRow
    size_bytes: int
    languages: tuple[str, ...] = ()
    licence: str = ""
    base_id: int | None = None
    stored: StoredModel | None = None

    @property
    def name(self) -> str:
        return self.row.model.name

    @property
    def weights(self) -> float:
        return float(self.row.model.shape.weights) if self.row.model.shape else 0.0

    @property
    def to_fetch_bytes(self) -> int:
        return self.size_bytes if self.place == "hub" else 0

    def lacks(self, language: str) -> bool:
        """Whether it is known not to speak a language."""
        return bool(self.languages) and language not in self.languages


@dataclass(frozen=True)
class Recommendation:
    """The candidate that suits this computer best, and why, for a person."""

    key: str
    reason: str


@dataclass(frozen=True)
class FirstLook:
    """Everything that the first page shows."""

    computer: Computer
    device: str
    candidates: tuple[Candidate, ...]
    recommended: Mapping[Language, Recommendation] = field(default_factory=dict)

    def candidate(self, key: str) -> Candidate | None:
        return next((each for each in self.candidates if each.key == key), None)


def look(home: Home, store: Store) -> FirstLook:
    """Look at this computer and at what lies on it; takes a second or two."""
    computer = this_computer(home)
    machine = machine_of(computer, measured_per_s())
    serves = bool(computer.cards) and _has_llama_server()
    here = [*_bases(store, machine), *_of_ollama(store, machine)]
    return seen(computer, machine, here, chats_on_card=serves)


def seen(
    computer: Computer, machine: Machine, here: Sequence[Candidate], *, chats_on_card: bool
) -> FirstLook:
    """The candidates on a machine, the starter first, and the best of them for each language."""
    first = next((each for each in here if each.key == STARTER), starter_on(machine))
    rest = [each for each in here if each.key != STARTER]
    made = (first, *rest, *_downloads(machine, {each.name for each in rest}))
    reads = _Reads(computer, machine.device, chats_on_card)
    best: dict[Language, Recommendation] = {
        language: _recommended(made, reads, language) for language in LANGUAGES
    }
    return FirstLook(computer, machine.device, made, best)


def starter_on(machine: Machine, base_id: int | None = None) -> Candidate:
    """The starter model, whether it is here yet or not."""
    row = row_of(Model(STARTER_NAME, "this home", _STARTER_SHAPE), machine)
    return Candidate(STARTER, STARTER, row, starter.SIZE_BYTES, ("en",), base_id=base_id)


def row_of(model: Model, machine: Machine) -> TableRow:
    """What a month of a model would take, with the recipe that it would be trained with."""
    recipe = recipe_for(model.shape) if model.shape else starter_recipe()
    return table([model], machine, recipe, MONTH)[0]


def take_from_ollama(home: Home, store: Store, candidate: Candidate, adding: Adding) -> Base:
    """Make a model of Ollama a base of this home, read where it lies."""
    assert candidate.stored is not None
    return add_ollama(home, store, candidate.stored, adding)


def starter_id(store: Store) -> int | None:
    """The starter's number among the bases, once it is here."""
    return next((base.id for base in store.bases.all() if _is_starter(base)), None)


def speaks_no_korean(store: Store, base_id: int | None) -> bool:
    """Whether a base is known to speak no Korean; with none it will be the starter."""
    languages = store.bases.get(base_id).languages if base_id is not None else ("en",)
    return bool(languages) and "ko" not in languages


def _is_starter(base: Base) -> bool:
    return base.digest == starter.DIGEST or base.name == STARTER_NAME


def _bases(store: Store, machine: Machine) -> Iterator[Candidate]:
    for base in store.bases.all():
        if _is_starter(base):
            yield starter_on(machine, base.id)
        elif standing_of(base).usable:
            row = row_of(as_model(base), machine)
            yield Candidate(
                f"base:{base.id}", "here", row, base.size_bytes, base.languages, base.licence,
                base_id=base.id,
            )  # fmt: skip


def _of_ollama(store: Store, machine: Machine) -> Iterator[Candidate]:
    taken = {base.digest for base in store.bases.all()}
    for stored in in_ollama():
        if stored.digest not in taken:
            model = model_of_file(stored.name, stored.blob)
            family = model.shape.architecture if model.shape else ""
            languages = LANGUAGES if family in _FAMILIES_WITH_KOREAN else ()
            row = row_of(model, machine)
            key = f"{OLLAMA}{stored.name}"
            yield Candidate(key, "ollama", row, stored.size_bytes, languages, stored=stored)


def _downloads(machine: Machine, here: set[str]) -> Iterator[Candidate]:
    for each in DOWNLOADS:
        if each.id.partition("/")[2] not in here:
            row = row_of(Model(each.id, "the hub", each.shape), machine)
            yield Candidate(
                f"{HUB}{each.id}", "hub", row, each.size_bytes, each.languages, each.licence
            )


@dataclass(frozen=True)
class _Reads:
    """How fast a model would write its replies here, and whether it has room to."""

    computer: Computer
    device: str
    on_card: bool

    def suits(self, candidate: Candidate) -> bool:
        size, device = candidate.size_bytes, self.device
        card = max((each.memory_bytes for each in self.computer.cards), default=0)
        if device == "cuda" and not (self.on_card and size < 0.9 * card):
            device = "cpu"
        if device != "cuda" and size > _MOST_OF_MEMORY * self.computer.memory_bytes:
            return False
        # What is fetched lies there twice while it is written as one file.
        if 2 * candidate.to_fetch_bytes > self.computer.free_disk_bytes:
            return False
        return _READ_PER_S[device] / max(1, size) >= _LEAST_TOKENS_PER_S


def _recommended(
    candidates: Sequence[Candidate], reads: _Reads, language: Language
) -> Recommendation:
    """The largest that trains in a night and answers quickly; what is here before a download."""
    able = [each for each in candidates if each.row.fits and reads.suits(each)]
    if language == "ko":
        able = [c for c in able if "ko" in c.languages and c.weights >= _LEAST_FOR_KOREAN]
    quick = [each for each in able if (each.row.seconds or 0.0) <= NIGHT_S]
    if not quick and able and language == "ko":
        least = min(able, key=lambda each: each.row.seconds or 0.0)
        return Recommendation(
            least.key, later("It speaks Korean; a month of it takes longer than a night here.")
        )
    if not quick:
        return Recommendation(STARTER, _NO_KOREAN if language == "ko" else _NOTHING_LARGER)
    best = max(quick, key=lambda each: each.weights)
    own = [each for each in quick if each.place != "hub"]
    nearest = max(own, key=lambda each: each.weights, default=None)
    if nearest is not None and nearest.weights * _WORTH_FETCHING >= best.weights:
        best = nearest
    return Recommendation(best.key, _why(best, language))


def _why(best: Candidate, language: Language) -> str:
    if best.key == STARTER:
        return _NOTHING_LARGER
    if best.place != "hub":
        return later("It is here already, learns a month in one night and answers quickly.")
    if language == "ko":
        return later("The largest here that speaks Korean and learns a month in one night.")
    return later("The largest here that learns a month in one night and answers quickly.")


def _has_llama_server() -> bool:
    if os.environ.get(llama_server.VARIABLE) == llama_server.OFF:
        return False
    return bool(llama_server.candidates(os.environ, sys.platform))
