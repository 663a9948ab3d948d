"""TRAINING_LOG.md: what a person needs to know, or to repeat the run."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version

from trainer.contract.folder import RunFolder
from trainer.contract.run_spec import RunSpec
from trainer.device import Choice, DeviceFacts

PACKAGES = ("torch", "transformers", "peft", "bitsandbytes", "accelerate", "gguf", "safetensors")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def write_log(
    folder: RunFolder, spec: RunSpec, facts: DeviceFacts, choice: Choice, losses: dict[str, float]
) -> None:
    """Write the log beside the adapter."""
    lines = [
        f"# Training of {spec.persona}: {spec.run_id}",
        "",
        f"- base: {spec.base.name} ({spec.base.kind}, sha256 {spec.base.digest})",
        f"- parent: {spec.parent_digest or 'none, trained from the base'}",
        f"- device: {facts.kind} ({facts.name}), {choice.precision} because {choice.reason}",
        f"- system: {platform.platform()}, Python {platform.python_version()}",
        f"- seed: {spec.seed}",
        "",
        "## Recipe",
        "",
        *(f"- {name}: {value}" for name, value in spec.recipe.model_dump().items()),
        "",
        "## Packages",
        "",
        *(f"- {package} {_version(package)}" for package in PACKAGES),
        "",
        "## Data (sha256)",
        "",
    ]
    for file in sorted(folder.data.glob("*.json*")):
        lines.append(f"- {file.name}: {hashlib.sha256(file.read_bytes()).hexdigest()}")
    lines += ["", "## Loss on held-out conversations (mean per token)", ""]
    lines += [f"- {subject}: {loss:.4f}" for subject, loss in losses.items()]
    lines += [
        "",
        "## Serving",
        "",
        "- temperature 0.7, top_p 0.9, top_k 40, num_predict 512 (see adapter/Modelfile)",
        "- the base's own chat template and stops; system prompt as below",
        "",
        "```",
        spec.system_prompt,
        "```",
        "",
    ]
    folder.training_log.write_text("\n".join(lines), "utf-8")
