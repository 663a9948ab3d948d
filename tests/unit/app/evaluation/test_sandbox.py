"""Code that a model wrote runs on the user's own computer: it must not touch anything of theirs."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.evaluation import sandbox, sandbox_folder
from app.evaluation.sandbox import Ran, isolation, parses, run_code
from app.evaluation.sandbox_means import Means, means

PATIENT_S = 60.0


@pytest.fixture(autouse=True)
def _shut_in() -> None:
    if means() in (Means.KERNEL, Means.SEATBELT):
        return
    if os.environ.get("CI"):
        pytest.fail(f"CI must be able to shut code in: {isolation()}")
    pytest.skip(isolation())


def _run(code: str, assertions: str = "assert True", wall_s: float = PATIENT_S) -> Ran:
    return run_code(code, assertions, wall_s=wall_s)


HARM = {
    "forks": ("import os\nos.fork()", "fork"),
    "programs": ("import subprocess\nsubprocess.run(['true'])", "subprocess"),
    "memory": ("x = 'x' * 10**10", "MemoryError"),
    "memory in small pieces": ("x = []\nwhile True: x.append(bytearray(10**6))", "MemoryError"),
    "threads without end": (
        "import threading, time\n"
        "while True: threading.Thread(target=time.sleep, args=(9**9,), daemon=True).start()",
        "can't start new thread",
    ),
    "one large file": ("open('f', 'wb').write(bytes(10**8))", "too large"),
    "passwords": ("open('/etc/passwd')", "out of bounds"),
    "a look around": ("import os\nos.listdir('/')", "out of bounds"),
    "the net": ("import socket\nsocket.socket()", "socket"),
    "a local socket": ("import socket\nsocket.socket(socket.AF_UNIX)", "Operation not permitted"),
    "its parent's end": ("import os\nos.kill(os.getppid(), 9)", "kill"),
    "system calls": ("import ctypes\nctypes.CDLL(None).getpid()", "ctypes"),
    "its memory score": ("open('/proc/self/oom_score_adj', 'w').write('-1000')", "out of bounds"),
    "its parent's secrets": (
        "import os\nopen(f'/proc/{os.getppid()}/environ').read()",
        "out of bounds",
    ),
    "an early end": ("import os\nos._exit(0)", "ended before its assertions"),
    "a polite end": ("raise SystemExit", "ended before its assertions"),
    "an end by exit": ("exit_now = __import__('sys').exit\nexit_now(0)", "ended before"),
    "a crash of the stack": (
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
        "",
    ),
    "folders without end": (
        "import os\nwhile True:\n    os.mkdir('a')\n    os.chdir('a')",
        "",
    ),
    "a lone surrogate": ("raise ValueError('\\ud800')", "ValueError"),
    "an error that cannot be told": (
        "class Odd(Exception):\n    def __str__(self): raise self\nraise Odd",
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("code", "why"), HARM.values(), ids=HARM)
def test_harm_is_refused_and_told_and_the_next_run_works(code: str, why: str) -> None:
    ran = _run(code)
    assert not ran.ok
    assert ran.ran
    assert ran.isolated
    assert why in ran.reason
    assert _run("x = 1", "assert x == 1").ok


ENDLESS = {
    "a loop": ("while True: pass", ""),
    "a power": ("x = 7 ** (9 ** 9)", ""),
    "a pattern": ("import re\nre.match('(a|a)*$', 'a' * 64 + 'b')", ""),
    "a generator in an assertion": (
        "def count():\n    while True: yield 1",
        "assert sum(count()) > 1",
    ),
    "printing": ("while True: print('x' * 10**6)", ""),
    "a signal ignored": (
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        "",
    ),
}


@pytest.mark.parametrize(("code", "assertions"), ENDLESS.values(), ids=ENDLESS)
def test_what_does_not_end_is_ended(
    code: str, assertions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "CPU_S", 1)
    assert _run(code, assertions).reason == "it did not end in time"
    assert _run("x = 1", "assert x == 1").ok


def test_what_sleeps_is_woken_by_nobody() -> None:
    assert _run("import time\ntime.sleep(10**6)", wall_s=3).reason == "it did not end in time"


def test_many_files_fill_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of one file says nothing of a million files."""
    monkeypatch.setattr(sandbox, "CPU_S", 30)
    endless = "n = 0\nwhile True:\n    n += 1\n    with open(str(n), 'wb') as f: f.write(bytes({}))"
    assert _run(endless.format(2**20)).reason == "it wrote too much"
    assert _run(endless.format(0)).reason == "it wrote too much"


