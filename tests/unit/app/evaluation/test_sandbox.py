"""Code that a model wrote runs on the user's own computer: it must not touch anything of theirs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from app.evaluation import confinement
from app.evaluation.sandbox import Ran, run_code

pytestmark = pytest.mark.skipif(os.name != "posix", reason="code is not run on this system")
PROJECT = Path(confinement.__file__).parents[2]


def _run(code: str, assertions: str = "assert True") -> Ran:
    return run_code(code, assertions, wall_s=60)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import os\nos.fork()", "fork"),
        ("import subprocess\nsubprocess.run(['true'])", "subprocess"),
        ("x = 'x' * 10**10", "MemoryError"),
        ("while True: pass", "did not end in time"),
        ("print('x' * 10**8)", "wrote too much"),
        ("open('/etc/passwd')", "out of bounds"),
        ("import os\nos.listdir('/')", "out of bounds"),
        ("import socket\nsocket.socket()", "socket"),
        ("import os\nos.kill(os.getppid(), 9)", "kill"),
        ("import os\nos._exit(0)", "ended before its assertions"),
        ("raise SystemExit", "ended before its assertions"),
        ("import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()", ""),
    ],
)
def test_harm_is_refused_and_told(code: str, why: str) -> None:
    ran = _run(code)
    assert not ran.ok
    assert why in ran.reason


def test_the_home_can_be_neither_read_nor_written(tmp_path: Path) -> None:
    secret = tmp_path / "perennial.db"
    secret.write_text("what I said", "utf-8")
    for code in (
        f"open({str(secret)!r}).read()",
        f"open({str(secret)!r}, 'w')",
        f"import os\nos.remove({str(secret)!r})",
        f"import os\nos.rename({str(secret)!r}, 'mine')",
        f"open({str(tmp_path / 'new')!r}, 'w')",
        f"import os\nos.symlink({str(secret)!r}, 'link')\nopen('link').read()",
    ):
        assert "out of bounds" in _run(code).reason
    assert secret.read_text("utf-8") == "what I said"
    assert list(tmp_path.iterdir()) == [secret]


def test_its_own_folder_and_the_standard_library_are_open() -> None:
    ran = _run(
        "import dataclasses, datetime, decimal, json, math, random, re, statistics\n"
        "@dataclasses.dataclass\nclass Dog:\n    name: 'str'\n"
        "open('notes', 'w').write('kept')\n",
        "assert open('notes').read() == 'kept'\nassert Dog('Rex').name == 'Rex'",
    )
    assert ran.ok, ran.reason


def test_each_run_starts_in_an_empty_folder_that_is_gone_afterwards() -> None:
    before = set(Path(tempfile.gettempdir()).glob("perennial-code-*"))
    code = "import os\nleft = os.listdir('.')\nopen('left', 'w').close()"
    assert all(_run(code, "assert left == []").ok for _ in range(2))
    assert set(Path(tempfile.gettempdir()).glob("perennial-code-*")) <= before


def test_a_failed_assertion_is_named() -> None:
    ran = _run("def add(a, b): return a - b", "assert add(0, 0) == 0\nassert add(2, 3) == 5")
    assert ran.reason == "AssertionError at assert add(2, 3) == 5"


_KERNEL_ALONE = """
import os, sys
sys.path.insert(0, {project!r})
from app.evaluation import confinement
confinement._watch = lambda own, readable: None  # as if code had got around Python
offline = confinement.confine(2, 2**29, 2**20)
refused = []
def attempt(name, harm):
    try:
        harm()
    except OSError:
        refused.append(name)
attempt("read", lambda: open({secret!r}))
attempt("write", lambda: open({secret!r} + ".new", "w"))
attempt("remove", lambda: os.remove({secret!r}))
attempt("fork", os.fork)
attempt("exec", lambda: os.execv("/bin/true", ["true"]))
attempt("kill", lambda: os.kill(os.getppid(), 0))
import socket
attempt("socket", socket.socket)
print(offline, *refused)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what the kernel gives is Linux's")
def test_on_linux_the_kernel_holds_without_python_s_own_watch(tmp_path: Path) -> None:
    """Python's audit hook can be got around by code that means to; the kernel cannot."""
    if not confinement.kernel_closes_files():
        pytest.skip("this kernel has no Landlock")
    secret, work = tmp_path / "secret", tmp_path / "work"
    secret.write_text("x", "utf-8")
    work.mkdir()
    program = _KERNEL_ALONE.format(project=str(PROJECT), secret=str(secret))
    told = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        cwd=work, capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip
    assert told.split() == ["True", "read", "write", "remove", "fork", "exec", "kill", "socket"]
    assert secret.exists()
