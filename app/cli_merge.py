"""The verb `merge`: a persona as one model for LM Studio, Jan, vLLM and others."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_month import PersonaArgument
from app.cli_output import HomeOption, JsonOption, give, progress_console, the_home
from app.cli_sharing import AllTheSameOption, check_beforehand, checked_words

if TYPE_CHECKING:
    from app.operations.serving_elsewhere import ServedElsewhere


class ElsewhereName(StrEnum):
    """What other programs take."""

    gguf = "gguf"
    huggingface = "huggingface"
    vllm = "vllm"


def merge(
    persona: PersonaArgument,
    format: Annotated[
        ElsewhereName,
        typer.Option(
            "--format",
            help="gguf: one file, for LM Studio, Jan and llama.cpp; huggingface: a folder in 16"
            " bits; vllm: a start script and a systemd unit for all personas of the base.",
        ),
    ] = ElsewhereName.gguf,
    base: Annotated[
        str,
        typer.Option("--base", help="The base as a Hugging Face folder (vllm: or its hub id)."),
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="The file or folder; else one named like it.")
    ] = None,
    all_the_same: AllTheSameOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a persona as a model that other programs serve; here it stays as it is.

    Whoever has the model can ask it: what it gives back word for word is found out first.
    """
    from rich.progress import Progress

    from app.cli_people import person_named
    from app.operations.serving_elsewhere import default_place, size_beforehand, write_elsewhere
    from app.operations.sharing import leave_merged
    from app.store import open_store

    home_place = the_home(home)
    with open_store(home_place) as store:
        who = person_named(store, persona)
        leaving = leave_merged(store, who, format.value)
        checked = check_beforehand(home_place, store, leaving, all_the_same)
        place = (out or default_place(who, format.value)).expanduser()
        if format is ElsewhereName.gguf and not as_json:
            megabytes = size_beforehand(store, who) / 1e6
            progress_console().print(f"{place} will take {megabytes:,.0f} MB.", markup=False)
        with Progress(console=progress_console(), transient=True) as bars:
            task = bars.add_task("Merging", total=None)
            done = write_elsewhere(
                store, who, format.value, place, hf_base=base,
                on_progress=lambda done, total: bars.update(task, completed=done, total=total),
            )  # fmt: skip
    _give(as_json, done, checked)


def _give(as_json: bool, done: ServedElsewhere, checked: dict[str, Any] | None) -> None:
    row = {
        "path": str(done.path), "format": done.format, "personas": list(done.personas),
        "memory_check": checked,
    }  # fmt: skip
    told = " ".join(filter(None, (f"{done.path}: {done.format}.", checked_words(checked))))
    give(as_json, row, lambda out: out.print(told, markup=False))
