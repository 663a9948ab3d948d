"""Known errors of a training, each with a kind that the app can explain.

TrainerError
├── BaseMissing        the base model is not where the run says
├── BaseUnsupported    an architecture, tokenizer or tensor type that cannot be trained here
├── BaseDamaged        the file is there but is not what its digest says
├── DataUnusable       nothing in the data can be learned from
├── DeviceUnusable     no precision works on this device
├── MemoryTooSmall     the run cannot fit into the memory that is there
├── ArchiveRefused     a run cannot be packed as asked
└── Diverged           the loss is no longer a number
"""

from __future__ import annotations


class TrainerError(Exception):
    """Something a person can act on; `kind` is what the app translates."""

    kind = "trainer"

    def __init__(self, text: str, next_step: str) -> None:
        super().__init__(text)
        self.text = text
        self.next_step = next_step


def first_line(error: Exception, most: int = 300) -> str:
    """What an error of a library says, as far as it goes into a sentence."""
    return (str(error).splitlines() or [type(error).__name__])[0][:most]


class BaseMissing(TrainerError):
    kind = "base_missing"


class BaseUnsupported(TrainerError):
    kind = "base_unsupported"


class BaseDamaged(TrainerError):
    kind = "base_damaged"


class DataUnusable(TrainerError):
    kind = "data_unusable"


class DeviceUnusable(TrainerError):
    kind = "device_unusable"


class MemoryTooSmall(TrainerError):
    kind = "memory_too_small"


class Diverged(TrainerError):
    kind = "diverged"


class ArchiveRefused(TrainerError):
    kind = "archive"
