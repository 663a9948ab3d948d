"""The doctor names what is wrong and what to do; it says nothing good of what is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import doctor, starter, system_libraries, training_environment, training_findings
from app.home import Home
from app.system_libraries import Library

ABSENT = Library("libabsent-for-sure.so.9", "libabsent9", "libabsent", "absent")
TORCH = {"torch": "2.15.0+cpu", "cuda": False, "gpu": "", "mps": False}


def test_every_finding_that_is_not_good_has_a_next_step(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(starter.VARIABLE, raising=False)
    monkeypatch.setattr(training_environment, "is_ready", lambda: False)
    findings = doctor.examine(home)
    assert [f.name for f in findings if f.state != "ok" and not f.next_step] == []
    assert {"python", "home", "memory", "starter", "runtime", "ollama", "training"} <= {
        finding.name for finding in findings
    }


def test_damaged_starter_is_bad(home: Home) -> None:
    (home.models / starter.FILE_NAME).write_bytes(b"GGUF")
    found = next(iter(doctor._starter(home)))
    assert found.state == "bad"
    assert "setup" in found.next_step


def test_home_that_went_away_is_bad(tmp_path: Path) -> None:
    found = next(iter(doctor._home_folder(Home(tmp_path / "gone"))))
    assert found.state == "bad"


def test_gpu_that_lies_idle_is_said_loudly() -> None:
    finding = training_findings.gpu("NVIDIA GeForce RTX 4090, driver 581.1", TORCH)
    assert finding.state == "bad"
    assert "CANNOT USE IT" in finding.text
    assert "setup train" in finding.next_step


def test_old_driver_is_told_from_a_build_without_cuda() -> None:
    finding = training_findings.gpu("NVIDIA T4, driver 470.1", {**TORCH, "torch": "2.15.0+cu132"})
    assert "driver" in finding.next_step


def test_torch_that_crashes_takes_nobody_with_it() -> None:
    found, reason = training_findings.probe("import os; os.abort()")
    assert found is None
    assert reason


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    requires = ["absent-package-of-a-test>=1", "pytest>=8; extra == 'dev'"]
    monkeypatch.setattr("importlib.metadata.requires", lambda _name: requires)
    assert doctor.missing_packages() == ["absent-package-of-a-test"]


@pytest.mark.parametrize(
    ("tool", "command"),
    [
        ("apt-get", "apt-get install -y libabsent9"),
        ("dnf", "dnf install -y libabsent"),
        ("pacman", "pacman -S --needed absent"),
    ],
)
def test_missing_library_comes_with_the_command_of_this_system(
    tool: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("shutil.which", lambda name: name if name == tool else None)
    assert system_libraries.missing([ABSENT]) == [ABSENT]
    assert system_libraries.install_command([ABSENT]) == command


def test_training_packages_count_as_there_only_when_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training_environment, "MODULES", ("pytest", "absent_for_sure"))
    assert not training_environment.is_ready()
    monkeypatch.setattr(training_environment, "MODULES", ("pytest",))
    assert training_environment.is_ready()