CHEATS = {
    "a printed mark": "print('held'); print('0' * 32 + 'held ')",
    "a mark on every pipe": (
        "import os\n"
        "for n in range(64):\n"
        "    try: os.write(n, b'\\n' + b'0' * 32 + b'held \\n')\n"
        "    except OSError: pass"
    ),
    "its order read again": (
        "import os\n"
        "try: os.lseek(0, 0, 0)\nexcept OSError: pass\n"
        "for word in os.read(0, 10**6).split(b'\"'):\n"
        "    print(word)\n    os.write(1, b'\\n' + word + b'held \\n')"
    ),
    "stdout closed": "import os\nos.close(1)",
    "all closed": "import os\nos.closerange(0, 64)",
    "another AssertionError": (
        "import builtins\n"
        "class Fine(SystemExit): pass\n"
        "builtins.AssertionError = AssertionError = Fine"
    ),
    "exec that does nothing": "import builtins\nbuiltins.exec = lambda *a, **k: None",
    "compile that does nothing": "import builtins\nbuiltins.compile = lambda *a, **k: None",
    "all and any that agree": (
        "import builtins\nbuiltins.all = builtins.any = lambda *a: True\n"
        "builtins.bool = builtins.len = lambda *a: 1"
    ),
    "an own excepthook": (
        "import os, sys\nsys.excepthook = sys.unraisablehook = lambda *a: os._exit(0)"
    ),
    "a traceback that lies": (
        "import traceback\n"
        "def extract_tb(*a): raise SystemExit(0)\n"
        "traceback.extract_tb = extract_tb"
    ),
    "a main module of its own": (
        "import __main__\n__main__.Outcome = __main__.FAULT = __main__.HELD = None"
    ),
    "other words": "import json, os\njson.dumps = lambda *a: '{}'\nos.write = lambda *a: 0",
    "an end at exit": "import atexit, os\natexit.register(os._exit, 0)",
    "an end in the function": "def f():\n    import os\n    os._exit(0)",
}


@pytest.mark.parametrize("code", CHEATS.values(), ids=CHEATS)
def test_no_trick_makes_a_wrong_reply_right(code: str) -> None:
    code = code if "def f()" in code else code + "\ndef f(): return 1"
    ran = _run(code, "assert all([f() == 2])")
    assert not ran.ok


def test_the_home_can_be_neither_read_nor_written(tmp_path: Path) -> None:
    secret = tmp_path / "perennial.db"
    secret.write_text("what I said", "utf-8")
    for code in (
        f"open({str(secret)!r}).read()",
        f"open({str(secret)!r}, 'w')",
        f"import os\nos.remove({str(secret)!r})",
        f"import os\nos.rename({str(secret)!r}, 'mine')",
        f"import os\nos.chmod({str(secret)!r}, 0o777)",
        f"open({str(tmp_path / 'new')!r}, 'w')",
        f"import os\nos.symlink({str(secret)!r}, 'link')\nopen('link').read()",
        f"import os\nos.link({str(secret)!r}, 'link')\nopen('link').read()",
        f"open({str(Path.home() / 'perennial-was-here')!r}, 'w')",
    ):
        assert "out of bounds" in _run(code).reason
    assert secret.read_text("utf-8") == "what I said"
    assert list(tmp_path.iterdir()) == [secret]


def test_nothing_of_the_environment_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hers")
    ran = _run("import os\nseen = set(os.environ)", "assert seen <= {'HOME', 'TMPDIR', 'LC_CTYPE'}")
    assert ran.ok, ran.reason


