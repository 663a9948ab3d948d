"""YAML with the line of each value, so that a wrong one can be found."""

from __future__ import annotations

from typing import Any

import yaml

_DEEPEST = 8

Lines = dict[tuple[str | int, ...], int]


def read_with_lines(text: str) -> tuple[Any, Lines]:
    """The values of a file, and the line (from 1) of each by its place."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return {}, {}
        lines: Lines = {}
        _note(node, (), lines)
        return loader.construct_document(node), lines
    finally:
        loader.dispose()


def _note(node: yaml.Node, place: tuple[str | int, ...], lines: Lines) -> None:
    if len(place) > _DEEPEST:
        return  # an alias may stand for what it stands in
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _note(value, (*place, str(key.value)), lines)
            lines[*place, str(key.value)] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note(value, (*place, index), lines)
