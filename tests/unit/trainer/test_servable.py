"""What can be trained can be served: else a night's training would end in a refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from peft import LoraConfig, get_peft_model  # noqa: E402

from ollama_bridge import gguf_adapter, hf_header  # noqa: E402
from tests.tiny_gguf import write_tiny_adapter  # noqa: E402
from tests.unit.trainer.tiny_families import FAMILIES  # noqa: E402
from tests.unit.trainer.tiny_run import TINY_RECIPE  # noqa: E402
from trainer import base  # noqa: E402
from trainer.contract.recipe import SEVEN_PROJECTIONS, Recipe, RecipeInvalid, load_recipe  # noqa: E402
from trainer.contract.shape import TRAINABLE_FAMILIES  # noqa: E402
from trainer.errors import BaseUnsupported  # noqa: E402
from trainer.gguf_names import FAMILIES as READ  # noqa: E402
from trainer.parent import check_servable  # noqa: E402


def test_each_family_and_part_that_is_trained_is_converted() -> None:
    assert set(gguf_adapter.ARCHITECTURES) == TRAINABLE_FAMILIES == set(READ)
    assert set(hf_header.ARCHITECTURES.values()) == set(gguf_adapter.ARCHITECTURES)
    assert set(gguf_adapter.PROJECTIONS) == set(SEVEN_PROJECTIONS)


@pytest.mark.parametrize("name", ["lm_head", "embed_tokens", "norm", "q_norm", "qkv_proj", "all"])
def test_a_recipe_for_a_part_that_cannot_be_served_is_refused_by_name(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: x\ntarget_modules: [q_proj, {name}]\n", "utf-8")
    with pytest.raises(RecipeInvalid) as caught:
        load_recipe(path)
    (fault,) = caught.value.faults
    assert fault.startswith(f"line 2: target_modules.1 is '{name}', and may be 'q_proj'")


@pytest.mark.parametrize(
    "setting",
    ["use_dora: true", "modules_to_save: [lm_head]", "bias: all", "rank_pattern: {q_proj: 8}"],
)
def test_a_recipe_cannot_ask_for_what_cannot_be_served(setting: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: x\n{setting}\n", "utf-8")
    with pytest.raises(RecipeInvalid, match=f"{setting.split(':')[0]} is no value of a recipe"):
        load_recipe(path)


def test_an_adapter_of_any_recipe_can_be_served(tmp_path: Path) -> None:
    recipe = Recipe.model_validate({**TINY_RECIPE.model_dump(), "target_modules": ["v_proj"]})
    for each in (recipe, TINY_RECIPE):
        folder = tmp_path / str(len(each.target_modules))
        base.wear_adapter(FAMILIES["llama"].model(), each, None).save_pretrained(folder)
        check_servable(folder)


@pytest.mark.filterwarnings("ignore")  # of peft, as it saves them
@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"use_dora": True}, "lora_magnitude_vector"),
        ({"modules_to_save": ["lm_head"]}, "lm_head"),
        ({"target_modules": ["q_proj", "lm_head"]}, "lm_head"),
        ({"target_modules": ["embed_tokens"]}, "embed_tokens"),
        ({"bias": "all"}, "bias"),
        ({"lora_bias": True}, "bias"),
        ({"trainable_token_indices": [1]}, "token"),
        ({"rank_pattern": {"q_proj": 2}}, "rank_pattern"),
        ({"alpha_pattern": {"q_proj": 2}}, "alpha_pattern"),
        ({"task_type": "CAUSAL_LM", "alora_invocation_tokens": [1]}, "alora"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_run_does_not_go_on_from_what_cannot_be_served(
    settings: dict[str, Any], named: str, tmp_path: Path
) -> None:
    config = LoraConfig(**{"r": 4, "target_modules": ["q_proj"], **settings})
    biased = FAMILIES["llama biased"]
    get_peft_model(biased.model(), config).save_pretrained(tmp_path)
    with pytest.raises(BaseUnsupported, match=named) as caught:
        base.wear_adapter(biased.model(), TINY_RECIPE, tmp_path)
    assert "anew" in caught.value.next_step


def test_a_rank_stabilised_adapter_is_gone_on_from(tmp_path: Path) -> None:
    check_servable(write_tiny_adapter(tmp_path, use_rslora=True))
