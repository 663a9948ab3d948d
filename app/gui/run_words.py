"""A run of the history in words: what came of it, its round and device, and what is damaged."""

from __future__ import annotations

from dataclasses import dataclass

from app.evaluation.numbers import shown
from app.evaluation.page_facts import written
from app.gui.dates import day, duration
from app.gui.reasons import group_words
from app.gui.translation import later, tr
from app.operations.run_facts import FileTrouble
from app.operations.run_history import RunSummary

_DEVICES = {"cuda": "NVIDIA CUDA", "mps": "Apple MPS"}
_ROUNDS = {
    "first": later("first round"),
    "second": later("second round"),
    "third": later("third round"),
    "upkeep": later("upkeep"),
}
_PRECISIONS = {"nf4": later("4 bits (NF4)"), "bf16": later("16 bits"), "fp32": later("32 bits")}
_OUTCOMES = {
    "running": ("circle-half", "accent_text", later("Under way")),
    "cut_off": ("warning-circle", "warning", later("Cut off; it can go on")),
    "waiting": ("check-circle", "good", later("Passed; it waits for your word")),
    "failed": ("warning-circle", "danger", later("Did not finish")),
    "stopped": ("pause-circle", "text_soft", later("Stopped; it can go on")),
    "discarded": ("trash", "text_soft", later("Discarded")),
    "live": ("check-circle", "good", later("Passed; live now")),
    "previous": ("check-circle", "text_soft", later("Passed; was live before")),
    "rolled_back": ("arrow-counter-clockwise", "text_soft", later("Rolled back")),
    "kept_old": ("check-circle", "text_soft", later("Passed; you kept the old one")),
    "refused": ("x-circle", "danger", later("Refused")),
    "undecided": ("question", "warning", later("Undecided")),
}
_OVERRULED = {
    "live": ("hand", "warning", later("Live by your own word")),
    "previous": ("hand", "text_soft", later("Was live by your own word")),
}
_TROUBLES = {
    "missing": later("{file} is missing."),
    "damaged": later("{file} is damaged."),
    "too_large": later("{file} is too large to be read."),
    "unreadable": later("{file} cannot be read."),
}


@dataclass(frozen=True)
class OutcomeLook:
    """What came of a run: never by its colour alone."""

    icon: str
    colour: str
    words: str


def outcome_look(run: RunSummary) -> OutcomeLook:
    """The verdict, or what became of the run before or after it."""
    found = _OVERRULED.get(run.outcome) if run.overruled else None
    icon, colour, words = found or _OUTCOMES[run.outcome]
    return OutcomeLook(icon, colour, tr(words))


def round_words(name: str) -> str:
    return tr(_ROUNDS[name]) if name in _ROUNDS else name


def device_words(device: str) -> str:
    return _DEVICES.get(device, tr("processor")) if device else ""


def precision_words(precision: str) -> str:
    return tr(_PRECISIONS[precision]) if precision in _PRECISIONS else precision


def parent_words(version: object) -> str:
    """What a run started from."""
    return tr("from v{version}", version=version) if version is not None else tr("from the base")


def made_words(run: RunSummary) -> str:
    """Which adapter a run made."""
    if run.version is None:
        return tr("no adapter")
    version = tr("v{version}", version=run.version)
    return tr("{adapter}, live", adapter=version) if run.live else version


def examples_words(run: RunSummary) -> str:
    """How many approved replies it learned from."""
    mix = run.facts.mix
    if "new" not in mix:
        return ""
    new, replay = (shown(mix.get(name), "number") for name in ("new", "replay"))
    return tr("{new} new, {replay} replay", new=new, replay=replay)


def line_of(run: RunSummary) -> str:
    """What a run was, in one line."""
    facts = run.facts
    told = [
        round_words(facts.round),
        examples_words(run),
        run.base,
        parent_words(run.parent),
        duration(facts.took) if facts.took else "",
        device_words(facts.device),
    ]
    if run.elsewhere:
        told.append(tr("made in another home"))
    if facts.troubles:
        told.append(tr("files are missing or damaged"))
    return " · ".join(each for each in told if each)


def titled(run: RunSummary) -> str:
    return f"{day(run.run.created)} · {outcome_look(run).words}"


def loss_words(run: RunSummary) -> str:
    """What it came to: the validation loss where there was a look, else that of the training."""
    facts = run.facts
    if facts.valid_loss is not None:
        return tr("validation {loss}", loss=shown(facts.valid_loss, "loss"))
    if facts.train_loss is not None:
        return tr("training {loss}", loss=shown(facts.train_loss, "loss"))
    return ""


def trouble_words(trouble: FileTrouble) -> str:
    return tr(_TROUBLES[trouble.why], file=trouble.name)


def value_words(value: object) -> str:
    """A value of a recipe as its file would have it."""
    return written(value)


def mix_name(name: str) -> str:
    """What a number of the mix counts."""
    plain = {
        "new": tr("New replies"),
        "replay": tr("Replay, all groups"),
        "valid": tr("Held out to stop in time"),
        "test": tr("Held out to judge by"),
        "replay_test": tr("Held out to see what it forgot"),
    }
    kind, _, of = name.partition(".")
    if kind == "topic":
        return tr("Topic: {name}", name=group_words(of))
    return tr("Replay: {name}", name=group_words(of)) if of else plain.get(name, name)
