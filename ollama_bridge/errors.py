"""What can go wrong between an adapter and a reply.

BridgeError
├── RuntimeStartError   the built-in runtime or its model server did not start; disk_full,
│                       read_only, runtime_missing (a package of it is not installed)
├── RuntimeLost         the runtime died in the middle of a reply
├── RuntimeUnloaded     the model is not in memory now (a training took its place)
├── RequestRefused      the model server refused a request
│   └── ContextTooLong  the conversation is longer than the context
├── AdapterUnknown      a reply was asked of an adapter that was not named in serve()
├── AdapterUnsupported  an adapter that GGUF cannot express
├── AdapterMismatch     an adapter that does not belong to the base
├── GgufUnreadable      a file that is no GGUF model, or a damaged one
├── FolderUnusable      a Hugging Face folder that cannot be written as GGUF
├── ModelUnknown        a model that Ollama does not have
├── ModelUnusable       a model of Ollama that no adapter can be trained on
└── OllamaError         an Ollama server did not do what it was asked
    ├── OllamaGone      it does not answer, or went away in the middle
    ├── OllamaLocked    it asks for a key
    ├── OllamaFull      its disk is full
    ├── OllamaRefused   it said no
    ├── NameTaken       a model that is not ours has the name
    └── NotDeployed     no way of this server takes the adapter, or what it serves differs
"""

from __future__ import annotations


class BridgeError(Exception):
    """A known error: what happened, what was kept, and what to do next."""

    kind = "bridge"

    def __init__(self, text: str, next_step: str, *, kept: str = "", kind: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.next_step = next_step
        self.kept = kept
        if kind:
            self.kind = kind

    def __str__(self) -> str:
        return " ".join(part for part in (self.text, self.kept, self.next_step) if part)


class RuntimeStartError(BridgeError):
    """The runtime, or the model server under it, did not start."""

    kind = "runtime_start"


class RuntimeLost(BridgeError):
    """The runtime died while a reply was being written; the caller has what came before."""

    kind = "runtime_lost"


class RuntimeUnloaded(BridgeError):
    """No model is in memory: it was freed on purpose, and the next serve() brings it back."""

    kind = "runtime_unloaded"


class RequestRefused(BridgeError):
    """The model server answered a request with an error."""

    kind = "request_refused"


class ContextTooLong(RequestRefused):
    """The conversation does not fit into the context of a slot."""

    kind = "context_too_long"

    def __init__(self, tokens: int, context_tokens: int) -> None:
        super().__init__(
            f"The conversation has {tokens} tokens and the context holds {context_tokens}.",
            "Start a new conversation, or choose a larger context in the settings.",
        )
        self.tokens = tokens
        self.context_tokens = context_tokens


class AdapterUnknown(BridgeError):
    """A reply was asked of an adapter that this client never asked to serve."""

    kind = "adapter_unknown"


class AdapterUnsupported(BridgeError):
    """The PEFT adapter uses something that a GGUF adapter cannot express."""

    kind = "adapter_unsupported"


class AdapterMismatch(BridgeError):
    """The adapter's tensors do not fit the base model, or one another."""

    kind = "adapter_mismatch"


class GgufUnreadable(BridgeError):
    """The file is not a GGUF model, or it is damaged."""

    kind = "gguf_unreadable"


class FolderUnusable(BridgeError):
    """A Hugging Face folder is damaged, not whole, or of a kind that cannot be written as GGUF."""

    kind = "folder_unusable"


class ModelUnknown(BridgeError):
    """Ollama has no model of this name."""

    kind = "ollama_unknown"


class ModelUnusable(BridgeError):
    """Ollama has it, but in a form on which no adapter can be trained."""

    kind = "ollama_unusable"


class OllamaError(BridgeError):
    """The Ollama server did not do what it was asked."""

    kind = "ollama"


class OllamaGone(OllamaError):
    """It does not answer, or went away in the middle."""

    kind = "ollama_gone"


class OllamaLocked(OllamaError):
    """It asks for a key."""

    kind = "ollama_locked"


class OllamaFull(OllamaError):
    """The disk on which it keeps its models is full."""

    kind = "ollama_full"


class OllamaRefused(OllamaError):
    """It said no; `said` are its words."""

    kind = "ollama_refused"

    def __init__(self, text: str, next_step: str, *, said: str = "") -> None:
        super().__init__(text, next_step)
        self.said = said


class NameTaken(OllamaError):
    """A model that is not ours has the name; `lost` are those that nothing would bring back."""

    kind = "ollama_name_taken"

    def __init__(
        self, text: str, next_step: str, *, kept: str = "", lost: tuple[str, ...] = ()
    ) -> None:
        super().__init__(text, next_step, kept=kept)
        self.lost = lost


class NotDeployed(OllamaError):
    """No way of this server takes the adapter, or what it serves is not what was trained."""

    kind = "ollama_not_deployed"
