"""How much subjects sound as they should: as the persona is set, and as this user approved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from replay.measures.style import distance, style_of
from replay.measures.traits import TRAITS, apart, traits_of

# A difference that nobody would hear.
ALIKE = 0.02


@dataclass(frozen=True)
class Adherence:
    """Traits by subject, `settings` and `wanted` among them, and how far each is from wanted."""

    traits: Mapping[str, Mapping[str, float]]
    far: Mapping[str, float]

    @property
    def prompting_is_as_good(self) -> bool:
        """Whether examples in the prompt bring the base as near as the training did."""
        return "prompted" in self.far and self.far["prompted"] <= self.far["candidate"] + ALIKE


def adherence(
    replies: Mapping[str, Sequence[str]], wanted: Sequence[str], settings: Mapping[str, float]
) -> Adherence:
    """What the replies of each subject show, beside the persona's settings and what was wanted."""
    asked = traits_of(wanted) if wanted else dict(settings)
    told = {name: traits_of(said) for name, said in replies.items()}
    far = {
        name: round(
            fmean([apart(told[name], asked), distance(style_of(said), style_of(wanted))]), 4
        )
        for name, said in replies.items()
    }
    set_as = {name: settings[name] for name in TRAITS if name in settings}
    return Adherence({**told, "wanted": asked, "settings": set_as}, far)
