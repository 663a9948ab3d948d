"""A persona's adapter into Ollama: made, held against the training, and switched to."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from ollama_bridge.base_gguf import digest
from ollama_bridge.deploy.api import OllamaApi, full_name
from ollama_bridge.deploy.names import Names, check_free, check_name, standing, switch
from ollama_bridge.deploy.parity import Parity, TextProbe, measure, measure_base
from ollama_bridge.deploy.plan import STRATEGIES, OnStep, Plan, Strategy, no_steps
from ollama_bridge.deploy.shown import base_file, base_names
from ollama_bridge.deploy.strategies import clear, stage
from ollama_bridge.errors import OllamaError, OllamaRefused

# The first that tells log-probabilities.
OLDEST = (0, 12, 11)
BASE_PREFIX = "perennial-base-"


@dataclass(frozen=True)
class Deployed:
    """What was done, so that it can be undone exactly."""

    server: str
    server_version: str
    strategy: Strategy
    name: str
    before: str | None
    """The digest that the name had before."""
    after: str
    base_name: str
    parity: Parity
    not_taken: Mapping[Strategy, str]


class Journal(Protocol):
    """Told of each step that has to be undone, before it is taken."""

    def base_ready(self, name: str, created: bool) -> None:
        """Which model of the server is the base, and whether we bring it."""

    def about_to_switch(self, before: str | None, after: str) -> None:
        """Which manifest the name has, and which it is about to have."""


def deploy(
    api: OllamaApi,
    plan: Plan,
    probes: Sequence[TextProbe],
    journal: Journal,
    *,
    ours: frozenset[str] = frozenset(),
    replace_foreign: bool = False,
    order: tuple[Strategy, ...] = STRATEGIES,
    on_step: OnStep = no_steps,
) -> Deployed:
    """Deploy; `ours` are the digests of models that Perennial made."""
    version = api.version()
    check_version(version)
    names = Names(check_name(plan.name))
    before = standing(api, names)
    check_free(before, names, ours, replace=replace_foreign)
    if before.staging is not None:
        api.delete(names.staging)
    base_name = ensure_base(api, plan, journal, on_step)
    _check_loads(api, base_name, plan.base_sha256, on_step)

    def comparing(done: int, all_: int) -> None:
        on_step("comparing", done, all_)

    # Now that it is in memory: a server may hold one model at a time.
    base_difference = measure_base(api, base_name, probes, comparing)

    def check() -> Parity:
        return measure(api, names.staging, base_difference, probes, plan.texts, comparing)

    with contextlib.ExitStack() as undo:
        undo.callback(clear, api, names.staging)
        staged = stage(
            api, plan, base_name, names.staging, check=check, order=order, on_step=on_step
        )
        after = api.digest_of(names.staging)
        assert after is not None, "it was made and answered"
        journal.about_to_switch(before.live, after)
        on_step("switching", 0, 1)
        switch(api, names, before, ours)
        undo.pop_all()
    return Deployed(
        api.address, version, staged.strategy, plan.name, before.live, after, base_name,
        staged.parity, staged.not_taken,
    )  # fmt: skip


def check_version(version: str) -> None:
    """Refuse a server that cannot be held against the training."""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    # One that somebody built without a number is as new as it can be.
    if found and (0, 0, 0) < tuple(int(each) for each in found.groups()) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise OllamaError(
            f"Ollama {version} is too old: it does not tell how likely its words are, so what it"
            " serves cannot be compared with what was trained.",
            f"Update Ollama to {oldest} or newer, then try again.",
            kind="ollama_too_old",
            kept="The persona answers in this window as before.",
        )


def ensure_base(api: OllamaApi, plan: Plan, journal: Journal, on_step: OnStep = no_steps) -> str:
    """A model of this server that is the base and nothing else; made where there is none."""
    found, unreadable = base_names(api, plan.base_sha256)
    if found:
        journal.base_ready(found[0], created=False)
        return found[0]
    blob = f"sha256:{plan.base_sha256}"
    name = base_name(plan)
    if api.digest_of(name) is not None:
        name = f"{name}-{plan.base_sha256[:8]}"
    name = full_name(name)
    journal.base_ready(name, created=True)
    api.put_blob(plan.base, blob, lambda done, all_: on_step("base", done, all_))
    texts = replace(
        plan.texts, system="", parameters={"stop": list(plan.texts.parameters.get("stop", ()))}
    )
    try:
        api.create({"model": name, "files": {"base.gguf": blob}, **texts.body()})
    except OllamaRefused as error:
        if not unreadable:
            raise
        raise _damaged(", ".join(unreadable), error.said) from error
    return name


def _check_loads(api: OllamaApi, name: str, sha256: str, on_step: OnStep) -> None:
    """What nobody can load is no base; a file that is not what its name says is called damaged."""
    on_step("loading", 0, 1)
    try:
        api.load(name)
        return
    except OllamaRefused as error:
        said = error.said
    file = base_file(api.show(name)) if api.local else None
    if file is not None and digest(file) != sha256:
        raise _damaged(name, said)
    raise OllamaError(
        f"The base {name} does not load in Ollama: {said}",
        "See Ollama's log; close other programs if memory is short, then try again.",
        kind="ollama_base",
        kept="What was live before is live.",
    )


def _damaged(names: str, said: str) -> OllamaError:
    return OllamaError(
        f"What Ollama keeps of {names} is damaged: {said}",
        f"Get it again (`ollama rm` and `ollama pull`, or `ollama create`): {names}.",
        kind="ollama_damaged",
        kept="Nothing was changed.",
    )


def base_name(plan: Plan) -> str:
    """What a base is called that we bring to Ollama."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", plan.base.stem.lower()).strip("-._")
    return BASE_PREFIX + (plain[:50] or plan.base_sha256[:12])
