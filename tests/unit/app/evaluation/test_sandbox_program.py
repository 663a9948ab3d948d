"""Outside programs judge what a model wrote, and may be made to do anything by it."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from app.evaluation import sandbox_launch, sandbox_means, sandbox_program
from app.evaluation.sandbox_means import Means, isolation
from app.evaluation.sandbox_program import CANNOT, ProgramRan, run_program

PYTHON = (sys.executable, "-I")


@pytest.fixture(autouse=True)
def _shut_in() -> None:
    if sandbox_means.means().shuts_programs_in:
        return
    if os.environ.get("CI"):
        pytest.fail(f"CI must be able to shut programs in: {isolation()}")
    pytest.skip(isolation())


def _python(code: str, *, wall_s: float = 60.0, processes: int = 8) -> ProgramRan:
    return run_program(
        [*PYTHON, "a.py"],
        {"a.py": code},
        wall_s=wall_s,
        processes=processes,
        memory_bytes=256 * 2**20,
    )


def _refused(code: str) -> bool:
    """Whether the code met an OSError, and nothing else went wrong."""
    ran = _python(f"try:\n    {code}\nexcept OSError: print('refused')\nelse: print('free')")
    assert ran.fault == ""
    assert ran.isolated
    return ran.output == "refused\n"


def test_a_program_works_on_its_files_and_says_how_it_ended() -> None:
    files = {"main.tf": "one\n", "modules/a/main.tf": "둘\n"}
    code = (
        "import os, sys\nprint(sorted(os.listdir('.')), open('modules/a/main.tf').read(), end='',"
        " flush=True)\n"
        "print(os.environ['WITH'], os.environ['HOME'] != os.getcwd(), file=sys.stderr)\n"
        "open('out', 'w').write('x')\nopen(os.path.expanduser('~/cache'), 'w').write('x')\n"
        "raise SystemExit(3)"
    )
    ran = run_program([*PYTHON, "-c", code], files, environment={"WITH": "care"})
    assert ran == ProgramRan(3, "['main.tf', 'modules'] 둘\ncare True\n", "", isolated=True)


def test_a_program_may_start_programs_and_talk_to_them() -> None:
    ran = _python(
        "import subprocess, sys, threading, socket, multiprocessing.connection\n"
        "threading.Thread(target=print, args=('thread',)).start()\n"
        "a, b = socket.socketpair()\n"
        "print(subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True).stdout)"
    )
    assert (ran.code, ran.fault) == (0, "")
    assert sorted(ran.output.split()) == ["b'1\\n'", "thread"]


def test_a_script_runs_on_what_its_first_line_names(tmp_path: Path) -> None:
    script = tmp_path / "linter"
    script.write_text(f"#!{sys.executable}\nprint('linted')\n", "utf-8")
    script.chmod(0o755)
    assert run_program([str(script)], {}).output == "linted\n"


@pytest.mark.parametrize("name", ["../out", "/out", "a/../../out", "", "C:out"])
def test_no_file_is_written_beside_the_folder(name: str) -> None:
    with pytest.raises(ValueError, match="not a file's name"):
        run_program([*PYTHON, "-c", ""], {name: "x"})


def test_what_is_not_installed_is_told() -> None:
    ran = run_program(["no-such-linter"], {})
    assert ran == ProgramRan(None, "", "no-such-linter is not installed", isolated=False)


def test_without_means_nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_program, "means", lambda: Means.NONE)
    proof = tmp_path / "proof"
    ran = run_program([*PYTHON, "-c", f"open({str(proof)!r}, 'w')"], {})
    assert ran == ProgramRan(None, "", CANNOT, isolated=False)
    assert not proof.exists()


def test_nothing_outside_is_read_or_written(tmp_path: Path) -> None:
    secret = tmp_path / "perennial.db"
    secret.write_text("what I said", "utf-8")
    for code in (
        f"open({str(secret)!r}).read()",
        f"open({str(secret)!r}, 'w')",
        f"__import__('os').symlink({str(secret)!r}, 'way') or open('way')",
        f"__import__('os').remove({str(secret)!r})",
        f"open({str(tmp_path / 'new')!r}, 'w')",
        f"__import__('os').listdir({str(Path.home())!r})",
        f"open({str(Path.home() / 'perennial-was-here')!r}, 'w')",
        "open('/etc/passwd')",
    ):
        assert _refused(code), code
    assert secret.read_text("utf-8") == "what I said"
    assert list(tmp_path.iterdir()) == [secret]
    given = run_program(
        [*PYTHON, "-c", f"print(open({str(secret)!r}).read())"], {}, readable=[secret]
    )
    assert given.output == "what I said\n"


def test_no_service_can_be_reached(tmp_path: Path) -> None:
    with socket.socket() as service, socket.socket(socket.AF_UNIX) as local:
        service.bind(("127.0.0.1", 0))
        local.bind(str(tmp_path / "agent"))
        for each in (service, local):
            each.listen()
        port = service.getsockname()[1]
        for code in (
            f"__import__('socket').create_connection(('127.0.0.1', {port}))",
            "s = __import__('socket'); s.socket(s.AF_INET, s.SOCK_DGRAM)",
            "s = __import__('socket'); s.socket(s.AF_INET6)",
            f"s = __import__('socket'); s.socket(s.AF_UNIX).connect({str(tmp_path / 'agent')!r})",
        ):
            assert _refused(code), code


def test_no_other_process_is_seen_or_signalled() -> None:
    me = os.getpid()
    for code in (
        f"__import__('os').kill({me}, 0)",
        f"open('/proc/{me}/environ')",
        f"open('/proc/{me}/cmdline')",
        f"open('/proc/{me}/mem', 'r+b')",
    ):
        assert _refused(code), code


BOMBS = {
    "forks": (
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "it started too many processes",
    ),
    "memory of many": (
        "import os, time\nfor _ in range(6):\n    if not os.fork(): break\n"
        "kept = os.urandom(2**20) * 64\ntime.sleep(10**6)",
        "it took too much memory",
    ),
    "many files": (
        "n = 0\nwhile True:\n    n += 1\n    open(str(n), 'wb').write(bytes(2**20))",
        "it wrote too much",
    ),
    "empty files": (
        "n = 0\nwhile True:\n    n += 1\n    open(str(n), 'wb').close()",
        "it wrote too much",
    ),
    "removed files": (
        "import os\nkept = []\nfor n in range(400):\n    kept.append(open(str(n), 'wb'))\n"
        "    kept[-1].write(bytes(2**20))\n    os.remove(str(n))\nimport time\ntime.sleep(10**6)",
        "it wrote too much",
    ),
    "output": ("while True: print('x' * 10**6)", "it wrote too much"),
}


@pytest.mark.parametrize(("code", "fault"), BOMBS.values(), ids=BOMBS)
def test_what_grows_without_end_is_ended(
    code: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_program, "DISK_BYTES", 16 * 2**20)
    monkeypatch.setattr(sandbox_program, "FILE_BYTES", 4 * 2**20)
    monkeypatch.setattr(sandbox_program, "ENTRIES", 500)
    if "os.remove" in code and sys.platform != "linux":
        pytest.skip("files that were removed are counted on Linux alone")
    ran = _python(code)
    assert (ran.code, ran.fault, ran.isolated) == (None, fault, True)
    assert len(ran.output) <= sandbox_program.OUTPUT_BYTES
    assert _python("print('the next one')").output == "the next one\n"


@pytest.fixture
def without_namespaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a system that gives a user no namespaces, with the first Landlock."""
    project = str(Path(sandbox_launch.__file__).parents[2])
    launcher = tmp_path / "launcher.py"
    launcher.write_text(
        f"import sys\nsys.path.insert(0, {project!r})\n"
        "from app.evaluation import sandbox_launch, sandbox_linux\n"
        "sandbox_linux.leave = lambda *a: False\n"
        "sandbox_linux.landlock_version = lambda *a: 1\n"
        "sandbox_launch.main()\n",
        "utf-8",
    )
    monkeypatch.setattr(sandbox_launch, "__file__", str(launcher))


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
@pytest.mark.usefixtures("without_namespaces")
def test_without_namespaces_all_of_it_ends_as_well() -> None:
    code, fault = BOMBS["forks"]
    assert _python(code).fault == fault
    word = f"left-behind-{os.getpid()}"
    assert _python(_LEAVES.format(word=word)).output == "done\n"
    assert _alive(word) == []
    for harm in (
        f"__import__('os').kill({os.getpid()}, 0)",
        "__import__('os').setsid()",
        "s = __import__('socket'); s.socket(s.AF_UNIX)",
    ):
        assert _refused(harm), harm


