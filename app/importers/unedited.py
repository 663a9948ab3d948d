"""A conversation that comes again, with the words that came first.

What was edited in another program changes nothing here; what follows the edited words is still
found and comes in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.store.arriving import ArrivingConversation, ArrivingMessage
from app.store.sources import Standing

_NOT_HERE = 0


def unedited(
    arriving: ArrivingConversation, here: Sequence[Standing]
) -> tuple[ArrivingConversation, int]:
    """The conversation as it stands here, with what is new of it, and how many words were edited.

    A message is known by its words, or by its moment where the words that came with that moment
    are no longer there.
    """
    children: dict[tuple[int | None, str], list[Standing]] = {}
    for each in here:
        children.setdefault((each.parent_id, each.role), []).append(each)
    said: dict[tuple[int | None, str], set[str]] = {}
    for message in arriving.messages:
        said.setdefault((message.parent, message.role), set()).add(message.content)
    ids: list[int] = []
    messages: list[ArrivingMessage] = []
    edited: set[int] = set()
    for message in arriving.messages:
        above = None if message.parent is None else ids[message.parent]
        beside = [] if above == _NOT_HERE else children.get((above, message.role), [])
        same = next((each for each in beside if each.content == message.content), None)
        if same is None:
            moment = message.created or arriving.created
            gone = (
                each
                for each in beside
                if each.created == moment
                and each.message_id not in edited
                and each.content not in said[message.parent, message.role]
            )
            same = next(gone, None)
            if same is not None:
                edited.add(same.message_id)
                # What was said of the new words does not speak of the old ones.
                message = replace(message, content=same.content, rating=None)
        ids.append(_NOT_HERE if same is None else same.message_id)
        messages.append(message)
    if not edited:
        return arriving, 0
    return replace(arriving, messages=tuple(messages)), len(edited)
