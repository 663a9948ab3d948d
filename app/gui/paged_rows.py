"""Rows of a list model that come in pages: the first anew, the others below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex

_NOWHERE = QModelIndex()

Row = TypeVar("Row")


def show_page(
    model: QAbstractListModel, rows: list[Row], page: Sequence[Row], *, anew: bool
) -> None:
    """Show a page instead of the rows of a model, or below them."""
    if anew:
        model.beginResetModel()
        rows[:] = page
        model.endResetModel()
    elif page:
        model.beginInsertRows(_NOWHERE, len(rows), len(rows) + len(page) - 1)
        rows.extend(page)
        model.endInsertRows()
