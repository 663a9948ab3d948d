"""TRAINING_LOG.md: what a person needs to know, or to repeat the run.

No word of a conversation stands in it and no place on this machine, so it can be shown.
"""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from trainer.contract.folder import RunFolder, file_digest, read_rows
from trainer.contract.run_spec import RunSpec
from trainer.device import Choice, DeviceFacts
from trainer.losses import mean_loss

if TYPE_CHECKING:
    from trainer.preference import PreferenceOutcome

PACKAGES = (
    "torch", "transformers", "peft", "trl", "bitsandbytes", "accelerate", "liger-kernel",
    "flash-attn", "gguf", "safetensors", "tokenizers", "numpy", "pydantic",
)  # fmt: skip
PREFERENCES = "preferences"  # a part of the training whose losses are of another kind
# What the exam and the persona are served with, and the Modelfile beside the adapter says.
SERVING = {"temperature": 0.7, "top_p": 0.9, "top_k": 40, "num_predict": 512}


def write_log(
    folder: RunFolder,
    spec: RunSpec,
    facts: DeviceFacts,
    choice: Choice,
    losses: dict[str, float],
    learned: PreferenceOutcome,
) -> None:
    """Write the log beside the adapter."""
    base = spec.base.model_dump(mode="json", exclude={"path"}, exclude_none=True)
    serving = {**SERVING, "template": "the base's own, with its stops", "think": False}
    sections: dict[str, Mapping[str, object]] = {
        "Base": base,
        "Start": {
            "from": spec.start,
            "parent": spec.parent_digest or "none, trained from the base",
            "seed": spec.seed,
            "created": spec.created,
        },
        "Machine": {
            "device": f"{facts.kind} ({facts.name})",
            "precision": f"{choice.precision} because {choice.reason}",
            **_machine(facts.kind),
        },
        "Packages": {package: _version(package) for package in PACKAGES},
        "Arguments": spec.recipe.model_dump(mode="json"),
        "Data (SHA-256)": _digests(folder.data),
        "Course": _course(folder.events),
        "Preferences, learned after that": learned.result.row() if learned.result else {},
        "Scores: loss on held-out conversations, mean a token": losses,
        "Scores by set and group": _losses_by_group(folder.losses),
        "Adapter (SHA-256)": _digests(learned.adapter, "adapter_*"),
        "Serving": serving,
    }
    lines = [f"# Training of {spec.persona}: {spec.run_id}", ""]
    for title, values in sections.items():
        if values:
            lines += [f"## {title}", "", *(f"- {n}: {_words(v)}" for n, v in values.items()), ""]
    lines += ["### System prompt", "", *_quoted(spec.system_prompt), ""]
    folder.training_log.write_text("\n".join(lines), "utf-8")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _words(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _quoted(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield f"> {line}".rstrip()


def _machine(kind: str) -> dict[str, object]:
    """What the bits of a result depend on, besides the packages."""
    import torch

    found: dict[str, object] = {
        "system": platform.platform(),
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        "processor": f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}",
    }
    if kind == "cuda":
        found |= {
            "driver": _driver(),
            "cuda": torch.version.cuda or "",
            "compute capability": ".".join(map(str, torch.cuda.get_device_capability())),
            "device memory": f"{torch.cuda.get_device_properties(0).total_memory / 2**30:.1f} GiB",
        }
    return found


def _driver() -> str:
    """The NVIDIA driver's version, where its library is there to ask."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except (ImportError, OSError):
        return "unknown"
    except pynvml.NVMLError:
        return "unknown"
    found = pynvml.nvmlSystemGetDriverVersion()
    pynvml.nvmlShutdown()
    return found if isinstance(found, str) else found.decode()


def _digests(root: Path, pattern: str = "**/*.json*") -> dict[str, str]:
    paths = sorted(root.glob(pattern))
    return {path.relative_to(root).as_posix(): file_digest(path) for path in paths}


def _course(events: Path) -> dict[str, object]:
    """How the training went: steps, speed, memory, the best look, and what was warned of."""
    steps: list[dict[str, Any]] = []
    looks: list[dict[str, Any]] = []
    warned: Counter[str] = Counter()
    given_up: list[str] = []
    began: dict[str, object] = {}
    part = ""
    for row in read_rows(events):
        kind = row.get("kind")
        if kind == "stage":
            part = row["name"]
        elif kind == "step" and part != PREFERENCES:
            steps.append(row)
        elif kind == "eval" and part != PREFERENCES:
            looks.append(row)
        elif kind == "warning":
            warned[str(row["warning"])] += 1
        elif kind == "oom_backoff":
            given_up.append(row.get("change") or f"Packs of {row['packed_tokens']} tokens.")
        elif kind == "preflight":
            names = ("examples", "tokens", "trained_tokens", "steps", "changes")
            began = {f"planned {name}": row[name] for name in names if row.get(name)}
    if not steps:
        return began
    last = steps[-1]
    found: dict[str, object] = {
        **began,
        "steps": last["step"],
        "epochs": last["epoch"],
        "began": _moment(steps[0]["time"]),
        "ended": _moment(last["time"]),
        "tokens a second": median(float(row["tokens_per_s"]) for row in steps),
        "memory in MB": max(float(row["memory_mb"]) for row in steps),
        "warnings": dict(warned),
    }
    uses = [float(row["card_use"]) for row in steps if row.get("card_use") is not None]
    if uses:
        found["use of the graphics card in %"] = round(median(uses))
    if given_up:
        found["given up when memory ran out"] = given_up
    # Of several trainings the last one's, whose looks are at conversations of its own.
    best = next((row for row in reversed(looks) if row.get("best")), None)
    if best is not None:
        found |= {"best step": best["step"], "validation loss": best["loss"]}
        found["perplexity"] = best.get("perplexity")
    return found


def _moment(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="seconds")


def _losses_by_group(path: Path) -> dict[str, object]:
    """Mean losses as `losses.json` has them, by subject, set and group."""
    if not path.is_file():
        return {}
    subjects = json.loads(path.read_text("utf-8"))["subjects"]
    found: dict[str, object] = {}
    for subject, rows in subjects.items():
        for name, group in dict.fromkeys((row["set"], row["group"]) for row in rows):
            own = [row for row in rows if (row["set"], row["group"]) == (name, group)]
            found[f"{subject}, {name}, {group}"] = round(mean_loss(own), 6)
    return found
