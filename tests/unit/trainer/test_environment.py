"""What torch reads only once is there before it is loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.unit.trainer.tiny_run import ROOT
from trainer import environment


def test_what_a_person_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who knows their machine better would be overruled without a word."""
    for name in environment.SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    environment.prepare()
    wanted = {**environment.SETTINGS, "GOMP_SPINCOUNT": "7"}
    assert {name: os.environ[name] for name in wanted} == wanted


def test_it_is_prepared_without_loading_torch() -> None:
    """Set after torch is loaded, nothing of it would count, and nobody would notice."""
    asked = (
        "import json, sys, trainer.__main__, trainer.environment as e; e.prepare();"
        "print(json.dumps('torch' in sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert json.loads(told.stdout) is False
