"""The verb `mix`: what a training would learn from now, every number with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from app.cli_month import PersonaArgument, RebuildOption, ReplayOption, SeedOption
from app.cli_output import HomeOption, JsonOption, give, the_home

if TYPE_CHECKING:
    from rich.console import Console

SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Another value for this mix: ratio_new, short, conversation_cap, day_cap,"
        " earlier_share, topic_shares.TOPIC, task_weights.TASK. May stand several times.",
    ),
]


def mix(
    persona: PersonaArgument,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show it; the cycle draws it for good.")
    ] = True,
    values: SetOption = None,
    save: Annotated[
        bool, typer.Option("--save", help="Keep the values of --set for this persona's months.")
    ] = False,
    replay: ReplayOption = True,
    rebuild: RebuildOption = False,
    seed: SeedOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the mix that a training would learn from now; nothing of it is written."""
    from app.cli_people import person_named
    from app.cli_report import show_mix
    from app.cycle.request import make_request
    from app.operations.mix_settings import mix_settings, save_mix_settings
    from app.operations.mixing import draw_month
    from app.operations.preferring import preference_rows, preferred
    from app.store import open_store
    from replay.files import preferences_counted

    if not dry_run:
        raise typer.BadParameter("the mix is drawn for good by `perennial cycle`")
    request = make_request(seed=seed, replay=replay, rebuild=rebuild)
    with open_store(the_home(home)) as store:
        who = person_named(store, persona)
        settings = _changed(mix_settings(store, who), values or [])
        if save:
            save_mix_settings(store, who, settings)
        drawn = draw_month(
            store, who, seed=request.seed, replay=replay, rebuild=rebuild, settings=settings
        )
        rows = preference_rows(preferred(store, who), drawn.mix)
        manifest = {
            **drawn.manifest(),
            "preferences": preferences_counted(rows),
            "settings": settings.model_dump(),
        }

    def words(out: Console) -> None:
        show_mix(out, manifest)
        _explain(out, manifest)

    give(as_json, manifest, words)


def _explain(out: Console, manifest: dict[str, Any]) -> None:
    """Each number with its reason, and what a rating means."""
    from rich.table import Table

    train, valid = manifest["train"], manifest["valid"]
    counts = {
        "found": manifest["found"], "usable": manifest["usable"],
        "learned: new": train["new"], "learned: replay": train["replay"],
        "stops in time: new": valid["new"], "stops in time: replay": valid["replay"],
        "judges": manifest["test"], "shows what is forgotten": manifest["replay_test"],
        "kept for later": manifest["kept_for_later"],
    }  # fmt: skip
    table = Table("What", "Replies", "Examples", "Why", box=None)
    for name, each in counts.items():
        table.add_row(name, str(each["replies"]), str(each["examples"]), each["why"])
    out.print(table, markup=False)
    groups = Table("Replay", "Found", "Left out", "Judge", "Free", "Drawn", "Why", box=None)
    for name, each in manifest["groups"].items():
        left_out = "; ".join(f"{number} {why}" for why, number in each["left_out"].items())
        groups.add_row(
            name, str(each["found"]), left_out or "-", str(each["held_out"]),
            str(each["available"]), str(each["train"] + each["valid"]), each["why"],
        )  # fmt: skip
    out.print(groups, markup=False)
    out.print(manifest["prompts"], markup=False)
    preferences = ", ".join(f"{name} {each}" for name, each in manifest["preferences"].items())
    out.print(f"Preferences, none of what judges: {preferences or 'none'}", markup=False)
    teaches = Table("A reply", "Weight", "What it teaches", box=None)
    for each in manifest["meanings"]:
        teaches.add_row(each["name"], f"{each['weight']:g}", each["why"])
    out.print(teaches, markup=False)


def _changed(settings: Any, values: list[str]) -> Any:
    """The settings with some of their values set anew."""
    from replay.measures.topics import TOPICS

    row = settings.model_dump()
    for each in values:
        name, equals, value = each.partition("=")
        field, _, key = name.strip().partition(".")
        if not equals or field not in row or bool(key) != isinstance(row[field], dict):
            known = ", ".join(
                f"{known}.NAME" if isinstance(row[known], dict) else known for known in row
            )
            raise typer.BadParameter(f"{each!r} is none of: {known}", param_hint="--set")
        if field == "topic_shares" and key not in TOPICS:
            raise typer.BadParameter(f"{key!r} is none of: {', '.join(TOPICS)}", param_hint="--set")
        if key:
            row[field][key] = value.strip()
        else:
            row[field] = value.strip()
    try:
        return type(settings).model_validate(row)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in found['loc'])}: {found['msg']}"
            for found in error.errors()
        )
        raise typer.BadParameter(wrong, param_hint="--set") from error
