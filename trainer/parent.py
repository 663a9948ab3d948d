"""The adapter that a run goes on from, and whether it was made for the base that is to wear it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from trainer.contract.recipe import SEVEN_PROJECTIONS
from trainer.errors import BaseUnsupported

CONFIG = "adapter_config.json"
_PART = re.compile(r"base_model\.model\.(.+)\.lora_([AB])\.weight")
_LAYER = re.compile(r"\.layers\.(\d+)\.")
# What changes an adapter without a trace in the names of its parts.
_SETTINGS = ("rank_pattern", "alpha_pattern", "alora_invocation_tokens")


def parent_in(folder: Path, *, needed: bool) -> Path | None:
    """The adapter in a run's `parent` folder; without one, a run would begin anew unsaid."""
    if (folder / CONFIG).is_file():
        return folder
    if needed:
        raise BaseUnsupported(
            "The adapter that this run goes on from is not in its folder.",
            "Copy the run's folder `parent` here too, or train anew from the base.",
        )
    return None


def check_fits(model: Any, adapter: Path) -> None:
    """Refuse an adapter of another base; loaded anyway, parts of it would be left out unsaid."""
    try:
        with safe_open(adapter / "adapter_model.safetensors", framework="pt") as stored:
            shapes = {name: tuple(stored.get_slice(name).get_shape()) for name in stored.keys()}  # noqa: SIM118
        json.loads((adapter / CONFIG).read_text("utf-8"))["peft_type"]
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise _unfit(f"its files cannot be read ({error})") from error
    layers: set[int] = set()
    for name, shape in shapes.items():
        match = _PART.fullmatch(name)
        if match is None:
            continue
        trouble = _trouble(model, match[1], match[2], shape)
        if trouble:
            raise _unfit(trouble)
        layers.update(int(number) for number in _LAYER.findall(f".{match[1]}."))
    wanted = int(model.config.num_hidden_layers)
    if layers and max(layers) + 1 != wanted:
        raise _unfit(f"it knows {max(layers) + 1} blocks, the base has {wanted}")


def check_servable(adapter: Path) -> None:
    """Refuse to go on from what cannot be served: a night later, its conversion would."""
    given = json.loads((adapter / CONFIG).read_text("utf-8"))
    with safe_open(adapter / "adapter_model.safetensors", framework="pt") as stored:
        names = list(stored.keys())
    found = [key for key in _SETTINGS if given.get(key)] + [
        name
        for name in names
        if (match := _PART.fullmatch(name)) is None
        or match[1].rpartition(".")[2] not in SEVEN_PROJECTIONS
    ]
    if found:
        raise BaseUnsupported(
            f"The adapter that this run goes on from has {found[0]}, which no adapter can be"
            " served with here.",
            "Train anew from the base without it.",
        )


def _trouble(model: Any, place: str, side: str, shape: tuple[int, ...]) -> str:
    try:
        layer = model.get_submodule(place)
    except AttributeError:
        return f"the base has no {place}"
    there = layer.in_features if side == "A" else layer.out_features
    given = shape[1] if side == "A" else shape[0]
    return "" if there == given else f"{place} is {there} wide in the base, {given} in the adapter"


def _unfit(reason: str) -> BaseUnsupported:
    return BaseUnsupported(
        f"The adapter that was in use before this run does not fit its base: {reason}.",
        "Train anew from the base without it, or choose the base that the adapter was made for.",
    )
