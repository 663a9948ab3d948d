"""What has to be set before torch is loaded, since it is read only once."""

from __future__ import annotations

import os

SETTINGS = {
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    # On Linux a thread that waits keeps its core busy, by default for so long that any other
    # program on the machine slows the training many times over.
    "GOMP_SPINCOUNT": "30000",
    # oneDNN keeps a program for each size of product, 1.4 MB each and up to 1,024 of them, and
    # each pack has sizes of its own: that came to more than the activations. A pack needs some
    # 50, each of which is made in a millisecond and used in every block.
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64",
}


def prepare() -> None:
    """Set what nobody set otherwise."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
