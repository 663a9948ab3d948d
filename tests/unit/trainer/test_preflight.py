"""What is told of a run before it begins is true, and finding it out changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from tests.tiny_gguf import write_tiny_gguf  # noqa: E402
from tests.unit.trainer.tiny_run import ROOT, TINY_RECIPE, conversation  # noqa: E402
from trainer import base, gguf_base, preflight, room  # noqa: E402
from trainer.batches import encode  # noqa: E402
from trainer.checkpoint import Checkpoints, adapter_parameters  # noqa: E402
from trainer.contract.disk import GGUF_BASE_MB  # noqa: E402
from trainer.contract.events import EVENT, Preflight  # noqa: E402
from trainer.contract.fitting import Room  # noqa: E402
from trainer.contract.folder import RunFolder, send_control  # noqa: E402
from trainer.contract.shape import shape_of_config  # noqa: E402
from trainer.control import ControlFile  # noqa: E402
from trainer.device import Choice, DeviceFacts  # noqa: E402
from trainer.device_users import DeviceUser, Process, device_users  # noqa: E402
from trainer.sft import Training  # noqa: E402
from trainer.telling import Telling  # noqa: E402
from trainer.warm_up import WarmUp  # noqa: E402

CPU = DeviceFacts("cpu", "processor", True)
CUDA = DeviceFacts("cuda", "a card", True)
RECIPE = TINY_RECIPE.model_copy(update={"held_groups": ("general",), "checkpoint_every_s": 1e9})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("base")
    gguf_base.convert(write_tiny_gguf(root / "tiny.gguf"), root / "hf")
    return root / "hf"


@pytest.fixture(scope="module")
def examples(place: Path) -> list[Any]:
    tokenizer = base.load_tokenizer(place)
    rows = [conversation(i, "general" if i % 4 == 3 else "new") for i in range(12)]
    return [encode(tokenizer, row, 256) for row in rows]


def config_of(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / "config.json").read_text("utf-8"))
    return found


def training(place: Path, examples: list[Any], root: Path) -> Training:
    torch.manual_seed(3)
    model = base.wear_adapter(base.load_model(place, "cpu", "fp32"), RECIPE, None)
    folder = RunFolder(root)
    telling = Telling(folder)
    control = ControlFile(folder, telling)
    data = (examples, examples[:2])
    return Training(
        model, RECIPE, data, "cpu", 3, Checkpoints(folder.checkpoints), telling, control
    )


def test_a_run_with_a_warm_up_ends_bit_for_bit_like_one_without(
    place: Path, examples: list[Any], tmp_path: Path
) -> None:
    """A look at the clock must not decide what a persona becomes."""
    ends = []
    for warmed in (False, True):
        run = training(place, examples, tmp_path / str(warmed))
        if warmed:
            before = {name: p.clone() for name, p in adapter_parameters(run.model).items()}
            trial = WarmUp(run, shape_of_config(config_of(place))).measure()
            assert trial is not None
            assert trial.training_s > 0 and trial.looks_s > 0 and trial.peak_mb > 0
            for name, parameter in adapter_parameters(run.model).items():
                assert parameter.grad is None and torch.equal(parameter, before[name])
        run.run()
        ends.append({n: p.detach().clone() for n, p in adapter_parameters(run.model).items()})
        run.telling.close()  # type: ignore[attr-defined]
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_a_command_during_the_warm_up_is_obeyed(
    place: Path, examples: list[Any], tmp_path: Path
) -> None:
    run = training(place, examples, tmp_path / "run")
    send_control(RunFolder(tmp_path / "run"), "discard")
    run.control._last_look = 0.0
    assert WarmUp(run, shape_of_config(config_of(place))).measure() is None
    assert run.run() == "discarded"
    run.telling.close()  # type: ignore[attr-defined]


def test_memory_that_runs_out_in_the_warm_up_is_left_to_the_run(
    place: Path, examples: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run itself steps down; a trial that fails must not end it."""
    run = training(place, examples, tmp_path / "run")

    def full(*_: Any) -> Any:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    with monkeypatch.context() as patch:
        patch.setattr("trainer.warm_up.lesson_losses", full)
        assert WarmUp(run, shape_of_config(config_of(place))).measure() is None
    assert run.run() == "go_on"
    run.telling.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_the_formula_counts_what_autograd_keeps(
    place: Path, examples: list[Any], dropout: float
) -> None:
    """Otherwise the told memory would drift from the loop that it describes."""
    from trainer.batches import pack_together
    from trainer.losses import lesson_losses

    recipe = RECIPE.model_copy(update={"dropout": dropout, "held_groups": ()})
    model = base.wear_adapter(base.load_model(place, "cpu", "fp32"), recipe, None)
    model.train()
    pack = pack_together(examples, "cpu")
    frozen = {p.untyped_storage().data_ptr() for p in model.parameters()}
    kept: dict[int, int] = {}

    def note(tensor: Any) -> Any:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in frozen:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        held = lesson_losses(model, pack, (), 1.0)
    told = recipe.model_copy(update={"packed_tokens": 4096, "batch_size": len(examples)})
    job = preflight.job_of(
        config_of(place), told, preflight.amount_of(examples, told), CPU, Choice("fp32", "")
    )
    taught = sum(example.trained_tokens for example in examples)
    counted = job.kept_bytes() + 4 * job.shape.vocabulary * taught
    assert held[0].requires_grad
    assert counted == pytest.approx(sum(kept.values()), rel=0.15)


