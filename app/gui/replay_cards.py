"""A replay group as a card: its buffer against its target, and what stands beside it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QPushButton, QWidget

from app.gui.controls import Line, column, label, plain_tip, row
from app.gui.replay_words import beside_words, blocked_words, group_name
from app.gui.theme import fitted, theme
from app.gui.translation import tr
from app.operations.replaying import GroupView

WIDTH_PX, HEIGHT_PX, BAR_PX = 206, 92, 8


class BufferBar(QWidget):
    """How full a buffer is; lighter, what will be learned again as new."""

    def __init__(self, group: GroupView) -> None:
        super().__init__()
        target = max(group.target, 1)
        self._full = min(1.0, group.in_buffer / target)
        self._as_new = min(1.0 - self._full, group.states.get("as_new", 0) / target)
        self.setFixedHeight(BAR_PX)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: Any) -> None:
        look = theme().look
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), BAR_PX / 2, BAR_PX / 2)
        painter.setClipPath(shape)
        painter.fillRect(self.rect(), look.colour("pressed"))
        full, as_new = self.width() * self._full, self.width() * self._as_new
        painter.fillRect(QRectF(0, 0, full, BAR_PX), look.colour("accent"))
        painter.fillRect(QRectF(full, 0, as_new, BAR_PX), look.colour("control_line"))
        painter.end()


class GroupCard(QPushButton):
    """Chooses the group whose items are shown."""

    def __init__(self, group: GroupView, persona: str) -> None:
        super().__init__()
        self.setObjectName(f"replay_group_{group.name}")
        self.setProperty("kind", "template")
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedSize(self.sizeHint())
        name = group_name(group.name)
        count = tr("{count} of {target}", count=group.in_buffer, target=group.target)
        beside = beside_words(group)
        blocked = blocked_words(group.blocked, persona)
        spoken = ". ".join(part for part in (name, count, blocked, beside) if part)
        self.setAccessibleName(spoken)
        self.setToolTip(plain_tip(spoken))
        inside = column(self, margins=(12, 8, 12, 8), gap=6)
        head = row(gap=8)
        head.addWidget(Line(name, "", "strong"), 1)  # a long one gives way to the numbers
        head.addWidget(label(count, "small", name=f"replay_count_{group.name}"))
        inside.addLayout(head)
        inside.addWidget(BufferBar(group))
        inside.addWidget(label(blocked or beside, "small", wrap=True))
        inside.addStretch()
        for part in self.findChildren(QWidget):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        return QSize(fitted(WIDTH_PX), fitted(HEIGHT_PX))
