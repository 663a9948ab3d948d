"""What is decided for CUDA and MPS, tried on faked facts of devices that are not here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from tests.tiny_gguf import write_tiny_gguf  # noqa: E402
from tests.unit.trainer.tiny_run import TINY_RECIPE, conversation  # noqa: E402
from trainer import base, device, gguf_base, preflight, room  # noqa: E402
from trainer.batches import encode  # noqa: E402
from trainer.contract.fitting import Room  # noqa: E402
from trainer.contract.recipe import Recipe  # noqa: E402
from trainer.device import DeviceFacts, choose_precision  # noqa: E402
from trainer.errors import DeviceUnusable  # noqa: E402
from trainer.optimisers import smaller, usable  # noqa: E402

H100 = DeviceFacts("cuda", "NVIDIA H100", True)
CARD_WITHOUT_NF4 = DeviceFacts("cuda", "a card", False, "no kernel image is available")
M3 = DeviceFacts("mps", "Apple GPU", True)
M1_WITHOUT_NF4 = DeviceFacts("mps", "Apple GPU", False, "not implemented for MPS")
OLD_MAC = DeviceFacts("mps", "Apple GPU", False, "no bf16", "BFloat16 is not supported on MPS")
CPU = DeviceFacts("cpu", "processor", True)
GUIDE = Recipe(
    name="guide", batch_size=4, accumulation=8, optimiser="paged_adamw_8bit", max_length=8192,
    packed_tokens=8192,
)  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "asked", "precision", "reason"),
    [
        (H100, "auto", "nf4", "self-test on this device passed"),
        (H100, "bf16", "bf16", "the recipe says so"),
        (H100, "fp32", "fp32", "the recipe says so"),
        (CARD_WITHOUT_NF4, "auto", "bf16", "no kernel image"),
        (M3, "auto", "nf4", "passed"),
        (M1_WITHOUT_NF4, "auto", "bf16", "not implemented for MPS"),
        (OLD_MAC, "auto", "fp32", "BFloat16 is not supported"),
        (OLD_MAC, "fp32", "fp32", "the recipe says so"),
        (CPU, "auto", "nf4", "passed"),
    ],
)
def test_precision_falls_back_one_step_at_a_time(
    facts: DeviceFacts, asked: str, precision: str, reason: str
) -> None:
    """A person without the newest card still gets a training, and is told why it is as it is."""
    choice = choose_precision(facts, asked)
    assert choice.precision == precision and reason in choice.reason


@pytest.mark.parametrize(
    ("facts", "asked"), [(M1_WITHOUT_NF4, "nf4"), (OLD_MAC, "nf4"), (OLD_MAC, "bf16")]
)
def test_what_was_asked_for_and_does_not_work_is_refused(facts: DeviceFacts, asked: str) -> None:
    """Another precision than the recipe's would not be the run that was asked for."""
    with pytest.raises(DeviceUnusable) as caught:
        choose_precision(facts, asked)
    assert "auto" in caught.value.next_step


@pytest.mark.parametrize(
    ("facts", "takes", "shrinks_to"),
    [
        (H100, "paged_adamw_8bit", "paged_adamw_8bit"),
        (CARD_WITHOUT_NF4, "adamw", None),
        (M3, "adamw", None),
        (M1_WITHOUT_NF4, "adamw", None),
        (CPU, "adamw", "adamw_8bit"),
    ],
)
def test_the_optimiser_is_one_that_the_device_has(
    facts: DeviceFacts, takes: str, shrinks_to: str | None
) -> None:
    """bitsandbytes has no 8-bit step for MPS, and pages for CUDA alone."""
    assert usable(GUIDE.optimiser, facts.kind, facts.nf4_works) == takes
    assert smaller(facts.kind, facts.nf4_works) == shrinks_to
    possible = preflight.possible_for(GUIDE, facts)
    assert possible.eight_bit == shrinks_to and possible.checkpointing
    assert possible.length_fallbacks == (4096, 2048)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("base")
    gguf_base.convert(write_tiny_gguf(root / "tiny.gguf"), root / "hf")
    return root / "hf"


