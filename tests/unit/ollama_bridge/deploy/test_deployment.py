"""A server that cannot be compared with the training must not be deployed to."""

from __future__ import annotations

import pytest

from ollama_bridge.deploy.deployment import check_version
from ollama_bridge.errors import OllamaError
from ollama_bridge.loopback import is_loopback


@pytest.mark.parametrize("version", ["0.1.32", "0.12.10", "0.12.9-rc1"])
def test_a_server_that_tells_no_log_probabilities_is_too_old(version: str) -> None:
    with pytest.raises(OllamaError, match="too old") as caught:
        check_version(version)
    assert "0.12.11" in caught.value.next_step


@pytest.mark.parametrize("version", ["0.12.11", "0.24.0", "0.34.1-rc0", "1.0.0", "0.0.0", "local"])
def test_newer_ones_and_those_that_somebody_built_are_tried(version: str) -> None:
    check_version(version)


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("http://127.0.0.1:11434", True),
        ("http://localhost:11434", True),
        ("http://[::1]:11434", True),
        ("http://192.168.1.5:11434", False),
        ("https://ollama.example.org", False),
        ("http://127.0.0.1.example.org", False),
    ],
)
def test_another_computer_is_told_from_this_one(address: str, here: bool) -> None:
    """Nothing of a persona leaves the machine without having been asked for."""
    assert is_loopback(address) is here
