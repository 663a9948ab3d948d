"""What an Ollama serves, held against what was trained: prompts by the byte, replies by the token.

Ollama tells log-probabilities of the likeliest next tokens, by their texts. So a trained reply is
walked along token by token: each time the server is shown the prompt and what came before, and
asked for one token more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ollama_bridge.deploy.api import OllamaApi, OnProgress, no_progress
from ollama_bridge.deploy.plan import ModelTexts
from ollama_bridge.deploy.shown import parameters_of
from ollama_bridge.runtime.client import RuntimeClient

Token = TypeVar("Token", int, str)
LIKELIEST = 20
# Precisions differ between torch and the servers: the base shows by how much they do anyway.
TIMES_BASE = 3.0
SPARE = 0.05


@dataclass(frozen=True)
class Parity:
    """How far served and trained lie apart, in nats a token; `differs` names what is not equal."""

    prompts_equal: bool
    base_difference: float
    candidate_difference: float
    tokens: int
    differs: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the candidate is served as faithfully as its base."""
        allowed = TIMES_BASE * self.base_difference + SPARE
        return self.prompts_equal and not self.differs and self.candidate_difference <= allowed

    @property
    def words(self) -> str:
        """What is not as it was trained."""
        found = list(self.differs)
        if not self.prompts_equal:
            found.insert(0, "the prompt is written differently")
        if self.candidate_difference > TIMES_BASE * self.base_difference + SPARE:
            found.append(
                f"its log-probabilities differ by {self.candidate_difference:.3f} a token, the"
                f" base's by {self.base_difference:.3f}"
            )
        return "; ".join(found)


@dataclass(frozen=True)
class Step:
    """A token of a trained reply: what stands before it, and torch's log-probabilities of it."""

    before: str
    piece: str
    base: float
    candidate: float


@dataclass(frozen=True)
class TextProbe:
    """A trained reply, token by token, behind its prompt."""

    messages: tuple[Mapping[str, str], ...]
    prompt: str
    steps: tuple[Step, ...]


def text_probes(client: RuntimeClient, probes: Sequence[Mapping[str, Any]]) -> list[TextProbe]:
    """The trainer's probes as texts.

    A token that is a part of a character, or before which there is only a part of one, cannot be
    asked for by its text; nor one before which the text would become other tokens.
    """
    return [_text_probe(client, probe) for probe in probes]


def _text_probe(client: RuntimeClient, probe: Mapping[str, Any]) -> TextProbe:
    prompt, tokens = str(probe["prompt"]), list(probe["reply_tokens"])
    steps: list[Step] = []
    before = ""
    for at, (base, candidate) in enumerate(zip(probe["base"], probe["candidate"], strict=True)):
        text = client.detokenize(tokens[: at + 1])
        piece = text.removeprefix(before) if text.startswith(before) else ""
        whole = piece and "\ufffd" not in text and "\ufffd" not in before
        if whole and client.tokenize(before, special=False) == tokens[:at]:
            steps.append(Step(prompt + before, piece, base, candidate))
        before = text
    return TextProbe(tuple(dict(each) for each in probe["prompt_messages"]), prompt, tuple(steps))


def measure_base(
    api: OllamaApi, name: str, probes: Sequence[TextProbe], on_progress: OnProgress = no_progress
) -> float:
    """How far the base as served lies from the base as trained on."""
    asked = [(step, step.base) for probe in probes for step in probe.steps]
    return mean(_differences(api, name, asked, on_progress))


def measure(
    api: OllamaApi,
    name: str,
    base_difference: float,
    probes: Sequence[TextProbe],
    texts: ModelTexts,
    on_progress: OnProgress = no_progress,
) -> Parity:
    """Hold the candidate against the training, and against how far its base lies from it."""
    asked = [(step, step.candidate) for probe in probes for step in probe.steps]
    found = _differences(api, name, asked, on_progress)
    silent = [] if found else ["nothing could be compared"]
    return Parity(
        all(api.rendered(name, probe.messages) in (probe.prompt, None) for probe in probes),
        base_difference,
        mean(found),
        len(found),
        (*silent, *_differing(api, name, texts)),
    )


def _differences(
    api: OllamaApi, model: str, asked: Sequence[tuple[Step, float]], on_progress: OnProgress
) -> list[float]:
    """Without those where the server ends the reply in place of telling what could come next."""
    found = []
    for done, (step, trained) in enumerate(asked, start=1):
        likeliest = api.likeliest(model, step.before, LIKELIEST)
        if likeliest:
            found.append(distance(likeliest, step.piece, trained))
        on_progress(done, len(asked))
    return found


def mean(differences: Sequence[float]) -> float:
    """Of nothing it is 0."""
    return sum(differences) / len(differences) if differences else 0.0


def distance(served: Mapping[Token, float], token: Token, trained: float) -> float:
    """How far a log-probability lies from the trained one.

    A token that is not among the likeliest has at most the probability of the last of them.
    """
    if token in served:
        return abs(served[token] - trained)
    return max(0.0, trained - min(served.values()))


def _differing(api: OllamaApi, name: str, texts: ModelTexts) -> list[str]:
    """What the server says of the model that is not as it was meant."""
    shown = api.show(name)
    found = []
    if str(shown.get("system") or "") != texts.system:
        found.append("the system prompt is another")
    told = parameters_of(shown).get("stop", [])
    missing = [stop for stop in texts.parameters.get("stop", ()) if stop not in told]
    if missing:
        found.append(f"it does not stop at {', '.join(missing)}")
    if "thinking" in (shown.get("capabilities") or ()):
        found.append("it thinks before it answers")
    return found
