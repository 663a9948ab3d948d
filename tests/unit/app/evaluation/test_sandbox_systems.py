"""What shuts code in on systems other than Linux, told from faked facts of theirs."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from typing import Any

import pytest

from app.evaluation import sandbox, sandbox_macos, sandbox_means, sandbox_program, sandbox_windows
from app.evaluation.sandbox import HELD_ONLINE, NOT_STARTED, ONLY_PARSED, Ran, run_code, run_program
from app.evaluation.sandbox_means import Means, isolation, means

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="it plays another system")


def _as(patch: pytest.MonkeyPatch, there: Means) -> None:
    for module in (sandbox, sandbox_program):
        patch.setattr(module, "means", lambda: there)


@pytest.mark.parametrize(
    ("system", "seatbelt", "expected"),
    [
        ("Darwin", True, Means.SEATBELT),
        ("Darwin", False, Means.NONE),
        ("Windows", False, Means.JOB),
        ("FreeBSD", False, Means.NONE),
    ],
)
def test_each_system_shuts_in_with_what_it_has(
    system: str, seatbelt: bool, expected: Means, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "sandbox-exec"
    if seatbelt:
        program.touch()
    monkeypatch.setattr(sandbox_means, "SYSTEM", system)
    monkeypatch.setattr(sandbox_macos, "PROGRAM", str(program))
    assert means() is expected
    assert isolation() == expected.value


def test_where_nothing_shuts_it_in_code_is_parsed_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _as(monkeypatch, Means.NONE)
    proof = tmp_path / "proof"
    ran = run_code(f"open({str(proof)!r}, 'w')", "assert False")
    assert ran == Ran(True, ONLY_PARSED, isolated=False, ran=False)
    assert not proof.exists()
    assert not run_code("Add them up!", "assert True").ok


@pytest.mark.parametrize("there", [Means.JOB, Means.NONE])
def test_a_program_needs_more_than_limits(there: Means, monkeypatch: pytest.MonkeyPatch) -> None:
    _as(monkeypatch, there)
    ran = run_program([sys.executable, "-c", "print(1)"], {})
    assert (ran.code, ran.output, ran.isolated) == (None, "", False)
    assert ran.fault


def test_the_profile_of_macos_names_all_that_is_open() -> None:
    code = sandbox_macos.profile("/box/work", ["/opt/python"], programs=False)
    assert code.splitlines() == [
        "(version 1)",
        "(deny default)",
        '(import "system.sb")',
        "(allow file-read-metadata)",
        "(allow sysctl-read)",
        '(allow file-read* (literal "/")',
        '  (subpath "/opt/python"))',
        "(allow process-exec",
        '  (subpath "/opt/python"))',
        '(allow file-read* file-write* (subpath "/box/work"))',
        '(allow file-write-data (literal "/dev/null"))',
        "(deny network*)",
        "(deny process-fork)",
        "(allow signal (target self))",
    ]
    program = sandbox_macos.profile("/box", ["/opt/tflint"], programs=True).splitlines()
    assert "(allow process-fork)" in program
    assert program.index("(deny network*)") < program.index('(allow network* (subpath "/box"))')


def test_no_name_of_a_folder_gets_out_of_the_profile() -> None:
    odd = '/a") (allow default) ("\\'
    profile = sandbox_macos.profile(odd, [odd], programs=False)
    assert '"/a\\") (allow default) (\\"\\\\"' in profile
    assert '"/a")' not in profile


@posix_only
def test_on_macos_code_is_started_shut_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox-exec that does nothing but start what it is given."""
    stand_in = tmp_path / "sandbox-exec"
    stand_in.write_text('#!/bin/sh\nshift 2\nexec "$@"\n', "utf-8")
    stand_in.chmod(0o755)
    monkeypatch.setattr(sandbox_macos, "PROGRAM", str(stand_in))
    _as(monkeypatch, Means.SEATBELT)
    if not means().shuts_programs_in:
        pytest.skip("nothing shuts the stand-in's code in")
    assert run_code("x = 1", "assert x == 1", wall_s=60).ok
    assert run_program([sys.executable, "-I", "-c", "print(1)"], {}).output == "1\n"


