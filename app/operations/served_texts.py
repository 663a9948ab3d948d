"""What a persona's model holds beside its weights wherever it is served."""

from __future__ import annotations

from pathlib import Path

import psutil

from app.store import Base, Persona
from ollama_bridge.base_gguf import read_facts
from ollama_bridge.deploy.plan import ModelTexts
from ollama_bridge.deploy.texts import context_of, model_texts
from ollama_bridge.errors import NotDeployed
from ollama_bridge.modelfile import modelfile
from ollama_bridge.runtime.client import RuntimeClient


def texts_for(client: RuntimeClient, base: Base, persona: Persona) -> ModelTexts:
    """Template and stops as the base has them, the persona's prompt, the context that fits."""
    facts = read_facts(base.path)
    context = context_of(facts, psutil.virtual_memory().total)
    return model_texts(client, facts, persona.system_prompt, context, base.licence)


def modelfile_for(client: RuntimeClient, base: Base, persona: Persona, adapter: Path) -> str:
    """How another program would serve an adapter of the persona, for people to read and use."""
    try:
        texts = texts_for(client, base, persona)
    except NotDeployed:  # Ollama then guesses the template.
        return modelfile(str(base.path), adapter, persona.system_prompt)
    return modelfile(
        str(base.path), adapter, texts.system, texts.parameters, texts.template,
        texts.licences, texts.parser,
    )  # fmt: skip
