"""Loads the base model for training: from a GGUF file or a Hugging Face folder, NF4 or bf16."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from trainer import gguf_base
from trainer.contract.recipe import Recipe
from trainer.contract.run_spec import BaseRef
from trainer.device import Precision
from trainer.errors import BaseDamaged, BaseMissing, BaseUnsupported
from trainer.segments import SEGMENTS


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hf_folder(
    base: BaseRef,
    at: Path | None,
    cache: Path,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """The base as a Hugging Face folder, converted once and kept by digest in `cache`."""
    place = at or Path(base.path)
    if base.kind == "hf":
        if not (place / "config.json").is_file():
            raise BaseMissing(
                f"The base {base.name} is not at {place}.",
                "Put the folder back, or say where it is with --base.",
            )
        return place
    converted = cache / f"{base.digest[:16]}-v{gguf_base.CONVERTER_VERSION}"
    if (converted / "config.json").is_file():
        return converted
    if not place.is_file():
        raise BaseMissing(
            f"The base {base.name} is not at {place}.",
            "Fetch the base again, or say where it is with --base.",
        )
    if file_digest(place) != base.digest:
        raise BaseDamaged(
            f"The file {place} is not the base that this run was planned for.",
            "Fetch the base again; the run goes on with the right file.",
        )
    cache.mkdir(parents=True, exist_ok=True)
    gguf_base.convert(place, converted, on_progress)
    return converted


def load_tokenizer(folder: Path) -> Any:
    """The base's tokenizer with its chat template."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if not tokenizer.chat_template:
        raise BaseUnsupported(
            "This base has no chat template: it was not made for conversations.",
            "Choose the instruct variant of this base.",
        )
    return tokenizer


def load_model(folder: Path, device: str, precision: Precision) -> Any:
    """Read the model onto the device; its linear layers become NF4 one by one if asked."""
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    dtype = torch.float32 if precision == "fp32" else torch.bfloat16
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation=SEGMENTS)
    model.requires_grad_(False)
    model.config.use_cache = False
    if precision == "nf4":
        _quantise(model, device)
    return model.to(device)


def _quantise(model: Any, device: str) -> None:
    """Replace the linear layers of the blocks by NF4 with double quantisation."""
    import bitsandbytes as bnb

    for name, layer in list(model.named_modules()):
        if not isinstance(layer, torch.nn.Linear) or name.endswith("lm_head"):
            continue
        packed = bnb.nn.Linear4bit(
            layer.in_features,
            layer.out_features,
            bias=layer.bias is not None,
            compute_dtype=torch.bfloat16,
            compress_statistics=True,
            quant_type="nf4",
        )
        packed.weight = bnb.nn.Params4bit(
            layer.weight.data, requires_grad=False, quant_type="nf4", compress_statistics=True
        )
        packed.bias = layer.bias
        # A look at the validation loss would repack the weights for inference on a processor
        # with AVX512-BF16, and every later gradient would silently miss the base's share.
        packed.support_avx512bf16_for_cpu = False
        model.set_submodule(name, packed.to(device))


def wear_adapter(model: Any, recipe: Recipe, parent: Path | None) -> Any:
    """Put a fresh adapter on the base, or the parent's to carry on with."""
    from peft import LoraConfig, PeftModel, get_peft_model

    if parent is not None:
        return PeftModel.from_pretrained(model, str(parent), is_trainable=True)
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=list(recipe.target_modules),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)
