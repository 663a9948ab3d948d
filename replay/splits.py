"""Which side an example is on: no conversation and no question on two of them."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias

from replay.example import Example
from replay.near import near_pairs

HELD_OUT_SHARE = 0.1
# What is held out is known by what it asks, not by a seed: what judges one adapter must never
# have taught the one before, in no month.
HELD_OUT_SALT = "held out"
ENOUGH_REPLIES = 50
LEAST_EXAMPLES = 8
MOST_EXAMPLES = 50
MOST_OF_ALL = 4  # test and valid take at most a quarter of the examples each
STOCK_PHRASE = 5  # a follow-up heard in more conversations says nothing about what they share

REPLAY_HELD_OUT = 1 / 3
REPLAY_ENOUGH = 30
REPLAY_LEAST = 10
REPLAY_SALT = "replay"

_NOT_WORDS = re.compile(r"[\W_]+")
_ASCII_SIGNS = str.maketrans(dict.fromkeys(string.punctuation, " "))
_RANKS = 2**64


# Examples that stay together, first the one whose rank gives them their place. A plain tuple,
# since there is one for nearly every conversation of a long history.
Cluster: TypeAlias = tuple[Example, ...]
# Rank, index, examples and replies of a cluster.
_Placed: TypeAlias = tuple[int, int, int, int]


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
    """A label an example; equal for those that share a conversation, a question or nearly all.

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
    for one, other in near_pairs([example.signatures for example in examples]):
        _join(parents, one, other)
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


def split(ordered: Sequence[Cluster], learned: AbstractSet[str] = frozenset()) -> Sides:
    """The conversations that judge, those that watch, and the rest to learn from.

    A tenth of all places judges and the next tenth watches, filled up where there is too little:
    growing months take conversations out of these sides. What is like something `learned` is put
    in none: a conversation too large for a small month would fit in once the months have grown.
    """
    counts = [replies_of(cluster) for cluster in ordered]
    size = held_out_size(sum(counts), sum([len(cluster) for cluster in ordered]))
    placed = sorted(
        [
            (place_of(cluster), index, len(cluster), count)
            for index, (cluster, count) in enumerate(zip(ordered, counts, strict=True))
            if not learned or learned.isdisjoint([each.id for each in cluster])
        ]
    )
    test, placed = _take(placed, size, HELD_OUT_SHARE)
    valid, placed = _take(placed, size, 2 * HELD_OUT_SHARE)
    held_out = {*test, *valid}
    train = [index for index in range(len(ordered)) if index not in held_out]
    return Sides(
        tuple([ordered[index] for index in train]),
        tuple([ordered[index] for index in valid]),
        tuple([ordered[index] for index in test]),
        size,
    )


def place_of(cluster: Cluster) -> int:
    """Where a cluster stands in the order of what is held out: by its oldest question."""
    oldest = cluster[0]
    if len(cluster) > 1:
        oldest = min(cluster, key=lambda each: (each.message_ids[:1], each.id))
    asked = next((each.content for each in oldest.messages if each.role == "user"), "")
    return rank(HELD_OUT_SALT, asked)


def hold_out_replay(ordered: Sequence[Cluster], groups: Iterable[str]) -> set[str]:
    """The ids of the items that only judge, the same in every run.

    A group that has items made for that is judged by these. Of another one it is a third:
    whatever falls into the first third of all ranks, for good, and as many of the next as a
    group needs that chance left short. What an adapter learned judges none, and a group too
    small to judge by is not held against a candidate.
    """
    made = {item.id for cluster in ordered for item in cluster if item.judges}
    groups_judged = {item.group for cluster in ordered for item in cluster if item.judges}
    places = [rank(REPLAY_SALT, cluster[0].id) for cluster in ordered]
    held = {place for place in places if place < _RANKS * REPLAY_HELD_OUT}
    judging = [_may_judge(cluster) for cluster in ordered]
    may_judge = Counter(
        item.group for cluster, may in zip(ordered, judging, strict=True) if may for item in cluster
    )
    counts: dict[str, Counter[int]] = {
        group: Counter()
        for group in groups
        if group not in groups_judged and may_judge[group] >= REPLAY_ENOUGH
    }
    for place, cluster, may in zip(places, ordered, judging, strict=True):
        for example in cluster if may else ():
            if example.group in counts:
                counts[example.group][place] += 1
    for sizes in counts.values():
        _fill_up(held, sizes)
    return made | {
        example.id
        for place, cluster, may in zip(places, ordered, judging, strict=True)
        if place in held and may
        for example in cluster
        if example.group in counts
    }


def _may_judge(cluster: Cluster) -> bool:
    """Whether no adapter learned anything of a cluster."""
    return not any(item.learned for item in cluster)


def _fill_up(held: set[int], sizes: Counter[int]) -> None:
    """Hold out further places until a group has enough."""
    wanted = replay_least(sum(sizes.values()))
    have = sum(size for place, size in sizes.items() if place in held)
    for place, size in sizes.items():
        if have >= wanted:
            return
        if place not in held:
            held.add(place)
            have += size


def replay_least(found: int) -> int:
    """How many items of a group are held out at least."""
    return max(found // 3, REPLAY_LEAST if found >= REPLAY_ENOUGH else 0)


def replies_of(cluster: Sequence[Example]) -> int:
    """Approved replies of examples that stay together."""
    return sum([example.replies for example in cluster])


def count_by_group(examples: Iterable[Example], groups: Iterable[str]) -> Mapping[str, int]:
    """Approved replies in each group."""
    counts = dict.fromkeys(groups, 0)
    for example in examples:
        counts[example.group] += example.replies
    return counts


def _take(placed: Sequence[_Placed], size: Size, share: float) -> tuple[list[int], list[_Placed]]:
    """Which of them stand below the share of all places, at least and at most so much."""
    taken: list[int] = []
    rest: list[_Placed] = []
    border = share * _RANKS
    replies = examples = 0
    for at, each in enumerate(placed):
        rank_of_it, index, length, count = each
        if rank_of_it >= border and examples >= size.least_examples:
            rest += placed[at:]
            break
        if examples + length > size.most_examples or replies + count > 2 * size.replies:
            rest.append(each)
            continue
        taken.append(index)
        replies += count
        examples += length
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
