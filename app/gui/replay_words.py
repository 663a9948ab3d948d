"""Words for replay: groups, where items come from, and what becomes of them."""

from __future__ import annotations

from app.gui.dates import day
from app.gui.translation import later, tr
from app.operations.buffers import ItemState
from app.operations.past_replies import Filled
from app.operations.rehearsing import Rehearsal
from app.operations.replaying import Blocked, GroupView, ItemView

_GROUPS = {
    "persona": later("Persona"),
    "korean": later("Korean"),
    "coding": later("Coding"),
    "general": later("General"),
}
_STATES: dict[ItemState, str] = {
    "buffer": later("in the buffer"),
    "waiting": later("waiting outside"),
    "left_out": later("left out"),
    "judges": later("only judges"),
    "as_new": later("counts as new"),
    "replaced": later("the base answered it"),
    "foreign": later("another language"),
}
_STATE_TIPS: dict[ItemState, str] = {
    "buffer": later("A training can draw it."),
    "waiting": later("The buffer is full; it comes in when there is room."),
    "left_out": later("You left it out: no training draws it."),
    "judges": later("No training ever draws it: it shows what an adapter has forgotten."),
    "as_new": later(
        "The next training builds anew from the base and learns it again with what is new."
    ),
    "replaced": later("The base's own answer to this question is drawn in its place."),
    "foreign": later("The persona or its base does not speak its language."),
}
_REFUSED = {
    "empty": later("empty: {count}"),
    "echo": later("the question again: {count}"),
    "loop": later("loops: {count}"),
    "cut": later("without an end: {count}"),
    "language": later("in another language: {count}"),
}


def group_name(name: str) -> str:
    """What a group is called; one of the user's own as the user wrote it."""
    return tr(_GROUPS[name]) if name in _GROUPS else name


def state_words(state: ItemState) -> str:
    return tr(_STATES[state])


def state_tip(state: ItemState) -> str:
    return tr(_STATE_TIPS[state])


def blocked_words(blocked: Blocked, persona: str) -> str:
    """Why a group gives nothing to this persona."""
    words = {
        "": "",
        "no_target": tr("Its target is 0: nothing is drawn."),
        "persona_language": tr("{name} does not speak this language.", name=persona),
        "base_language": tr("The base of {name} does not speak this language.", name=persona),
        "empty": tr("Nothing to draw from yet."),
    }
    return words[blocked]


def beside_words(group: GroupView) -> str:
    """What a group has beside its buffer, in one line."""
    states = group.states
    parts = [
        tr("{count} waiting", count=states.get("waiting", 0)) if states.get("waiting") else "",
        tr("{count} left out", count=states["left_out"]) if states.get("left_out") else "",
        tr("{count} count as new", count=states["as_new"]) if states.get("as_new") else "",
        tr("{count} only judge", count=states["judges"]) if states.get("judges") else "",
    ]
    return " · ".join(part for part in parts if part)


def source_words(view: ItemView) -> str:
    """Where an item comes from."""
    item = view.item
    if view.own:
        return tr("written by you")
    if item.message_id is not None and item.said is not None:
        return tr("“{title}” of {date}", title=item.title or tr("Untitled"), date=day(item.said))
    if item.base_id is not None:
        return tr("answered by {base}", base=view.base_name)
    return tr("held out to judge") if item.judges else tr("starter set")


def used_words(view: ItemView) -> str:
    """How often and when it was drawn last."""
    item = view.item
    if item.last_run is None or item.last_used is None:
        return tr("never drawn")
    if item.uses == 1:
        return tr("drawn once, on {date} by {run}", date=day(item.last_used), run=item.last_run)
    return tr(
        "drawn {count} times, last on {date} by {run}",
        count=item.uses, date=day(item.last_used), run=item.last_run,
    )  # fmt: skip


def filled_words(filled: Filled) -> str:
    """What a filling did."""
    if not filled.whole and not filled.removed:
        return tr(
            "No adapter has learned from your conversations yet: there is nothing to fill in."
        )
    return tr(
        "Past replies in the groups: {whole} ({added} new, {changed} changed, {removed} gone).",
        whole=filled.whole, added=filled.added, changed=filled.changed, removed=filled.removed,
    )  # fmt: skip


def rehearsed_words(found: Rehearsal, base: str) -> str:
    """How far a rehearsal came."""
    words = tr(
        "{base} answered {count} questions of {group}.",
        base=base, count=found.taken, group=group_name(found.group),
    )  # fmt: skip
    refused = "; ".join(tr(_REFUSED[why], count=n) for why, n in found.refused.items())
    beside = tr("Not taken: {reasons}.", reasons=refused) if refused else ""
    left = tr("{count} are left.", count=found.left) if found.left else ""
    return " ".join(part for part in (words, beside, left) if part)
