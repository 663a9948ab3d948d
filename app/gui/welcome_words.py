"""What the first start says of a computer and of what could be the base on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.gui.translation import tr

if TYPE_CHECKING:
    from app.operations.computer import Computer
    from app.operations.first_start import Candidate, FirstLook

_HOUR_S, _DAY_S = 3600.0, 86_400.0
_LANGUAGE_NAMES = {"en": "English", "ko": "한국어"}


def roughly(seconds: float) -> str:
    """A time that nobody measured yet."""
    if seconds < 5 * 60:
        return tr("a few minutes")
    if seconds < 1.5 * _HOUR_S:
        return tr("about {minutes} min", minutes=round(seconds / 300) * 5)
    if seconds < _DAY_S:
        return tr("about {hours} h", hours=round(seconds / _HOUR_S))
    return tr("longer than a day")


def gigabytes(size_bytes: float) -> str:
    """A size as disks and shops count it."""
    return f"{size_bytes / 1e9:.1f} GB"


def memory(mebibytes: float) -> str:
    """A size of memory, as it is sold."""
    return f"{mebibytes / 1024:.1f} GB"


def computer_words(computer: Computer) -> str:
    """The parts that decide what can be trained."""
    total, free = computer.memory_bytes / 2**20, computer.free_memory_bytes / 2**20
    card = max(computer.cards, key=lambda each: each.memory_bytes, default=None)
    if computer.shared_memory:
        trains = tr("trains on the graphics processor of this Mac")
    elif card is not None:
        trains = tr("{name} with {size}", name=card.name, size=memory(card.memory_bytes / 2**20))
    else:
        trains = tr("no graphics card to train on, so the processor does it")
    return " · ".join(
        (
            tr("{processor}, cores: {cores}", processor=computer.processor, cores=computer.cores),
            tr("{total} of memory, {free} of it free", total=memory(total), free=memory(free)),
            trains,
            tr("{free} free on the disk", free=gigabytes(computer.free_disk_bytes)),
        )
    )


def starter_month(found: FirstLook) -> str:
    """What training means here, in one sentence."""
    seconds = found.candidates[0].row.seconds
    if seconds is None:
        return tr("This computer can chat with the starter model at once.")
    return tr("A persona's month takes {time} here with the starter model.", time=roughly(seconds))


def languages_of(candidate: Candidate) -> str:
    """The languages of a candidate, as far as they are known."""
    if candidate.languages == ("en",):
        return tr("English only")
    names = [_LANGUAGE_NAMES[code] for code in candidate.languages if code in _LANGUAGE_NAMES]
    return ", ".join(names) or tr("not told")


def memory_of(candidate: Candidate) -> str:
    """The memory that a training takes of what is there, or why there is no training."""
    row = candidate.row
    if row.verdict == "chat_only" or row.needed_mb is None:
        return tr("for chat only")
    if row.there_mb is None:
        return memory(row.needed_mb)
    if row.fits:
        return tr("{needed} of {there}", needed=memory(row.needed_mb), there=memory(row.there_mb))
    return tr(
        "needs {needed}, {there} free", needed=memory(row.needed_mb), there=memory(row.there_mb)
    )


def month_of(candidate: Candidate) -> str:
    """The time of a month, where it could be trained."""
    row = candidate.row
    if not row.trainable or row.verdict == "chat_only" or row.seconds is None:
        return "–"
    return roughly(row.seconds)


def disk_of(candidate: Candidate) -> str:
    """What a candidate takes of disk and line."""
    to_come = candidate.place == "starter" and candidate.base_id is None
    if candidate.place == "hub" or to_come:
        return tr("{size} to download", size=gigabytes(candidate.size_bytes))
    if candidate.place == "ollama":
        return tr("{size}, in Ollama already", size=gigabytes(candidate.size_bytes))
    return tr("{size}, here already", size=gigabytes(candidate.size_bytes))
