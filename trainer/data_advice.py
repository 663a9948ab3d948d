"""What is said of conversations that cannot be learned, in the words that the window translates."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DATA_ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "too_long": "Longer than {max_length} tokens: {conversations} conversations, of which {cut}"
        " were cut behind a reply and {left_out} left out. {replies} replies teach nothing this"
        " time; your own stay new. Next time: a larger max_length in the recipe takes them in.",
        "not_rendered": "Conversations that teach nothing, since the base's chat template does not"
        " take them: {conversations}. {trouble}",
    }
)
