"""The installation in `.venv`: what it needs, whether it is whole, and how it is made.

Standard library only: `start.py` uses it before anything is installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from app.errors import PerennialError
from app.pip_run import run_pip

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = ("dev", "train")
# The package index has only a build without CUDA for Windows; this one goes with the torch of
# constraints.txt.
TORCH_CUDA_INDEX = "https://download.pytorch.org/whl/cu132"
STAMP_NAME = "perennial-installed.json"
GB = 1_000_000_000
_NO_SPACE_KEPT = "Nothing was changed."

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Stamp:
    """What stands in the stamp of a whole installation."""

    digest: str = ""
    extras: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()


def venv_of(root: Path = ROOT) -> Path:
    """Where the installation of the copy at `root` lies."""
    return root / ".venv"


def python_of(venv: Path) -> Path:
    """The interpreter of an installation."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def needs_cuda_index() -> bool:
    """Whether torch with CUDA has to come from PyTorch's own index: Windows with a driver."""
    if os.name != "nt":
        return False
    system = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32"
    return shutil.which("nvidia-smi") is not None or (system / "nvml.dll").exists()


def digest_of(root: Path, extras: Collection[str]) -> str:
    """What an installation is made from; another digest means that it has to be made anew."""
    found = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        found.update((root / name).read_bytes())
    cuda = "train" in extras and needs_cuda_index()
    found.update(f"{root} {cuda}".encode())
    return found.hexdigest()


def installed_extras(root: Path = ROOT) -> frozenset[str]:
    """The extras of the last whole installation, also when it is out of date by now."""
    return _stamp(venv_of(root)).extras


def is_installed(extras: Collection[str], root: Path = ROOT) -> bool:
    """Whether everything is there, at the versions of constraints.txt."""
    venv = venv_of(root)
    stamp = _stamp(venv)
    if not stamp.extras >= frozenset(extras) or stamp.digest != digest_of(root, stamp.extras):
        return False
    site = _site_packages(venv)
    if site is None or not python_of(venv).exists():
        return False
    return stamp.packages <= {entry.name for entry in site.iterdir()}


def install(extras: Collection[str], tell: Tell, root: Path = ROOT) -> None:
    """Make or mend the installation; what was installed or downloaded before is kept."""
    venv = venv_of(root)
    have = installed_extras(root)
    wanted = sorted(have | frozenset(extras))
    _check_disk(venv, bool({"train"} & (set(wanted) - have)))
    _make_venv(venv, tell)
    _mend(venv, tell)
    what = f"{root}[{','.join(wanted)}]" if wanted else str(root)
    arguments = ["install", "--no-compile", *_sources(root, wanted), "-e", what]
    run_pip(python_of(venv), arguments, _title(wanted), tell, venv / "install.log")
    record(venv, root, wanted)


def install_extra(extra: str, tell: Tell, root: Path = ROOT) -> None:
    """Add an extra to the running installation, while the app is in use."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements: list[str] = project["optional-dependencies"][extra]
    venv = Path(sys.prefix)
    _check_disk(venv, training=True)
    _mend(venv, tell)
    # The app itself is left alone: its command is in use, and Windows would refuse to replace it.
    arguments = ["install", "--no-compile", *_sources(root, [extra]), *requirements]
    run_pip(Path(sys.executable), arguments, _title([extra]), tell, venv / "install.log")
    if venv == venv_of(root):
        record(venv, root, sorted(installed_extras(root) | {extra}))


def record(venv: Path, root: Path, extras: Collection[str]) -> None:
    """Note what is installed; written last, so that an interrupted installation has no stamp."""
    site = _site_packages(venv)
    packages = sorted(entry.name for entry in site.glob("*.dist-info")) if site else []
    stamp = {
        "digest": digest_of(root, extras),
        "extras": sorted(extras),
        "packages": packages,
    }
    part = venv / f"{STAMP_NAME}.part"
    part.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
    part.replace(venv / STAMP_NAME)


def _stamp(venv: Path) -> Stamp:
    try:
        read = json.loads((venv / STAMP_NAME).read_text(encoding="utf-8"))
        return Stamp(read["digest"], frozenset(read["extras"]), frozenset(read["packages"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Stamp()


def _site_packages(venv: Path) -> Path | None:
    pattern = "Lib/site-packages" if os.name == "nt" else "lib/python3*/site-packages"
    return next(iter(sorted(venv.glob(pattern))), None)


def _make_venv(venv: Path, tell: Tell) -> None:
    if venv.exists() and not _runs(venv):
        tell(f"The installation in {venv.name} does not run any more; it is made anew.")
        shutil.rmtree(venv, ignore_errors=True)
    if venv.exists():
        return
    if importlib.util.find_spec("ensurepip") is None:
        raise PerennialError(
            "This Python cannot make virtual environments: its module ensurepip is missing.",
            f"Install it with: {venv_package_command()}",
            kind="setup_no_venv",
        )
    tell(f"Making {venv.name}.")
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(venv)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        shutil.rmtree(venv, ignore_errors=True)
        said = (made.stderr or made.stdout).strip().splitlines() or ["no reason given"]
        raise PerennialError(
            f"The folder {venv} could not be made: {said[-1]}",
            "Make this folder writable for your user and start again.",
            kind="setup_failed",
        )


def venv_package_command() -> str:
    """How Debian's own Python gets what it leaves out of the standard library."""
    return f"apt-get install -y python3.{sys.version_info[1]}-venv"


