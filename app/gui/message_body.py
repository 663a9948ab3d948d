"""The text of a message: prose as Markdown without HTML, code in blocks of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import (
    QDesktopServices,
    QFontDatabase,
    QGuiApplication,
    QImage,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QTextBrowser, QWidget

from app.gui.code_colours import CodeColours
from app.gui.controls import button, column, label, row, tool
from app.gui.text_parts import Part, harmless, text_parts
from app.gui.theme import space, type_size
from app.gui.translation import tr

# Laying out more takes the window too long: an import may bring messages of megabytes.
MOST_SHOWN = 20_000
_LINE_HEIGHT_PERCENT = 140
_SAFE_SCHEMES = ("http", "https", "mailto")
_PICTURE = "\ufffc"


class Prose(QTextBrowser):
    """Markdown that is as high as its text; it fetches nothing and follows no link by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "bare")
        self.setAccessibleName(tr("Text"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self.anchorClicked.connect(_open)

    def show_text(self, text: str, *, markdown: bool) -> None:
        if markdown:
            self.document().setMarkdown(text, QTextDocument.MarkdownFeature.MarkdownNoHTML)
            if "![" in text:
                self._put_words_for_pictures()
        else:
            self.document().setPlainText(text)
        self._spread()

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """Pictures in a reply are not fetched: a reply must not reach out of the machine.

        Without any picture Qt would read the file of that name, also from another machine's share.
        """
        return QImage(1, 1, QImage.Format.Format_ARGB32_Premultiplied)

    def wheelEvent(self, event: Any) -> None:
        event.ignore()

    def _put_words_for_pictures(self) -> None:
        """Have a picture's words in its place; Qt itself leaves out one that has none."""
        document = self.document()
        cursor = document.find(_PICTURE)
        while not cursor.isNull():
            shape = cursor.charFormat()
            if shape.isImageFormat():
                words = shape.property(QTextFormat.Property.ImageAltText.value)
                cursor.insertText(str(words), QTextCharFormat())
            cursor = document.find(_PICTURE, cursor)

    def _spread(self) -> None:
        block = self.document().begin()
        while block.isValid():
            cursor = QTextCursor(block)
            shape = block.blockFormat()
            shape.setLineHeight(
                _LINE_HEIGHT_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
            )
            shape.setTopMargin(0)
            last = not block.next().isValid()
            tight = block.textList() is not None or last
            shape.setBottomMargin(0 if last else space("hair") if tight else space("small"))
            cursor.setBlockFormat(shape)
            block = block.next()

    def _fit(self) -> None:
        self.setFixedHeight(int(self.document().size().height()) + 2)


class CodeBlock(QFrame):
    """Code with its language and a button that copies it."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self.setProperty("kind", "code")
        self._text = QPlainTextEdit()
        self._text.setProperty("kind", "bare")
        self._text.setReadOnly(True)
        self._text.setAccessibleName(tr("Code"))
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._text.setStyleSheet(
            f"font-family: '{self._text.font().family()}'; font-size: {type_size('small') + 1}px;"
        )
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._text.document().setDocumentMargin(0)
        self._text.horizontalScrollBar().rangeChanged.connect(self._fit)
        self._text.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._colours = CodeColours(self._text.document())
        self._language = label("", "small")
        inside = column(self, margins=(space("medium"), space("hair"), space("hair"), 12))
        head = row()
        head.addWidget(self._language)
        head.addStretch()
        head.addWidget(tool("copy_code", "copy", tr("Copy this code"), self._copy))
        inside.addLayout(head)
        inside.addWidget(self._text)
        self.show_part(part)

    def show_part(self, part: Part) -> None:
        self._language.setText(part.language)
        if self._text.toPlainText() != part.text:
            self._text.setPlainText(part.text)
        self._fit()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        lines = max(1, self._text.blockCount())
        height = lines * self._text.fontMetrics().lineSpacing() + 4
        bar = self._text.horizontalScrollBar()
        wide = bar.maximum() > 0
        self._text.setFixedHeight(height + (bar.sizeHint().height() if wide else 0))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())


class LongRest(QWidget):
    """Under a message that is too long to be shown: how much is left, and the way to have it."""

    def __init__(self, copy: Callable[[], object]) -> None:
        super().__init__()
        self._words = label("", "small", name="message_rest")
        copy_all = button("copy_whole", tr("Copy all of it"), "chip", copy)
        copy_all.setToolTip(tr("Copies the whole message, to read it in an editor"))
        inside = row(self, gap=space("small"))
        inside.addWidget(self._words)
        inside.addWidget(copy_all)
        inside.addStretch()

    def show_count(self, left: int) -> None:
        self._words.setText(tr("{count} more characters are not shown.", count=f"{left:,}"))
        self.setVisible(left > 0)


class MessageBody(QWidget):
    """All parts of a message; while a reply streams only its last part changes."""

    def __init__(self, *, markdown: bool) -> None:
        super().__init__()
        self._markdown = markdown
        self._parts: list[Part] = []
        self._widgets: list[Prose | CodeBlock] = []
        self._whole = ""
        self._rest = LongRest(lambda: QGuiApplication.clipboard().setText(self._whole))
        self._column = column(gap=space("small"))
        outside = column(self, gap=space("small"))
        outside.addLayout(self._column)
        outside.addWidget(self._rest)
        self._rest.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        self._whole = text
        self._rest.show_count(len(text) - MOST_SHOWN)
        text = harmless(text[:MOST_SHOWN])
        parts = text_parts(text) if self._markdown else [Part(text)]
        for number, part in enumerate(parts):
            if number < len(self._parts) and self._parts[number].code == part.code:
                if self._parts[number] != part:
                    self._put(self._widgets[number], part)
                continue
            while len(self._widgets) > number:
                self._drop()
            widget = CodeBlock(part) if part.code else Prose()
            self._widgets.append(widget)
            self._column.addWidget(widget)
            self._put(widget, part)
        while len(self._widgets) > len(parts):
            self._drop()
        self._parts = parts

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def _put(self, widget: Prose | CodeBlock, part: Part) -> None:
        if isinstance(widget, Prose):
            widget.show_text(part.text, markdown=self._markdown)
        else:
            widget.show_part(part)

    def _drop(self) -> None:
        widget = self._widgets.pop()
        self._column.removeWidget(widget)
        widget.deleteLater()


def _open(url: QUrl) -> None:
    if url.scheme() in _SAFE_SCHEMES:
        QDesktopServices.openUrl(url)