def test_programs_on_the_device_are_told_apart() -> None:
    """Only ours and Ollama's may be asked to make room; a person's browser is only named."""
    found = device_users(
        [
            Process(1, "python", "python -m trainer run x", 9000.0),
            Process(2, "python", "python -m ollama_bridge.runtime.server", 700.0),
            Process(3, "llama-server", "llama-server --port 1", 5000.0, ("ollama", "systemd")),
            Process(4, "firefox", "firefox /data/ollama_bridge/perennial", 400.0),
            Process(5, "firefox", "firefox -child", 300.0),
            Process(6, "cat", "cat", 3.0),
            Process(7, "game", "game", None),
        ],
        own_pid=1,
    )
    assert found[0] == DeviceUser("Ollama", "ollama", 5000.0, (3,))
    assert found[1] == DeviceUser("Perennial", "ours", 700.0, (2,))
    assert found[2:] == [
        DeviceUser("firefox", "other", 700.0, (4, 5)),
        DeviceUser("game", "other", None, (7,)),
    ]
    assert "can be unloaded" in found[0].words and "unloaded" not in found[2].words


def test_a_mac_counts_what_the_gpu_may_take_and_what_is_free() -> None:
    """All programs share that memory: either of the two bounds may be the narrower one."""
    assert room.unified_room(16_384, 9_000, 11_000, 500).there_mb == pytest.approx(7_361.6)
    assert room.unified_room(65_536, 60_000, 49_152, 2_000).there_mb == 47_152


def test_what_must_change_reaches_training_and_event(place: Path, examples: list[Any]) -> None:
    recipe = RECIPE.model_copy(update={"packed_tokens": 4096, "batch_size": 12})
    job = preflight.job_of(
        config_of(place), recipe, preflight.amount_of(examples, recipe), CUDA, Choice("nf4", "")
    )
    roomy = preflight.fitted(job, recipe, CUDA, 1_000_000)
    assert preflight.footing_of_fit(roomy, recipe) is None
    tight = preflight.fitted(job, recipe, CUDA, job.needed_mb() - 0.3)
    footing = preflight.footing_of_fit(tight, recipe)
    assert footing is not None and (footing.batch_size, footing.accumulation) == (1, 12)
    assert footing.packed_tokens == 128
    disk = room.Disk(100.0, 50.0)
    fields = preflight.event_fields(tight, disk, [], None)
    event = Preflight(
        device="cuda", precision="nf4", precision_reason="", examples=1, tokens=1,
        trained_tokens=1, steps=1, **fields,
    )  # fmt: skip
    assert event.changes == list(tight.changes) and event.needed_mb == tight.needed_mb
    kinds = [each.warning for each in preflight.concerns(tight, disk, [])]
    assert kinds == ["memory_changes", "disk_short"]
    none = preflight.fitted(job, recipe, CUDA, 1.0)
    assert "memory_short" in [each.warning for each in preflight.concerns(none, disk, [])]


def test_a_preflight_of_an_older_trainer_is_still_read() -> None:
    old = {
        "kind": "preflight", "version": 1, "seq": 2, "time": 1.0, "device": "cpu",
        "precision": "nf4", "precision_reason": "", "examples": 9, "tokens": 90,
        "trained_tokens": 40, "steps": 3,
    }  # fmt: skip
    event = EVENT.validate_python(old)
    assert isinstance(event, Preflight) and event.parts_mb == {} and event.changes == []


def test_disk_and_memory_are_read_for_real(place: Path, tmp_path: Path) -> None:
    now = room.read_room("cpu")
    assert 0 < now.there_mb < now.free_mb <= now.total_mb
    shape = shape_of_config(config_of(place))
    disk = room.read_disk(tmp_path, shape, RECIPE, from_gguf=True)
    assert 0 < disk.needed_mb < 200 and disk.free_mb > 0
    assert 50 < room.own_mb() < now.total_mb


def test_a_plan_of_a_real_run_fits_here_and_changes_nothing(
    place: Path, examples: list[Any], tmp_path: Path
) -> None:
    """A tiny run on an idle machine must not be cut down by what a preflight imagines."""
    found = (CPU, Choice("fp32", ""))
    plan = preflight.plan_run(tmp_path, place, RECIPE, examples, found)
    assert plan.fitting.fits and plan.footing is None and plan.warnings == []
    fields = plan.fields(None)
    assert sum(fields["parts_mb"].values()) == pytest.approx(fields["needed_mb"], abs=0.2)
    assert fields["needed_mb"] < 2 * room.own_mb() + 200
    assert fields["disk_needed_mb"] > GGUF_BASE_MB, "this base was made from a GGUF file"


def test_the_facts_of_this_machine_come_as_one_line_of_json() -> None:
    """The app asks for them without ever loading torch itself."""
    ran = subprocess.run(
        [sys.executable, "-m", "trainer", "facts"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    facts = json.loads(ran.stdout)
    assert facts["device"] in ("cuda", "mps", "cpu")
    assert facts["nf4_works"] == (facts["nf4_trouble"] == "")
    assert facts["products_per_s"] > 1e8
    assert Room(**facts["room"]).there_mb >= 0
