"""The system's own libraries on Linux: which are missing, and the command that installs them."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.errors import PerennialError


@dataclass(frozen=True)
class Library:
    """A shared library, and the packages that bring it on the common distributions."""

    file: str
    apt: str
    dnf: str
    pacman: str


RUNTIME_LIBRARIES = (Library("libgomp.so.1", "libgomp1", "libgomp", "gcc-libs"),)

WINDOW_LIBRARIES = (
    Library("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
    Library("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    Library("libglib-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    Library("libfreetype.so.6", "libfreetype6", "freetype", "freetype2"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
    Library("libX11.so.6", "libx11-6", "libX11", "libx11"),
    Library("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb", "libx11"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    Library("libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    Library(
        "libxcb-render-util.so.0",
        "libxcb-render-util0",
        "xcb-util-renderutil",
        "xcb-util-renderutil",
    ),
    Library("libxcb-util.so.1", "libxcb-util1", "xcb-util", "xcb-util"),
    Library("libxcb-randr.so.0", "libxcb-randr0", "libxcb", "libxcb"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb", "libxcb"),
    Library("libxcb-shm.so.0", "libxcb-shm0", "libxcb", "libxcb"),
    Library("libxcb-sync.so.1", "libxcb-sync1", "libxcb", "libxcb"),
    Library("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb", "libxcb"),
    Library("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb", "libxcb"),
)


def missing(libraries: Sequence[Library]) -> list[Library]:
    """Those that the system's loader does not find; none on other systems than Linux."""
    if not sys.platform.startswith("linux"):
        return []
    return [library for library in libraries if not _loads(library.file)]


def install_command(libraries: Sequence[Library]) -> str:
    """The exact command for this machine's package manager; empty when it is an unknown one."""
    if shutil.which("apt-get"):
        return "apt-get install -y " + _joined(library.apt for library in libraries)
    if shutil.which("dnf"):
        return "dnf install -y " + _joined(library.dnf for library in libraries)
    if shutil.which("pacman"):
        return "pacman -S --needed " + _joined(library.pacman for library in libraries)
    return ""


def provide(libraries: Sequence[Library], purpose: str, tell: Callable[[str], None]) -> None:
    """See that the libraries are there: installed when this runs as root, named when not."""
    absent = missing(libraries)
    if not absent:
        return
    command = install_command(absent)
    if is_root() and shutil.which("apt-get"):
        tell(f"Installing system libraries for {purpose}: {command}")
        apt_install([library.apt for library in absent])
        absent = missing(absent)
    if absent:
        names = ", ".join(library.file for library in absent)
        prefix = "" if is_root() else "sudo "
        raise PerennialError(
            f"For {purpose} system libraries are missing: {names}.",
            f"Install them with: {prefix}{command}" if command else "Install them and start again.",
            kind="setup_libraries",
            kept="What is installed already was kept.",
        )


def apt_install(packages: Sequence[str]) -> bool:
    """Install packages of Debian or Ubuntu as root; the lists are fetched first, since a new
    machine has none."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["install", "-y", "-qq", "--no-install-recommends", *packages]
    for arguments in (["update", "-qq"], install):
        done = subprocess.run(
            ["apt-get", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
        )
    return done.returncode == 0


def is_root() -> bool:
    """Whether this process may install packages of the system."""
    return sys.platform != "win32" and os.geteuid() == 0


def _joined(names: Iterable[str]) -> str:
    return " ".join(sorted(set(names)))


def _loads(file: str) -> bool:
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True
