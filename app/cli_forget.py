"""The verb `forget`: what was said is gone from every file of the home, for good."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli_output import HomeOption, JsonOption, give, progress_console, the_home

if TYPE_CHECKING:
    from rich.console import Console

    from app.forgetting.plan import Forgotten, Plan
    from app.home import Home
    from app.operations.forgetting import Step
    from app.store import Store

SHOWN = 20
_STEPS = {
    "files": "Cleaning runs, reports and logs",
    "backups": "Cleaning backups",
    "tables": "Removing it from the store",
    "database": "Writing the database anew",
}


MessageOption = Annotated[
    int | None, typer.Option("--message", help="A message with everything that answers it.")
]
ConversationOption = Annotated[
    list[int] | None,
    typer.Option("--conversation", help="A conversation; may stand several times."),
]
PersonaOption = Annotated[
    str | None, typer.Option("--persona", help="All that was said to this persona.")
]
TextOption = Annotated[
    str | None, typer.Option("--text", help="Every conversation in which this stands.")
]
WithAdaptersOption = Annotated[
    bool, typer.Option("--with-adapters", help="Delete the adapters that learned from it, too.")
]
RebuildOption = Annotated[
    bool,
    typer.Option(
        "--rebuild/--no-rebuild", help="Have the next training start from the base without it."
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]


def forget(
    message: MessageOption = None,
    conversation: ConversationOption = None,
    persona: PersonaOption = None,
    text: TextOption = None,
    with_adapters: WithAdaptersOption = False,
    rebuild: RebuildOption = True,
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget what was said, for good; with --json and without --yes it only tells what goes."""
    from app.operations import forgetting
    from app.store import open_store

    place = the_home(home)
    given = [each for each in (message, conversation, persona, text) if each not in (None, [])]
    with open_store(place) as store:
        if forgetting.unfinished(place):
            _finish(place, store, as_json and not given)
            if not given:
                return
        if len(given) != 1:
            raise typer.BadParameter("give one of --message, --conversation, --persona, --text")
        plan = _plan(place, store, message, conversation, persona, text)
        if as_json and not yes:
            give(True, {"forgotten": False, **plan.row()}, lambda out: None)
            return
        if not as_json:
            _show(progress_console(), store, plan, with_adapters)
        if not yes:
            typer.confirm("Forget it for good?", abort=True, err=True)
        done = forgetting.forget(
            place, store, plan, with_adapters=with_adapters, rebuild=rebuild, tell=_tell
        )
    give(as_json, {"forgotten": True, **plan.row(), **asdict(done)}, lambda out: _ended(out, done))


def _plan(
    home: Home,
    store: Store,
    message: int | None,
    conversation: list[int] | None,
    persona: str | None,
    text: str | None,
) -> Plan:
    from app.cli_people import person_named
    from app.operations import forgetting

    if message is not None:
        return forgetting.plan_message(home, store, message)
    if persona is not None:
        return forgetting.plan_persona(home, store, person_named(store, persona).id)
    if conversation:
        return forgetting.plan_conversations(home, store, conversation)
    assert text is not None
    found = forgetting.find_sentence(store, text)
    return forgetting.plan_conversations(home, store, found, text)


def _finish(home: Home, store: Store, as_json: bool) -> None:
    """A forgetting that was broken off comes first."""
    from app.operations import forgetting

    progress_console().print("Going on with a forgetting that was broken off.", markup=False)
    done = forgetting.go_on(home, store, _tell)
    assert done is not None
    if as_json:
        give(True, {"forgotten": True, **asdict(done)}, lambda out: None)
    else:
        _ended(progress_console(), done)


def _tell(step: Step) -> None:
    progress_console().print(f"{_STEPS[step]}…", markup=False)


def _show(out: Console, store: Store, plan: Plan, with_adapters: bool) -> None:
    """What goes, in words, before it goes."""
    for conversation_id in plan.scope.conversation_ids[:SHOWN]:
        found = store.conversations.get(conversation_id)
        out.print(
            f"  {found.id}  {found.updated[:10]}  {found.title or '(untitled)'}", markup=False
        )
    if len(plan.scope.conversation_ids) > SHOWN:
        out.print(f"  … and {len(plan.scope.conversation_ids) - SHOWN} more")
    counts = plan.counts
    what = {
        "message": "This message with what answers it",
        "conversation": "Conversations",
        "persona": "All that was said to this persona",
    }[plan.scope.kind]
    whole = f" in {counts.conversations} whole conversations" if counts.conversations else ""
    out.print(
        f"{what}: {counts.messages} messages{whole}, with"
        f" {counts.ratings} ratings, {counts.edits} edits and {counts.replay_items} replay items,"
        f" are forgotten for good: in the store, the search, {len(plan.runs)} runs and"
        f" {plan.backups} backups. This cannot be undone. Files that you exported yourself stay;"
        " importing them again leaves it out; only the archive of a persona brings it back.",
        markup=False,
    )
    if plan.stays_in:
        shown = ", ".join(str(each) for each in plan.stays_in[:SHOWN])
        out.print(
            f"Some of these words stand elsewhere, too, and stay there: {shown}.", markup=False
        )
    for adapter in plan.adapters:
        learned = "grew from one that learned it" if adapter.inherited else "learned from it"
        live = ", and is live" if adapter.live else ""
        after = "it will be deleted" if with_adapters else "it stays; --with-adapters deletes it"
        out.print(
            f"Adapter v{adapter.version} of {adapter.persona} ({adapter.run}) {learned}{live};"
            f" {after}.",
            markup=False,
        )
    if plan.in_ollama:
        after = "are taken out" if with_adapters else "stay"
        out.print(f"In Ollama they are {', '.join(plan.in_ollama)}, and {after}.", markup=False)
    out.print(f"The database is written anew: about {plan.seconds} s.", markup=False)


def _ended(out: Console, done: Forgotten) -> None:
    out.print("Forgotten.", markup=False)
    for slug in done.gone_back:
        out.print(
            f"{slug} speaks through what it had before, which never learned it.", markup=False
        )
    names = ", ".join(f"{each.persona} v{each.version}" for each in done.adapters)
    if names:
        out.print(f"Adapters that still know it: {names}.", markup=False)
    for slug in done.rebuild:
        out.print(
            f"The next training of {slug} starts from the base without it; to have it now:"
            f" perennial cycle {slug} --rebuild",
            markup=False,
        )
    if done.left_in_ollama:
        out.print(
            f"Still in an Ollama that does not answer: {', '.join(done.left_in_ollama)}. It goes"
            " when that server is back and the window is opened, or with: perennial deploy --off",
            markup=False,
        )
    for name in done.dropped_backups:
        out.print(f"The backup {name} could not be read and was deleted as a whole.", markup=False)