@posix_only
def test_on_macos_a_sandbox_that_does_not_start_is_no_fault_of_the_reply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = tmp_path / "sandbox-exec"
    refusing.write_text("#!/bin/sh\nexit 71\n", "utf-8")
    refusing.chmod(0o755)
    monkeypatch.setattr(sandbox_macos, "PROGRAM", str(refusing))
    _as(monkeypatch, Means.SEATBELT)
    ran = run_code("x = 1", "assert x == 2", wall_s=60)
    assert ran == Ran(True, NOT_STARTED, isolated=False, ran=False)
    assert run_program([sys.executable, "-c", "print(1)"], {}).isolated is False


class _Windows:
    """kernel32 and ntdll, which keep what they are asked."""

    def __init__(self, refuses: str = "") -> None:
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self._refuses = refuses

    def __getattr__(self, name: str) -> Any:
        def answer(*arguments: Any) -> int:
            self.asked.append((name, arguments))
            return 0 if name == self._refuses else len(self.asked)

        return answer

    def names(self) -> list[str]:
        return [name for name, _ in self.asked]


def _job(patch: pytest.MonkeyPatch, refuses: str = "") -> _Windows:
    windows = _Windows(refuses)
    patch.setattr(sandbox_windows, "_libraries", lambda: (windows, windows))
    return windows


def test_the_job_holds_one_process_with_limits() -> None:
    wanted = sandbox_windows.limits(2, 512 * 2**20)
    assert wanted.basic.flags == 0x2 | 0x8 | 0x100 | 0x200 | 0x400 | 0x2000
    assert wanted.basic.active_processes == 1
    assert wanted.basic.process_time == 20_000_000
    assert wanted.process_memory == wanted.job_memory == 512 * 2**20
    if ctypes.sizeof(ctypes.c_void_p) == 8:
        assert ctypes.sizeof(wanted) == 144  # as Windows has it, or it takes none of it


def test_a_process_goes_on_only_once_it_is_in_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    windows = _job(monkeypatch)
    with sandbox_windows.Job(2, 2**29) as job:
        assert job.take(42)
    assert windows.names() == [
        "CreateJobObjectW",
        "SetInformationJobObject",
        "SetInformationJobObject",
        "OpenProcess",
        "AssignProcessToJobObject",
        "NtResumeProcess",
        "CloseHandle",
        "CloseHandle",
    ]
    assert [kind for _, (_, kind, *_) in windows.asked[1:3]] == [9, 4]


@pytest.mark.parametrize(
    "refuses",
    ["CreateJobObjectW", "SetInformationJobObject", "OpenProcess", "AssignProcessToJobObject"],
)
def test_a_process_without_its_job_never_goes_on(
    refuses: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = _job(monkeypatch, refuses)
    with sandbox_windows.Job(2, 2**29) as job:
        assert not job.take(42)
    assert "NtResumeProcess" not in windows.names()


@posix_only
def test_on_windows_code_runs_in_the_job_and_says_that_python_alone_closed_the_net(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not means().shuts_programs_in:
        pytest.skip("nothing shuts the stand-in's code in")
    windows = _job(monkeypatch)
    _as(monkeypatch, Means.JOB)
    monkeypatch.setattr(sandbox, "_FLAGS", 0)
    assert run_code("x = 1", "assert x == 1", wall_s=60) == Ran(True, HELD_ONLINE, isolated=False)
    assert "NtResumeProcess" in windows.names()


@posix_only
def test_on_windows_no_code_runs_without_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    _job(monkeypatch, "AssignProcessToJobObject")
    _as(monkeypatch, Means.JOB)
    monkeypatch.setattr(sandbox, "_FLAGS", 0)
    ran = run_code("import time\ntime.sleep(10**6)", "assert True", wall_s=60)
    assert ran == Ran(True, NOT_STARTED, isolated=False, ran=False)
