"""Files and folders can be dropped anywhere on the window; an overlay says what will happen.

Over a drop zone, such as the field for messages, they go to the zone; elsewhere they come in.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFrame, QWidget

from app.gui.controls import card, column, label
from app.gui.icons import icon_label
from app.gui.theme import space
from app.gui.translation import tr

_ICON_PX = 48
_ARCHIVE, _PICTURE = ".perennial", ".png"


class DropZone(QFrame):
    """A part of the window that takes what is dropped on it for itself."""

    files_given = Signal(list)

    def drop_words(self) -> str:
        """What happens to files that are dropped here."""
        return ""


class DropTarget(QObject):
    """Sees a drag before the widgets of the window do, and puts the overlay over them."""

    dropped = Signal(list)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._overlay: DropOverlay | None = None

    def watch(self) -> None:
        """Begin; the window must be on the screen."""
        handle = self._window.windowHandle()
        if handle is not None:
            handle.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragEnterEvent) and QApplication.activeModalWidget() is None:
            paths = local_paths(event.mimeData())
            if paths:
                self._show(paths)
        return super().eventFilter(watched, event)

    def _show(self, paths: list[Path]) -> None:
        if self._overlay is not None:
            self._overlay.deleteLater()
        zones = (each for each in self._window.findChildren(DropZone) if each.isVisible())
        self._overlay = DropOverlay(self._window, paths, next(zones, None))
        self._overlay.dropped.connect(self.dropped)


class DropOverlay(QFrame):
    """Over the whole window while something is dragged across it."""

    dropped = Signal(list)

    def __init__(
        self, window: QWidget, paths: Sequence[Path], zone: DropZone | None = None
    ) -> None:
        super().__init__(window)
        self.setObjectName("drop_overlay")
        self.setProperty("kind", "drop")
        self.setAcceptDrops(True)
        self.setGeometry(window.rect())
        self._zone = zone
        self._over = _place_in(window, zone) if zone is not None else QRect()
        frame, inside = card("drop_words")
        margin = space("huge")
        below = window.height() - self._over.top() + space("medium") if zone is not None else margin
        outside = column(self, margins=(margin, margin, margin, below))
        outside.addWidget(frame)
        inside.addStretch()
        picture = icon_label("download-simple", "accent_text", _ICON_PX)
        inside.addWidget(picture, alignment=Qt.AlignmentFlag.AlignHCenter)
        for text, kind in (
            (tr("Drop to import"), "display"),
            (what_happens(paths), ""),
            (tr("You see what comes in before anything is stored."), "soft"),
        ):
            line = label(text, kind, wrap=True)
            line.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            inside.addWidget(line)
        inside.addStretch()
        self._frames = [frame]
        if zone is not None:
            self._frames.append(self._zone_frame(zone.drop_words()))
        self.setAccessibleName(tr("Drop to import"))
        self.show()
        self.raise_()

    def dragEnterEvent(self, event: Any) -> None:
        self._show_aim(event.position().toPoint())
        take_copy(event)

    def dragMoveEvent(self, event: Any) -> None:
        self._show_aim(event.position().toPoint())
        take_copy(event)

    def dragLeaveEvent(self, event: Any) -> None:
        self.hide()

    def dropEvent(self, event: Any) -> None:
        take_copy(event)
        self.hide()
        paths = local_paths(event.mimeData())
        if self._zone is not None and self._over.contains(event.position().toPoint()):
            self._zone.files_given.emit(paths)
        else:
            self.dropped.emit(paths)

    def _zone_frame(self, words: str) -> QFrame:
        frame, inside = card("drop_zone")
        frame.setParent(self)
        frame.setGeometry(self._over)
        inside.setContentsMargins(space("small"), 0, space("small"), 0)
        line = label(words, "strong", name="drop_zone_words")
        line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inside.addWidget(line)
        return frame

    def _show_aim(self, at: QPoint) -> None:
        """Have the dashed frame where what is dragged would go."""
        aimed = self._frames[-1 if self._over.contains(at) else 0]
        for frame in self._frames:
            kind = "drop" if frame is aimed else "card"
            if frame.property("kind") != kind:
                frame.setProperty("kind", kind)
                frame.style().unpolish(frame)
                frame.style().polish(frame)


def _place_in(window: QWidget, zone: QWidget) -> QRect:
    return QRect(zone.mapTo(window, QPoint(0, 0)), zone.size())


def local_paths(data: QMimeData) -> list[Path]:
    """The files and folders that are dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def take_copy(event: QDropEvent) -> None:
    """Accept a drag as a copy: whoever drags must not think that the file was moved."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def what_happens(paths: Sequence[Path]) -> str:
    """What becomes of files, as far as their names tell."""
    endings = {path.suffix.lower() for path in paths}
    if endings == {_ARCHIVE}:
        return tr("The archive of a persona: it becomes a persona of its own.")
    if endings == {_PICTURE}:
        return tr("A character card in the picture becomes a persona.")
    return tr(
        "Files and folders: {count}. The conversations in them go to a persona that you choose.",
        count=len(paths),
    )
