"""What a training warns of, with its advice, in the user's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.evaluation.reason_words import group_words
from app.words import Words, later

# By kind; the English of the trainer's own signs is the trainer's, word for word.
WARNINGS = {
    "overfitting": later(
        "It begins to learn its examples by heart: the loss on held-out conversations rose from"
        " {best} at step {best_step} to {now}, while the training loss went on falling. Next time:"
        " fewer epochs, more dropout, or more conversations."
    ),
    "underfitting": later(
        "It has hardly learned: after {done} % of the training the loss on held-out conversations"
        " is {now}, and without the adapter it is {base}. Next time: a higher learning rate, a"
        " higher rank, or more epochs."
    ),
    "forgetting": later(
        "It forgets what the base could do ({group}): loss {before} without the adapter, {now} with"
        " it. Next time: a lower learning rate, more replay (30 to 40 % coding where code has to"
        " keep), or rank 16."
    ),
    "language_mixing": later(
        "It answers in another language than it should: “{prompt}” was answered with “{reply}”."
        " Next time: more examples in the right language, and the language named in the system"
        " prompt."
    ),
    "exploding_gradients": later(
        "The training is losing its hold: at step {step} the loss went up from {before} to {now},"
        " with gradients of {norm}. Next time: a lower learning rate, a smaller clip, and a look at"
        " the data for something broken."
    ),
    "incoherent": later(
        "Its replies fall apart: “{prompt}” was answered with “{reply}”. Next time: a lower"
        " learning rate (1e-5 for bases of 8B and more) and at most 3 epochs."
    ),
    "slow": later(
        "At this pace the training takes {hours} more hours. It is faster on a graphics card, with"
        " a smaller base, with shorter conversations, or with a larger batch."
    ),
    "idle_card": later(
        "The graphics card computes {use} % of the time, and above {expected} % is expected. A"
        " larger batch fills it; a busy processor or a slow disk keeps it waiting."
    ),
    "tracker_missing": later(
        "The tracker {name} is not there ({trouble}). The training goes on without it; install it,"
        " or take it out of the recipe's report_to."
    ),
    "tracker_failed": later(
        "The tracker {name} failed ({trouble}). The training goes on without it."
    ),
    "not_a_number": later(
        "The loss was no longer a number at step {step}; the training went back to step {back_to}"
        " and goes on with {rate_factor} times the learning rate."
    ),
    "loss_spike": later(
        "The loss rose far above what it had been at step {step}; the training went back to step"
        " {back_to} and goes on with {rate_factor} times the learning rate."
    ),
    "gradient_explosion": later(
        "The gradient grew out of all proportion at step {step}; the training went back to step"
        " {back_to} and goes on with {rate_factor} times the learning rate."
    ),
    "slow_down": later(
        "The training runs at {share} times its earlier speed. Heat, a power saving mode or another"
        " program holds it back; it loses nothing but time."
    ),
    "stopped_early": later(
        "The held-out conversations stopped getting better, so the training ended early."
    ),
    "preferences_unusable": later(
        "{unusable} of {all} preferences cannot be learned from: {too_long} are longer than the"
        " recipe's length, {empty} have a reply without words, {same} have two equal replies,"
        " {no_question} have no question, and {damaged} cannot be read. Of {cut} others the end of"
        " a reply is cut off."
    ),
    "preferences_few": later(
        "The recipe asks for preferences, and there are too few: {pairs} pairs, {up} thumbs up and"
        " {down} thumbs down. They teach nothing this time."
    ),
    "preferences_one_question": later(
        "All preferences answer the same message, so nothing could show what was learned. They"
        " teach nothing this time."
    ),
    "preferences_no_library": later(
        "TRL, which learns from preferences, is missing ({trouble}): run `python3 start.py update`."
        " They teach nothing this time."
    ),
    "preferences_no_gain": later(
        "The held-out preferences were not met more often than by chance ({accuracy} %). The"
        " adapter stays as it was before the preferences."
    ),
    "preferences_harm": later(
        "Learning from preferences made the persona's held-out replies less likely (their loss rose"
        " by {rise} %). The adapter stays as it was before."
    ),
    "preferences_stopped": later(
        "Learning from preferences began to make the persona's held-out replies less likely (their"
        " loss rose by {rise} %), so it ended there; the state of step {step} is kept."
    ),
    "preferences_diverged": later(
        "The loss of the preferences was no longer a number. The adapter stays as it was before"
        " them. Next time: a lower learning rate for the preferences."
    ),
    "preferences_memory": later(
        "Memory ran out with as few preferences at once as can be. The adapter stays as it was"
        " before them."
    ),
    "preferences_failed": later(
        "Learning from preferences failed ({trouble}). The adapter stays as it was before them."
    ),
    "backup_failed": later(
        "The database could not be copied before the training. Nothing is lost; free some space"
        " soon."
    ),
    "ollama_failed": later(
        "The adapter is live here, and Ollama goes on answering with the one before: {trouble} Put"
        " it there later with the Ollama button above the chat, or with `perennial deploy`."
    ),
    "too_long": later(
        "Longer than {max_length} tokens: {conversations} conversations, of which {cut} were cut"
        " behind a reply and {left_out} left out. {replies} replies teach nothing this time; your"
        " own stay new. Next time: a larger max_length in the recipe takes them in."
    ),
    "not_rendered": later(
        "Conversations that teach nothing, since the base's chat template does not take them:"
        " {conversations}. {trouble}"
    ),
    "killed_for_memory": later(
        "The system ended the training for want of memory; it goes on from its checkpoint with less"
        " of it."
    ),
    "memory_short": later(
        "The training needs {needed} of memory, and {there} are free for it. It may end for want of"
        " memory: close other programs, or choose a smaller base."
    ),
    "disk_short": later(
        "The training will write about {needed}, and {free} are free. Free some space."
    ),
    "little_memory": later(
        "The training may need more memory than is free; close other programs if it becomes slow."
    ),
    "ollama_kept": later(
        "Ollama holds {names} in memory. It was not asked to let go of it, since nobody agreed to"
        " that."
    ),
    "trainer_died": later("The training ended without a word; it goes on from its checkpoint."),
    "not_restored": later(
        "After the training the chat model could not be taken into memory again. It is loaded with"
        " the next message."
    ),
    "oom_backoff": later(
        "Memory ran short. The training needs less of it now ({tokens} tokens at once), and goes"
        " on."
    ),
}


def warning_words(kind: str, advice: str, values: Mapping[str, Any], words: Words) -> str:
    """The warning in a language; as it was told where there are no words for it."""
    if words.language == "en" and advice:
        return advice
    if kind == "overfitting" and not values:
        kind = "stopped_early"  # as runs of an earlier version tell it
    if kind not in WARNINGS:
        return advice
    shown = dict(values)
    if "group" in shown:
        shown["group"] = group_words(str(shown["group"]), words)
    try:
        return words(WARNINGS[kind]).format(**shown)
    except KeyError:
        return advice
