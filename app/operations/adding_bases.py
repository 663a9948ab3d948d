"""Bases from wherever people have them: a GGUF file, a folder, Ollama's own models, a hub."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from app import hub, hub_download
from app.errors import BaseRefused
from app.home import Home
from app.hub import HubModel
from app.hub_download import Fetching
from app.operations.base import remember_whole
from app.store import Base, Store
from ollama_bridge import ollama, ollama_store
from ollama_bridge.base_gguf import check_whole, digest, read_facts
from ollama_bridge.hf_gguf import FolderBase, Storage
from ollama_bridge.ollama_store import StoredModel

SourceKind = Literal["file", "folder", "ollama", "hub"]
LANGUAGES = ("en", "ko")
OLLAMA, HUB = "ollama:", "hub:"

_HUB_PLACES = re.compile(r"^(?:hub:|hf:|(?:https?://)?(?:hf\.co|huggingface\.co)/)")
_NOT_IN_A_NAME = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Source:
    """What a person named; `file` is one of a hub model's files, where it was named too."""

    kind: SourceKind
    name: str
    file: str | None = None

    @property
    def path(self) -> Path:
        return Path(self.name).expanduser().absolute()


@dataclass(frozen=True)
class Adding:
    """How a base is taken in; `progress` is told a stage and how many of its bytes are done."""

    name: str | None = None
    languages: tuple[str, ...] = ()
    storage: Storage = "as_is"
    source: str = ""
    licence: str = ""
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None
    stopped: Callable[[], bool] = lambda: False

    def of(self, stage: str) -> Callable[[int, int], None]:
        """The progress of one stage."""
        return lambda done, total: self.progress(stage, done, total)


@dataclass(frozen=True)
class OnHub:
    """A model of a hub that a person is asked about: what comes, and under which licence."""

    model: HubModel
    files: tuple[hub.HubFile, ...] = field(default_factory=tuple)

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def gguf(self) -> hub.HubFile | None:
        """The one file that is the base; None where it is a folder."""
        return next((file for file in self.files if file.name.lower().endswith(".gguf")), None)


def source_of(what: str) -> Source:
    """What a text names: a place on this computer first, else a model of Ollama or of a hub."""
    path = Path(what).expanduser()
    if path.is_file():
        return Source("file", what)
    if path.is_dir():
        return Source("folder", what)
    if what.startswith(OLLAMA):
        return Source("ollama", what.removeprefix(OLLAMA))
    if _HUB_PLACES.match(what) or (hub.is_model_id(what) and not what.startswith(".")):
        return hub_source(what)
    if "/" not in what and not what.startswith((".", "~")):
        return Source("ollama", what)
    raise BaseRefused(
        f"There is no {what} here, and it is no name of a model.",
        "Name a GGUF file, a folder, a model of Ollama (ollama:qwen2.5:7b) or one of a hub"
        " (hub:Qwen/Qwen2.5-7B-Instruct).",
    )


def hub_source(text: str) -> Source:
    """A model of a hub that was named as one, also by the address of its page."""
    owner, _, rest = _HUB_PLACES.sub("", text.strip()).partition("/")
    model, _, file = rest.partition("/")
    if not hub.is_model_id(f"{owner}/{model}"):
        raise BaseRefused(
            f"{text} is no name of a model on a hub.",
            "Write it whole, for instance Qwen/Qwen2.5-7B-Instruct.",
        )
    return Source("hub", f"{owner}/{model}", file if file.lower().endswith(".gguf") else None)


def add_file(home: Home, store: Store, path: Path, adding: Adding) -> Base:
    """Enter a GGUF file where it lies, after reading it whole once."""
    path = path.expanduser().absolute()
    facts = read_facts(path)
    check_whole(path)
    found = digest(path, adding.of("checking"))
    base = store.bases.add(
        adding.name or facts.name,
        "gguf",
        path,
        found,
        facts.architecture,
        facts.size_bytes,
        adding.languages or LANGUAGES,
        source=adding.source or f"file:{path}",
        licence=adding.licence or (facts.license or "")[:200],
    )
    remember_whole(home, base)
    return base


