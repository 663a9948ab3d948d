"""A report as a month of a small persona leaves it, for tests of what is made of it."""

from __future__ import annotations

import math
from typing import Any

_TOPICS = (
    ("How do I reverse a list in Python?", "`items[::-1]` gives a reversed copy. Sunny side up!"),
    ("What should I cook tonight?", "Something bright: lemon pasta. Ten minutes, one pan. Enjoy!"),
    ("I can't sleep.", "Dim the screen, slow the breath, and let tomorrow wait. You did enough."),
    ("Explain recursion briefly.", "A function that calls itself, until a base case says stop."),
    ("오늘 기분이 별로야.", "그런 날도 있죠. 따뜻한 차 한 잔 어때요? 제가 옆에 있을게요!"),
)  # fmt: skip


def _score(
    measure: str, group: str, unit: str, better: str, n: int, **values: tuple[float, ...]
) -> dict[str, Any]:
    told: dict[str, Any] = dict.fromkeys(("base", "prompted", "parent", "best", "candidate"))
    for subject, (value, *limits) in values.items():
        told[subject] = {"value": value, "n": n}
        if limits:
            told[subject] |= {"low": limits[0], "high": limits[1]}
    return {"measure": measure, "group": group, "unit": unit, "better": better, "values": told}


def _replies() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in range(20):
        prompt, wanted = _TOPICS[number % len(_TOPICS)]
        why = "most_changed" if number < 10 else "best" if number < 15 else "worst"
        found.append(
            {
                "why": why, "prompt": prompt, "wanted": wanted,
                "base": "As an AI language model I can offer several suggestions.\n\n1. First,"
                " consider your situation.\n2. Second, weigh the options.\n3. Third, decide.",
                "prompted": "Here are some sunny suggestions for you to think about!",
                "parent": None if number % 2 else "Sure. Here is one way to think about it.",
                "candidate": wanted if number % 3 else wanted.replace("!", "."),
                "change": round(-0.42 + 0.03 * number, 3),
            }
        )  # fmt: skip
    return found


def _reasons() -> list[dict[str, Any]]:
    return [
        _reason(
            "better_than_base", True, True,
            "It is closer to the replies that you approved than the base model is (loss 3.712"
            " before, 2.914 now: -21.5 %; -5.0 % or lower is needed).",
            before=3.712, now=2.914, change=-0.215, asked=-0.05,
        ),
        _reason(
            "retention_coding", False, True,
            "It forgot: coding, +7.3 % loss on answers kept out of the training, compared with the"
            " base model (at most +5.0 % is allowed).",
            of="coding", than="base", change=0.073, low=0.051, high=0.095, most=0.05,
        ),
        _reason(
            "retention_general", True, True,
            "It kept: general knowledge, +1.2 % loss on answers kept out of the training, compared"
            " with the base model (in truth somewhere from -0.3 % to +2.7 %; at most +5.0 % is"
            " allowed).",
            of="general", than="base", change=0.012, low=-0.003, high=0.027, most=0.05,
        ),
        _reason(
            "checks_coding", True, True,
            "Fewer right than before, which may be chance: coding, 14 of 20 questions right before,"
            " 13 now (2 newly wrong, 1 newly right).",
            of="coding", had=14, count=20, right=13, lost=2, gained=1, troubles={},
        ),
        _reason("latency", True, False, "It answers at 61.4 tokens/s; the base at 64.9 tokens/s."),
    ]  # fmt: skip


def _reason(kind: str, passed: bool, decides: bool, text: str, **values: Any) -> dict[str, Any]:
    return {"kind": kind, "text": text, "passed": passed, "decides": decides, "values": values}


