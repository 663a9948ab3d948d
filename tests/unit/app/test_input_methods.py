"""Who writes Korean on Linux would not learn why the window takes no Hangul."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import input_methods
from app.input_methods import InputFacts, judge
from app.training_findings import Finding

OF_PIP = ("compose", "ibus", "qtvirtualkeyboard")


def found(
    running: str = "", plugins: tuple[str, ...] = OF_PIP, **environment: str
) -> Finding | None:
    return next(iter(judge(InputFacts(environment, running.split(), plugins))), None)


@pytest.mark.parametrize(
    "environment",
    [
        {"QT_IM_MODULE": "fcitx"},
        {"QT_IM_MODULE": "fcitx5"},
        {"QT_IM_MODULES": "wayland;fcitx"},
        {"XMODIFIERS": "@im=fcitx"},
        {"GTK_IM_MODULE": "fcitx5", "QT_IM_MODULE": "compose"},
        {"QT_IM_MODULE": "fcitx", "WAYLAND_DISPLAY": "wayland-0"},
    ],
)
def test_fcitx_that_qt_lacks_is_named_with_what_to_do(environment: dict[str, str]) -> None:
    told = found(**environment)
    assert told is not None and told.state == "warn"
    assert "fcitx" in told.text and "QT_IM_MODULE=ibus" in told.next_step


def test_fcitx_that_only_runs_is_named_too() -> None:
    told = found(running="bash fcitx5 python3")
    assert told is not None and "no plugin for fcitx" in told.text


def test_a_plugin_that_was_added_is_enough() -> None:
    told = found(QT_IM_MODULE="fcitx", plugins=(*OF_PIP, "fcitx"))
    assert told is not None and told.state == "ok" and not told.next_step


def test_ibus_is_well_where_qt_is_told_of_it() -> None:
    told = found(running="ibus-daemon", QT_IM_MODULE="ibus")
    assert told is not None and told.state == "ok"
    assert (found(QT_IM_MODULE="ibus", plugins=("compose",)) or told).state == "warn"


def test_ibus_that_qt_is_not_told_of_is_named_with_the_setting() -> None:
    told = found(running="ibus-daemon", DISPLAY=":0")
    assert told is not None and told.state == "warn"
    assert told.next_step == "Start with: QT_IM_MODULE=ibus python3 start.py"


def test_the_desktop_composes_on_wayland_unless_the_window_is_of_x() -> None:
    told = found(running="ibus-daemon", WAYLAND_DISPLAY="wayland-0")
    assert told is not None and told.state == "ok" and "Wayland" in told.text
    told = found(running="ibus-daemon", WAYLAND_DISPLAY="wayland-0", QT_QPA_PLATFORM="xcb")
    assert told is not None and told.state == "warn"


def test_other_programs_are_named_and_nothing_is_said_where_there_is_none() -> None:
    told = found(QT_IM_MODULE="kime")
    assert told is not None and "kime" in told.text and "Fcitx 5" in told.next_step
    assert found() is None
    assert found(QT_IM_MODULE="compose", XMODIFIERS="@im=none") is None


def test_the_plugins_of_qt_and_of_added_folders_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "platforminputcontexts"
    folder.mkdir()
    (folder / "libfcitx5platforminputcontextplugin.so").touch()
    plugins = input_methods._plugins({"QT_PLUGIN_PATH": str(tmp_path)})
    assert "fcitx" in plugins


def test_only_linux_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(input_methods.os, "environ", {"QT_IM_MODULE": "fcitx"})
    assert list(input_methods.input_method()) == []
