"""Starts the app as `perennial` does, with an eye that tells what is where on the screen.

The eye only looks: it answers questions on a local socket, one line a question, and changes
nothing. Whatever happens in the window is done by mouse and keyboard from outside.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from typing import Any

from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QWindow
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

NO_WIDGETS = ("app.gui.runtime_tools", "app.gui.programs_server")  # what threads work with


class Watch(MetaPathFinder):
    """Ends the process where another thread than the window's imports what makes widgets.

    PySide is not safe there: now and then that ends it by itself, in the middle of anything.
    """

    def find_spec(self, name: str, _path: object, _target: object = None) -> None:
        makes_widgets = name.split(".")[0] in ("PySide6", "pyqtgraph", "qtawesome") or (
            name.startswith("app.gui.") and name not in NO_WIDGETS
        )
        thread = threading.current_thread()
        if makes_widgets and thread is not threading.main_thread():
            os.write(2, f"{name} is imported in the thread {thread.name}\n".encode())
            os._exit(1)


class Eye(QObject):
    """Answers where a widget is and what stands in it, and takes pictures of the screen."""

    def __init__(self, application: QApplication, place: str) -> None:
        super().__init__(application)
        self._application = application
        self._activations = 0
        application.focusWindowChanged.connect(self._on_focus_window_changed)
        QLocalServer.removeServer(place)
        self._server = QLocalServer(self)
        self._server.newConnection.connect(self._on_connected)
        if not self._server.listen(place):
            raise OSError(self._server.errorString())

    def _on_focus_window_changed(self, window: QWindow | None) -> None:
        self._activations += window is not None

    def _on_connected(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(lambda each=socket: self._on_asked(each))
            socket.disconnected.connect(socket.deleteLater)
            self._on_asked(socket)

    def _on_asked(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            return
        asked = json.loads(bytes(socket.readLine().data()))
        socket.write(json.dumps(self._answer(asked)).encode() + b"\n")
        socket.disconnectFromServer()

    def _answer(self, asked: dict[str, str]) -> Any:
        if "picture" in asked:
            picture = self._application.primaryScreen().grabWindow(0)
            return picture.save(asked["picture"])
        if "activations" in asked:
            return self._activations
        if "words" in asked:
            visible = (each for each in self._application.allWidgets() if each.isVisible())
            return sorted({words for each in visible for words in app_words(each) if words})
        name, inside = asked["find"], asked.get("inside", "")
        widgets: list[QWidget] = self._application.allWidgets()
        if inside:
            widgets = [
                part
                for widget in widgets
                if widget.objectName() == inside and widget.isVisible()
                for part in widget.findChildren(QWidget)
            ]
        return [
            describe(widget)
            for widget in widgets
            if widget.objectName() == name and widget.isVisible()
        ]


def app_words(widget: QWidget) -> Iterator[str]:
    """What the app says with a widget, to the eye and aloud; not what people and models write."""
    yield widget.toolTip()
    yield widget.accessibleName()
    yield widget.accessibleDescription()
    if widget.isWindow():
        yield widget.windowTitle()
    if isinstance(widget, QLabel | QAbstractButton):
        yield widget.text().strip()
    elif isinstance(widget, QLineEdit | QPlainTextEdit | QTextEdit):
        yield widget.placeholderText()
    elif isinstance(widget, QComboBox):
        yield from (widget.itemText(at) for at in range(widget.count()))
    elif isinstance(widget, QMenu):
        yield from (action.text().partition("\t")[0] for action in widget.actions())


def describe(widget: QWidget) -> dict[str, Any]:
    """What a person would see of a widget."""
    seen = _seen_part(widget)
    corner = widget.mapToGlobal(seen.topLeft())
    checked = isinstance(widget, QAbstractButton) and widget.isChecked()
    return {
        "x": corner.x(),
        "y": corner.y(),
        "width": seen.width(),
        "height": seen.height(),
        "enabled": widget.isEnabled(),
        "checked": checked,
        "text": _text(widget),
        "tip": widget.toolTip(),
        "active": widget.isActiveWindow(),
        "window": int(widget.window().winId()),
        "points": _points(widget),
    }


def _seen_part(widget: QWidget) -> QRect:
    """The part that no scrolling area cuts off, in the widget's own places."""
    seen, part = widget.rect(), widget
    while not part.isWindow() and (parent := part.parentWidget()) is not None:
        seen = seen.translated(part.pos()).intersected(parent.rect())
        part = parent
    corner = widget.mapFrom(part, seen.topLeft()) if part is not widget else seen.topLeft()
    return QRect(corner, seen.size())


def _text(widget: QWidget) -> str:
    if isinstance(widget, QPlainTextEdit | QTextEdit):
        return widget.toPlainText()
    read = getattr(widget, "text", None)
    if callable(read):
        return str(read())
    parts: list[QTextEdit | QPlainTextEdit] = [*widget.findChildren(QTextEdit)]
    parts += widget.findChildren(QPlainTextEdit)
    return "\n".join(part.toPlainText() for part in parts)


def _points(widget: QWidget) -> int:
    """How many points a chart has drawn."""
    plot: Any = next((each for each in widget.findChildren(QWidget) if _is_plot(each)), None)
    if plot is None:
        return 0
    lines = [item.getData()[0] for item in plot.listDataItems()]
    return max((len(xs) for xs in lines if xs is not None), default=0)


def _is_plot(widget: QWidget) -> bool:
    return hasattr(widget, "listDataItems")


if __name__ == "__main__":
    socket_path = sys.argv.pop(1)
    shown = Eye(QApplication(sys.argv[:1]), socket_path)
    from app.cli import main

    sys.meta_path.insert(0, Watch())
    main()
