"""What the report's page calls things, and what the words of the trade mean."""

from __future__ import annotations

from app.evaluation.reason_words import GROUPS
from app.words import Words, later

SUBJECTS = {
    "base": later("Base"),
    "prompted": later("Base with examples"),
    "parent": later("Current"),
    "best": later("Best so far"),
    "candidate": later("Candidate"),
}
ABOUT_SUBJECTS = {
    "base": later("the base under the persona's prompt"),
    "prompted": later("the same with some of your best exchanges in the prompt, nothing trained"),
    "parent": later("the adapter in use"),
    "best": later("the best adapter that this persona ever had"),
    "candidate": later("the new adapter, which this is about"),
}
MEASURES = {
    "test_loss": later("Loss on held-out conversations"),
    "corrected_loss": later("Loss on replies that you corrected"),
    "valid_loss": later("Validation loss"),
    "retention": later("Loss on what the base could do"),
    "checks": later("Checks passed"),
    "language": later("Answers in the right language"),
    "safety": later("Safety"),
    "variety": later("Variety of the replies"),
    "likeness": later("Distance from what you approved"),
    "traits": later("Manner of the persona"),
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
REPLIES = {
    "most_changed": later("Most changed"),
    "best": later("Nearest to what you approved"),
    "worst": later("Farthest from what you approved"),
}
STAGES = {
    "mixed": later("Drawing the mix"),
    "trained": later("The training"),
    "converted": later("Converting the adapter"),
    "staged": later("Loading the candidate"),
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
        later("Base"),
        later("The language model that everything is built on. A training never changes it."),
    ),
    (
        later("Adapter"),
        later(
            "A small addition to the base that holds what was learned from your conversations. It"
            " can be put on and taken off."
        ),
    ),
    (
        later("Candidate"),
        later("The adapter that was just trained. It is used only once it has passed its exam."),
    ),
    (
        later("Held out"),
        later(
            "Kept away from the training, so that the exam asks what cannot have been learned by"
            " heart."
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
        later("Retention"),
        later("Whether what the base could do before is still there after the training."),
    ),
    (
        later("Replay"),
        later(
            "Older and general examples that are mixed into the training, so that nothing is"
            " forgotten."
        ),
    ),
    (
        later("Canary"),
        later(
            "A fixed set of questions that no training ever learns from, asked at every exam."
            " If it falls silent on them, something was lost."
        ),
    ),
    (
        later("Range"),
        later(
            "The smaller numbers below a score: where it would lie 95 times of 100 if other"
            " conversations had been held out. Few conversations make it wide."
        ),
    ),
)


def named(table: dict[str, str], name: str, words: Words) -> str:
    """A name in the reader's words; one that nobody foresaw as it stands, without its dashes."""
    return words(table[name]) if name in table else name.replace("_", " ")


def group_name(group: str, words: Words) -> str:
    """A group such as language.en in words."""
    return " · ".join(named(_GROUPS, each, words) for each in group.split("."))
