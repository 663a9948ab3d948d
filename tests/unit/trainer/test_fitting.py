"""What a training needs and what it gives up to fit, for devices that are not here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from trainer.contract.disk import disk_needed_mb, disk_parts_mb
from trainer.contract.fitting import Possible, Room, fit, room_of
from trainer.contract.needs import Job, Lessons, Settings, lessons_of
from trainer.contract.recipe import SEVEN_PROJECTIONS
from trainer.contract.shape import BaseShape, shape_of_metadata, why_not_trainable
from trainer.contract.work import speed_of, work_of

SMALL = BaseShape("llama", 576, 1536, 30, 9, 3, 64, 49_152, tied=True)
EIGHT = BaseShape("qwen3", 4096, 12_288, 36, 32, 8, 128, 151_936, tied=False)
FOURTEEN = BaseShape("qwen2", 5120, 13_824, 48, 40, 8, 128, 152_064, tied=False)
LARGE_BATCH = Settings(4, 8, 8192, 8192, False, "adamw")
MONTH = Lessons(longest=6000, step_tokens=40_000, taught_share=0.4, held_share=0.2)
CUDA = Possible(eight_bit="paged_adamw_8bit")


def job(shape: BaseShape, device: str = "cuda", settings: Settings = LARGE_BATCH) -> Job:
    return Job(shape, MONTH, settings, "nf4", device, 16, SEVEN_PROJECTIONS)  # type: ignore[arg-type]


def test_weights_are_those_that_the_models_are_known_by() -> None:
    """A wrong count would promise a base that the card cannot hold."""
    assert EIGHT.weights == pytest.approx(8.19e9, rel=0.01)
    assert FOURTEEN.weights == pytest.approx(14.8e9, rel=0.01)
    assert SMALL.weights == pytest.approx(134.5e6, rel=0.01)
    assert SMALL.adapter_weights(16, SEVEN_PROJECTIONS) == 4_884_480
    weights = job(FOURTEEN).parts_mb()["weights"] / 1024
    assert 9.0 < weights < 10.0, "NF4 blocks and tables in 16 bits"


def test_parts_add_up_and_each_follows_what_it_is_made_of() -> None:
    base = job(EIGHT)
    parts = base.parts_mb()
    assert base.needed_mb() == pytest.approx(sum(parts.values()), abs=0.2)
    doubled = replace(base, rank=32).parts_mb()
    assert doubled["adapter"] == pytest.approx(2 * parts["adapter"], rel=0.01)
    small_steps = base.under(replace(LARGE_BATCH, optimiser="paged_adamw_8bit")).parts_mb()
    assert small_steps["optimiser"] < parts["optimiser"] / 3.5
    again = base.under(replace(LARGE_BATCH, gradient_checkpointing=True)).parts_mb()
    assert again["activations"] < parts["activations"] / 5
    whole = replace(base, precision="bf16").parts_mb()
    assert whole["weights"] > 2.2 * parts["weights"]


def test_a_pack_is_never_smaller_than_a_conversation_nor_larger_than_a_step() -> None:
    settings = Settings(1, 2, 1024, 4096, False, "adamw")
    assert Lessons(3000, 5000, 0.5).at_once(settings) == 3000
    assert Lessons(100, 150, 0.5).at_once(settings) == 150
    assert Lessons(9000, 9000, 0.5).at_once(settings) == 4096
    assert lessons_of([5, 50, 20], 30, 15, 2) == Lessons(50, 70, 0.4, 0.5)


def test_what_fits_is_not_changed() -> None:
    """A card with room to spare must not pay with speed or with shortened conversations."""
    room = room_of("cuda", 143_360, 143_000)
    fitting = fit(job(FOURTEEN), room.there_mb, CUDA)
    assert fitting.fits and fitting.changes == ()
    assert fitting.job == job(FOURTEEN)


def words_in_order(changes: tuple[str, ...]) -> list[str]:
    marks = ("Batch", "4096", "2048", "checkpointing", "8 bits", "1024", "512")
    return [next(mark for mark in marks if mark in change) for change in changes]


def test_24_gb_give_up_in_the_order_that_costs_least() -> None:
    room = room_of("cuda", 24_576, 24_000)
    eight = fit(job(EIGHT), room.there_mb, CUDA)
    assert eight.fits
    assert words_in_order(eight.changes)[0] == "Batch"
    fourteen = fit(job(FOURTEEN), room.there_mb, CUDA)
    assert fourteen.fits
    made = words_in_order(fourteen.changes)
    assert made == ["Batch", "4096", "2048", "checkpointing"][: len(made)]
    settings = fourteen.job.settings
    assert settings.batch_size * settings.accumulation == 32, "a step sees as many examples"


def test_12_gb_take_8b_and_refuse_nothing_silently() -> None:
    room = room_of("cuda", 12_288, 11_900)
    eight = fit(job(EIGHT), room.there_mb, CUDA)
    assert eight.fits
    assert words_in_order(eight.changes)[:4] == ["Batch", "4096", "2048", "checkpointing"]
    fourteen = fit(job(FOURTEEN), room.there_mb, CUDA)
    assert not fourteen.fits or fourteen.job.settings.max_length < 2048
    assert "Needs" in fourteen.words


def test_8_gb_do_not_hold_14b() -> None:
    room = room_of("cuda", 8_192, 7_900)
    fitting = fit(job(FOURTEEN), room.there_mb, CUDA)
    assert not fitting.fits
    assert words_in_order(fitting.changes[:5]) == [
        "Batch", "4096", "2048", "checkpointing", "8 bits",
    ]  # fmt: skip
    assert fit(job(SMALL), room.there_mb, CUDA).fits


def test_a_mac_has_no_8_bit_optimiser_to_fall_back_on() -> None:
    """Its kernels do not exist there: promising one would fail at the first step."""
    sixteen, large = Room(16_384, 12_000, 1638), Room(65_536, 52_000, 4096)
    fitting = fit(job(FOURTEEN, "mps"), sixteen.there_mb, Possible())
    assert not fitting.fits
    assert all("8 bits" not in change for change in fitting.changes)
    assert fit(job(EIGHT, "mps"), large.there_mb, Possible()).fits
    assert fit(job(FOURTEEN, "mps"), large.there_mb, Possible()).fits


def test_a_processor_fits_the_starter_beside_a_desktop() -> None:
    room = room_of("cpu", 8_192, 5_000)
    starter = Settings(4, 1, 1024, 1024, False, "adamw")
    assert fit(job(SMALL, "cpu", starter), room.there_mb, Possible()).fits
    eight = fit(job(EIGHT, "cpu", starter), room.there_mb, Possible())
    assert not eight.fits


def test_what_the_recipe_forbids_is_not_done() -> None:
    fitting = fit(job(FOURTEEN), 11_000, Possible((), checkpointing=False))
    assert all("checkpointing" not in change for change in fitting.changes)


@pytest.mark.parametrize("there_mb", range(1_000, 60_000, 1_500))
def test_more_memory_never_means_more_changes(there_mb: int) -> None:
    fewer = fit(job(EIGHT), there_mb + 1_500, CUDA)
    more = fit(job(EIGHT), there_mb, CUDA)
    assert more.changes[: len(fewer.changes)] == fewer.changes
    assert fewer.needed_mb >= more.needed_mb
    assert fewer.fits or not more.fits


def test_some_memory_is_left_to_the_desktop() -> None:
    assert room_of("cuda", 8_192, 8_000).kept_free_mb == pytest.approx(327.68)
    assert room_of("cpu", 8_192, 6_000).there_mb == 4_976
    assert room_of("cpu", 65_536, 60_000).kept_free_mb == 4_096
    assert room_of("cpu", 8_192, 500).there_mb == 0


def test_the_disk_counts_checkpoints_adapters_and_the_base() -> None:
    parts = disk_parts_mb(
        SMALL, rank=16, targets=SEVEN_PROJECTIONS, optimiser="adamw", checkpoints=3, base_mb=24.0
    )
    adapter_mb = 4_884_480 * 4 / 2**20
    assert parts["checkpoints"] == pytest.approx(4 * 3 * adapter_mb, rel=0.01)
    assert parts["adapter"] == pytest.approx(4 * adapter_mb, rel=0.01)
    assert disk_needed_mb(parts) > sum(parts.values())


def test_a_shape_is_read_from_what_ollama_tells() -> None:
    """The vocabulary is left out there; without it the tables of a base would be missing."""
    told = {
        "general.architecture": "qwen2",
        "general.parameter_count": 14_770_033_664,
        "qwen2.embedding_length": 5120,
        "qwen2.feed_forward_length": 13_824,
        "qwen2.block_count": 48,
        "qwen2.attention.head_count": 40,
        "qwen2.attention.head_count_kv": 8,
        "tokenizer.ggml.tokens": None,
    }
    shape = shape_of_metadata(told)
    assert not shape.tied
    assert shape.vocabulary == pytest.approx(152_064, rel=0.01)
    assert shape.weights == pytest.approx(FOURTEEN.weights, rel=0.01)
    del told["qwen2.block_count"]
    with pytest.raises(KeyError, match="block_count"):
        shape_of_metadata(told)


def test_time_follows_work_and_a_fixed_part_of_each_pack() -> None:
    short, long = work_of(SMALL, 16, (64,), 32), work_of(SMALL, 16, (64,) * 8, 256)
    assert long.lesson == pytest.approx(8 * short.lesson)
    assert work_of(SMALL, 16, (512,), 256).lesson > long.lesson, "long ones attend to more"
    assert work_of(SMALL, 16, (64,), 32, (64,)).lesson > 1.3 * short.lesson, "held are seen twice"
    assert 2 * short.look < short.lesson < 3.5 * short.look
    speed = speed_of([1.0, 2.0, 4.0], [1.5, 2.5, 4.5])
    assert speed.seconds([8.0, 8.0]) == pytest.approx(17.0)
    assert speed_of([2.0, 2.0], [3.0, 5.0]).seconds([4.0]) == pytest.approx(8.0)
    assert speed_of([1.0, 4.0], [5.0, 2.0]).fixed_s == 0.0


def test_no_family_is_told_trainable_that_the_trainer_does_not_know() -> None:
    """The list is kept twice, since the app must not load the trainer to look at it."""
    pytest.importorskip("torch")
    from trainer.contract.shape import TRAINABLE_FAMILIES, TRAINABLE_TYPES
    from trainer.gguf_file import READABLE
    from trainer.gguf_names import FAMILIES

    assert set(FAMILIES) == TRAINABLE_FAMILIES
    assert READABLE == TRAINABLE_TYPES


@pytest.mark.parametrize(
    ("metadata", "quantisation", "reason"),
    [
        ({"general.architecture": "bert"}, "F16", "bert"),
        ({"general.architecture": "llama", "llama.expert_count": 8}, "Q4_0", "experts"),
        ({"general.architecture": "qwen2"}, "IQ2_XXS", "IQ2_XXS"),
        ({"general.architecture": "gemma3", "gemma3.vision.block_count": 27}, "Q4_0", "pictures"),
        ({}, "Q4_0", "not told"),
    ],
)
def test_a_model_that_cannot_be_trained_says_why(
    metadata: dict[str, object], quantisation: str, reason: str
) -> None:
    assert reason in why_not_trainable(metadata, quantisation)
    assert why_not_trainable({"general.architecture": "qwen2"}, "Q4_K_M") == ""
