"""What decides how much a base takes: its sizes, read from its own description, torch-free."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

# More rows than any single table of the families but Gemma: then embeddings and head are two.
_TWO_TABLES = 200_000
# The families that a training here knows, by their names in GGUF; Mistral's files say llama.
TRAINABLE_FAMILIES = frozenset({"llama", "qwen2", "qwen3", "gemma", "gemma2", "gemma3"})
# The kinds of weights that are read for training.
TRAINABLE_TYPES = frozenset(
    {
        "F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1",
        "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K",
    }
)  # fmt: skip


@dataclass(frozen=True)
class BaseShape:
    """The sizes of a base; `between` is the width inside a block's feed-forward part."""

    architecture: str
    hidden: int
    between: int
    layers: int
    heads: int
    heads_kv: int
    head_size: int
    vocabulary: int
    tied: bool

    @property
    def attention(self) -> int:
        """Width of all heads together, which need not be the hidden size."""
        return self.heads * self.head_size

    @property
    def keys(self) -> int:
        """Width of the keys, and of the values."""
        return self.heads_kv * self.head_size

    @property
    def projections(self) -> dict[str, tuple[int, int]]:
        """Rows and columns of the seven projections of a block."""
        return {
            "q_proj": (self.attention, self.hidden),
            "k_proj": (self.keys, self.hidden),
            "v_proj": (self.keys, self.hidden),
            "o_proj": (self.hidden, self.attention),
            "gate_proj": (self.between, self.hidden),
            "up_proj": (self.between, self.hidden),
            "down_proj": (self.hidden, self.between),
        }

    @property
    def block_weights(self) -> int:
        """Weights of all blocks, without their few norms and biases."""
        return self.layers * sum(rows * columns for rows, columns in self.projections.values())

    @property
    def table_weights(self) -> int:
        """Weights of the embeddings, and of the head where it has its own."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def weights(self) -> int:
        return self.block_weights + self.table_weights

    def adapter_weights(self, rank: int, targets: Collection[str]) -> int:
        """Weights of an adapter of this rank on these projections."""
        each = (sum(size) for name, size in self.projections.items() if name in targets)
        return self.layers * rank * sum(each)


def shape_of_config(config: Mapping[str, Any]) -> BaseShape:
    """The shape that a `config.json` describes; KeyError where it lacks a size."""
    text = config.get("text_config") or config
    heads, hidden = int(text["num_attention_heads"]), int(text["hidden_size"])
    return BaseShape(
        architecture=str(text.get("model_type", "")),
        hidden=hidden,
        between=int(text["intermediate_size"]),
        layers=int(text["num_hidden_layers"]),
        heads=heads,
        heads_kv=int(text.get("num_key_value_heads") or heads),
        head_size=int(text.get("head_dim") or hidden // heads),
        vocabulary=int(text["vocab_size"]),
        tied=bool(text.get("tie_word_embeddings", config.get("tie_word_embeddings", False))),
    )


def shape_of_metadata(metadata: Mapping[str, Any]) -> BaseShape:
    """The shape that the keys of a GGUF header describe; KeyError where one is missing.

    Servers leave the vocabulary out of what they tell; then it follows from the number of
    parameters.
    """
    name = str(metadata["general.architecture"])

    def value(key: str) -> Any:
        found = metadata.get(f"{name}.{key}")
        return max(found) if isinstance(found, list) else found

    def size(key: str) -> int:
        found = value(key)
        if found is None:
            raise KeyError(f"{name}.{key}")
        return int(found)

    hidden, heads = size("embedding_length"), size("attention.head_count")
    shape = BaseShape(
        architecture=name,
        hidden=hidden,
        between=size("feed_forward_length"),
        layers=size("block_count"),
        heads=heads,
        heads_kv=int(value("attention.head_count_kv") or heads),
        head_size=int(value("attention.key_length") or hidden // heads),
        vocabulary=0,
        tied=True,
    )
    return _with_tables(shape, metadata, int(value("vocab_size") or 0))


def _with_tables(shape: BaseShape, metadata: Mapping[str, Any], vocabulary: int) -> BaseShape:
    tokens = metadata.get("tokenizer.ggml.tokens")
    vocabulary = vocabulary or (len(tokens) if isinstance(tokens, list) else 0)
    parameters = int(metadata.get("general.parameter_count") or 0)
    rows = (parameters - shape.block_weights) // shape.hidden if parameters else 0
    if vocabulary:
        tied = rows < 1.5 * vocabulary
    elif rows > 0:
        tied = rows <= _TWO_TABLES or shape.architecture.startswith("gemma")
        vocabulary = rows if tied else rows // 2
    else:
        raise KeyError("tokenizer.ggml.tokens")
    sizes = {**vars(shape), "vocabulary": vocabulary, "tied": tied}
    return BaseShape(**sizes)


def why_not_trainable(metadata: Mapping[str, Any], quantisation: str) -> str:
    """Why a base can only be chatted with; empty where it can be trained."""
    family = str(metadata.get("general.architecture", ""))
    if family not in TRAINABLE_FAMILIES:
        return f"its family ({family or 'not told'}) is not known to the training"
    if int(metadata.get(f"{family}.expert_count") or 0):
        return "a mixture of experts cannot be trained here"
    if any(key.startswith(f"{family}.vision.") for key in metadata):
        return "it also sees pictures, and only bases of text alone can be trained here"
    kind = quantisation.upper().removesuffix("_S").removesuffix("_M").removesuffix("_L")
    if kind not in TRAINABLE_TYPES:
        return f"its weights ({quantisation or 'of a kind not told'}) cannot be read for training"
    return ""
