"""Words for what goes wrong with base models: taking one in, and finding it again."""

from __future__ import annotations

from app.gui.translation import later

_STORED = later("Everything that was stored is still there.")
_TALKS = later("Conversations, ratings and adapters are all there.")
_FETCHED = later("What was fetched so far is kept.")

OF_BASES: dict[str, tuple[str, str, str]] = {
    "base_removed": (
        later("The base model was removed from Ollama."),
        _TALKS,
        later("Pull it again with Ollama, or choose another base for the persona."),
    ),
    "base_pulled_anew": (
        later("Ollama has another model under the name of this base by now."),
        _TALKS,
        later("Add the new one as a base and let the persona use it: its adapter is built anew."),
    ),
    "base_what": (
        later("This cannot be a base model."),
        _STORED,
        later("Choose another model."),
    ),
    "folder_unusable": (
        later("This folder holds no model that can be used as a base."),
        _STORED,
        later("Fetch it again, or take the same model as a GGUF file."),
    ),
    "ollama_unknown": (
        later("Ollama does not have this model any more."),
        _STORED,
        later("Pull it again with Ollama, or choose another one."),
    ),
    "ollama_unusable": (
        later("No persona can be trained on this model of Ollama."),
        _STORED,
        later("Choose another model."),
    ),
    "hub_offline": (
        later("The hub cannot be reached."),
        _FETCHED,
        later("See that you are connected to the internet, then try again."),
    ),
    "hub_missing": (
        later("There is no such model on the hub, or not for you."),
        _STORED,
        later("See that its name is whole, like Qwen/Qwen2.5-7B-Instruct."),
    ),
    "hub_gated": (
        later("This model is given only to people who accepted its terms."),
        _STORED,
        later("Accept them on its page and set HF_TOKEN, or choose an open model."),
    ),
    "hub_nothing": (
        later("This model has no file that can be used as a base."),
        _STORED,
        later("Choose another model."),
    ),
    "hub_damaged": (
        later("What arrived is not what the hub says it is; it was thrown away."),
        _STORED,
        later("Try again later, or choose another model."),
    ),
    "hub_stopped": (
        later("You stopped it."),
        _FETCHED,
        later("Ask for it again and it goes on where it ended."),
    ),
    "hub_busy": (
        later("Another process is fetching this model."),
        _STORED,
        later("Wait for it."),
    ),
}
