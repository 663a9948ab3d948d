"""What the report's page calls things, and what the words of the trade mean."""

from __future__ import annotations

from app.evaluation.reason_words import GROUPS
from app.words import Words, later

SUBJECTS = {
    "base": later("Base model"),
    "prompted": later("Base model with examples"),
    "parent": later("Old adapter"),
    "best": later("Best so far"),
    "candidate": later("New adapter"),
}
ABOUT_SUBJECTS = {
    "base": later("the model that everything is built on, untrained, with the persona's prompt"),
    "prompted": later("the same with some of your best exchanges in the prompt, nothing trained"),
    "parent": later("the adapter that the persona spoke through before this training"),
    "best": later("the best adapter that this persona ever had"),
    "candidate": later("the base model with what it learned in this training"),
}
MEASURES = {
    "own": later("Your own questions answered right"),
    "test_loss": later("Loss on replies that you approved"),
    "corrected_loss": later("Loss on replies that you corrected"),
    "valid_loss": later("Validation loss"),
    "retention": later("Loss on what it should not forget"),
    "checks": later("Questions answered right"),
    "language": later("Answers in the right language"),
    "safety": later("Safety questions answered well"),
    "flattery": later("Replies that do not flatter"),
    "usable": later("Replies that can be used"),
    "variety": later("Variety of the replies"),
    "likeness": later("Distance from your approved replies in style, 0 to 1"),
    "traits": later("Manner of the persona, 0 to 1"),
    "latency": later("Speed"),
}
_GROUPS = {
    **GROUPS,
    "language": later("language"),
    "knowledge": later("knowledge"),
    "style": later("style"),
    "en": later("English"),
    "ko": later("Korean"),
    "formality": later("formality"),
    "verbosity": later("verbosity"),
    "emoji": later("emoji"),
    "questions": later("questions back"),
    "humour": later("humour"),
    "empathy": later("empathy"),
    "creativity": later("creativity"),
    "initiative": later("initiative"),
    "technical_depth": later("technical depth"),
    "code_examples": later("code examples"),
    "replay": later("replay"),
    "new": later("new replies"),
}
KINDS = {"All": later("all kinds"), "Untyped": later("of no kind")}
REPLIES = {
    "most_changed": later("Most changed"),
    "best": later("Improved most"),
    "worst": later("Improved least"),
}
STAGES = {
    "mixed": later("Drawing the mix"),
    "trained": later("The training"),
    "converted": later("Converting the adapter"),
    "staged": later("Loading the new adapter"),
    "examined": later("The exam"),
    "gated": later("The verdict"),
    "accepted": later("Waiting for your word"),
    "deployed": later("Putting the adapter live"),
    "verified": later("Verifying what is served"),
    "live": later("Taking it into use"),
    "total": later("All together"),
}
RECIPE = {
    "rank": later("how much an adapter can hold"),
    "alpha": later("how strongly the adapter counts"),
    "dropout": later("share left out while learning, against learning by heart"),
    "learning_rate": later("how large each step of learning is"),
    "epochs": later("how often each example is seen"),
    "batch_size": later("examples looked at together"),
    "accumulation": later("batches that make one step"),
    "max_length": later("longest conversation, in tokens"),
    "hold": later("how strongly replay holds on to what the base says"),
    "patience": later("looks without a gain before it ends early"),
    "warmup_share": later("share of the training that starts gently"),
    "weight_decay": later("pull towards small numbers"),
    "precision": later("how exactly the base is held in memory"),
    "seed": later("where the dice start; the same seed gives the same training"),
}
GLOSSARY = (
    (
        later("Base model"),
        later("The language model that everything is built on. A training never changes it."),
    ),
    (
        later("Adapter"),
        later(
            "A small addition to the base model that holds what was learned from your"
            " conversations. It can be put on and taken off."
        ),
    ),
    (
        later("Loss"),
        later(
            "How much a reply surprises the model. The lower, the likelier it would have written"
            " it that way by itself."
        ),
    ),
    (
        later("Held out"),
        later(
            "Kept out of the training, so that the exam asks what cannot have been learned by"
            " heart."
        ),
    ),
    (
        later("Replay"),
        later(
            "Older and general examples that are mixed into the training, so that nothing is"
            " forgotten."
        ),
    ),
    (
        later("Control questions"),
        later(
            "A fixed set of questions that no training ever learns from, asked at every exam. If it"
            " no longer answers them, something was lost."
        ),
    ),
    (
        later("Range"),
        later(
            "The smaller numbers below a score: where it lies in truth, 95 times of 100. Few"
            " questions or conversations make it wide."
        ),
    ),
)


def named(table: dict[str, str], name: str, words: Words) -> str:
    """A name in the reader's words; one that nobody foresaw as it stands, without its dashes."""
    return words(table[name]) if name in table else name.replace("_", " ")


def group_name(group: str, words: Words) -> str:
    """A group such as language.en in words."""
    return " · ".join(named(_GROUPS, each, words) for each in group.split("."))