def add_ollama(home: Home, store: Store, model: StoredModel, adding: Adding) -> Base:
    """Enter a model of Ollama: its file is read where Ollama keeps it, and nothing is copied."""
    if not _readable(model.blob):
        raise BaseRefused(
            f"The file of {model.name} at {model.blob} cannot be read by your user.",
            "Make Ollama's folder readable for your user, or pull the model with an Ollama that"
            " you start yourself.",
            kind="base_what",
        )
    facts = read_facts(model.blob)
    check_whole(model.blob)
    if digest(model.blob, adding.of("checking")) != model.digest:
        raise BaseRefused(
            f"The file of {model.name} at {model.blob} is damaged.",
            f"Get it again with `ollama rm {model.name}` and `ollama pull {model.name}`.",
            kind="base_what",
        )
    base = store.bases.add(
        adding.name or model.name,
        "gguf",
        model.blob,
        model.digest,
        facts.architecture,
        facts.size_bytes,
        adding.languages or LANGUAGES,
        source=f"{OLLAMA}{model.name}",
        licence=_first_line(model.licence) or (facts.license or "")[:200],
    )
    remember_whole(home, base)
    return base


def in_ollama() -> list[StoredModel]:
    """What Ollama keeps on this computer that can be a base."""
    return ollama_store.stored_models(_ollama_folders())


def ollama_model(name: str) -> StoredModel:
    """A model of Ollama by its name."""
    return ollama_store.stored_model(name, _ollama_folders())


def add_folder(home: Home, store: Store, folder: Path, adding: Adding) -> Base:
    """Write a Hugging Face folder as one GGUF file in the home, to train on and to serve."""
    folder = folder.expanduser().absolute()
    made = FolderBase(folder, adding.storage)
    _check_room(home, made.size_bytes)
    plain = _NOT_IN_A_NAME.sub("-", adding.name or folder.name)
    name = f"{plain}{'' if adding.storage == 'as_is' else '.Q8_0'}.gguf"
    out = _free_place(home.models / name)
    made.write(out, adding.of("converting"))
    known = store.bases.by_digest(digest(out))
    if known is not None and known.path.is_file():
        out.unlink()  # the same folder, taken in before
        return known
    named = replace(
        adding, name=adding.name or folder.name, source=adding.source or f"folder:{folder}"
    )
    return add_file(home, store, out, named)


def on_hub(source: Source) -> OnHub:
    """Ask a hub what it would give, before anything is fetched."""
    model = hub.look(source.name)
    return OnHub(model, model.to_fetch(source.file))


def add_from_hub(home: Home, store: Store, asked: OnHub, adding: Adding) -> Base:
    """Fetch a model whose licence was accepted, and take it in."""
    model = asked.model
    root = home.models / "hub"
    folder = root / f"{model.id.replace('/', '--')}@{model.revision[:12]}"
    _forget_unfinished(folder)
    fetching = Fetching(adding.of("fetching"), adding.stopped)
    hub_download.fetch(model, asked.files, folder, fetching)
    own = model.id.partition("/")[2]
    languages = adding.languages or tuple(c for c in LANGUAGES if c in model.languages)
    named = replace(
        adding,
        name=adding.name or own,
        languages=languages,
        source=f"{HUB}{model.id}@{model.revision}",
        licence=model.licence,
    )
    if asked.gguf is not None:
        return add_file(home, store, folder / asked.gguf.name, named)
    base = add_folder(home, store, folder, named)
    # The one file that it became is the base; a second copy would only fill the disk.
    for weights in folder.glob("*.safetensors"):
        weights.unlink()
    return base


def _forget_unfinished(folder: Path) -> None:
    """What was begun of an older revision will never be gone on with."""
    stem = folder.name.partition("@")[0]
    for other in folder.parent.glob(f"{stem}@*"):
        if other != folder and any(other.rglob(f"*{hub_download.PART}")):
            shutil.rmtree(other, ignore_errors=True)


def _ollama_folders() -> list[Path]:
    server = ollama.find()
    return ollama_store.folders(server.address if server is not None else None)


def _free_place(path: Path) -> Path:
    """The path, or one beside it that nothing has yet."""
    number, place = 2, path
    while place.exists():
        place = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return place


def _check_room(home: Home, needed: int) -> None:
    free = shutil.disk_usage(home.models).free
    if needed + hub_download.SPARE_BYTES > free:
        raise BaseRefused(
            f"There is no room for it: the base becomes one file of {needed / 1e9:.1f} GB, and"
            f" the disk of {home.models} has {free / 1e9:.1f} GB left.",
            "Free some space, or store it in 8 bits.",
            kind="disk_full",
        )


def _readable(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except FileNotFoundError:
        return True  # said in its own words by who reads it
    except OSError:
        return False


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:200] if lines else ""
