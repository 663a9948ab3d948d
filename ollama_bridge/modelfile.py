"""The text of a Modelfile: what people read, keep beside an adapter, and give to Ollama."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

Parameter = float | int | str | Sequence[str]

# Ollama's own repeat_penalty is 1.1: replies would be drawn otherwise than they were examined.
DEFAULT_PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        "temperature": 0.7, "top_p": 0.9, "top_k": 40, "min_p": 0.0, "repeat_penalty": 1.0,
        "num_predict": 512,
    }
)  # fmt: skip

_NOT_HELD = (
    "# A Modelfile has no way to write some letters of this prompt (quotes that end a line,\n"
    "# joiners between emoji): Perennial tells them to Ollama itself."
)
_PARAMETER_NAME = re.compile(r"[A-Za-z0-9_]+")


def modelfile(
    base: str,
    adapter: Path | None,
    system: str,
    parameters: Mapping[str, Parameter] = DEFAULT_PARAMETERS,
    template: str | None = None,
    licences: Sequence[str] = (),
    parser: str | None = None,
) -> str:
    """A Modelfile that Ollama reads back as given, as far as a Modelfile can hold it.

    What it cannot hold is said beside it; a deployment by Perennial keeps it all the same.
    """
    lines = [f"FROM {_argument(base)}"]
    if adapter is not None:
        lines.append(f"ADAPTER {_argument(str(adapter))}")
    for name, value in parameters.items():
        if not _PARAMETER_NAME.fullmatch(name):
            raise ValueError(f"not the name of a parameter: {name!r}")
        lines.extend(f"PARAMETER {name} {each}" for each in _values(value))
    if template is not None:
        lines.append(f"TEMPLATE {quote(template)}")
    if parser is not None:
        lines.append(f"PARSER {parser}")
    if system:
        if held(system) != system:
            lines.append(_NOT_HELD)
        lines.append(f"SYSTEM {quote(system)}")
    lines.extend(f"LICENSE {quote(licence)}" for licence in licences)
    return "\n".join(lines) + "\n"


def held(text: str) -> str:
    """What Ollama reads of a quoted text: it leaves out letters that nobody sees."""
    return "".join(letter for letter in _closed(text) if letter in "\t\n\r " or _is_seen(letter))


def quote(text: str) -> str:
    '''A text in triple quotes.

    Ollama's parser knows no escapes: a quoted text ends with the line that ends in three
    quotes. Only such a line of the text itself would end it, so in a text of several lines
    """ becomes \'\'\'.
    '''
    return f'"""{_closed(text)}"""'


def _closed(text: str) -> str:
    return text.replace('"""', "'''") if "\n" in text or "\r" in text else text


def _is_seen(letter: str) -> bool:
    # As Go's strconv.IsPrint tells them apart.
    return unicodedata.category(letter)[0] in "LMNPS"


def _argument(value: str) -> str:
    plain = value.isprintable() and value == value.strip() and not value.startswith('"')
    return value if plain and value else quote(value)


def _values(value: Parameter) -> Iterator[str]:
    if isinstance(value, str):
        yield _argument(value)
    elif isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, int | float):
        yield f"{value}"
    else:
        for each in value:
            yield _argument(each)
