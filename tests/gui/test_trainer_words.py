"""What the trainer says in English sentences is said to a Korean reader in Korean."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from app.gui.trainer_words import is_known, spoken
from app.gui.translation import use_language
from trainer.contract.auto import choose_recipe
from trainer.contract.checkpoint_rule import CheckpointRule
from trainer.contract.fitting import Possible, fit
from trainer.contract.needs import Job, Lessons, Settings
from trainer.contract.recipe import SEVEN_PROJECTIONS, Recipe, Round
from trainer.contract.shape import BaseShape, why_not_trainable
from trainer.contract.small_base import fitted_to_base

SHAPE = BaseShape("qwen3", 4096, 12_288, 36, 32, 8, 128, 151_936, tied=False)


@pytest.fixture
def korean(qapp: QApplication) -> Iterator[None]:
    use_language("ko")
    yield
    use_language("en")


def changes() -> tuple[str, ...]:
    """All that a training can give up, as the trainer says it."""
    job = Job(
        SHAPE, Lessons(6000, 40_000, 0.4), Settings(4, 8, 8192, 8192, False, "adamw"),
        "nf4", "cuda", 16, SEVEN_PROJECTIONS,
    )  # fmt: skip
    return fit(job, 1.0, Possible(eight_bit="paged_adamw_8bit")).changes


def differences() -> tuple[str, ...]:
    """All that may differ from a recipe, as the trainer says it."""
    schedule = pytest.importorskip("trainer.schedule")
    recipe = Recipe(
        name="x", batch_size=4, accumulation=8, epochs=5, warmup_steps=100, evaluate_every=50,
        checkpoint_every=100, rounds=(Round(up_to=1000, epochs=3),), small_base_factor=10.0,
    )  # fmt: skip
    planned: tuple[str, ...] = schedule.plan(714, recipe).differences
    optimisers = pytest.importorskip("trainer.optimisers")
    optimiser = optimisers.difference("paged_adamw_8bit", "adamw")
    return (*planned, *fitted_to_base(recipe, 0.13)[1], *optimiser)


def test_each_thing_that_is_given_up_has_its_korean(korean: None) -> None:
    given_up = changes()
    assert len(given_up) >= 6
    for sentence in given_up:
        assert is_known(sentence), sentence
        assert spoken(sentence) != sentence
    assert "32" in spoken(given_up[0]) and "8192" in spoken(given_up[0])


def test_each_difference_from_the_recipe_has_its_korean(korean: None) -> None:
    told = differences()
    assert len(told) == 6
    for sentence in told:
        assert is_known(sentence), sentence
    assert "714" not in spoken(told[0]) and "3" in spoken(told[0]) and "5" in spoken(told[0])


@pytest.mark.parametrize("billions", [0.1, 8.0])
def test_why_a_recipe_is_as_it_is_has_its_korean(billions: float, korean: None) -> None:
    """Whoever chose nothing should still understand what was chosen for them."""
    reasons = choose_recipe(Recipe(name="starter"), billions, 1200).reasons
    for sentence in reasons:
        assert is_known(sentence) and spoken(sentence) != sentence, sentence


def test_what_stays_on_the_disk_is_said_in_korean(korean: None) -> None:
    sentence = CheckpointRule(3).words
    assert is_known(sentence) and spoken(sentence) != sentence and "3" in spoken(sentence)


@pytest.mark.parametrize(
    ("metadata", "kind"),
    [
        ({"general.architecture": "bert"}, "F16"),
        ({"general.architecture": "llama", "llama.expert_count": 8}, "Q4_0"),
        ({"general.architecture": "qwen2"}, "IQ2_XXS"),
        ({}, "Q4_0"),
    ],
)
def test_each_reason_for_chat_only_has_its_korean(
    metadata: dict[str, object], kind: str, korean: None
) -> None:
    sentence = why_not_trainable(metadata, kind)
    assert is_known(sentence) and spoken(sentence) != sentence


def test_who_holds_the_device_and_why_it_is_held_so(korean: None) -> None:
    device_users = pytest.importorskip("trainer.device_users")
    device = pytest.importorskip("trainer.device")
    users = [
        device_users.DeviceUser(name, owner, mb, (1,))
        for name, owner, mb in (
            ("Ollama", "ollama", 5000.0), ("Perennial", "ours", 700.0), ("game", "other", None),
        )
    ]  # fmt: skip
    reasons = [
        device.choose_precision(device.DeviceFacts("cuda", "a card", works, "no kernel"), asked)
        for works, asked in ((True, "auto"), (False, "auto"), (True, "bf16"))
    ]
    said = [user.words for user in users] + [choice.reason for choice in reasons]
    assert all(is_known(sentence) for sentence in said)
    assert "Ollama" in spoken(said[0]) and "4.9 GB" in spoken(said[0])
    assert "no kernel" in spoken(said[4])


def test_a_sentence_that_nobody_knows_is_shown_as_it_was_told(korean: None) -> None:
    assert spoken("It rains.") == "It rains."
    use_language("en")
    assert spoken(changes()[0]) == changes()[0]
