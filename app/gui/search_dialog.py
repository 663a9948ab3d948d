"""Search over everything that was ever said, to every persona, with a jump to the place."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QListView, QStackedWidget, QWidget

from app.gui.controls import button, clear, column, label, row
from app.gui.fitted_dialog import FittedDialog
from app.gui.icons import icon_label
from app.gui.search_model import SearchModel
from app.gui.search_rows import SearchRows
from app.gui.session import SEARCH_AFTER_MS, Session
from app.gui.text_parts import shortened
from app.gui.theme import space
from app.gui.translation import tr
from app.gui.trouble import explain
from app.operations.searching import single_words

WIDTH_PX, HEIGHT_PX = 720, 560
WORDS_OFFERED, WORD_LENGTH = 3, 14
WORDS_PX = 440
_ICON_PX = 40
_LONGEST_QUERY = 200
_PAGE_STEP = 5


class SearchDialog(FittedDialog):
    """A field, and what was found under it; the arrows move in the list while one types."""

    place_chosen = Signal(int, int, int)

    def __init__(self, session: Session, parent: QWidget, words: str = "") -> None:
        super().__init__(WIDTH_PX, parent, HEIGHT_PX)
        self.setObjectName("search_dialog")
        self.setWindowTitle(tr("Search everything"))
        self._model = SearchModel(session, self)
        self._model.answered.connect(self._on_answered)
        self._model.failed.connect(self._on_failed)
        self._field = self._made_field()
        self._list = self._made_list()
        self._words = QWidget()
        self._words_inside = column(self._words, margins=space("large"), gap=space("small"))
        self._body = QStackedWidget()
        self._body.addWidget(self._words)
        self._body.addWidget(self._list)
        self._count = label("", "small", name="search_count")
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(SEARCH_AFTER_MS)
        self._wait.timeout.connect(self._search)
        self._opens_first = False
        self._lay_out()
        self.finished.connect(self._model.leave)
        self._field.setText(" ".join(words.split())[:_LONGEST_QUERY])
        self._field.textChanged.connect(lambda _text: self._wait.start())
        self._field.setFocus()
        self._search()

    def _made_field(self) -> QLineEdit:
        field = QLineEdit()
        field.setObjectName("search_text")
        field.setAccessibleName(tr("Search everything said"))
        field.setPlaceholderText(tr("A word, or a part of one"))
        field.setToolTip(tr("Finds what was said to every persona, also inside Korean words"))
        field.setMaxLength(_LONGEST_QUERY)
        field.setClearButtonEnabled(True)
        field.returnPressed.connect(self._on_return_pressed)
        return field

    def _made_list(self) -> QListView:
        view = QListView()
        view.setObjectName("search_list")
        view.setAccessibleName(tr("What was found"))
        view.setProperty("kind", "list")
        view.setModel(self._model)
        view.setItemDelegate(SearchRows(view))
        view.setUniformItemSizes(True)
        view.setMouseTracking(True)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        view.clicked.connect(self._choose)
        view.activated.connect(self._choose)
        return view

    def _lay_out(self) -> None:
        inside = column(self, margins=space("large"), gap=space("small"))
        inside.addWidget(label(tr("Search everything"), "title"))
        inside.addWidget(self._field)
        inside.addWidget(self._body, 1)
        foot = row(gap=space("small"))
        foot.addWidget(self._count)
        foot.addStretch()
        foot.addWidget(label(tr("Arrows choose, Enter opens, Esc closes"), "small"))
        inside.addLayout(foot)

    def _search(self) -> None:
        self._wait.stop()
        self._opens_first = False
        self._model.search(" ".join(self._field.text().split()))
        self._show_state()

    def _show_state(self) -> None:
        model = self._model
        self._count.setText(self._count_words())
        if model.hits:
            if not self._list.currentIndex().isValid():
                self._list.setCurrentIndex(model.index(0))
            self._body.setCurrentWidget(self._list)
        elif not model.query:
            self._say(
                tr("Find anything that was ever said"),
                tr(
                    "To every persona and on every branch. Part of a Korean word is enough. What"
                    " was off the record is stored nowhere, so it is not found."
                ),
            )
        elif model.busy:
            self._say(tr("Searching…"), "")
        else:
            self._say_nothing_found(model.query)

    def _count_words(self) -> str:
        found = len(self._model.hits)
        if not found:
            return ""
        if self._model.more:
            return tr("{count} found, more as you scroll", count=found)
        return tr("{count} found", count=found)

    def _say_nothing_found(self, query: str) -> None:
        words = single_words(query)[:WORDS_OFFERED]
        self._say(
            tr("Nothing found for “{words}”", words=shortened(query, 60)),
            tr("Not all of the words stand in one message. One of them alone:")
            if words
            else tr(
                "Try the beginning of the word, or another one. What was deleted is not found:"
                " bring it back from the list of conversations first."
            ),
        )
        if not words:
            return
        offered = row(gap=space("small"))
        offered.addStretch()
        for number, word in enumerate(words):
            made = button(f"search_word_{number}", "", "chip")
            made.setText(shortened(word, WORD_LENGTH).replace("&", "&&"))
            made.setAccessibleName(tr("Search for “{words}”", words=word))
            made.setToolTip(tr("Search for this word alone"))
            made.clicked.connect(lambda _on=False, each=word: self._search_for(each))
            offered.addWidget(made)
        offered.addStretch()
        self._words_inside.insertLayout(self._words_inside.count() - 1, offered)

    def _search_for(self, word: str) -> None:
        self._field.setText(word)
        self._field.setFocus()
        self._search()

    def _on_failed(self, error: Exception) -> None:
        trouble = explain(error)
        self._count.setText("")
        self._say(trouble.text, f"{trouble.kept} {trouble.next_step}".strip())
        again = button("search_again", tr("Try again"), "plain", self._search)
        again.setToolTip(tr("Search for the same words once more"))
        at = self._words_inside.count() - 1
        self._words_inside.insertWidget(at, again, alignment=Qt.AlignmentFlag.AlignHCenter)

    def _say(self, title: str, words: str) -> None:
        clear(self._words_inside)
        middle = Qt.AlignmentFlag.AlignHCenter
        self._words_inside.addStretch(2)
        picture = icon_label("magnifying-glass", "accent_text", _ICON_PX)
        self._words_inside.addWidget(picture, alignment=middle)
        for text, kind, name in ((title, "strong", "search_said"), (words, "soft", "search_more")):
            line = label(text, kind, name=name, wrap=True)
            line.setAlignment(middle)
            line.ensurePolished()
            line.setFixedSize(WORDS_PX, max(0, line.heightForWidth(WORDS_PX)))
            self._words_inside.addWidget(line, alignment=middle)
        self._words_inside.addStretch(3)
        self._body.setCurrentWidget(self._words)

    def _on_return_pressed(self) -> None:
        """Of what was written last, not of what stands there yet."""
        if self._wait.isActive():
            self._search()
        self._opens_first = self._model.busy
        if not self._model.busy:
            self._choose(self._list.currentIndex())

    def _on_answered(self) -> None:
        self._show_state()
        if self._opens_first:
            self._choose(self._model.index(0))

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid() and self.isVisible():
            found = index.data(SearchModel.HitRole).found
            self.accept()
            self.place_chosen.emit(found.persona_id, found.conversation_id, found.message_id)

    def keyPressEvent(self, event: Any) -> None:
        steps = {
            Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: _PAGE_STEP, Qt.Key.Key_PageUp: -_PAGE_STEP,
        }  # fmt: skip
        if event.key() not in steps:
            super().keyPressEvent(event)
        elif self._model.hits:
            at = self._list.currentIndex().row() + steps[event.key()]
            last = len(self._model.hits) - 1
            self._list.setCurrentIndex(self._model.index(max(0, min(last, at))))
