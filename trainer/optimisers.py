"""The optimisers of a training, and how a smaller one takes over from a larger one."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import torch

from trainer.contract.recipe import Optimiser

# bitsandbytes counts in a plain number; safetensors keeps tensors alone.
_STEP = "step"
_BLOCK = 256


def usable(asked: Optimiser, device: str, works: bool) -> Optimiser:
    """What the recipe asks for, where the device has it; 8 bits pay off on CUDA alone."""
    return asked if device == "cuda" and works else "adamw"


def difference(asked: Optimiser, taken: Optimiser) -> tuple[str, ...]:
    """What is told where a run does not take the optimiser of its recipe."""
    if asked == taken or taken != "adamw":
        return ()
    return (f"Plain AdamW instead of {asked}: 8 bits pay off on CUDA alone.",)


def smaller(device: str, works: bool) -> Optimiser | None:
    """What an optimiser may shrink to; pages that go to the host exist on CUDA alone."""
    if not works or device == "mps":
        return None
    return "paged_adamw_8bit" if device == "cuda" else "adamw_8bit"


def eight_bit_works(device: str) -> bool:
    """Whether an 8-bit step can be taken on this device: one is, on a weight of no use."""
    weight = torch.nn.Parameter(torch.ones(64, 64, device=device))
    weight.grad = torch.ones_like(weight)
    try:
        make("adamw_8bit", [weight], rate=0.01, decay=0.0).step()
    except (ImportError, OSError, RuntimeError, NotImplementedError, AttributeError, ValueError):
        return False
    return bool((weight.detach() < 1).all())


def make(
    name: Optimiser, parameters: Iterable[torch.nn.Parameter], *, rate: float, decay: float
) -> torch.optim.Optimizer:
    """An optimiser that has learned nothing yet."""
    values: dict[str, Any] = {"lr": rate, "weight_decay": decay}
    if name == "adamw":
        return torch.optim.AdamW(list(parameters), **values)
    import bitsandbytes as bnb

    kind = bnb.optim.AdamW8bit if name == "adamw_8bit" else bnb.optim.PagedAdamW8bit
    made: torch.optim.Optimizer = kind(list(parameters), **values)
    return made


def take_over(old: torch.optim.Optimizer, new: Any) -> bool:
    """Have an 8-bit optimiser go on with what AdamW learned; whether there was anything.

    Tensor by tensor, so that the old state is gone as the new one grows.
    """
    carried = False
    for group_index, group in enumerate(new.param_groups):
        for index, parameter in enumerate(group["params"]):
            known = old.state.pop(parameter, None)
            if not known:
                continue
            _make_room(new, parameter, group_index, index)
            state = new.state[parameter]
            state[_STEP] = int(known[_STEP])
            for number, name in ((1, "exp_avg"), (2, "exp_avg_sq")):
                _hand_over(state, number, known.pop(name))
            carried = True
    return carried


def _hand_over(state: dict[str, Any], number: int, values: torch.Tensor) -> None:
    import bitsandbytes.functional as functional

    place = state[f"state{number}"]
    if place.dtype != torch.uint8:
        place.copy_(values)
        return
    small, scales = functional.quantize_blockwise(
        values, code=state[f"qmap{number}"], blocksize=_BLOCK
    )
    place.copy_(small.view_as(place))
    state[f"absmax{number}"].copy_(scales.absmax)


def state_tensors(optimiser: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """An optimiser's state by names, all of it as tensors; tables that never change are none."""
    tensors = {}
    for index, parameter in enumerate(_parameters(optimiser)):
        for key, value in optimiser.state.get(parameter, {}).items():
            if not key.startswith("qmap"):
                whole = value if isinstance(value, torch.Tensor) else torch.tensor(value)
                tensors[f"{index}.{key}"] = whole.detach()
    return tensors


def put_back(optimiser: Any, tensors: dict[str, torch.Tensor]) -> None:
    """The state that `state_tensors` gave, each where the optimiser wants to have it."""
    kept: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        number, key = name.split(".", 1)
        kept.setdefault(int(number), {})[key] = tensor
    optimiser.state.clear()
    place = 0
    for group_index, group in enumerate(optimiser.param_groups):
        for index, parameter in enumerate(group["params"]):
            if place in kept:
                _put_back_one(optimiser, (group_index, index), parameter, kept[place])
            place += 1


def _put_back_one(
    optimiser: Any,
    place: tuple[int, int],
    parameter: torch.Tensor,
    kept: dict[str, torch.Tensor],
) -> None:
    """AdamW counts steps in a tensor on the host; bitsandbytes in a number, and has pages."""
    if isinstance(optimiser, torch.optim.AdamW):
        optimiser.state[parameter] = {
            key: tensor.clone() if key == _STEP else tensor.to(parameter.device).clone()
            for key, tensor in kept.items()
        }
        return
    _make_room(optimiser, parameter, *place)
    state = optimiser.state[parameter]
    for key, tensor in kept.items():
        if key == _STEP:
            state[key] = int(tensor)
        else:
            state[key].copy_(tensor)


def _make_room(optimiser: Any, parameter: torch.Tensor, group_index: int, index: int) -> None:
    group = optimiser.param_groups[group_index]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Paged optimizers are not supported on CPU")
        optimiser.init_state(group, parameter, group_index, index)


def _parameters(optimiser: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [each for group in optimiser.param_groups for each in group["params"]]