def _runs(venv: Path) -> bool:
    try:
        tried = subprocess.run(
            [str(python_of(venv)), "-c", "import pip"], capture_output=True, check=False
        )
    except OSError:
        return False
    return tried.returncode == 0


def _mend(venv: Path, tell: Tell) -> None:
    """Take away packages that an interruption left half in place, or pip takes them for whole."""
    site = _site_packages(venv)
    if site is None:
        return
    # pip writes INSTALLER after the last file of a package.
    half = [entry for entry in site.glob("*.dist-info") if not (entry / "INSTALLER").exists()]
    half += list(site.glob("~*"))
    if half:
        tell(f"An earlier installation was interrupted; {len(half)} packages are put right.")
    for entry in half:
        shutil.rmtree(entry, ignore_errors=True)


def _sources(root: Path, extras: Collection[str]) -> list[str]:
    arguments = ["-c", str(root / "constraints.txt")]
    if "train" in extras and needs_cuda_index():
        build = TORCH_CUDA_INDEX.rsplit("/", 1)[-1]
        arguments += ["--extra-index-url", TORCH_CUDA_INDEX, f"torch=={_torch(root)}+{build}"]
    return arguments


def _torch(root: Path) -> str:
    """The version of torch in constraints.txt."""
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return next(line.split("==")[1] for line in lines if line.startswith("torch=="))


def _title(extras: Collection[str]) -> str:
    if "train" in extras:
        return f"Installing with everything for training ({training_size()})"
    return "Installing the window and chat (about 250 MB to download)"


def training_size() -> str:
    """What the training environment costs, in words."""
    if sys.platform.startswith("linux") or needs_cuda_index():
        return "about 3 GB to download, 6 GB on the disk"
    return "about 600 MB to download, 2.3 GB on the disk"


def _check_disk(venv: Path, training: bool) -> None:
    """Refuse before the download what would end in a full disk."""
    large = training and (sys.platform.startswith("linux") or needs_cuda_index())
    in_venv = 6.5 * GB if large else 2.5 * GB if training else 1.0 * GB
    # pip keeps downloads there until they are unpacked.
    in_temporary = 3.0 * GB if large else 0.5 * GB
    needs: dict[int, tuple[Path, float]] = {}
    for folder, size in ((venv.parent, in_venv), (Path(tempfile.gettempdir()), in_temporary)):
        device = folder.stat().st_dev
        first, already = needs.get(device, (folder, 0.0))
        needs[device] = (first, already + size)
    for folder, size in needs.values():
        free = shutil.disk_usage(folder).free
        if free < size:
            raise PerennialError(
                f"The installation needs {size / GB:.1f} GB free at {folder},"
                f" and {free / GB:.1f} GB are.",
                "Free some space and start again.",
                kind="setup_disk_full",
                kept=_NO_SPACE_KEPT,
            )
