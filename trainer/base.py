"""Loads the base model for training: from a GGUF file or a Hugging Face folder, NF4 or 16 bits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging as transformers_logging

from trainer import fused_lora, gguf_base
from trainer.contract.folder import file_digest
from trainer.contract.needs import Precision
from trainer.contract.recipe import Recipe
from trainer.contract.run_spec import BaseRef
from trainer.contract.shape import shape_of_config
from trainer.errors import BaseDamaged, BaseMissing, BaseUnsupported, first_line
from trainer.filling import Progress, fill, missing_from
from trainer.gguf_file import GgufFile
from trainer.gguf_weights import GgufWeights
from trainer.nf4 import BLOCK, nf4_layer
from trainer.parent import check_fits, check_servable
from trainer.weights import FolderWeights, rows_of_a_piece
from trainer.windowed_segments import attention_of, cap_head

OTHER_BASE = "Choose another base for the persona; chatting with this one still works."


def hf_folder(base: BaseRef, at: Path | None, cache: Path) -> Path:
    """The base as a Hugging Face folder; of a GGUF base it holds all but the weights."""
    place = at or Path(base.path)
    there = (place / "config.json").is_file() if base.kind == "hf" else place.is_file()
    if not there:
        raise BaseMissing(
            f"The base {base.name} is not at {place}.",
            "Put the base back or fetch it again, or say where it is with --base.",
        )
    if base.kind == "hf":
        return place
    converted = cache / f"{base.digest[:16]}-v{gguf_base.CONVERTER_VERSION}"
    if gguf_base.source_of(converted) == gguf_base.Source.of(place):
        return converted
    if file_digest(place) != base.digest:
        raise BaseDamaged(
            f"The file {place} is not the base that this run was planned for.",
            "Fetch the base again; the run goes on with the right file.",
        )
    if (converted / "config.json").is_file():
        gguf_base.point_to(converted, place)
        return converted
    cache.mkdir(parents=True, exist_ok=True)
    gguf_base.convert(place, converted)
    # What an older version made of the same base is a whole copy of its weights.
    for old in cache.glob(f"{base.digest[:16]}-v*"):
        if old != converted:
            shutil.rmtree(old, ignore_errors=True)
    return converted


def bytes_in_16_bits(folder: Path) -> int:
    """How large the base is in the precision it is served in."""
    source = gguf_base.source_of(folder)
    if source is None:
        return sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    with GgufFile(source.check()) as file:
        return sum(2 * tensor.elements for tensor in file.tensors.values())


def billions(folder: Path) -> float:
    """How many parameters the base has, as its description says."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    return shape_of_config(config).weights / 1e9


def load_tokenizer(folder: Path) -> Any:
    """The base's tokenizer with its chat template."""
    # Left to choose, transformers may build another tokenizer of its own for the family.
    made_here = gguf_base.source_of(folder) is not None
    kind = PreTrainedTokenizerFast if made_here else AutoTokenizer
    try:
        tokenizer = kind.from_pretrained(folder)
    except (OSError, ValueError, KeyError) as error:
        raise BaseDamaged(
            f"The tokenizer of the base at {folder} cannot be read: {first_line(error)}",
            "Fetch the base again, or choose another one.",
        ) from error
    if not tokenizer.chat_template:
        raise BaseUnsupported(
            "This base has no chat template: it was not made for conversations.",
            "Choose the instruct variant of this base.",
        )
    return tokenizer


def load_model(
    folder: Path,
    device: str,
    precision: Precision,
    on_progress: Progress = lambda done, total: None,
) -> Any:
    """Make the model without weights and fill it on the device, one weight at a time."""
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    source = gguf_base.source_of(folder)
    model = _empty_model(folder, precision)
    if source is not None:
        with GgufFile(source.check()) as file:
            config = json.loads((folder / "config.json").read_text("utf-8"))
            fill(model, GgufWeights(file, config), device, precision, on_progress)
    else:
        model = _filled_from_folder(model, folder, device, precision, on_progress)
    model.requires_grad_(False)
    model.config.use_cache = False
    return model.eval()


def _empty_model(folder: Path, precision: Precision) -> Any:
    from accelerate import init_empty_weights  # type: ignore[import-untyped]

    try:
        config = AutoConfig.from_pretrained(folder)
        with init_empty_weights(include_buffers=False):
            model = AutoModelForCausalLM.from_config(
                config, dtype=_dtype(precision), attn_implementation=attention_of(config)
            )
    except (OSError, ValueError, KeyError, TypeError, StrictDataclassError) as error:
        raise BaseUnsupported(
            f"The base at {folder} is of a kind that cannot be loaded: {first_line(error)}",
            OTHER_BASE,
        ) from error
    cap_head(model)
    return model


def _filled_from_folder(
    model: Any, folder: Path, device: str, precision: Precision, on_progress: Progress
) -> Any:
    """Weight by weight where the folder's names are the model's, else all at once first."""
    if any(folder.glob("*.safetensors")):
        with FolderWeights(folder) as weights:
            if not missing_from(model, weights):
                fill(model, weights, device, precision, on_progress)
                return model
    try:
        whole, told = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=_dtype(precision),
            attn_implementation=attention_of(model.config),
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise _damaged_folder(folder, first_line(error)) from error
    if told["missing_keys"]:
        raise _damaged_folder(folder, f"{min(told['missing_keys'])} is missing")
    cap_head(whole)
    if precision == "nf4":
        _pack(whole, device)
    return whole.to(device)


def _pack(model: Any, device: str) -> None:
    """Turn the linear layers of a loaded model into NF4 ones."""
    for name, layer in list(model.named_modules()):
        if isinstance(layer, torch.nn.Linear) and not name.endswith("lm_head"):
            rows = rows_of_a_piece(layer.in_features, BLOCK)
            packed = nf4_layer(layer, torch.split(layer.weight.data, rows), device)
            model.set_submodule(name, packed)


def _damaged_folder(folder: Path, reason: str) -> BaseDamaged:
    return BaseDamaged(
        f"The base at {folder} is damaged or not whole: {reason}.", "Fetch the base again."
    )


def _dtype(precision: Precision) -> torch.dtype:
    return torch.float32 if precision == "fp32" else torch.bfloat16


def wear_adapter(model: Any, recipe: Recipe, parent: Path | None) -> Any:
    """Put a fresh adapter on the base, or the parent's to carry on with."""
    from peft import LoraConfig, PeftModel, get_peft_model

    if parent is not None:
        check_fits(model, parent)
        check_servable(parent)
        return fused_lora.install(PeftModel.from_pretrained(model, str(parent), is_trainable=True))
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=list(recipe.target_modules),
        task_type="CAUSAL_LM",
    )
    try:
        return fused_lora.install(get_peft_model(model, config))
    except ValueError as error:
        raise BaseUnsupported(
            f"The recipe's adapter does not fit this base: {first_line(error)}",
            "Set the recipe's target modules to layers of this base, or choose another base.",
        ) from error
