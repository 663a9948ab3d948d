"""The icon beside the clock: how far a training is, the personas to talk to, and word of its end.

Where the desktop has no place for such icons, the word of the end comes all the same.
"""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

from app.gui.icons import glyph
from app.gui.theme import theme
from app.gui.translation import tr

if TYPE_CHECKING:
    from app.gui.train_session import TrainSession
    from app.gui.window import MainWindow

ICON_PX = 64
_RING_PX = 7
SHOWN_MS = 10_000


class Tray(QObject):
    """Lives as long as the window; hidden where there is no tray."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._train: TrainSession | None = None
        self._view = ""
        self._percent: int | None = None
        self.menu = QMenu(window)
        self.menu.setObjectName("tray_menu")
        self.menu.aboutToShow.connect(self._fill_menu)
        self.icon: QSystemTrayIcon | None = None
        if QSystemTrayIcon.isSystemTrayAvailable():
            self.icon = QSystemTrayIcon(picture(None), self)
            self.icon.setContextMenu(self.menu)
            self.icon.activated.connect(self._on_activated)
            self.icon.messageClicked.connect(self._show_training)
            self.icon.show()
        self._fill_menu()
        self._show_progress()

    def follow(self, train: TrainSession) -> None:
        """Show how far a training is, and tell when it is at its end."""
        self._train = train
        self._view = train.view
        train.progressed.connect(self._show_progress)
        train.changed.connect(self._on_train_changed)
        self._on_train_changed()

    def _on_train_changed(self) -> None:
        train = self._train
        if train is None:
            return
        before, self._view = self._view, train.view
        self._show_progress()
        if before == "during" and self._view in ("after", "failed"):
            self._tell_end(train)

    def _tell_end(self, train: TrainSession) -> None:
        """A window that is looked at shows it by itself."""
        if self._window.isActiveWindow():
            return
        words = {
            "passed": tr("The new adapter passed. Use it?"),
            "refused": tr("The new adapter was refused; the one before stays."),
            "undecided": tr("Whether the new adapter is better could not be decided."),
        }
        verdict = train.run.verdict if train.run is not None else None
        text = words.get(verdict or "", tr("The training ended early. What it made is kept."))
        card = self._window.session.card
        self.tell(card.persona.name if card is not None else "Perennial", text)

    def tell(self, title: str, text: str) -> None:
        """Have the desktop show a notice, and the window ask to be looked at."""
        QApplication.alert(self._window)
        sender = shutil.which("notify-send")
        if self.icon is not None and QSystemTrayIcon.supportsMessages():
            self.icon.showMessage(title, text, picture(None), SHOWN_MS)
        elif sender is not None:
            QProcess.startDetached(sender, ["--app-name=Perennial", "--", title, text])

    def _show_progress(self) -> None:
        train = self._train
        during = train is not None and train.view == "during"
        percent = int(train.state.percent) if train is not None and during else None
        if self.icon is None or (percent == self._percent and self.icon.toolTip()):
            self._percent = percent
            return
        self._percent = percent
        self.icon.setIcon(picture(percent))
        self.icon.setToolTip(progress_words(percent))

    def _fill_menu(self) -> None:
        """Made anew each time: the language and the personas may have changed."""
        window, menu = self._window, self.menu
        menu.clear()
        menu.addAction(tr("Show the window"), window.bring_forward).setObjectName("tray_show")
        if self._percent is not None:
            state = menu.addAction(progress_words(self._percent), self._show_training)
            state.setObjectName("tray_training")
        menu.addSeparator()
        household = window.session.household
        for card in household.cards:
            action = menu.addAction(
                card.persona.name.replace("&", "&&"), partial(self._talk_to, card.persona.id)
            )
            action.setObjectName(f"tray_{card.persona.slug}")
            action.setCheckable(True)
            action.setChecked(card.persona.id == household.current_id)
        menu.addSeparator()
        menu.addAction(tr("Close the window"), window.close).setObjectName("tray_quit")

    def _talk_to(self, persona_id: int) -> None:
        self._window.session.switch(persona_id, lambda: self._window.show_page("chat"))
        self._window.bring_forward()

    def _show_training(self) -> None:
        self._window.show_page("train")
        self._window.bring_forward()

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (
            QSystemTrayIcon.ActivationReason.Trigger,
            QSystemTrayIcon.ActivationReason.DoubleClick,
        ):
            self._window.bring_forward()


def progress_words(percent: int | None) -> str:
    """How far a training is; without one only who this is."""
    return "Perennial" if percent is None else tr("Training: {percent} %", percent=percent)


def picture(percent: int | None) -> QIcon:
    """The app's sign, in a ring that closes as a training goes on."""
    look = theme().look
    inner = ICON_PX // 2
    sign = glyph("leaf", look["on_accent"], inner)
    pixmap = QPixmap(ICON_PX, ICON_PX)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    half = _RING_PX / 2
    ring = QRectF(half, half, ICON_PX - _RING_PX, ICON_PX - _RING_PX)
    painter.setBrush(look.colour("accent"))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(ring)
    if percent is not None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(look.colour("line"), _RING_PX))
        painter.drawEllipse(ring)
        painter.setPen(QPen(look.colour("warning"), _RING_PX))
        painter.drawArc(ring, 90 * 16, round(-360 * 16 * percent / 100))
    painter.drawPixmap((ICON_PX - inner) // 2, (ICON_PX - inner) // 2, sign)
    painter.end()
    return QIcon(pixmap)
