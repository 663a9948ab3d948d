"""Comparing by eye: two adapters answer the user's own prompts, and nobody sees which is which."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from random import Random
from typing import Literal

from app.cycle.errors import CycleError
from app.evaluation.statistics import CHANCE, Share, chance_of_losing, share_of
from app.home import Home
from app.operations import comparison
from app.operations.comparison import BASE, SIDES, Comparison, Pair, Prompt, Side, Vote
from app.operations.helping import Help
from app.operations.prompt import Prompt as Words
from app.operations.reply_stream import DEFAULT_SAMPLING, ReplySource
from app.store import Run, Store
from ollama_bridge.errors import ContextTooLong
from ollama_bridge.runtime.values import Served
from trainer.contract.folder import RunFolder, read_rows

PROMPTS = 12
# What a person reads in a moment, and what leaves a reply its room in the context.
LONGEST_BYTES = 3_000
_NEWEST = 500
_SEEDS = 1 << 31
Finding = Literal["nothing", "even", "new", "new_maybe", "old", "old_maybe"]


@dataclass(frozen=True)
class Result:
    """The votes so far; `chance` is how likely so many for the one in front are by chance."""

    new: int
    old: int
    same: int
    neither: int
    left: int
    learned: int
    chance: float

    @property
    def decided(self) -> int:
        """Votes for one of them."""
        return self.new + self.old

    @property
    def judged(self) -> int:
        return self.decided + self.same + self.neither

    @property
    def share(self) -> Share:
        """The new one's share of the votes that decided, with its interval."""
        return share_of(self.new, self.decided)

    @property
    def finding(self) -> Finding:
        """Who is in front, and whether that may be chance."""
        if not self.judged:
            return "nothing"
        if self.new == self.old:
            return "even"
        if self.new > self.old:
            return "new" if self.chance < CHANCE else "new_maybe"
        return "old" if self.chance < CHANCE else "old_maybe"


@dataclass(frozen=True)
class Standing:
    """How a run's comparison stands, before it is opened; versions are None for the base."""

    persona_id: int
    pair: Pair
    new_version: int | None
    old_version: int | None
    result: Result | None


@dataclass(frozen=True)
class _Asked:
    id: str
    text: str


def _never() -> bool:
    return False


def pair_of(store: Store, run_id: str, other: str | None = None) -> Pair:
    """A run with what its persona spoke through when it began, unless something else is named."""
    run = store.runs.get(run_id)
    if other is None:
        parent_id = run.parent_adapter_id
        parent = store.adapters.get(parent_id) if parent_id is not None else None
        fits = parent is not None and parent.base_id == run.base_id
        there = fits and parent is not None and parent.gguf_path.is_file()
        other = parent.run_id if parent is not None and there else BASE
    if other == run_id:
        raise CycleError(
            "An adapter cannot be compared with itself.",
            "Name another run of the persona, or base.",
            kind="comparing_what",
        )
    return Pair(run_id, other)


def standing(home: Home, store: Store, run_id: str) -> Standing | None:
    """What can be offered about a run; None where its adapter cannot be compared."""
    try:
        pair = pair_of(store, run_id)
        served_sides(home, store, pair)
    except CycleError:
        return None
    found = comparison.read(home, pair)
    result = result_of(found) if found is not None and found.voted else None
    return Standing(store.runs.get(run_id).persona_id, pair, *versions(store, pair), result)


def versions(store: Store, pair: Pair) -> tuple[int | None, int | None]:
    """The version of both adapters; None for the base, and for what never became one."""
    found = [store.adapters.of_run(name) if name != BASE else None for name in _names(pair)]
    new, old = (each.version if each is not None else None for each in found)
    return new, old


def served_sides(home: Home, store: Store, pair: Pair) -> list[Served]:
    """The adapters of a pair by the names of their runs; from the folders, live or not."""
    first = store.runs.get(pair.run)
    persona = store.personas.get(first.persona_id)
    sides = []
    for name in _names(pair):
        if name == BASE:
            continue
        run = store.runs.get(name)
        if (run.persona_id, run.base_id) != (persona.id, persona.base_id):
            raise CycleError(
                "These adapters do not belong to the persona and the base it speaks through now.",
                "Compare runs of one persona, made on its base.",
                kind="comparing_base",
            )
        adapter = store.adapters.of_run(name)
        path = adapter.gguf_path if adapter else RunFolder(home.runs / name).adapter_gguf
        if not path.is_file():
            raise CycleError(
                "The adapter of this run is no longer there.",
                "Compare another run: perennial runs",
                kind="comparing_gone",
            )
        sides.append(Served(name, path))
    return sides


def begin(home: Home, store: Store, pair: Pair) -> Comparison:
    """The comparison of a pair, as it was left; else a new one, of prompts chosen now."""
    run = store.runs.get(pair.run)
    with comparison.changing(home):
        found = comparison.read(home, pair)
        if found is not None and found.prompts:
            return found
        prompts = tuple(_prompts(home, store, run, pair))
        if not prompts:
            raise CycleError(
                "There is nothing of yours to ask both of them yet.",
                "Talk to the persona first.",
                kind="comparing_nothing",
            )
        made = Comparison(pair, prompts)
        comparison.put(home, made)
    return made


