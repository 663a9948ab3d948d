"""How near two questions are: by the terms of the search index, rare ones weighing most."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from app.store.terms import index_terms

# The question stands at the beginning or at the end of what was pasted with it.
_HEAD, _TAIL = 600, 300
MOST_TERMS = 48
# At this nearness one question asks what the other asks, or the same of something else.
NEAR = 0.53
# How a question is put says little of what it asks, however rare a small store makes it look.
_HOW_WEIGHT = 0.15
_HOW_ENGLISH_PUTS_IT = """
a about an and any are as at be by can could did do does explain for from get give go had has have
hello help hey hi how i if in into is it its just know let like make may me my need of on one or
our please pls s should show so some tell than thank thanks that the their them then there these
they this to us use want was way we what when where which who why will with would write you your
"""
# Pairs of syllables, as the index has them.
_HOW_KOREAN_PUTS_IT = """
거나 거는 거야 거예 거죠 건가 게요 겠어 고싶 관해 궁금 그건 금해 까요 나요 는거 는건 는게
는데 는법 니까 니다 대해 되나 되는 되요 되죠 든요 떻게 뭐야 뭔가 무엇 방법 법을 법이 부탁
뭐예 싶어 싶은 써줘 습니 알고 알려 야해 야할 어떤 어떻 어요 어줘 에는 에대 에서 예요 으로
은가 을까 이야 이에 인가 인지 입니 있나 있는 있어 있을 았어 었어 였어 주세 줄래 줘요 처럼
하고 하는 하면 하지 한가 한테 할까 할수 해서 해야 해요 해줘 했어 려줘 려주 세요 수있 좀알
"""
_HOW_IT_IS_PUT = frozenset(f"{_HOW_ENGLISH_PUTS_IT} {_HOW_KOREAN_PUTS_IT}".split())


def question_terms(text: str) -> list[str]:
    """What a question is compared by: its terms, each once, in order."""
    read = text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]} {text[-_TAIL:]}"
    terms = (term for term in index_terms(read).split() if not _is_end(term))
    return list(dict.fromkeys(terms))[:MOST_TERMS]


def says_what(term: str) -> bool:
    """Whether a term tells what is asked, not only how it is put."""
    return term not in _HOW_IT_IS_PUT


def weights(found_in: Mapping[str, int], messages: int) -> dict[str, float]:
    """What each term of a question weighs, by how many of the messages it stands in."""
    return {
        term: _how(term) * math.log(1 + (messages + 1) / (count + 1))
        for term, count in found_in.items()
    }


def nearness(asked: Sequence[str], other: Sequence[str], weight: Mapping[str, float]) -> float:
    """The weighed share of what two questions have in common, from 0 to 1.

    A term that only the other one has weighs like the mean of those that are asked.
    """
    here, there = _stems(asked), _stems(other)
    told = [weight[term] for term in asked if says_what(term) and term in weight]
    mean = sum(told) / len(told) if told else 1.0
    weighed = {stem: weight.get(term, mean * _how(term)) for stem, term in here.items()}
    beyond = sum(mean * _how(term) for stem, term in there.items() if stem not in weighed)
    shared = sum(value for stem, value in weighed.items() if stem in there)
    total = sum(weighed.values()) + shared + beyond
    return 2 * shared / total if total else 0.0


def _how(term: str) -> float:
    return 1.0 if says_what(term) else _HOW_WEIGHT


def _stems(terms: Iterable[str]) -> dict[str, str]:
    """The terms by what stays the same in the plural and in the forms of an English verb."""
    return {_stem(term): term for term in terms}


def _stem(term: str) -> str:
    if len(term) < 5 or not term.isascii():
        return term[:-1] if len(term) == 4 and term.isascii() and term.endswith("s") else term
    for ending in ("ing", "es", "ed", "s", "e"):
        if term.endswith(ending):
            return term[: -len(ending)]
    return term


def _is_end(term: str) -> bool:
    """The last syllable of a run: a particle, or a part of the pair before it."""
    return len(term) == 1 and not term.isascii()
