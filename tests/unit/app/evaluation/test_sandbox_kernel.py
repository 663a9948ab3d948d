"""Python's own watch can be got around by code that means to; on Linux the kernel cannot."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.evaluation import confinement, sandbox_calls, sandbox_linux
from app.evaluation.sandbox_means import Means, means

PROJECT = Path(confinement.__file__).parents[2]


@pytest.fixture(autouse=True)
def _linux() -> None:
    if means() is Means.KERNEL:
        return
    if os.environ.get("CI"):
        pytest.fail("CI must have Landlock and seccomp")
    pytest.skip("what the kernel gives is Linux's, and needs Landlock")


# What the kernel may lack: each is faked in the confined process itself.
LACKING = {
    "everything": "",
    "without namespaces": "sandbox_linux.leave = lambda *a: False",
    "first Landlock": "sandbox_linux.landlock_version = lambda *a: 1",
    "as little as can be": (
        "sandbox_linux.leave = lambda *a: False\n"
        "sandbox_linux.landlock_version = lambda *a: 1\n"
        "sandbox_linux._first_held = lambda *a: None"
    ),
}

_PROGRAM = """
import ctypes, fcntl, os, resource, socket, sys
sys.path.insert(0, {project!r})
from app.evaluation import confinement, sandbox_linux
sys.path.remove({project!r})
{lacking}
bounds = confinement.Bounds(20, 2**29, 2**20, 64, 64, programs={programs})
readable = [p for p in sys.path if os.path.exists(p)]
confined = confinement.confine(bounds, os.getcwd(), readable)
secret, outer, port = {secret!r}, {outer}, {port}
libc = ctypes.CDLL(None, use_errno=True)
free = []

def attempt(name, harm):
    try:
        harm()
    except (OSError, ValueError):
        return
    free.append(name)

def call(name, *arguments):
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)

def meet(family, kind, address):
    with socket.socket(family, kind) as one:
        one.connect(address)

def signal_by_file():
    reads, writes = os.pipe()
    fcntl.fcntl(reads, fcntl.F_SETOWN, outer)

