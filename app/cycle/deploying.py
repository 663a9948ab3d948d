"""The stages `accepted`, `deployed` and `live`: the user's word, and the switch."""

from __future__ import annotations

import shutil
from importlib.metadata import PackageNotFoundError, version

from app.cycle.context import CycleContext, Ending
from app.cycle.stages import NOT_PASSED
from app.operations.mixing import want_rebuild
from app.operations.past_replies import fill_from_conversations
from app.store import Adapter

SERVER = "built-in runtime"
STRATEGY = "scale"


def accept(context: CycleContext) -> Ending | None:
    """Wait for *Use it*, unless it was said beforehand.

    A run that did not pass comes as far as this only by the user's own word.
    """
    if context.yes or context.run.verdict in NOT_PASSED:
        return None
    context.telling.tell("waiting")
    return Ending("waiting", "The candidate passed; it goes live when you say so.")


def deploy(context: CycleContext) -> None:
    """Make the candidate the persona's adapter, and have it served as such."""
    adapter = candidate_of(context)
    context.store.deployments.put_live(
        context.run.persona_id, context.run.id, adapter.id, SERVER, _server_version(), STRATEGY, {}
    )
    context.staged()
    context.serve()


def undeploy(context: CycleContext) -> None:
    """Take the candidate back and serve what was there before."""
    context.store.deployments.undo_last(context.run.persona_id)
    context.serve()


def finish(context: CycleContext) -> None:
    """Give back the disk space that only a training needs; a rebuild that was due is done.

    What was learned now is past, and stands in the replay groups.
    """
    fill_from_conversations(context.store, context.persona)
    if context.started_from_base:
        want_rebuild(context.store, context.persona, False)
    shutil.rmtree(context.folder.checkpoints, ignore_errors=True)


def is_deployed(context: CycleContext) -> bool:
    """Whether this run's adapter is the persona's."""
    adapter = context.store.adapters.of_run(context.run.id)
    return adapter is not None and context.persona.active_adapter_id == adapter.id


def candidate_of(context: CycleContext) -> Adapter:
    """The adapter that this run made."""
    adapter = context.store.adapters.of_run(context.run.id)
    assert adapter is not None, "the stage `converted` enters it"
    return adapter


def _server_version() -> str:
    try:
        return version("xllamacpp")
    except PackageNotFoundError:
        return ""
