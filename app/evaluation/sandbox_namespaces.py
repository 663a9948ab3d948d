"""Linux namespaces for what runs in the sandbox: its own network, processes, and tree of files.

They come on top of Landlock and seccomp, where the system lets one have them. Standard library
only: it is loaded by the sandbox's own processes.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_NEW_MOUNTS, _NEW_IPC, _NEW_USER, _NEW_PID, _NEW_NET = (
    0x20000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
_NO_SET_USER, _NO_DEVICES, _BIND, _WITH_THOSE_BELOW, _PRIVATE = 2, 4, 0x1000, 0x4000, 0x40000
_DEATH_SIGNAL = 1


def die_with_parent(libc: Any) -> None:
    """Whoever started this ended: so does this."""
    libc.prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def leave(libc: Any, programs: bool) -> bool:
    """Take namespaces of its own: no network, no shared memory; for programs more of them."""
    kinds = _NEW_NET | _NEW_IPC | (_NEW_PID | _NEW_MOUNTS if programs else 0)
    user, group = os.geteuid(), os.getegid()
    if user == 0:  # root needs no new user namespace, and stays able to change its user
        return bool(libc.unshare(kinds) == 0)
    if libc.unshare(kinds | _NEW_USER) != 0:
        return False
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny", "ascii")
    (own / "uid_map").write_text(f"{user} {user} 1", "ascii")
    (own / "gid_map").write_text(f"{group} {group} 1", "ascii")
    return True


def descend(libc: Any) -> None:
    """Go on as the first process's child in the new namespace; the two above only wait.

    When the first process ends, the kernel ends all others in the namespace.
    """
    for _ in range(2):
        die_with_parent(libc)
        child = os.fork()
        if not child:
            continue
        os.closerange(0, os.sysconf("SC_OPEN_MAX"))
        while True:
            ended, status = os.wait()
            if ended == child:
                code = os.waitstatus_to_exitcode(status)
                os._exit(code if code >= 0 else 128 - code)


def change_root(libc: Any, own: str, places: Iterable[str]) -> bool:
    """See nothing but the own folder and these places, each where it always was.

    Landlock closes files; this closes the sockets of other programs, which lie among them.
    """
    root, here = f"{own}.root", Path.cwd()
    Path(root).mkdir()
    private = libc.mount(None, b"/", None, _WITH_THOSE_BELOW | _PRIVATE, None) == 0
    kept = _NO_SET_USER | _NO_DEVICES
    if not private or libc.mount(b"tmpfs", root.encode(), b"tmpfs", kept, b"size=4m,mode=755"):
        return False
    for place in sorted({own, *places}, key=len):
        if Path(place).exists() and not _put(libc, place, Path(root + place)):
            return False
    processes = Path(root + "/proc")  # some programs ask there where they lie; a container may
    processes.mkdir()  # refuse it, and most do without
    libc.mount(b"proc", os.fsencode(processes), b"proc", kept, None)
    os.chroot(root)
    os.chdir(here)
    return True


def _put(libc: Any, place: str, seen: Path) -> bool:
    """Show a place in the new root; whether it is there now."""
    if seen.exists() or seen.is_symlink():
        return True
    seen.parent.mkdir(parents=True, exist_ok=True)
    if Path(place).is_symlink():
        seen.symlink_to(Path(place).readlink())
        return True
    if Path(place).is_dir():
        seen.mkdir()
    else:
        seen.touch()
    source, target = os.fsencode(place), os.fsencode(seen)
    return bool(libc.mount(source, target, None, _BIND | _WITH_THOSE_BELOW, None) == 0)
