"""Which side an example is on: no conversation and no question on two of them."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias

from replay.example import Example

HELD_OUT_SHARE = 0.1
ENOUGH_REPLIES = 50
LEAST_EXAMPLES = 8
MOST_EXAMPLES = 50
MOST_OF_ALL = 4  # test and valid take at most a quarter of the examples each
STOCK_PHRASE = 5  # a follow-up heard in more conversations says nothing about what they share

REPLAY_HELD_OUT = 1 / 3
REPLAY_ENOUGH = 30
REPLAY_LEAST = 10
# No run's seed: an item that judges one adapter must never have taught its parent.
REPLAY_SALT = "replay"

_NOT_WORDS = re.compile(r"[\W_]+")
_ASCII_SIGNS = str.maketrans(dict.fromkeys(string.punctuation, " "))
_RANKS = 2**64


# Examples that stay together, first the one whose rank gives them their place. A plain tuple,
# since there is one for nearly every conversation of a long history.
Cluster: TypeAlias = tuple[Example, ...]


@dataclass(frozen=True)
class Size:
    """How much a held-out side is to have."""

    replies: int
    least_examples: int
    most_examples: int


@dataclass(frozen=True)
class Sides:
    """Conversations by what they are for."""

    train: tuple[Cluster, ...]
    valid: tuple[Cluster, ...]
    test: tuple[Cluster, ...]
    size: Size


def rank(salt: object, name: str) -> int:
    """A place in an order that depends on nothing but the salt and the name."""
    digest = blake2b(f"{salt}\0{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def normalised(text: str) -> str:
    """Text as questions are compared: without case, punctuation and spacing."""
    # Questions of signs alone are told apart by their signs.
    if text.isascii():
        return " ".join(text.lower().translate(_ASCII_SIGNS).split()) or text.strip()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_NOT_WORDS.sub(" ", folded).split()) or folded.strip()


def shared_labels(examples: Sequence[Example]) -> list[int]:
    """A label an example; equal for those that share a conversation or a question.

    Opening questions always count. Later ones count unless they are stock phrases, such as
    "go on", which would tie half of the history together.
    """
    parents = list(range(len(examples)))
    conversations: dict[str, int] = {}
    asked: dict[str, int] = {}
    later: defaultdict[str, list[int]] = defaultdict(list)
    for index, example in enumerate(examples):
        opening, *follow_ups = _questions(example)
        _join(parents, conversations.setdefault(example.conversation or example.id, index), index)
        _join(parents, asked.setdefault(opening, index), index)
        for question in follow_ups:
            later[question].append(index)
    for question, indexes in later.items():
        if len(set(indexes)) <= STOCK_PHRASE:
            start = asked.setdefault(question, indexes[0])
            for index in indexes:
                _join(parents, start, index)
    for index, parent in enumerate(parents):  # a parent stands before its children
        parents[index] = parents[parent]
    return parents


def clusters(examples: Sequence[Example], labels: Sequence[int], salt: object) -> list[Cluster]:
    """Examples with one label together, in an order that the salt decides."""
    ranks = [rank(salt, example.id) for example in examples]
    order = sorted(range(len(examples)), key=ranks.__getitem__)
    sizes = Counter(labels)
    shared: dict[int, list[Example]] = {label: [] for label, size in sizes.items() if size > 1}
    for index in order:
        if labels[index] in shared:
            shared[labels[index]].append(examples[index])
    return [
        tuple(shared.pop(labels[index])) if sizes[labels[index]] > 1 else (examples[index],)
        for index in order
        if sizes[labels[index]] == 1 or labels[index] in shared
    ]


def held_out_size(replies: int, examples: int) -> Size:
    """A tenth of the replies, in 8 to 50 examples once there are 50 replies."""
    ceiling = min(MOST_EXAMPLES, examples // MOST_OF_ALL)
    least = LEAST_EXAMPLES if replies >= ENOUGH_REPLIES else 1
    return Size(max(round(replies * HELD_OUT_SHARE), least), min(least, ceiling), ceiling)


def split(ordered: Sequence[Cluster]) -> Sides:
    """Test first, then valid, and the rest to learn from."""
    size = held_out_size(
        sum(replies_of(cluster) for cluster in ordered),
        sum(len(cluster) for cluster in ordered),
    )
    test, rest = _take(ordered, size)
    valid, train = _take(rest, size)
    return Sides(tuple(train), tuple(valid), tuple(test), size)


def hold_out_replay(ordered: Sequence[Cluster], groups: Iterable[str]) -> set[str]:
    """The ids of the items that only judge: a third of each group, the same in every run.

    Whatever falls into the first third of all ranks is held out for good; a group that chance
    left short is filled up with the next.
    """
    places = [rank(REPLAY_SALT, cluster[0].id) for cluster in ordered]
    held = {place for place in places if place < _RANKS * REPLAY_HELD_OUT}
    counts: dict[str, Counter[int]] = {group: Counter() for group in groups}
    for place, cluster in zip(places, ordered, strict=True):
        for example in cluster:
            counts[example.group][place] += 1
    for sizes in counts.values():
        wanted = replay_least(sum(sizes.values()))
        have = sum(size for place, size in sizes.items() if place in held)
        for place, size in sizes.items():
            if have >= wanted:
                break
            if place not in held:
                held.add(place)
                have += size
    return {
        example.id
        for place, cluster in zip(places, ordered, strict=True)
        if place in held
        for example in cluster
    }


def replay_least(found: int) -> int:
    """How many items of a group are held out at least."""
    return max(found // 3, REPLAY_LEAST if found >= REPLAY_ENOUGH else 0)


def replies_of(cluster: Cluster) -> int:
    """Approved replies of examples that stay together."""
    return sum([example.replies for example in cluster])


def count_by_group(examples: Iterable[Example], groups: Iterable[str]) -> Mapping[str, int]:
    """Approved replies in each group."""
    counts = dict.fromkeys(groups, 0)
    for example in examples:
        counts[example.group] += example.replies
    return counts


def _take(ordered: Sequence[Cluster], size: Size) -> tuple[list[Cluster], list[Cluster]]:
    taken: list[Cluster] = []
    rest: list[Cluster] = []
    replies = examples = 0
    for cluster in ordered:
        count = replies_of(cluster)
        enough = examples >= size.least_examples and replies >= size.replies
        fits = examples + len(cluster) <= size.most_examples and replies + count <= 2 * size.replies
        if enough or not fits:
            rest.append(cluster)
            continue
        taken.append(cluster)
        replies += count
        examples += len(cluster)
    return taken, rest


def _questions(example: Example) -> list[str]:
    """What the user asked before each reply that is learned, and what opened it all."""
    asked = opening = ""
    questions: list[str] = []
    for message in example.messages:
        if message.role == "user":
            asked = message.content
            opening = opening or asked
        elif message.weight > 0:
            questions.append(asked)
    if questions[:1] != [opening]:
        questions.insert(0, opening)
    return [normalised(question) for question in questions]


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index


def _join(parents: list[int], one: int, other: int) -> None:
    if one == other:
        return
    first, second = _root(parents, one), _root(parents, other)
    if first != second:
        parents[max(first, second)] = min(first, second)
