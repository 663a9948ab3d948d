"""The stage `mixed`: the run folder, written whole."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.cycle.context import CycleContext
from app.cycle.errors import KEPT, NotEnough
from app.cycle.learned import write_learned
from app.cycle.lessons import digests, learns_the_month, write_stages
from app.evaluation.suite import suites_of
from app.operations.buffers import spoken_languages
from app.operations.canaries import kept_examples
from app.operations.mix_settings import MixSettings, mix_settings
from app.operations.mixing import DrawnMonth, draw_month
from app.operations.month import MINIMUM_USABLE
from app.operations.preferring import preference_rows, preferred
from app.store import Persona
from replay.files import MANIFEST, write_mix
from replay.filters import OVER_REPLAY
from replay.mix import Mix
from replay.rounds import Proposal
from trainer.contract.folder import write_atomically
from trainer.contract.run_spec import BaseRef, RunSpec


def mix(context: CycleContext) -> None:
    """Draw the month and write it down; `run.json` comes last, so a folder that has it is whole."""
    folder = context.folder
    request = context.request
    if request.reasons:
        context.telling.tell("recipe", reasons=request.reasons)
    drawn = draw_month(
        context.store,
        context.persona,
        seed=request.seed,
        replay=request.replay,
        rebuild=request.rebuild,
        settings=_settings(context),
    )
    _check_enough(drawn.mix, context.persona)
    found = preferred(context.store, context.persona)
    _write_data(context, drawn, preference_rows(found, drawn.mix), folder.data)
    _copy_parent(context, folder.parent)
    if learns_the_month(request.recipe):
        _record_use(context, drawn)
        write_learned(folder, drawn.mix)
    write_atomically(folder.spec, _spec(context, drawn.proposal).model_dump_json(indent=2) + "\n")


def _settings(context: CycleContext) -> MixSettings:
    """How the persona's mix is set; what it does not say of tasks, the recipe does."""
    settings = mix_settings(context.store, context.persona)
    weights = context.request.recipe.task_weights
    if settings.task_weights or not weights:
        return settings
    return settings.model_copy(update={"task_weights": weights})


def _check_enough(mix: Mix, persona: Persona) -> None:
    """Refuse to train on next to nothing, with the reason that the mix itself gives."""
    manifest = mix.manifest
    short = manifest.waiting.get(OVER_REPLAY, 0)
    if short and manifest.usable.replies - manifest.kept_for_later.replies < MINIMUM_USABLE:
        raise NotEnough(
            f"Replay is short: {short} approved replies wait for some beside them, and an adapter"
            f" needs at least {MINIMUM_USABLE}.",
            "Give a replay group a target and items in a language that the persona and its base"
            f" share, or take everything new: perennial mix {persona.slug}"
            " --set short=keep_all --save",
            kind="no_replay",
            kept=KEPT,
        )
    if not mix.learned_message_ids:
        reasons = {**manifest.waiting, **manifest.left_out}
        told = "; ".join(f"{number} {why}" for why, number in reasons.items())
        raise NotEnough(
            f"Nothing that was approved can be learned from now: {told or 'all of it judges'}.",
            f"See `perennial mix {persona.slug}`, or approve and correct more replies; then start"
            " the training again.",
            kept=KEPT,
        )


def _write_data(
    context: CycleContext, drawn: DrawnMonth, preferences: list[dict[str, Any]], data: Path
) -> None:
    part = _fresh(data)
    canaries = tuple(
        kept_examples(
            suites_of(context.home.suites),
            spoken_languages(context.store, context.persona),
            context.persona.system_prompt,
        )
    )
    mix = replace(drawn.mix, replay_test=(*drawn.mix.replay_test, *canaries))
    manifest = {**write_mix(mix, part, preferences).to_dict(), "round": drawn.round()}
    recipe = context.request.recipe
    if recipe.stages:
        prompt, seed = context.persona.system_prompt, context.request.seed
        manifest["stages"] = write_stages(recipe, prompt, seed, part)
        manifest["sha256"] = digests(part)
    write_atomically(part / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")
    _put(part, data)


def _copy_parent(context: CycleContext, place: Path) -> None:
    """The adapter in use comes along to be measured beside the candidate."""
    parent = context.parent
    if parent is None:
        return
    part = _fresh(place)
    shutil.copytree(parent.peft_path, part, ignore=shutil.ignore_patterns("*.gguf", "Modelfile"))
    _put(part, place)


def _record_use(context: CycleContext, drawn: DrawnMonth) -> None:
    store, run_id = context.store, context.run.id
    learned = drawn.replay_ids()
    with store.transaction():
        store.runs.use(run_id, drawn.mix.learned_message_ids)
        items = [item.id for item in store.replay.all() if item.external_id in learned]
        store.replay.mark_used(items, run_id)


def _spec(context: CycleContext, proposal: Proposal) -> RunSpec:
    base, persona, parent = context.base, context.persona, context.parent
    return RunSpec(
        run_id=context.run.id,
        persona=persona.name,
        system_prompt=persona.system_prompt,
        base=BaseRef(name=base.name, kind=base.kind, digest=base.digest, path=str(base.path)),
        parent_digest=parent.digest if parent is not None else None,
        start=proposal.round.start,
        recipe=context.request.recipe,
        seed=context.request.seed,
        created=context.run.created,
    )


def _fresh(place: Path) -> Path:
    part = place.with_name(f".{place.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    return part


def _put(part: Path, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    part.replace(place)
