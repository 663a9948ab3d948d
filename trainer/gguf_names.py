"""The families that can be read from GGUF, and what llama.cpp calls the parts of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from trainer.errors import BaseUnsupported

_TOP = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
}
_BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_HEAD_NORMS = {"attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm"}
_FOUR_NORMS = {
    **_BLOCK,
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
# Read into the configuration, not into the model.
ROPE_FREQUENCIES = "rope_freqs.weight"
# Where Ollama's library keeps the parts for pictures in the same file.
_PICTURES = ("v.", "mm.")

_PART = re.compile(r"(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)")


@dataclass(frozen=True)
class Family:
    """How one architecture differs between llama.cpp and transformers."""

    model_class: str
    model_type: str
    blocks: Mapping[str, str] = field(default_factory=lambda: _BLOCK)
    # llama.cpp keeps the rows of q and k in the order of its own rotary embedding.
    turned_queries: bool = False
    # llama.cpp keeps a norm's weight with the one added that transformers adds as it runs.
    norms_with_one: bool = False

    def name(self, stored: str) -> str:
        """What transformers calls a tensor."""
        match = _PART.fullmatch(stored)
        block, part, leaf = match.groups() if match else (None, "", "")
        if block is None and part in _TOP:
            return f"{_TOP[part]}.{leaf}"
        if block is not None and part in self.blocks:
            return f"model.layers.{block}.{self.blocks[part]}.{leaf}"
        if stored.startswith(_PICTURES):
            raise BaseUnsupported(
                "This base also sees pictures, which cannot be trained here; chatting with it"
                " still works.",
                "Choose a base of the same family that reads text alone.",
            )
        raise BaseUnsupported(
            f"This base has a part that is not known here ({stored}), so it cannot be trained;"
            " chatting with it still works.",
            "Choose another base for the persona.",
        )


FAMILIES = {
    "llama": Family("LlamaForCausalLM", "llama", turned_queries=True),
    "qwen2": Family("Qwen2ForCausalLM", "qwen2"),
    "qwen3": Family("Qwen3ForCausalLM", "qwen3", {**_BLOCK, **_HEAD_NORMS}),
    "gemma": Family("GemmaForCausalLM", "gemma", norms_with_one=True),
    "gemma2": Family("Gemma2ForCausalLM", "gemma2", _FOUR_NORMS, norms_with_one=True),
    "gemma3": Family(
        "Gemma3ForCausalLM", "gemma3_text", {**_FOUR_NORMS, **_HEAD_NORMS}, norms_with_one=True
    ),
}
# Mistral's files say llama; these stand in a sentence for people.
NAMES_FOR_PEOPLE = "llama, mistral, qwen2, qwen3, gemma, gemma2 and gemma3"


def family_of(architecture: str, experts: int) -> Family:
    """The family of a base; others are refused with what will not work."""
    found = FAMILIES.get(architecture)
    if found is None or experts > 0:
        kind = f"{architecture} with {experts} experts" if experts > 0 else architecture
        raise BaseUnsupported(
            f"This base is of the family {kind}. Chatting with it works, training a persona on it"
            f" does not: that takes a base of {NAMES_FOR_PEOPLE}, without experts.",
            "Choose another base for the persona.",
        )
    return found


def names_in_transformers(family: Family, stored: Iterable[str]) -> dict[str, str]:
    """What each weight is called in the file, by its name in transformers."""
    return {family.name(name): name for name in stored if name != ROPE_FREQUENCIES}
