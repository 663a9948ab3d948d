"""How Hangul gets into the window on Linux: through plugins of Qt, of which pip installs few."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from app.training_findings import Finding

_PLUGINS = Path("Qt", "plugins", "platforminputcontexts")
# What Qt has besides programs that compose letters; none of these writes Hangul by itself.
_NO_PROGRAMS = ("", "none", "compose", "xim", "simple", "wayland", "qtvirtualkeyboard")
_PROGRAMS = {
    "ibus-daemon": "ibus", "fcitx": "fcitx", "fcitx5": "fcitx", "kime": "kime", "nimf": "nimf",
    "uim-xim": "uim",
}  # fmt: skip
_START = "QT_IM_MODULE=ibus python3 start.py"


@dataclass(frozen=True)
class InputFacts:
    """What a session on Linux says of itself, and what Qt was installed with."""

    environment: Mapping[str, str]
    running: Sequence[str]
    plugins: Sequence[str]


def input_method() -> Iterator[Finding]:
    """Whether what composes letters in other programs does so in the window too."""
    if sys.platform.startswith("linux"):
        yield from judge(InputFacts(os.environ, _running(), _plugins(os.environ)))


def judge(facts: InputFacts) -> Iterator[Finding]:
    """What the facts come to; nothing where no program is there that composes letters."""
    asked = list(filter(_is_program, _asked(facts.environment)))
    program = next(iter([*asked, *_told(facts)]), "")
    if not program:
        return
    if any(each in facts.plugins for each in asked):
        yield Finding("hangul", "ok", f"Qt has what the window needs to compose Hangul: {program}.")
    elif _on_wayland(facts.environment) and not asked:
        yield Finding(
            "hangul",
            "ok",
            f"Hangul comes to the window through the desktop (Wayland): {program}.",
            f"Should it not come, start with: {_START}",
        )
    elif program in facts.plugins:
        yield Finding(
            "hangul",
            "warn",
            f"{program} is there, but Qt is not told of it: the window would write no Hangul.",
            f"Start with: QT_IM_MODULE={program} python3 start.py",
        )
    else:
        yield _lacking(program)


def _lacking(program: str) -> Finding:
    text = f"Qt has no plugin for {program} as pip installs it: the window would write no Hangul."
    if program == "fcitx":
        step = f"Fcitx 5 answers to ibus too, for which there is one; start with: {_START}"
    elif program == "ibus":
        step = "Put the packages back with: python3 start.py setup"
    else:
        step = f"Use ibus or Fcitx 5 for this window; start with: {_START}"
    return Finding("hangul", "warn", text, step)


def _asked(environment: Mapping[str, str]) -> list[str]:
    """What Qt is told to use, the first that it has."""
    several = environment.get("QT_IM_MODULES", "").split(";")
    names = several if any(several) else [environment.get("QT_IM_MODULE", "")]
    return [_plain(name) for name in names]


def _on_wayland(environment: Mapping[str, str]) -> bool:
    platform = environment.get("QT_QPA_PLATFORM", "wayland")
    return bool(environment.get("WAYLAND_DISPLAY")) and platform.startswith("wayland")


def _told(facts: InputFacts) -> Iterator[str]:
    """What other toolkits are told, and what runs."""
    of_x = re.search(r"@im=(\w+)", facts.environment.get("XMODIFIERS", ""))
    named = [of_x[1] if of_x else "", facts.environment.get("GTK_IM_MODULE", "")]
    yield from filter(_is_program, map(_plain, named))
    yield from sorted({_PROGRAMS[name] for name in facts.running if name in _PROGRAMS})


def _is_program(name: str) -> bool:
    return name not in _NO_PROGRAMS


def _plain(name: str) -> str:
    """A program by one name, whichever of its versions it is."""
    return "fcitx" if name.startswith("fcitx") else name


def _running() -> list[str]:
    return [process.info["name"] or "" for process in psutil.process_iter(["name"])]


def _plugins(environment: Mapping[str, str]) -> list[str]:
    """Those that Qt was installed with, and those in folders that somebody gave it."""
    spec = find_spec("PySide6")
    folders = [Path(place) / _PLUGINS for place in (spec and spec.submodule_search_locations) or ()]
    given = environment.get("QT_PLUGIN_PATH", "").split(os.pathsep)
    folders += [Path(place) / _PLUGINS.name for place in given if place]
    found = (path.name for folder in folders for path in folder.glob("lib*contextplugin.so"))
    return [_plain(re.sub(r"^lib|platforminputcontextplugin.*$", "", name)) for name in found]