def test_no_service_on_this_computer_can_be_reached(listening: int) -> None:
    ran = _run(f"import socket\nsocket.create_connection(('127.0.0.1', {listening}))")
    assert not ran.ok


@pytest.fixture
def listening() -> Iterator[int]:
    """The port of a service of the user's."""
    with socket.socket() as service:
        service.bind(("127.0.0.1", 0))
        service.listen()
        yield service.getsockname()[1]


def test_its_own_folder_and_the_standard_library_are_open() -> None:
    ran = _run(
        "import dataclasses, datetime, decimal, json, math, random, re, statistics, collections\n"
        "@dataclasses.dataclass\nclass Dog:\n    name: str\n"
        "Cat = collections.namedtuple('Cat', 'name')\n"
        "open('notes', 'w').write('kept')\n"
        "import tempfile\nwith tempfile.TemporaryFile() as f: f.write(b'x')\n",
        "assert open('notes').read() == 'kept'\nassert Dog('Rex').name == 'Rex'\n"
        "assert Dog.__annotations__ == {'name': str}",
    )
    assert ran.ok, ran.reason


def test_threads_and_asyncio_work() -> None:
    ran = _run(
        "import asyncio\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "async def f(): return await asyncio.to_thread(lambda: 3)\n"
        "def g():\n    with ThreadPoolExecutor(4) as pool: return sum(pool.map(abs, [-1, 2]))",
        "assert asyncio.run(f()) == 3\nassert g() == 3",
    )
    assert ran.ok, ran.reason


def test_what_is_printed_does_no_harm() -> None:
    ran = _run("import sys\nprint('x' * 10**7)\nsys.stdout.close()", "assert True")
    assert ran.ok, ran.reason


def test_each_run_starts_in_an_empty_folder_that_is_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = "import os\nleft = os.listdir('.')\nopen('left', 'w').close()"
    assert all(_run(code, "assert left == []").ok for _ in range(2))
    _run("import os\nos.mkdir('shut', 0)\nos.mkdir('open')\nopen('open/f', 'w')")
    _run("import os\nwhile True:\n    os.mkdir('a')\n    os.chdir('a')")
    assert list(tmp_path.iterdir()) == []


def test_no_process_is_left() -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    _run("import time\ntime.sleep(10**6)", wall_s=0.5)
    _run("import os\nos._exit(0)")
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def test_a_failed_assertion_is_named() -> None:
    ran = _run("def add(a, b): return a - b", "assert add(0, 0) == 0\nassert add(2, 3) == 5")
    assert ran.reason == "AssertionError at assert add(2, 3) == 5"


@pytest.mark.parametrize(
    "text",
    [
        "def f(:",
        "\0",
        "(" * 10_000,
        "x = " + "-" * 50_000 + "1",
        "x = 1" + "+1" * 50_000,
        "x = a" + ".b" * 50_000,
        "x = " + "[" * 150 + "]" * 150,
        "if x:\n" * 200,
        "x = '" + "\\" * 9_999,
    ],
    ids=lambda text: text[:12],
)
def test_no_text_harms_the_one_who_only_parses_it(text: str) -> None:
    assert parses(text) in (True, False)


def test_what_is_not_python_is_never_run() -> None:
    assert _run("Add them up!") == Ran(False, "it is not valid Python", True, ran=False)


def test_a_folder_is_cleared_however_deep_it_is(tmp_path: Path) -> None:
    top, here = tmp_path / "top", Path.cwd()
    top.mkdir()
    os.chdir(top)
    try:
        for _ in range(1100):  # deeper than Python recurses, and longer than a path may be
            Path("folder").mkdir()
            os.chdir("folder")
    finally:
        os.chdir(here)
    (top / "link").symlink_to(tmp_path)
    assert sandbox_folder.overfull(top, 10**9, 10**6)
    sandbox_folder.clear(top)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="the sentence is Linux's")
def test_this_machine_says_what_shuts_code_in() -> None:
    assert "kernel" in isolation()
