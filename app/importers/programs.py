"""Programs whose conversations can be taken in again and again, and where they keep them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

import platformdirs

from app.errors import SourceRefused
from app.importers import jan
from app.importers.findings import shown
from app.store.sources import SourceKind

TITLES: dict[SourceKind, str] = {
    "open-webui": "Open WebUI",
    "lm-studio": "LM Studio",
    "jan": "Jan",
    "folder": "a folder",
}
_DATABASE = "webui.db"
_BELOW: dict[SourceKind, tuple[str, ...]] = {
    "open-webui": (_DATABASE, f"data/{_DATABASE}", f"backend/data/{_DATABASE}"),
    "lm-studio": ("conversations", "."),
    "jan": ("threads", "data/threads", "."),
    "folder": (".",),
}
_POINTER_BYTES = 64 << 10


@dataclass(frozen=True)
class Program:
    """A program that keeps conversations on this machine."""

    kind: SourceKind
    title: str
    place: Path


def find_programs() -> tuple[Program, ...]:
    """The stores that are here, in their usual places."""
    found: dict[Path, Program] = {}
    usual: dict[SourceKind, Iterator[Path]] = {
        "open-webui": _open_webui_places(),
        "lm-studio": _lm_studio_places(),
        "jan": _jan_places(),
    }
    for kind, places in usual.items():
        for place in places:
            inside = _inside(kind, place)
            if inside is not None and _holds_something(kind, inside):
                found.setdefault(inside, Program(kind, TITLES[kind], inside))
    return tuple(found.values())


def place_of(kind: SourceKind, given: Path | None) -> Path:
    """The store that is meant, where a folder of the program or nothing is named."""
    if given is None:
        found = next((each.place for each in find_programs() if each.kind == kind), None)
        if found is None:
            raise SourceRefused(
                f"{TITLES[kind]} was not found in any of its usual places.",
                "Name the place where it keeps its conversations.",
                kept="Nothing was changed.",
            )
        return found
    place = given.expanduser().absolute()
    inside = _inside(kind, place)
    try:
        str(place).encode()
    except UnicodeEncodeError:
        inside = None  # its name could not be remembered
    if inside is None:
        what = f"{_DATABASE} of Open WebUI" if kind == "open-webui" else "folder"
        raise SourceRefused(
            f"There is no {what} at {shown(str(place), 300)}.",
            "Check the place, and that its disk is connected.",
            kept="Nothing was changed.",
        )
    return inside


def unit_of(kind: SourceKind, folder: str, name: str) -> str | None:
    """What a file of a store is read with; None when it is not part of it."""
    if kind == "jan":
        return folder if name in (jan.MESSAGES, jan.FACTS) else None
    if kind == "lm-studio" and not name.lower().endswith(".json"):
        return None
    return f"{folder}/{name}" if folder else name


def _inside(kind: SourceKind, place: Path) -> Path | None:
    try:
        if kind == "open-webui" and place.is_file():
            return place
        for below in _BELOW[kind]:
            inside = place / below
            if inside.is_file() if kind == "open-webui" else inside.is_dir():
                return inside
    except OSError:
        return None  # a place of somebody else, such as a container's volume
    return None


def _holds_something(kind: SourceKind, place: Path) -> bool:
    if not os.access(place, os.R_OK):
        return False
    if kind == "open-webui":
        return True
    return place.name == PurePath(_BELOW[kind][0]).name


def _open_webui_places() -> Iterator[Path]:
    home = Path.home()
    given = os.environ.get("DATA_DIR")
    if given:
        yield Path(given)
    yield from (home / ".open-webui", home / "open-webui")
    yield Path(platformdirs.user_data_dir("open-webui", appauthor=False, roaming=True))
    tools = (
        Path(platformdirs.user_data_dir("uv", appauthor=False)) / "tools",
        Path(platformdirs.user_data_dir("pipx", appauthor=False)) / "venvs",
        home / ".local/pipx/venvs",
    )
    for folder in tools:
        yield from _packaged(folder / "open-webui")
    yield Path("/var/lib/docker/volumes/open-webui/_data")


def _packaged(environment: Path) -> Iterable[Path]:
    """Where it keeps its data when it was installed as a package and told nothing else."""
    endings = ("lib/python3.*/site-packages", "Lib/site-packages")
    return (each for ending in endings for each in environment.glob(f"{ending}/open_webui/data"))


def _lm_studio_places() -> Iterator[Path]:
    home = Path.home()
    pointed = _text(home / ".lmstudio-home-pointer").strip()
    if pointed and "\0" not in pointed:
        yield Path(pointed)
    yield from (home / ".lmstudio", home / ".cache/lm-studio")


def _jan_places() -> Iterator[Path]:
    home = Path.home()
    roots = [
        Path(platformdirs.user_config_dir("Jan", appauthor=False, roaming=True)),
        Path(platformdirs.user_data_dir("Jan", appauthor=False, roaming=True)),
    ]
    for root in roots:
        moved = _moved_to(_text(root / "settings.json"))
        if moved:
            yield Path(moved)
        yield root / "data"
    yield home / "jan"


def _moved_to(settings: str) -> str:
    """The data folder that was chosen in Jan's settings."""
    try:
        found = json.loads(settings)
    except (ValueError, RecursionError):
        return ""
    place = found.get("data_folder") if isinstance(found, dict) else None
    return place if isinstance(place, str) and "\0" not in place else ""


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_POINTER_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
