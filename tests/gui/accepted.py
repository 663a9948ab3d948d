"""Pictures that were looked at and accepted, kept as small grey copies, and how near one comes.

Compared in CI, where fonts are the same. After a change that is meant:
`PERENNIAL_ACCEPT=1 python3 start.py test tests/gui`, then look at what changed.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

from filelock import FileLock
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

FILE = Path(__file__).with_name("accepted_pictures.json")
ACCEPT_VARIABLE = "PERENNIAL_ACCEPT"
COLUMNS, ROWS = 32, 20
# A word more or less, or another date, stays below; a part that is missing or moved does not.
LARGEST_MEAN = 6.0
PLAINLY_OTHER, LARGEST_SHARE = 48, 0.06
SPARE_PX = 24


def small(image: QImage) -> bytes:
    """A picture as a few grey squares."""
    scaled = image.scaled(
        COLUMNS, ROWS, Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    ).convertToFormat(QImage.Format.Format_Grayscale8)  # fmt: skip
    return b"".join(bytes(scaled.constScanLine(row))[:COLUMNS] for row in range(ROWS))


def difference(image: QImage, accepted: dict[str, object]) -> str:
    """In what a picture is not the accepted one; empty where it is."""
    size = (image.width(), image.height())
    before = tuple(accepted["size"])  # type: ignore[arg-type]
    if any(abs(one - other) > SPARE_PX for one, other in zip(size, before, strict=True)):
        return f"it is {size[0]} x {size[1]} px, and was {before[0]} x {before[1]}"
    grey = base64.b64decode(str(accepted["grey"]))
    apart = [abs(one - other) for one, other in zip(small(image), grey, strict=True)]
    mean, plain = sum(apart) / len(apart), sum(each > PLAINLY_OTHER for each in apart)
    if mean <= LARGEST_MEAN and plain <= LARGEST_SHARE * len(apart):
        return ""
    return f"{mean:.1f} of 255 apart, {plain} of {len(apart)} squares plainly"


def check(name: str, image: QImage) -> str:
    """What is wrong with a picture; where it is asked for, it is accepted as it is."""
    if os.environ.get(ACCEPT_VARIABLE):
        _accept(name, image)
        return ""
    if not os.environ.get("CI"):
        return ""
    accepted = _read().get(name)
    if accepted is None:
        return "nobody has accepted it: see tests/gui/accepted.py"
    return difference(image, accepted)


def _accept(name: str, image: QImage) -> None:
    with FileLock(f"{FILE}.lock"):
        known = _read()
        if name in known and not difference(image, known[name]):
            return
        known[name] = {
            "size": [image.width(), image.height()],
            "grey": base64.b64encode(small(image)).decode(),
        }
        rows = (f"  {json.dumps(each)}: {json.dumps(known[each])}" for each in sorted(known))
        FILE.write_text("{\n" + ",\n".join(rows) + "\n}\n", "utf-8")


def _read() -> dict[str, dict[str, object]]:
    if not FILE.exists():
        return {}
    found: dict[str, dict[str, object]] = json.loads(FILE.read_text("utf-8"))
    return found
