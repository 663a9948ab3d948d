"""YAML with the line of each value, so that a wrong one can be found."""

from __future__ import annotations

from typing import Any

import yaml

_DEEPEST = 8
# What looks like one of these is a plain word here: `on` and `off` are values of a recipe.
_WORDS = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")

Lines = dict[tuple[str | int, ...], int]


class _Loader(yaml.SafeLoader):
    pass


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag not in _WORDS]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_with_lines(text: str) -> tuple[Any, Lines]:
    """The values of a file, and the line (from 1) of each by its place."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return {}, {}
        lines: Lines = {}
        _note(node, (), lines)
        return loader.construct_document(node), lines
    except (ValueError, RecursionError) as error:  # numbers like 0b_, brackets without end
        raise yaml.YAMLError(str(error)) from error
    finally:
        loader.dispose()


def _note(node: yaml.Node, place: tuple[str | int, ...], lines: Lines) -> None:
    if len(place) > _DEEPEST:
        return  # an alias may stand for what it stands in
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            own = (*place, str(key.value))
            if own in lines:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value} stands there twice", problem_mark=key.start_mark
                )
            _note(value, own, lines)
            lines[own] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note(value, (*place, index), lines)