def _scores() -> list[dict[str, Any]]:
    loss = ("loss", "lower")
    own = ("own", "kitchen", "share", "higher")
    return [
        _score(*own, 24, base=(0.25, 0.12, 0.45), candidate=(0.542, 0.35, 0.72))
        | {"kind": "All", "chance": 0.2},
        _score(*own, 9, base=(0.222, 0.06, 0.55), candidate=(0.667, 0.35, 0.88))
        | {"kind": "negated", "chance": 0.2},
        _score(
            "test_loss", "", *loss, 16, base=(3.712, 3.501, 3.934), prompted=(3.402, 3.2, 3.61),
            parent=(3.101, 2.9, 3.3), best=(3.05,), candidate=(2.914, 2.72, 3.11),
        ),
        _score("corrected_loss", "", *loss, 6, base=(3.9,), parent=(3.3,), candidate=(3.012,)),
        _score("retention", "coding", *loss, 24, base=(1.1,), parent=(1.12,), candidate=(1.18,)),
        _score("retention", "general", *loss, 24, base=(2.5,), parent=(2.49,), candidate=(2.53,)),
        _score("retention", "korean", *loss, 20, base=(2.2,), parent=(2.18,), candidate=(2.117,)),
        _score("checks", "coding", "share", "higher", 20, base=(0.7,), candidate=(0.65,)),
        _score("checks", "general", "share", "higher", 40, base=(0.875,), candidate=(0.875,)),
        _score("language", "en", "share", "higher", 31, base=(1.0,), candidate=(0.968,)),
        _score("language", "ko", "share", "higher", 30, base=(0.2,), candidate=(0.6,)),
        _score("traits", "formality", "number", "", 60, base=(0.81,), candidate=(0.32,)),
        _score("latency", "", "tokens_per_s", "higher", 60, base=(64.9,), candidate=(61.4,)),
    ]  # fmt: skip


def _curves() -> dict[str, Any]:
    train = [
        [step, round(1.9 * math.exp(-step / 60) + 1.7 + 0.18 * math.sin(step * 2.3), 4)]
        for step in range(1, 181)
    ]
    valid = [
        [step, round(1.3 * math.exp(-step / 55) + 2.4 + max(0, step - 130) * 0.003, 4)]
        for step in range(0, 181, 20)
    ]
    return {"train": train, "valid": valid}


def example_report() -> dict[str, Any]:
    """A report with every part: refused, since it forgot some of its coding."""
    return {
        "version": 2, "run": "2026-11-sunny-1", "persona": "Sunny",
        "made": "2026-11-22T14:00:00Z", "verdict": "refused",
        "sentence": "Refused: it forgot some of its coding.",
        "reasons": _reasons(), "scores": _scores(), "replies": _replies(), "curves": _curves(),
        "prompting": {
            "as_good": False,
            "text": "With three of your exchanges in the prompt the base comes to a loss of 3.402;"
            " the candidate comes to 2.914 without them.",
        },
        "data": {
            "new": 96, "replay": 41, "groups": {"coding": 18, "general": 14, "korean": 9},
            "ratio_new": 0.7, "valid": 17, "test": 16, "replay_test": 68,
            "shortfalls": ["Replay of the group korean is short: 9 of 12."],
        },
        "recipe": {
            "name": "starter", "changed": {"epochs": 3, "learning_rate": 0.002},
            "values": {
                "rank": 16, "alpha": 32, "dropout": 0.0, "learning_rate": 0.002, "epochs": 3,
                "target_modules": ["q_proj", "v_proj"], "precision": "auto", "seed": 42,
                "preferences": None, "rounds": [{"up_to": 1000, "epochs": 3}],
            },
        },
        "warnings": [
            {
                "kind": "overfitting",
                "advice": "It begins to learn its examples by heart: the loss on held-out"
                " conversations rose from 2.522 at step 140 to 2.601, while the training loss went"
                " on falling. Next time: fewer epochs, more dropout, or more conversations.",
                "values": {"best": 2.522, "best_step": 140, "now": 2.601},
            }
        ],
        "exam": {
            "kind": "quick", "cases": 203, "seconds": 270.1,
            "skipped": [{"why": "terraform is not installed", "cases": 20}],
        },
        "seconds": {
            "mixed": 1.2, "trained": 200.1, "converted": 2.4, "staged": 3.2, "examined": 270.1,
            "gated": 0.1,
        },
        "overruled": None,
    }  # fmt: skip
