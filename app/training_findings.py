"""What the doctor says of the parts that load large libraries: the runtime, torch and the GPU.

Each is tried in a process of its own: the app never imports torch, and a broken one may crash.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from app import training_environment, training_table
from app.home import Home
from app.installation import ROOT, needs_cuda_index
from trainer.contract.fitting import Room, gigabytes

_PROBE_TIMEOUT_S = 180.0
_DRIVER_TIMEOUT_S = 20.0

_RUNTIME_PROBE = "import json, xllamacpp; print(json.dumps({'version': xllamacpp.__version__}))"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "warn", "bad"]
    text: str
    next_step: str = ""


def runtime(home: Home) -> Iterator[Finding]:
    """Whether the built-in runtime could serve a model here."""
    found, reason = probe(_RUNTIME_PROBE)
    if found is None:
        yield Finding(
            "runtime",
            "bad",
            f"The built-in runtime does not load: {reason}",
            "Install its packages again with: python3 start.py setup",
        )
        return
    state = "running" if home.runtime_file.exists() else "not running now"
    yield Finding("runtime", "ok", f"xllamacpp {found['version']}, {state}.")


def training(home: Home) -> Iterator[Finding]:
    """Whether a training could run here, on what, and of which models."""
    card = nvidia_card()
    found: dict[str, Any] | None = None
    if not training_environment.is_ready():
        yield Finding(
            "training",
            "warn",
            "The packages for training are not installed"
            f" ({training_environment.size_text()}); chat needs none of them.",
            "Install them with: python3 start.py setup train",
        )
        if card:
            yield Finding("gpu", "ok", f"{card}; a training will use it.")
    else:
        found, reason = trainer_facts()
        if found is None:
            yield Finding(
                "training",
                "bad",
                f"The training does not load: {reason}",
                "Remove the folder .venv and run: python3 start.py setup train",
            )
        else:
            yield Finding("training", "ok", f"torch {found['torch']} loads.")
            yield gpu(card, found)
            yield from device(found)
    machine = training_table.machine_of(found)
    models = training_table.models_here(home)
    for row in training_table.table(models, machine, training_table.starter_recipe()):
        yield Finding("trainable" if row.trainable else "chat_only", "ok", row.words)


def device(found: dict[str, Any]) -> Iterator[Finding]:
    """Which kernels work on the device, its memory, and who else holds some of it."""
    kernels = "4-bit bases (NF4) train here" if found["nf4_works"] else "4-bit bases do not train"
    trouble = f": {found['nf4_trouble']}; bases are held in 16 bits" if found["nf4_trouble"] else ""
    driver = f", driver {found['driver']}" if found["driver"] else ""
    yield Finding("kernels", "ok", f"{found['name']}{driver}: {kernels}{trouble}.")
    room = Room(**found["room"])
    users = "; ".join(str(user["words"]) for user in found["users"])
    yield Finding(
        "training_memory",
        "ok",
        f"A training may take {gigabytes(room.there_mb)} of {gigabytes(room.total_mb)};"
        f" {gigabytes(room.kept_free_mb)} are left to the desktop."
        + (f" Now {users}." if users else ""),
    )


def gpu(card: str, found: dict[str, Any]) -> Finding:
    """What a training would run on; a GPU that lies idle is said loudly."""
    if found["cuda"]:
        return Finding("gpu", "ok", f"torch trains on {found['gpu']}.")
    if found["mps"]:
        return Finding("gpu", "ok", "torch trains on the GPU of this Mac (MPS).")
    if card:
        cpu_build = "+cpu" in found["torch"] or (needs_cuda_index() and "+cu" not in found["torch"])
        return Finding(
            "gpu",
            "bad",
            f"THERE IS A GPU ({card}), BUT torch {found['torch']} CANNOT USE IT:"
            " every training would run on the processor, many times slower.",
            "This torch has no CUDA: remove the folder .venv and run: python3 start.py setup train"
            if cpu_build
            else "Update the NVIDIA driver to 580 or newer, then look again.",
        )
    return Finding("gpu", "ok", "There is no GPU; small bases train on the processor.")


def nvidia_card() -> str:
    """The NVIDIA card that the driver names; empty when there is none."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return ""
    try:
        said = subprocess.run(
            [command, "--query-gpu=name,driver_version", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=_DRIVER_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = said.stdout.strip().splitlines()
    return lines[0].replace(",", ", driver") if said.returncode == 0 and lines else ""


def trainer_facts() -> tuple[dict[str, Any] | None, str]:
    """What the trainer finds on this machine, or why it could not look."""
    return _asked("-m", "trainer", "facts")


def probe(script: str) -> tuple[dict[str, Any] | None, str]:
    """Run a script in a process of its own: the object that it printed, or why there is none."""
    return _asked("-P", "-c", script)


def _asked(*arguments: str) -> tuple[dict[str, Any] | None, str]:
    try:
        ran = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            timeout=_PROBE_TIMEOUT_S,
            check=False,
            cwd=ROOT,
        )
    except subprocess.TimeoutExpired:
        return None, f"no answer within {_PROBE_TIMEOUT_S:.0f} s"
    if ran.returncode:
        last = ran.stderr.strip().splitlines()[-1:]
        return None, last[0] if last else f"it ended with {ran.returncode}"
    found: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    return found, ""