def answer(
    home: Home,
    runtime: ReplySource,
    system_prompt: str,
    pair: Pair,
    prompt_id: str,
    stopped: Callable[[], bool] = _never,
) -> Prompt | None:
    """Have both answer a prompt; None when that was stopped, or the prompt is gone."""
    found = comparison.read(home, pair)
    prompt = found.prompt(prompt_id) if found is not None else None
    if prompt is None or prompt.replies is not None:
        return prompt
    said = [{"role": "user", "content": prompt.text}]
    messages = Words(system_prompt, said, Help()).messages()
    replies: dict[Side, str] = {}
    for side, name in zip(SIDES, _names(pair), strict=True):
        adapter = None if name == BASE else name
        try:
            text = _reply(runtime, messages, adapter, prompt.seed, stopped)
        except ContextTooLong:
            return _change(home, pair, prompt_id, lambda _prompt: None)
        if text is None:
            return None
        replies[side] = text
    return _change(home, pair, prompt_id, lambda each: replace(each, replies=replies))


def vote(home: Home, pair: Pair, prompt_id: str, choice: Vote | None) -> Prompt | None:
    """Say which reply is better, or take that back; None when the prompt was forgotten."""
    return _change(home, pair, prompt_id, lambda each: replace(each, vote=choice))


def result_of(found: Comparison) -> Result:
    """Wins of each, ties, and how sure that is."""
    voted = found.voted
    new, old = (sum(each.better == side for each in voted) for side in SIDES)
    same, neither = (sum(each.vote == choice for each in voted) for choice in ("same", "neither"))
    chance = chance_of_losing(max(new, old), min(new, old))
    learned = sum(each.learned for each in voted)
    return Result(new, old, same, neither, len(found.open), learned, chance)


def _names(pair: Pair) -> tuple[str, str]:
    return pair.run, pair.other


def _prompts(home: Home, store: Store, run: Run, pair: Pair) -> Iterator[Prompt]:
    """Held-out prompts, then new ones; what the run learned from comes last, and is marked."""
    folder = RunFolder(home.runs / run.id)
    learned = {_alike(each.text) for each in _of_rows(folder, "train.jsonl")}
    recent = [
        _Asked(f"c{each.conversation_id}:m{each.message_id}", each.text)
        for each in store.openings(run.persona_id, _NEWEST)
    ]
    fresh = [each for each in recent if _alike(each.text) not in learned]
    known = [each for each in recent if _alike(each.text) in learned]
    for each in _distinct(chain(_of_rows(folder, "test.jsonl"), fresh, known), PROMPTS):
        drawn = Random(f"{run.seed}:{pair.other}:{each.id}")
        left, seed = drawn.choice(SIDES), drawn.randrange(_SEEDS)
        yield Prompt(each.id, each.text, _alike(each.text) in learned, left, seed)


def _of_rows(folder: RunFolder, name: str) -> Iterator[_Asked]:
    """What conversations of a run's data begin with."""
    for row in read_rows(folder.data / name):
        said = [each for each in row.get("messages", ()) if each["role"] != "system"]
        if said and said[0]["role"] == "user":
            yield _Asked(str(row["id"]), str(said[0]["content"]))


def _distinct(asked: Iterable[_Asked], most: int) -> list[_Asked]:
    """The first of them that differ in more than letter size and spaces."""
    found: dict[str, _Asked] = {}
    for each in asked:
        if len(found) == most:
            break
        if each.text.strip() and len(each.text.encode("utf-8", "replace")) <= LONGEST_BYTES:
            found.setdefault(_alike(each.text), each)
    return list(found.values())


def _alike(text: str) -> str:
    return " ".join(text.casefold().split())


def _reply(
    runtime: ReplySource,
    messages: Sequence[dict[str, str]],
    adapter: str | None,
    seed: int,
    stopped: Callable[[], bool],
) -> str | None:
    """A whole reply as the persona would give it; None when it was stopped."""
    if stopped():
        return None
    sampling = replace(DEFAULT_SAMPLING, seed=seed)
    deltas = runtime.chat(messages, adapter=adapter, sampling=sampling)
    text = ""
    for delta in deltas:
        if stopped():
            if isinstance(deltas, Generator):
                deltas.close()  # ends the request as well
            return None
        text += delta.text
    return text


def _change(
    home: Home, pair: Pair, prompt_id: str, change: Callable[[Prompt], Prompt | None]
) -> Prompt | None:
    """Write one prompt anew into what stands there now: others write too, and forget."""
    with comparison.changing(home):
        found = comparison.read(home, pair)
        prompt = found.prompt(prompt_id) if found is not None else None
        if found is None or prompt is None:
            return None
        changed = change(prompt)
        comparison.put(home, found.put(prompt_id, changed))
    return changed
