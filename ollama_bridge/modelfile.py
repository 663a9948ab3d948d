"""The text of a Modelfile: what people read, keep beside an adapter, and give to Ollama."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

Parameter = float | int | str | Sequence[str]

DEFAULT_PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {"temperature": 0.7, "top_p": 0.9, "top_k": 40, "num_predict": 512}
)

_PARAMETER_NAME = re.compile(r"[A-Za-z0-9_]+")


def modelfile(
    base: str,
    adapter: Path | None,
    system: str,
    parameters: Mapping[str, Parameter] = DEFAULT_PARAMETERS,
    template: str | None = None,
    license: str | None = None,
) -> str:
    """A Modelfile that Ollama reads back as given, whatever stands in the texts."""
    lines = [f"FROM {_argument(base)}"]
    if adapter is not None:
        lines.append(f"ADAPTER {_argument(str(adapter))}")
    for name, value in parameters.items():
        if not _PARAMETER_NAME.fullmatch(name):
            raise ValueError(f"not the name of a parameter: {name!r}")
        lines.extend(f"PARAMETER {name} {each}" for each in _values(value))
    if template is not None:
        lines.append(f"TEMPLATE {quote(template)}")
    if system:
        lines.append(f"SYSTEM {quote(system)}")
    if license is not None:
        lines.append(f"LICENSE {quote(license)}")
    return "\n".join(lines) + "\n"


def quote(text: str) -> str:
    '''A text in triple quotes.

    Ollama's parser knows no escapes: a quoted text ends with the line that ends in three
    quotes. Only such a line of the text itself would end it, so in a text of several lines
    """ becomes \'\'\'.
    '''
    if "\n" in text or "\r" in text:
        text = text.replace('"""', "'''")
    return f'"""{text}"""'


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
