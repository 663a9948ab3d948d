"""The sentences of a text, as far as one can tell by its marks and lines."""

from __future__ import annotations

import re

from replay.measures.scripts import prose

# Ends behind a mark that a space follows: else 3.5 or example.com were two.
_END = re.compile(r"(?<=[.!?。！？…])[\"”’')\]*]*\s+|\n+|(?<=[。！？])")
_LIST_MARK = re.compile(r"^\s*(?:[-*•#>]+|\d{1,3}[.)])[ \t]+", re.MULTILINE)
_SHORT = re.compile(r"\b(?:e\.g|i\.e|etc|vs|mr|mrs|ms|dr|prof|st|no)\.(?=\s)", re.IGNORECASE)


def sentences_of(text: str) -> list[str]:
    """Sentences without code; a line is at least one, with or without its mark."""
    plain = _LIST_MARK.sub("", prose(text))
    plain = _SHORT.sub(lambda match: match[0][:-1], plain)
    return [each.strip() for each in _END.split(plain) if re.search(r"\w", each)]
