"""An adapter leaves for somebody else only once it was seen not to give back what it learned."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from app.archive.writing import run_files
from app.cycle.asking import Sitting
from app.cycle.context import base_of
from app.cycle.device import refuse_while_unloaded
from app.cycle.examining import served_digest
from app.errors import PerennialError
from app.evaluation.answer_cache import AnswerCache
from app.evaluation.exam import PARALLEL
from app.evaluation.memory_check import MemoryCheck, check_memory, read_check
from app.evaluation.taught_replies import Taught, asked_about, taught_in
from app.home import Home
from app.operations.base import check_base
from app.operations.chat import live_adapter
from app.store import Adapter, Persona, Store
from app.store.portable_tables import PARTS, Part
from app.words import later
from ollama_bridge.errors import BridgeError
from ollama_bridge.runtime.client import RuntimeClient
from ollama_bridge.runtime.values import Served
from replay.files import MANIFEST
from trainer.contract.folder import RunFolder, read_rows, write_atomically
from trainer.contract.run_spec import load_spec

CHECK_FILE = "memory_check.json"
# What was answered, for a check that is broken off to go on from; it goes once all is found out.
_ANSWERS_FILE = "memory_check.answers.jsonl"
QUOTED = 5
_KEPT = "Nothing was written."
_OWN_USE = "For your own use, ask again with --all-the-same."

# Whose adapter is asked, how many questions it was asked, and how many there are.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Quote:
    """Words that came back, shown to the user and written nowhere."""

    text: str
    words: int
    begun: bool
    personal: bool


class GivesBack(PerennialError):
    """An adapter gives back what it learned; what that is, only `quotes` say."""

    kind = "gives_back"

    def __init__(self, who: str, check: MemoryCheck, quotes: Sequence[Quote]) -> None:
        super().__init__(
            f"{who} gives back {len(check.given_back)} of {check.asked} replies that it learned,"
            " word for word: whoever has it can have them said.",
            "Share it without its adapter, or forget or mask these replies and train anew."
            f" {_OWN_USE}",
            kept=_KEPT,
        )
        self.who, self.check, self.quotes = who, check, tuple(quotes)


class NotKnown(PerennialError):
    """Nobody can tell what an adapter gives back."""

    kind = "gives_back_unknown"

    def __init__(self, who: str, why: str, then: str) -> None:
        super().__init__(
            f"Nobody can tell whether {who} gives back what it learned. {why}",
            f"{then} {_OWN_USE}",
            kept=_KEPT,
        )
        self.who, self.why, self.then = who, why, then


@dataclass(frozen=True)
class Leaving:
    """An adapter that would leave: by its run, since not every one came into the store."""

    persona: Persona
    run_id: str
    adapter: Adapter | None

    @property
    def who(self) -> str:
        """What people call it."""
        version = f"v{self.adapter.version}" if self.adapter is not None else f"({self.run_id})"
        return f"{self.persona.name} {version}"


def leave_in_archive(
    home: Home, store: Store, persona: Persona, without: Collection[Part]
) -> list[Leaving]:
    """The adapters that an archive gives to whoever has it, newest first.

    None where conversations go along: these say everything themselves.
    """
    if "adapters" in without or "conversations" not in without:
        return []
    files = run_files(store, home, persona, PARTS)
    weighty = {each.path.parent for each in files if each.path.suffix in (".safetensors", ".gguf")}
    found = []
    for run in store.runs.of_persona(persona.id):
        adapter = store.adapters.of_run(run.id)
        places = {RunFolder(home.runs / run.id).adapter}
        if adapter is not None:
            places |= {adapter.peft_path, adapter.gguf_path.parent}
        if weighty & places:
            found.append(Leaving(persona, run.id, adapter))
    return found


def leave_merged(
    store: Store, persona: Persona, format: Literal["gguf", "huggingface", "vllm"]
) -> list[Leaving]:
    """The adapters that go into a merged model, or that vLLM is to serve."""
    every = store.personas.all() if format == "vllm" else [persona]
    found = ((each, live_adapter(store, each)) for each in every)
    return [
        Leaving(each, live.run_id, live)
        for each, live in found
        if live is not None and (format != "vllm" or live.base_id == persona.base_id)
    ]


def check_leaving(
    home: Home,
    store: Store,
    leaving: Sequence[Leaving],
    on_progress: Progress = lambda who, done, total: None,
) -> list[MemoryCheck]:
    """Ask each adapter for what it learned, once in its life; raises where one gives it back.

    What `on_progress` raises ends it: nothing is found out then, and what was answered is kept.
    """
    return [_checked(home, store, each, on_progress) for each in leaving]


def _checked(home: Home, store: Store, leaving: Leaving, on_progress: Progress) -> MemoryCheck:
    adapter = leaving.adapter
    if adapter is None:
        raise NotKnown(
            leaving.who, later("Its training ended before it could be served."),
            later("Share it without its adapters, or clean it up in the settings."),
        )  # fmt: skip
    path = RunFolder(home.runs / adapter.run_id).root / CHECK_FILE
    base = store.bases.get(adapter.base_id)
    text = path.read_text("utf-8") if path.is_file() else ""
    check = read_check(text, adapter.digest, base.digest)
    if check is None:
        taught = _taught(home, store, adapter, leaving.who)
        check = _ask(home, store, leaving, adapter, taught, on_progress)
        write_atomically(path, check.to_json())
        path.with_name(_ANSWERS_FILE).unlink(missing_ok=True)
    if check.given_back:
        raise GivesBack(leaving.who, check, _quotes(home, check))
    return check


def _ask(
    home: Home,
    store: Store,
    leaving: Leaving,
    adapter: Adapter,
    taught: Sequence[Taught],
    on_progress: Progress,
) -> MemoryCheck:
    who, digest = leaving.who, store.bases.get(adapter.base_id).digest
    asked = asked_about(taught, store.runs.get(adapter.run_id).seed)
    every = len({each.text for each in taught})
    if not asked:
        return MemoryCheck(adapter.digest, digest, 0, every, 0, True, ())
    on_progress(who, 0, len(asked))
    try:
        with _seated(home, store, leaving.persona, adapter) as sitting:
            given, too_long, begun = check_memory(
                sitting.examinee(adapter.run_id, adapter.digest),
                sitting.examinee(None),
                asked,
                on_progress=lambda done, total: on_progress(who, done, total),
            )
    except (PerennialError, BridgeError) as error:
        raise NotKnown(who, error.text, error.next_step) from error
    if too_long == len(asked):
        raise NotKnown(
            who, later("Nothing that it learned fits into the context that it is served with."),
            later("Close other programs to free memory, then try again."),
        )  # fmt: skip
    return MemoryCheck(
        adapter.digest, digest, len(asked) - too_long, every, too_long, begun, tuple(given)
    )


@contextmanager
def _seated(home: Home, store: Store, persona: Persona, adapter: Adapter) -> Iterator[Sitting]:
    """An adapter on the base that it was trained on, whether anybody speaks through it or not.

    The prompt is the one that stands in the data: nothing is put before it.
    """
    refuse_while_unloaded(home)
    base = base_of(store, replace(persona, base_id=adapter.base_id))
    check_base(home, base)
    with RuntimeClient.connect(home.root) as client:
        client.serve(base.path, [Served(adapter.run_id, adapter.gguf_path)], slots=PARALLEL)
        cache = AnswerCache(home.runs / adapter.run_id / _ANSWERS_FILE)
        yield Sitting(client, cache, served_digest(home, base), system_prompt="")


def _taught(home: Home, store: Store, adapter: Adapter, who: str) -> list[Taught]:
    """Everything of the user's that it was taught, by its own run and those it was carried on
    from; refused where some of that is not there to be asked for."""
    found: list[Taught] = []
    at: Adapter | None = adapter
    while at is not None:
        folder = RunFolder(home.runs / at.run_id)
        train = folder.data / "train.jsonl"
        if not train.is_file() or not folder.spec.is_file():
            raise NotKnown(
                who,
                later("What it was trained on is not in this home."),
                later("Share it without its adapter, or train one here."),
            )
        if _forgotten(folder):
            raise NotKnown(
                who,
                later("Some of what it was trained on was forgotten since; it may know it still."),
                later("Train anew: that one never knew it."),
            )
        rows = [*read_rows(train), *read_rows(folder.data / "preferences.jsonl")]
        found += taught_in(at.run_id, rows)
        carried_on = load_spec(folder.spec).start == "parent" and at.parent_id is not None
        at = store.adapters.get(at.parent_id) if carried_on and at.parent_id is not None else None
    return found


def _forgotten(folder: RunFolder) -> int:
    """How many rows were taken out of what a run learned from."""
    try:
        row = json.loads((folder.data / MANIFEST).read_text("utf-8"))
        gone: Mapping[str, int] = row.get("forgotten", {})
    except (OSError, ValueError):
        return 0
    return gone.get("train.jsonl", 0) + gone.get("preferences.jsonl", 0)


def _quotes(home: Home, check: MemoryCheck) -> list[Quote]:
    """The worst of what came back, as long as the data of the runs still has it."""
    texts: dict[tuple[str, str, int], str] = {}
    for run_id in {each.run_id for each in check.given_back}:
        data = RunFolder(home.runs / run_id).data
        rows = [*read_rows(data / "train.jsonl"), *read_rows(data / "preferences.jsonl")]
        texts.update({each.key: each.text for each in taught_in(run_id, rows)})
    quotes = []
    for each in check.given_back[:QUOTED]:
        text = texts.get((each.run_id, each.row_id, each.place))
        if text is not None:
            words = text[each.start : each.end]
            quotes.append(Quote(words, each.words, each.begun, each.personal))
    return quotes
