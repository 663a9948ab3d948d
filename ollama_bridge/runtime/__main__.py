"""`python -m ollama_bridge.runtime --home DIR`: the supervisor process of a home."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from ollama_bridge.runtime.supervisor import supervise


def main() -> int:
    """Read the command line and supervise."""
    parser = argparse.ArgumentParser(prog="python -m ollama_bridge.runtime")
    parser.add_argument("--home", type=Path, required=True, help="the folder to serve from")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    return supervise(parser.parse_args().home)


if __name__ == "__main__":
    sys.exit(main())
