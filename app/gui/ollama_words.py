"""Words for what goes wrong between a persona and Ollama, and with serving outside the window."""

from __future__ import annotations

from app.gui.translation import later

_HERE = later("The persona answers in this window as before.")
_UNCHANGED = later("Nothing was changed.")
_AS_IT_WAS = later("Ollama answers as it did before.")
_NOT_ASKED = later("Nothing was asked.")

OF_OLLAMA: dict[str, tuple[str, str, str]] = {
    "ollama": (
        later("Ollama did not do what it was asked."),
        _HERE,
        later("Try again; Ollama's log tells more."),
    ),
    "ollama_gone": (
        later("Ollama does not answer."),
        _HERE,
        later("See that it runs and that OLLAMA_HOST is right, then try again."),
    ),
    "ollama_locked": (
        later("Ollama asks for a key, or refuses the one it was given."),
        _HERE,
        later("Set OLLAMA_API_KEY to the key of that server, or use this computer's Ollama."),
    ),
    "ollama_full": (
        later("The disk on which Ollama keeps its models is full."),
        _AS_IT_WAS,
        later("Take a model that you do not use out of Ollama, then try again."),
    ),
    "ollama_refused": (
        later("Ollama refused the request."),
        _HERE,
        later("Try again; Ollama's log tells more."),
    ),
    "ollama_name_taken": (
        later("Ollama has a model of this name already that is not one of Perennial's."),
        _UNCHANGED,
        later("Choose another name, or have the other model kept and the name taken."),
    ),
    "ollama_not_deployed": (
        later("This Ollama takes the adapter in no way, or would not serve it as it was trained."),
        _HERE,
        later("Update Ollama, then try again."),
    ),
    "ollama_base": (
        later("The base does not load in Ollama."),
        _AS_IT_WAS,
        later("Close other programs if memory is short, then try again; Ollama's log tells more."),
    ),
    "ollama_damaged": (
        later("What Ollama keeps of the base is damaged."),
        _AS_IT_WAS,
        later("Remove that model in Ollama and pull it again, then try again."),
    ),
    "ollama_too_old": (
        later("This Ollama is too old: what it serves cannot be compared with the training."),
        _HERE,
        later("Update Ollama, then try again."),
    ),
    "ollama_remote": (
        later("This Ollama is on another computer: the adapter would leave yours."),
        later("Nothing was sent."),
        later("Agree to it, or take OLLAMA_HOST away to use this computer's Ollama."),
    ),
    "ollama_name_of_another": (
        later("Another persona answers in Ollama under this name already."),
        _UNCHANGED,
        later("Choose another name, or take the other persona out of Ollama first."),
    ),
    "ollama_no_client": (
        later("Ollama cannot be asked: the proxy or the key that is set cannot be used."),
        later("Nothing was sent."),
        later("Mend that setting of this computer, or use the Ollama on it."),
    ),
    "ollama_name": (
        later("Ollama takes no such name."),
        _UNCHANGED,
        later("Use letters, digits, dots, strokes and underscores, as in perennial-sunny."),
    ),
    "ollama_stopped": (
        later("You stopped it."),
        _AS_IT_WAS,
        later("Put it there again when you like."),
    ),
    "ollama_away": (
        later("Ollama does not answer."),
        later("Nothing of the conversation was lost."),
        later("See that it runs, then ask again; or have the persona answer without Ollama."),
    ),
    "ollama_lost": (
        later("Ollama ended in the middle of the reply."),
        later("What had been written is kept."),
        later("Ask again, or have the persona answer without Ollama."),
    ),
    "ollama_behind": (
        later("Ollama answers as this persona with another adapter than the one in use here."),
        _NOT_ASKED,
        later("Bring it in step, or have the persona answer without Ollama."),
    ),
    "ollama_changed": (
        later("What Ollama has under this name is no longer what was put there."),
        _NOT_ASKED,
        later("Put the persona there anew, or have it answer without Ollama."),
    ),
}

OF_SERVING: dict[str, tuple[str, str, str]] = {
    "merge_base": (
        later(
            "No adapter can be merged into this base: its weights are stored in a form that cannot"
            " be written here."
        ),
        later("Base and adapter are as they were."),
        later(
            "Serve base and adapter side by side, or train on the same base as Q8_0 or Q4_K_M and"
            " merge then."
        ),
    ),
    "merge_there": (
        later("Something is there already under this name."),
        later("It was left as it is."),
        later("Choose another name for the merged model."),
    ),
    "merge_too_large": (
        later("The merged model would hold numbers that 16-bit floats cannot."),
        later("Base and adapter are as they were."),
        later("Serve base and adapter side by side; nothing needs to be merged for that."),
    ),
    "serving_none": (
        later("There is no persona with an adapter to serve."),
        "",
        later("Train one first."),
    ),
    "serving_name": (
        later("A name or a path cannot stand in a script."),
        "",
        later("Give the persona or the folder a name of letters that can be printed."),
    ),
}