def test_memory_of_one_process_ends_where_it_was_told_to() -> None:
    ran = _python("x = bytearray(2**30)")
    assert ran.code == 1
    assert "MemoryError" in ran.output


def test_threads_without_end_come_to_one() -> None:
    ran = _python(
        "import os, threading, time\n"
        "try:\n    while True: threading.Thread(target=time.sleep, args=(10**6,)).start()\n"
        "except RuntimeError: print('no more', flush=True)\nos._exit(0)"
    )
    assert (ran.output, ran.fault) == ("no more\n", "")


def test_one_that_sleeps_for_ever_is_ended() -> None:
    ran = _python("import time\ntime.sleep(10**6)", wall_s=2)
    assert (ran.code, ran.fault) == (None, "it did not end in time")


_LEAVES = (
    "import subprocess, sys\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(10**6)', {word!r}])\n"
    "print('done')"
)


def test_what_it_leaves_in_the_background_is_ended() -> None:
    word = f"left-running-{os.getpid()}"
    ran = _python(_LEAVES.format(word=word))
    assert (ran.code, ran.output) == (0, "done\n")
    assert _alive(word) == []


def _alive(word: str) -> list[psutil.Process]:
    """The processes that were started with a word."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if word in process.cmdline():
                found.append(process)
    return found


def test_its_folder_is_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    _python("import os\nos.mkdir('shut', 0)\nopen('f', 'w').write('x')")
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_dies_of_a_signal_has_its_shell_s_code() -> None:
    ran = _python("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)")
    assert (ran.code, ran.fault) == (128 + 15, "")
