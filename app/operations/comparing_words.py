"""What a blind comparison found, in plain words of any language."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.evaluation.numbers import shown
from app.store.values import RunState
from app.words import later

if TYPE_CHECKING:
    from app.operations.comparing import Result

Say = Callable[..., str]

_FINDINGS = {
    "nothing": later("Nothing was judged yet."),
    "new": later("{wins} of {decided} for {name}: that is hardly chance ({chance})."),
    "new_maybe": later("{wins} of {decided} for {name}: that may still be chance ({chance})."),
}
_FINDINGS |= {"old": _FINDINGS["new"], "old_maybe": _FINDINGS["new_maybe"]}
_RARELY = later("under 1 %")
_LEAST_CHANCE = 0.01
_EVEN = later("{wins} for each of them: no difference can be seen.")
_NO_DIFFERENCE = later("No vote was for one of them: no difference can be seen.")
_SHARE = later(
    "The new one has {share} of the votes that decided; with so few of them it may be anything"
    " from {low} to {high}."
)
_USE = later("Your eyes prefer the new one. Use it.")
_USE_MAYBE = later("A little speaks for the new one, and nothing against using it.")
_OVERRULE = later(
    "Your eyes prefer the new one. You can use it all the same, with this as the reason."
)
_KEEP_NEW = later("Your eyes prefer the new one, which is the one that speaks now.")
_KEEP_OLD = later("Your eyes prefer the old one. Keep it.")
_GO_BACK = later("Your eyes prefer the old one. You can go back to it with one click.")
_OPEN = later("This cannot decide it: go by the exam, or rate more replies before the next month.")


def adapter_name(version: int | None, say: Say) -> str:
    """An adapter by its version; without one it is the base."""
    return say("adapter v{version}", version=version) if version else say("the base alone")


def chance_words(chance: float, say: Say) -> str:
    """How likely something is by chance; never "0 %", which nothing is."""
    return shown(chance, "share") if chance >= _LEAST_CHANCE else say(_RARELY)


def finding_words(result: Result, new: str, old: str, say: Say) -> str:
    """Who is in front and whether that may be chance, in one sentence."""
    if result.finding == "even":
        return say(_EVEN, wins=result.new) if result.decided else say(_NO_DIFFERENCE)
    ahead = result.finding.startswith("new")
    return say(
        _FINDINGS[result.finding],
        wins=result.new if ahead else result.old,
        decided=result.decided,
        name=new if ahead else old,
        chance=chance_words(result.chance, say),
    )


def share_words(result: Result, say: Say) -> str:
    """How little a few votes tell."""
    if not result.decided:
        return ""
    share = result.share
    numbers = {"share": share.value, "low": share.low, "high": share.high}
    return say(_SHARE, **{name: shown(value, "share") for name, value in numbers.items()})


def learned_words(result: Result, say: Say) -> str:
    """A word on prompts that the new one had seen with their answers."""
    if not result.learned:
        return ""
    return say("It had learned from {count} of these prompts.", count=result.learned)


def advice_words(result: Result, state: RunState, live: bool, say: Say) -> str:
    """What to do now, as far as the votes tell."""
    ahead = result.finding
    if ahead in ("nothing", "even"):
        return say(_OPEN)
    if ahead.startswith("old"):
        if ahead == "old_maybe":
            return say(_OPEN)
        return say(_GO_BACK) if live else say(_KEEP_OLD)
    if live:
        return say(_KEEP_NEW) if ahead == "new" else say(_OPEN)
    if state == "waiting":
        return say(_USE) if ahead == "new" else say(_USE_MAYBE)
    return say(_OVERRULE) if ahead == "new" else say(_OPEN)