@pytest.mark.parametrize("facts", [H100, M3, CPU], ids=lambda facts: facts.kind)
def test_a_plan_is_made_of_the_device_s_own_memory(
    facts: DeviceFacts, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card's memory decides on a card; on a Mac and a processor what all programs share."""
    asked: list[str] = []

    def read(kind: str) -> Room:
        asked.append(kind)
        return Room(10_000.0, 8_000.0, 1_000.0)

    monkeypatch.setattr(preflight, "read_room", read)
    monkeypatch.setattr(preflight, "read_users", lambda kind: [])
    monkeypatch.setattr(preflight, "own_mb", lambda: 300.0)
    tokenizer = base.load_tokenizer(place)
    examples = [encode(tokenizer, conversation(i), 256) for i in range(4)]
    found = (facts, choose_precision(facts, "auto"))
    plan = preflight.plan_run(tmp_path, place, TINY_RECIPE, examples, found)
    assert asked == [facts.kind] and plan.fitting.job.device == facts.kind
    held = 0.0 if facts.kind == "cuda" else 300.0
    assert plan.fitting.there_mb == 7_000.0 + held and plan.all_mb == 8_000.0 + held
    assert plan.fitting.job.precision == "nf4"


def test_a_card_s_room_is_asked_of_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Main memory says nothing about a card."""
    mib = 2**20
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (20_000 * mib, 24_000 * mib))
    now = room.read_room("cuda")
    assert (now.total_mb, now.free_mb, now.kept_free_mb) == (24_000, 20_000, 960.0)
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 1_500 * mib)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 100 * mib)
    assert room.read_room("mps").there_mb <= 1_400


@pytest.mark.parametrize(
    ("cuda", "mps", "kind"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_the_fastest_device_is_taken_and_its_kernels_are_tried_on_it(
    cuda: bool, mps: bool, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU that lies idle while the processor trains costs a person nights."""
    tried: list[tuple[str, str]] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a card")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    for name in ("_bf16_trouble", "_nf4_trouble"):
        monkeypatch.setattr(
            device, name, lambda where, name=name: tried.append((name, where.type)) or ""
        )
    facts = device.find_device()
    assert facts.kind == kind and facts.nf4_works
    assert tried == [("_bf16_trouble", kind), ("_nf4_trouble", kind)]


def test_nf4_is_not_tried_where_its_16_bits_do_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_where: Any) -> str:
        raise AssertionError("a kernel that cannot work may take the process with it")

    monkeypatch.setattr(device, "_bf16_trouble", lambda _where: "no bf16")
    monkeypatch.setattr(device, "_nf4_trouble", never)
    facts = device.find_device()
    assert not facts.nf4_works and facts.nf4_trouble == facts.bf16_trouble == "no bf16"


def test_both_self_tests_pass_for_real_on_a_processor() -> None:
    """The same path as on a card, so that it is known to work before one is there."""
    here = torch.device("cpu")
    assert device._bf16_trouble(here) == "" and device._nf4_trouble(here) == ""


def test_a_self_test_sees_results_that_are_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some drivers answer with zeros instead of an error."""
    monkeypatch.setattr(device, "_off", lambda found, exact: True)
    here = torch.device("cpu")
    assert "off" in device._bf16_trouble(here) and "off" in device._nf4_trouble(here)


@pytest.mark.parametrize("precision", ["nf4", "bf16", "fp32"])
def test_every_weight_is_put_on_the_one_device(place: Path, precision: Any) -> None:
    """A base that is spread over two places trains at the speed of the slower one."""
    model = base.load_model(place, "cpu", precision)
    places = {each.device.type for each in (*model.parameters(), *model.buffers())}
    assert places == {"cpu"}
    kinds = {each.dtype for each in model.parameters()}
    assert (
        kinds
        <= {
            "nf4": {torch.uint8, torch.bfloat16},
            "bf16": {torch.bfloat16},
            "fp32": {torch.float32},
        }[precision]
    )


def test_the_card_is_asked_for_its_use_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that is not there must not end a training for the sake of a number."""

    def refuses() -> int:
        raise ModuleNotFoundError("pynvml")

    assert device.card_use("cpu") is None and device.card_use("mps") is None
    monkeypatch.setattr(torch.cuda, "utilization", lambda: 93)
    assert device.card_use("cuda") == 93.0
    monkeypatch.setattr(torch.cuda, "utilization", refuses)
    assert device.card_use("cuda") is None
