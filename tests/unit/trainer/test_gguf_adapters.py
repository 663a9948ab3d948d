"""An adapter of another base, half of it left out in silence, would be a persona's ruin."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from tests.unit.trainer.tiny_families import FAMILIES, TinyFamily, write_family  # noqa: E402
from tests.unit.trainer.tiny_run import TINY_RECIPE  # noqa: E402
from trainer import base, gguf_base  # noqa: E402
from trainer.errors import BaseUnsupported  # noqa: E402
from trainer.parent import check_fits, parent_in  # noqa: E402

LLAMA = FAMILIES["llama"]


def loaded(folder: Path, **options: Any) -> Any:
    family = TinyFamily("llama", LLAMA.config, options)
    folder.mkdir()
    gguf_base.convert(write_family(folder / "base.gguf", family, family.model()), folder / "hf")
    return base.load_model(folder / "hf", "cpu", "nf4")


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("adapter")
    base.wear_adapter(loaded(root / "base"), TINY_RECIPE, None).save_pretrained(root / "made")
    return root / "made"


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_wears_an_adapter_that_learns(name: str, tmp_path: Path) -> None:
    made = write_family(tmp_path / "base.gguf", FAMILIES[name], FAMILIES[name].model())
    gguf_base.convert(made, tmp_path / "hf")
    model = base.wear_adapter(base.load_model(tmp_path / "hf", "cpu", "nf4"), TINY_RECIPE, None)
    learning = {n: p for n, p in model.named_parameters() if p.requires_grad}
    blocks = model.config.num_hidden_layers
    assert len(learning) == 2 * 7 * blocks and all("lora_" in place for place in learning)
    tokens = torch.arange(20)[None] + 3
    with torch.autocast("cpu", torch.bfloat16):
        out = model(input_ids=tokens, use_cache=False)
        out.logits.float().log_softmax(-1)[0, :, 5].sum().backward()
    grown = [n for n, p in learning.items() if p.grad is not None and p.grad.abs().sum() > 0]
    assert len([n for n in grown if "lora_B" in n]) == 7 * blocks


def test_an_adapter_of_its_own_base_is_carried_on(adapter: Path, tmp_path: Path) -> None:
    model = base.wear_adapter(loaded(tmp_path / "same"), TINY_RECIPE, adapter)
    assert any(p.requires_grad for p in model.parameters())


@pytest.mark.parametrize(
    "options",
    [
        {"hidden_size": 48},
        {"intermediate_size": 96},
        {"num_hidden_layers": 3},
        {"num_hidden_layers": 1},
        {"num_key_value_heads": 4},
    ],
)
def test_an_adapter_of_another_base_is_refused(
    options: dict[str, Any], adapter: Path, tmp_path: Path
) -> None:
    with pytest.raises(BaseUnsupported, match="does not fit"):
        base.wear_adapter(loaded(tmp_path / "other", **options), TINY_RECIPE, adapter)


def test_a_damaged_adapter_is_refused(adapter: Path, tmp_path: Path) -> None:
    (tmp_path / "adapter_model.safetensors").write_bytes(b"\x10" * 100)
    for folder in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(BaseUnsupported, match="cannot be read"):
            base.wear_adapter(loaded(folder.with_name(f"{folder.name}-base")), TINY_RECIPE, folder)


def test_an_adapter_whose_description_is_damaged_is_refused(adapter: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn"
    shutil.copytree(adapter, torn)
    (torn / "adapter_config.json").write_text('{"peft_ty', "utf-8")
    with pytest.raises(BaseUnsupported, match="cannot be read"):
        check_fits(None, torn)


def test_a_run_that_goes_on_does_not_begin_anew_without_its_adapter(
    adapter: Path, tmp_path: Path
) -> None:
    """A month trained on nothing would pass for one that carried the last adapter on."""
    assert parent_in(adapter, needed=True) == adapter
    assert parent_in(tmp_path / "parent", needed=False) is None
    with pytest.raises(BaseUnsupported, match="not in its folder"):
        parent_in(tmp_path / "parent", needed=True)


def test_a_recipe_for_layers_that_are_not_there_is_refused(tmp_path: Path) -> None:
    recipe = TINY_RECIPE.model_copy(update={"target_modules": ("c_attn",)})
    with pytest.raises(BaseUnsupported, match="c_attn"):
        base.wear_adapter(loaded(tmp_path / "base"), recipe, None)