attempt("read", lambda: open(secret))
attempt("write", lambda: open(secret + ".new", "w"))
attempt("append", lambda: open(secret, "a"))
attempt("remove", lambda: os.remove(secret))
attempt("rename", lambda: os.rename(secret, "mine"))
attempt("link", lambda: os.link(secret, "mine"))
attempt("symlink", lambda: (os.symlink(secret, "way"), open("way"))[1])
attempt("truncate", lambda: os.truncate(secret, 0))
attempt("chmod", lambda: os.chmod(secret, 0o777))
attempt("chown", lambda: os.chown(secret, os.getuid(), os.getgid()))
attempt("utime", lambda: os.utime(secret, (0, 0)))
attempt("attribute", lambda: os.setxattr(secret, "user.x", b"1"))
attempt("folder", lambda: os.mkdir(secret + ".folder"))
attempt("list", lambda: os.listdir(os.path.dirname(secret)))
attempt("list all", lambda: os.listdir("/etc"))
attempt("disk", lambda: (os.mknod("disk", 0o60600, os.makedev(8, 0)), open("disk"))[1])
attempt("environment", lambda: open(f"/proc/{{outer}}/environ"))
attempt("command line", lambda: open(f"/proc/{{outer}}/cmdline"))
attempt("memory", lambda: open(f"/proc/{{outer}}/mem", "rb"))
attempt("score", lambda: open("/proc/self/oom_score_adj", "w"))
attempt("ptrace", lambda: call("ptrace", 16, outer, None, None))
attempt("peek", lambda: call("process_vm_readv", outer, None, 0, None, 0, 0))
attempt("kill", lambda: os.kill(outer, 0))
attempt("kill group", lambda: os.killpg(os.getpgid(outer), 0))
attempt("pidfd", lambda: os.pidfd_open(outer))
attempt("signal by file", signal_by_file)
attempt("limits", lambda: resource.prlimit(outer, resource.RLIMIT_CORE))
attempt("processors", lambda: os.sched_setaffinity(outer, {{0}}))
attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, outer, 19))
attempt("tcp", lambda: meet(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", port)))
attempt("tcp 6", lambda: meet(socket.AF_INET6, socket.SOCK_STREAM, ("::1", port)))
attempt("udp", lambda: meet(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", port)))
attempt("local", lambda: meet(socket.AF_UNIX, socket.SOCK_STREAM, secret + ".socket"))
attempt("abstract", lambda: meet(socket.AF_UNIX, socket.SOCK_STREAM, "\\0perennial" + str(port)))
attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt("datagrams", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
attempt("hidden memory", lambda: os.memfd_create("x"))
attempt("lasting memory", lambda: call("shmget", 0, 4096, 0o1600))
attempt("own session", os.setsid)
attempt("own group", lambda: os.setpgid(0, 0))
attempt("namespaces", lambda: call("unshare", 0x10000000))
attempt("mounts", lambda: call("mount", b"none", b".", b"tmpfs", 0, None))
attempt("root", lambda: call("chroot", b"."))
attempt("rings", lambda: call("syscall", 425, 1, None))
attempt("bpf", lambda: call("syscall", {bpf}, 0, None, 0))
attempt("new files", lambda: open("large", "wb").write(bytes(2**21)))
if not {programs}:
    attempt("fork", os.fork)
    attempt("exec", lambda: os.execv("/bin/sh", ["sh", "-c", "echo free"]))
    attempt("signals", lambda: os.kill(os.getpid(), 0))
with open("mine.txt", "w") as file:
    file.write("its own folder is its own")
a, b = socket.socketpair()
a.close(), b.close()
print(confined, *free, flush=True)
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Services of the user's: TCP, a socket in a folder, one without a name in any."""
    with (
        socket.socket() as service,
        socket.socket(socket.AF_UNIX) as local,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        service.bind(("127.0.0.1", 0))
        number = service.getsockname()[1]
        local.bind(str(tmp_path / "secret.socket"))
        abstract.bind(f"\0perennial{number}")
        for each in (service, local, abstract):
            each.listen()
        yield int(number)


def _attempt(tmp_path: Path, port: int, lacking: str, programs: bool) -> list[str]:
    secret, work = tmp_path / "secret", tmp_path / "box" / "work"
    secret.write_text("what I said", "utf-8")
    before = secret.stat()
    work.mkdir(parents=True)
    program = _PROGRAM.format(
        project=str(PROJECT),
        secret=str(secret),
        outer=os.getpid(),
        port=port,
        lacking=lacking,
        programs=programs,
        bpf={"x86_64": 321, "aarch64": 280}[platform.machine()],
    )
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        cwd=work, capture_output=True, text=True, timeout=120, start_new_session=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    after = secret.stat()
    assert (after.st_mode, after.st_uid, after.st_ctime_ns) == (
        before.st_mode, before.st_uid, before.st_ctime_ns,
    )  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["box", "secret", "secret.socket"]
    return ended.stdout.split()


@pytest.mark.parametrize("programs", [False, True], ids=["code", "program"])
@pytest.mark.parametrize("lacking", LACKING.values(), ids=LACKING)
def test_the_kernel_holds_without_python_s_own_watch(
    tmp_path: Path, port: int, lacking: str, programs: bool
) -> None:
    assert _attempt(tmp_path, port, lacking, programs) == ["True"]


@pytest.mark.parametrize("programs", [False, True], ids=["code", "program"])
def test_without_landlock_a_process_is_told_that_it_is_not_shut_in(
    tmp_path: Path, port: int, programs: bool
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    program = (
        f"import os, sys\nsys.path.insert(0, {str(PROJECT)!r})\n"
        "from app.evaluation import confinement, sandbox_linux\n"
        "sandbox_linux.landlock_version = lambda *a: 0\n"
        f"bounds = confinement.Bounds(20, 2**29, 2**20, 64, 64, programs={programs})\n"
        "print(confinement.confine(bounds, os.getcwd(), sys.path), flush=True)"
    )
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        cwd=work, capture_output=True, text=True, timeout=120, start_new_session=True,
    )  # fmt: skip
    assert ended.stdout == "False\n", ended.stderr


def test_without_landlock_this_machine_has_no_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_linux, "landlock_version", lambda libc: -1)
    assert means() is Means.NONE


def test_on_a_processor_whose_calls_are_not_known_there_are_no_means(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert not sandbox_calls.known_machine()
    assert means() is Means.NONE
