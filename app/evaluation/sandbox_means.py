"""What this machine has to shut code in with."""

from __future__ import annotations

import enum
import platform
from pathlib import Path

from app.evaluation import sandbox_linux, sandbox_macos

SYSTEM = platform.system()


class Means(enum.Enum):
    """What shuts code in, told in one sentence each."""

    KERNEL = (
        "Code from replies runs in a process of its own, which the kernel (Landlock, seccomp) "
        "keeps from the network, from other processes and from your files."
    )
    SEATBELT = (
        "Code from replies runs in a process of its own, which macOS's sandbox-exec keeps from "
        "the network, from other processes and from your files."
    )
    JOB = (
        "Code from replies runs in a process of its own in a job object, with limits on memory "
        "and time; Python alone keeps it from the network and from your files, and no other "
        "program is run on replies."
    )
    NONE = (
        "This system has nothing to shut code in with: code from replies is parsed and not run, "
        "and no other program is run on replies."
    )

    @property
    def shuts_programs_in(self) -> bool:
        """Whether programs other than Python itself can be run."""
        return self in (Means.KERNEL, Means.SEATBELT)


def means() -> Means:
    """What there is."""
    if SYSTEM == "Linux" and sandbox_linux.can_confine():
        return Means.KERNEL
    if SYSTEM == "Darwin" and Path(sandbox_macos.PROGRAM).exists():
        return Means.SEATBELT
    return Means.JOB if SYSTEM == "Windows" else Means.NONE


def isolation() -> str:
    """What keeps code from replies away from everything else on this machine, in a sentence."""
    return means().value
