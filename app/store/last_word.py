"""Joins to the user's last word on `messages`: the rating that counts, and the words that stand."""

from __future__ import annotations

LAST_RATING = """LEFT JOIN ratings ON ratings.id =
    (SELECT max(id) FROM ratings AS said
     WHERE said.message_id = messages.id AND said.origin = 'user')"""
LAST_EDIT = """LEFT JOIN edits ON edits.id =
    (SELECT max(id) FROM edits AS made WHERE made.message_id = messages.id)"""
