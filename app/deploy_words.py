"""What a deployment into Ollama is at, step by step, in words."""

from __future__ import annotations

from app.words import later

STEPS = {
    "base": later("Bringing the base to Ollama"),
    "adapter": later("Uploading the adapter"),
    "fetching": later("Ollama fetches the adapter"),
    "merging": later("Writing the adapter into a copy of the base"),
    "checking": later("Adding up the checksum"),
    "uploading": later("Uploading the merged model"),
    "creating": later("Ollama makes the model"),
    "loading": later("Ollama loads the model"),
    "comparing": later("Comparing it with the training"),
    "switching": later("Switching the name"),
}

# How much of a conversation the model sees, by what keeps it from being more.
CONTEXT = {
    "": later("It sees {tokens} tokens of a conversation there."),
    "base": later("It sees {tokens} tokens of a conversation there, all that the base knows."),
    "memory": later("It sees {tokens} tokens of a conversation there; memory holds no more."),
}
