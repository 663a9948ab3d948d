"""YAML from strangers: no aliases that grow without end, no depth that ends the process."""

from __future__ import annotations

import yaml

MOST_DEPTH = 50
MOST_PARTS = 400_000
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
# The loader in C where there is one: twenty times as fast.
_FASTEST: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_FASTEST):  # type: ignore[misc, valid-type]
    """Leaves a date as it is written."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (PyYAML's own name)
        first: [rule for rule in rules if rule[0] != _TIMESTAMP]
        for first, rules in _FASTEST.yaml_implicit_resolvers.items()
    }


def documents(text: str) -> list[object]:
    """Every document of a text that is not empty; what is refused is a YAMLError."""
    _refuse_growth(text)
    try:
        read = list(yaml.load_all(text, _Loader))
    except (ValueError, TypeError, OverflowError) as error:  # !!int x, {[a]: b}
        raise yaml.YAMLError(str(error)) from error
    return [each for each in read if each is not None]


def _refuse_growth(text: str) -> None:
    """Aliases multiply what they stand for, and the loader in C falls over deep nesting."""
    parts = 0  # as many as there are once every alias is written out
    sizes: dict[str | None, int] = {}
    open_parts: list[tuple[str | None, int]] = []
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.DocumentStartEvent):
            sizes = {}
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise yaml.YAMLError(f"*{event.anchor} stands for nothing before it")
            parts += sizes[event.anchor]
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_parts.pop()
            sizes[anchor] = parts - before
        elif isinstance(event, yaml.NodeEvent):
            if isinstance(event, yaml.CollectionStartEvent):
                open_parts.append((event.anchor, parts))
            else:
                sizes[event.anchor] = 1
            parts += 1
        if len(open_parts) > MOST_DEPTH:
            raise yaml.YAMLError(f"it is nested more than {MOST_DEPTH} deep")
        if parts > MOST_PARTS:
            raise yaml.YAMLError("its aliases make too much of it")
