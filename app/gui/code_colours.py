"""Colours in code: strings, comments, numbers and the usual keywords of many languages."""

from __future__ import annotations

import re

from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextDocument

from app.gui.theme import theme

_KEYWORDS = (
    "and as async await break case catch class const continue def default del do elif else enum"
    " except export extends false finally fn for from func function if impl import in interface"
    " is lambda let match mod mut new nil none not null or package pass private public raise"
    " return select self static struct super switch this throw true try type use var void where"
    " while with yield None True False SELECT FROM WHERE INSERT UPDATE DELETE JOIN GROUP ORDER BY"
)
_TOKEN = re.compile(
    r"(?P<code_comment>#(?!include|define).*$|//.*$|--\s.*$)"
    r"|(?P<code_string>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)"
    r"|(?P<code_number>\b\d[\d_.]*\b)"
    rf"|(?P<code_keyword>\b(?:{'|'.join(_KEYWORDS.split())})\b)"
)


class CodeColours(QSyntaxHighlighter):
    """Colours one block of code."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        for name in ("code_comment", "code_string", "code_number", "code_keyword"):
            made = QTextCharFormat()
            made.setForeground(theme().look.colour(name))
            self._formats[name] = made

    def highlightBlock(self, text: str) -> None:
        for found in _TOKEN.finditer(text):
            group = found.lastgroup
            assert group is not None
            self.setFormat(found.start(), found.end() - found.start(), self._formats[group])
