"""Three ways to have Ollama hold a base with an adapter, tried in order.

adapter   `create` with the adapter's file: what Ollama's own Modelfiles say, until 0.34.
registry  a `pull` from a registry of ours that lasts as long as the pull.
merged    the adapter's changes written into a copy of the base: takes as much disk as the base.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ollama_bridge.base_gguf import digest
from ollama_bridge.deploy.api import OllamaApi
from ollama_bridge.deploy.layers import Content, ModelDetails, manifest_of
from ollama_bridge.deploy.parity import Parity
from ollama_bridge.deploy.plan import STRATEGIES, OnStep, Plan, Strategy, no_steps
from ollama_bridge.deploy.registry import LoopbackRegistry
from ollama_bridge.errors import (
    BridgeError,
    NotDeployed,
    OllamaError,
    OllamaFull,
    OllamaGone,
    OllamaRefused,
)
from ollama_bridge.gguf_merge import merge

NO_BLOB = "sha256:" + "0" * 64
# What 0.34 and later say before they look at anything else of the request.
_NO_ADAPTERS = "adapters are no longer supported"


@dataclass(frozen=True)
class Staged:
    """A model that serves what was trained, and why the ways before this one were not taken."""

    strategy: Strategy
    parity: Parity
    not_taken: Mapping[Strategy, str]


class NotTaken(Exception):
    """This server does not take this way; says why in a few words."""


def stage(
    api: OllamaApi,
    plan: Plan,
    base_name: str,
    staging: str,
    *,
    check: Callable[[], Parity],
    order: tuple[Strategy, ...] = STRATEGIES,
    on_step: OnStep = no_steps,
) -> Staged:
    """Make the model under a staging name, by the first way that ends in what was trained."""
    not_taken: dict[Strategy, str] = {}
    for strategy in order:
        for attempt in _attempts(api, plan, strategy):
            try:
                _WAYS[strategy](api, attempt, base_name, staging, on_step)
                on_step("loading", 0, 1)
                api.load(staging)
                parity = check()
            except (OllamaGone, OllamaFull):
                raise  # Another way would fare no better; who asked for it clears up.
            except NotTaken as error:
                not_taken[strategy] = str(error)
                break
            except OllamaError as error:
                not_taken[strategy] = str(getattr(error, "said", "") or error)
            else:
                if parity.holds:
                    not_taken.pop(strategy, None)
                    return Staged(strategy, parity, not_taken)
                not_taken[strategy] = f"it is served differently: {parity.words}"
            clear(api, staging)
    reasons = "; ".join(f"{name}: {why}" for name, why in not_taken.items())
    raise NotDeployed(
        f"Ollama at {api.address} takes the adapter in no way ({reasons}).",
        "Update Ollama, then try again.",
        kept="The persona answers in this window as before.",
    )


def _attempts(api: OllamaApi, plan: Plan, strategy: Strategy) -> Iterator[Plan]:
    """The plan; then merged with finer numbers, or, where a file of the adapter's digest lay there
    before, with the adapter under another one: nobody looks whether that file is damaged."""
    lay_there = strategy != "merged" and api.has_blob(f"sha256:{plan.adapter_sha256}")
    yield plan
    if strategy == "merged":
        yield replace(plan, finer=True)
    if not lay_there:
        return
    anew = plan.work / f"{plan.adapter_sha256[:16]}.anew.gguf"
    anew.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Whoever reads a GGUF file knows where its tensors end.
        anew.write_bytes(plan.adapter.read_bytes() + secrets.token_bytes(32))
        yield replace(plan, adapter=anew, adapter_sha256=digest(anew))
    finally:
        anew.unlink(missing_ok=True)


def clear(api: OllamaApi, name: str) -> None:
    """Take away what is there of a model that was not finished, as far as the server lets us."""
    with contextlib.suppress(BridgeError):
        api.delete(name)


def _by_adapter(api: OllamaApi, plan: Plan, base_name: str, staging: str, on_step: OnStep) -> None:
    blob = f"sha256:{plan.adapter_sha256}"
    refusal = refuses_adapters(api)
    if refusal:
        raise NotTaken(refusal)
    body = {"model": staging, "from": base_name, **plan.texts.body()}
    api.put_blob(plan.adapter, blob, lambda done, all_: on_step("adapter", done, all_))
    on_step("creating", 0, 1)
    api.create({**body, "adapters": {"adapter.gguf": blob}})


def refuses_adapters(api: OllamaApi) -> str:
    """Whether `create` takes no adapters at all, in its own words; nothing is made for this."""
    try:
        api.create({"model": "perennial-asks", "adapters": {"adapter.gguf": NO_BLOB}})
    except OllamaRefused as error:
        return error.said if _NO_ADAPTERS in error.said.lower() else ""
    return ""


def _by_registry(api: OllamaApi, plan: Plan, base_name: str, staging: str, on_step: OnStep) -> None:
    if not api.local:
        raise NotTaken("that server is on another computer and cannot reach this one's loopback")
    details = ModelDetails.of(api.show(base_name))
    manifest, blobs = manifest_of(
        Content.of_file(plan.base, plan.base_sha256),
        Content.of_file(plan.adapter, plan.adapter_sha256),
        plan.texts,
        details,
    )
    with LoopbackRegistry(manifest, blobs) as registry:
        try:
            api.pull(registry.name, lambda done, all_: on_step("fetching", done, all_))
            on_step("creating", 0, 1)
            api.copy(registry.name, staging)
        finally:
            clear(api, registry.name)


def _by_merging(api: OllamaApi, plan: Plan, base_name: str, staging: str, on_step: OnStep) -> None:
    finer = "-finer" if plan.finer else ""
    name = f"{plan.adapter_sha256[:16]}-{plan.base_sha256[:16]}{finer}.merged.gguf"
    merged = plan.work / name
    if not merged.is_file():
        merged.parent.mkdir(parents=True, exist_ok=True)
        drop_merged(plan.work)  # of another adapter, whose server never came back
        merge(
            plan.base, plan.adapter, merged, lambda done, all_: on_step("merging", done, all_),
            finer=plan.finer,
        )  # fmt: skip
    with contextlib.ExitStack() as end:
        end.callback(drop_merged, plan.work)
        try:
            found = digest(merged, lambda done, all_: on_step("checking", done, all_))
            blob = f"sha256:{found}"
            api.put_blob(merged, blob, lambda done, all_: on_step("uploading", done, all_))
            on_step("creating", 0, 1)
            api.create({"model": staging, "files": {"merged.gguf": blob}, **plan.texts.body()})
        except OllamaGone:
            end.pop_all()  # What was merged is used when the server is back.
            raise


def drop_merged(folder: Path) -> None:
    """Delete copies of bases with adapters in them, which wait for a server to come back."""
    for path in folder.glob("*.merged.gguf"):
        with contextlib.suppress(OSError):  # Somebody else reads it just now, on Windows.
            path.unlink()


_Way = Callable[[OllamaApi, Plan, str, str, OnStep], None]
_WAYS: Mapping[Strategy, _Way] = {
    "adapter": _by_adapter, "registry": _by_registry, "merged": _by_merging,
}  # fmt: skip
