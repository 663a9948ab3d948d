"""One measured training of the same examples, by this trainer or by TRL's, in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.training_run import _reset_peak, _status_mb
from tests.bench.trl_case import (
    PER_STEP,
    ROOT,
    Case,
    Found,
    Stamps,
    examples_of,
    place_of,
    recipe_of,
)
from trainer import environment


def run_apart(case: Case, root: Path) -> Found:
    """Run a case in a fresh process."""
    return Found(**json.loads(_apart("run", case, root)))


def prepare(case: Case, root: Path) -> None:
    """Make or convert the base in a process whose memory counts for nothing."""
    _apart("prepare", case, root)


def peaks(root: Path) -> dict[str, float]:
    """The machine's best products of matrices, in GFLOP a second."""
    found: dict[str, float] = json.loads(_apart("peaks", Case("ours"), root))
    return found


def _apart(verb: str, case: Case, root: Path) -> str:
    ours = environment.SETTINGS
    # What keeps other programs from slowing a run, and the network out of it, is set for both.
    shared = {name: ours[name] for name in ours if not name.startswith("ONEDNN")}
    env = {**os.environ, **(ours if case.by == "ours" else shared)}
    env |= {"OMP_NUM_THREADS": str(case.threads)} if case.threads else {}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench.trl_run", verb, json.dumps(asdict(case)), str(root)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=env,
    )
    if ran.returncode:
        raise RuntimeError(ran.stderr[-3000:])
    return ran.stdout.strip().splitlines()[-1]


def _measured(case: Case, root: Path) -> Found:
    import bitsandbytes  # noqa: F401 part of what any run loads
    import peft  # noqa: F401
    import torch
    import trl  # noqa: F401
    from trl import SFTTrainer  # noqa: F401

    from tests.bench.trl_side import train_with_trl
    from trainer import base

    place, words = place_of(case, root)
    tokenizer = base.load_tokenizer(words)
    train, held_out = examples_of(case, tokenizer)
    if case.steps:
        train = train[: case.steps * PER_STEP]
    torch.manual_seed(case.seed)
    libraries_mb = _status_mb("VmRSS")
    _reset_peak()
    model = base.load_model(place, "cpu", "nf4")
    with tempfile.TemporaryDirectory() as at:
        if case.by == "ours":
            stamps, model = _ours(case, model, (train, held_out), Path(at))
        else:
            stamps, model = train_with_trl(case, model, tokenizer, train, at)
        peak_mb = _status_mb("VmHWM") - libraries_mb
        held_out_loss = _held_out_loss(model, held_out)
    taught = sum(example.trained_tokens for example in train) / sum(len(e.tokens) for e in train)
    return Found(
        tokens_per_s=stamps.tokens_per_s,
        peak_mb=peak_mb,
        train_loss=sum(stamps.losses) / len(stamps.losses),
        held_out_loss=held_out_loss,
        steps=len(stamps.times),
        gflop_per_s=stamps.tokens_per_s * _work_per_token(place, taught),
    )


def _work_per_token(place: Path, taught_share: float) -> float:
    """What has to be multiplied for a token, in GFLOP.

    Frozen weights cost two multiplications and additions forward and two for what goes back,
    the head only where there is a label; attention and the adapter are left out.
    """
    from trainer.contract.shape import shape_of_config

    shape = shape_of_config(json.loads((place / "config.json").read_text("utf-8")))
    head = shape.vocabulary * shape.hidden * taught_share
    return 4 * (shape.block_weights + head) / 1e9


def _held_out_loss(model: Any, held_out: list[Any]) -> float:
    import torch

    from trainer.losses import losses_of, mean_loss

    model.get_base_model().set_attn_implementation("perennial_segments")
    with torch.autocast("cpu", torch.bfloat16):
        return mean_loss(losses_of(model, held_out, 1024, "cpu"))


def _ours(
    case: Case, model: Any, data: tuple[list[Any], list[Any]], at: Path
) -> tuple[Stamps, Any]:
    from trainer import base
    from trainer.checkpoint import Checkpoints
    from trainer.contract.folder import RunFolder
    from trainer.control import ControlFile
    from trainer.sft import Training
    from trainer.telling import Telling

    stamps = Stamps()
    recipe = recipe_of(case)
    folder = RunFolder(at)
    telling = Telling(folder)
    tell = telling.tell

    def heard(event: Any) -> None:
        if event.kind == "step":
            stamps.times.append(time.monotonic())
            stamps.losses.append(event.loss)
        tell(event)

    telling.tell = heard  # type: ignore[method-assign]
    training = Training(
        base.wear_adapter(model, recipe, None),
        recipe,
        (data[0], data[1][:2]),
        "cpu",
        case.seed,
        Checkpoints(folder.checkpoints),
        telling,
        ControlFile(folder, telling),
    )
    training.run()
    telling.close()
    for step in range(len(stamps.times)):
        stamps.tokens.append(sum(len(e.tokens) for e in training._batch(step)))
    return stamps, training.model


def _peaks() -> dict[str, float]:
    """Square products that are large enough to be fast, and that a block of the starter has."""
    import torch

    found = {}
    for name, dtype in (("bf16", torch.bfloat16), ("fp32", torch.float32)):
        for kind, (rows, inner, columns) in {
            "square": (2048, 2048, 2048),
            "block": (1024, 576, 1536),
        }.items():
            left = torch.randn(rows, inner).to(dtype)
            right = torch.randn(columns, inner).to(dtype)
            best = float("inf")
            for _ in range(12):
                began = time.perf_counter()
                torch.nn.functional.linear(left, right)
                best = min(best, time.perf_counter() - began)
            found[f"{name} {kind}"] = 2 * rows * inner * columns / best / 1e9
    return found


def _main(verb: str, given: str, root: Path) -> None:
    case = Case(**json.loads(given))
    if verb == "prepare":
        place_of(case, root)
        print("{}")
    elif verb == "peaks":
        print(json.dumps(_peaks()))
    else:
        print(json.dumps(asdict(_measured(case, root))))


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
