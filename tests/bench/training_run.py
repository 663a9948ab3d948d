"""A short training of a model with random weights, in a process of its own, and what it took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any, Literal

from trainer.environment import SETTINGS

SHAPES = {
    "35M": (384, 1024, 12, 6, 3, 32_000),
    "135M": (576, 1536, 30, 9, 3, 49_152),
    "360M": (960, 2560, 32, 15, 5, 49_152),
}
TAUGHT_SHARE = 0.5


@dataclass(frozen=True)
class RunCase:
    """A short run: which base, how it is held, and what it learns from."""

    shape: str
    precision: Literal["nf4", "bf16", "fp32"] = "nf4"
    rank: int = 16
    dropout: float = 0.0
    packed_tokens: int = 1024
    lengths: tuple[int, ...] = (256,) * 8
    held_share: float = 0.0
    batch_size: int = 8
    epochs: int = 2
    checkpointing: Literal["on", "off"] = "off"
    looks: int = 1


def base_folder(shape: str, root: Path) -> Path:
    """A Llama of this shape with random weights, made once."""
    place = root / shape
    if not (place / "config.json").is_file():
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM

        hidden, between, layers, heads, heads_kv, vocabulary = SHAPES[shape]
        torch.manual_seed(0)
        config = LlamaConfig(
            hidden_size=hidden,
            intermediate_size=between,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            num_key_value_heads=heads_kv,
            vocab_size=vocabulary,
            tie_word_embeddings=True,
            max_position_embeddings=8192,
        )
        LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(place)
    return place


def examples_of(case: RunCase) -> list[Any]:
    """Conversations of random tokens, the second half of each taught."""
    from trainer.batches import Example

    random = Random(0)
    held = round(len(case.lengths) * case.held_share)
    return [
        Example(
            f"e{index}",
            "general" if index < held else "new",
            tuple(random.randrange(5, 30_000) for _ in range(length)),
            tuple(float(i >= length * (1 - TAUGHT_SHARE)) for i in range(length)),
        )
        for index, length in enumerate(case.lengths)
    ]


def recipe_of(case: RunCase) -> Any:
    """The recipe that the case describes."""
    from trainer.contract.recipe import Recipe

    return Recipe(
        name="bench",
        rank=case.rank,
        alpha=2 * case.rank,
        dropout=case.dropout,
        batch_size=case.batch_size,
        epochs=case.epochs,
        evaluations=case.looks,
        packed_tokens=case.packed_tokens,
        max_length=max(case.lengths),
        checkpoint_every_s=1e9,
        held_groups=("general",),
        gradient_checkpointing=case.checkpointing,
    )


def run_apart(case: RunCase, root: Path) -> dict[str, Any]:
    """Run a case in a fresh process: peaks in MiB, times in seconds."""
    # The base is made in another process: what that held would count as this run's memory.
    _apart(case, root, "make")
    found: dict[str, Any] = json.loads(_apart(case, root, "run").strip().splitlines()[-1])
    return found


def _apart(case: RunCase, root: Path, verb: str) -> str:
    name = "tests.bench.training_run"
    ran = subprocess.run(
        [sys.executable, "-m", name, verb, json.dumps(asdict(case)), str(root)],
        capture_output=True,
        text=True,
        check=False,
        env={**SETTINGS, **os.environ},
    )
    if ran.returncode:
        raise RuntimeError(ran.stderr[-2000:])
    return ran.stdout


def _status_mb(name: str) -> float:
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


def _reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", "utf-8")


def _job(place: Path, recipe: Any, examples: list[Any], choice: Any) -> Any:
    from trainer import preflight
    from trainer.device import DeviceFacts

    config = json.loads((place / "config.json").read_text("utf-8"))
    amount = preflight.amount_of(examples, recipe)
    return preflight.job_of(config, recipe, amount, DeviceFacts("cpu", "", True), choice)


def _measured(case: RunCase, root: Path) -> dict[str, Any]:
    import bitsandbytes  # noqa: F401 part of what any run loads
    import peft  # noqa: F401
    import torch

    from trainer import base
    from trainer.checkpoint import Checkpoints
    from trainer.contract.folder import RunFolder
    from trainer.control import ControlFile
    from trainer.device import Choice
    from trainer.sft import Training
    from trainer.telling import Telling
    from trainer.warm_up import WarmUp

    torch.manual_seed(0)
    recipe, examples = recipe_of(case), examples_of(case)
    place = base_folder(case.shape, root)
    choice = Choice(case.precision, "")
    job = _job(place, recipe, examples, choice)
    found: dict[str, Any] = {
        "libraries_mb": _status_mb("VmRSS"),
        "parts_mb": job.parts_mb(),
        "needed_mb": job.needed_mb(),
    }
    _reset_peak()
    model = base.wear_adapter(base.load_model(place, "cpu", case.precision), recipe, None)
    found["loading_peak_mb"] = _status_mb("VmHWM")
    with tempfile.TemporaryDirectory() as at:
        folder = RunFolder(Path(at))
        telling = Telling(folder)
        training = Training(
            model,
            recipe,
            (examples, examples[:2]),
            "cpu",
            0,
            Checkpoints(folder.checkpoints),
            telling,
            ControlFile(folder, telling),
        )
        trial = WarmUp(training, job.shape).measure()
        assert trial is not None
        found |= {"warm_up_peak_mb": trial.peak_mb, "told_seconds": trial.seconds}
        _reset_peak()
        began = time.monotonic()
        training.run()
        found |= {"seconds": time.monotonic() - began, "steps": training.progress.step}
        telling.close()
    return found | {"peak_mb": _status_mb("VmHWM")}


def _main(verb: str, given: dict[str, Any], root: Path) -> None:
    case = RunCase(**{**given, "lengths": tuple(given["lengths"])})
    if verb == "make":
        base_folder(case.shape, root)
    else:
        print(json.dumps(_measured(case, root)))


if __name__ == "__main__":
    _main(sys.argv[1], json.loads(sys.argv[2]), Path(sys.argv[3]))
