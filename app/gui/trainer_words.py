"""What the trainer says in whole sentences, in the user's language.

The trainer writes English for logs and terminals. A sentence is known again by its form, and said
anew with the same values; one that nobody knows here is shown as it was told.
"""

from __future__ import annotations

import re
from functools import cache

from app.gui.translation import current_language, later, tr

# Word for word as the trainer builds them; a test has it build them all.
_SENTENCES = (
    # What is given up to fit into memory.
    later(
        "Batch 1 × {together} instead of {batch} × {accumulation}: packs of {size} tokens instead"
        " of {packed}, the same examples in each step."
    ),
    later("Conversations of at most {length} tokens; longer ones are cut."),
    later("Gradient checkpointing: less is kept, and a third more is computed."),
    later("The optimiser in 8 bits."),
    # Where a run is not as its recipe has it.
    later("{epochs} epochs instead of {asked}: a round of this size."),
    later("Warm-up takes {steps} steps instead of {asked}: at most {share} of {all}."),
    later("A look each {steps} steps instead of each {asked}: at least {least} in {all}."),
    later("Checkpoints by time and at each look: {steps} steps are too few for one each {asked}."),
    later(
        "Rates {factor} times as large, so {rate} instead of {asked}: a base of {size} billion"
        " parameters."
    ),
    later("Plain AdamW instead of {asked}: 8 bits pay off on CUDA alone."),
    # Why a recipe that nobody chose is as it is.
    later("A base of {size} billion parameters takes the starter's recipe."),
    later("Rank {rank}: {least} to {most} for {size} billion parameters, by {examples} examples."),
    later(
        "{epochs} epochs and a rate of {rate}: few examples make few steps, which may be larger,"
        " and are soon known by heart."
    ),
    later("A step sees {together} examples."),
    later("An optimiser in 8 bits with pages, where the device has one: it leaves memory."),
    # What stays on the disk.
    later(
        "While it trains, the {newest} newest checkpoints and the best adapter are kept; once it is"
        " trained, {done} and the best; none once the adapter is live or the run is discarded."
    ),
    # Why the base is held as it is.
    later("its self-test on this device passed"),
    later("the recipe says so"),
    later("the self-test of NF4 failed: {trouble}"),
    later("the self-test of NF4 failed, and 16 bits do not work here: {trouble}"),
    # Who holds the device.
    later("{name} holds memory of this device"),
    later("{name} holds {size}"),
    later("{name} holds {size}; its models can be unloaded"),
    later("{name} holds {size}; its runtime can be unloaded"),
    # Why a model can only be chatted with.
    later("its family ({family}) is not known to the training"),
    later("a mixture of experts cannot be trained here"),
    later("its weights ({kind}) cannot be read for training"),
    later("it has no chat template"),
    later("it runs on another computer"),
    later("Ollama does not tell its sizes"),
    later("its config.json cannot be read"),
)


def spoken(sentence: str) -> str:
    """A sentence of the trainer in the user's language."""
    if current_language() == "en":
        return sentence
    for text, form in _forms():
        found = form.fullmatch(sentence)
        if found is not None:
            return tr(text, **found.groupdict()) if found.groupdict() else tr(text)
    return sentence


def is_known(sentence: str) -> bool:
    """Whether a sentence can be said in another language."""
    return any(form.fullmatch(sentence) for _, form in _forms())


@cache
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The most telling sentences first: where one holds another, the longer one is meant."""
    longest_first = sorted(_SENTENCES, key=lambda text: -len(text))
    return tuple((text, _form(text)) for text in longest_first)


def _form(text: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", text)
    made = (f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
    return re.compile("".join(made), re.DOTALL)
