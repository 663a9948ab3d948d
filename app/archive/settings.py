"""What is set for a persona, looked at before it is taken in."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from app.operations.mix_settings import MixSettings
from app.store.portable_rows import SettingName, SettingRow

_SHAPES: dict[SettingName, TypeAdapter[Any]] = {
    "mix": TypeAdapter(MixSettings),
    "rebuild": TypeAdapter(bool),
    "help": TypeAdapter(dict[Literal["examples", "note"], bool]),
}


def setting_faults(row: SettingRow) -> list[str]:
    """What is wrong with a setting."""
    try:
        _SHAPES[row.name].validate_python(row.value)
    except ValidationError as error:
        from app.archive.opening import shape_faults

        return [f"value: {words}" for words in shape_faults(error)]
    return []
