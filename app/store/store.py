"""The store: every table of the home behind one name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from app.home import Home
from app.store.actions import Actions
from app.store.adapters import Adapters
from app.store.backups import back_up, drop_old, finding, has_backup_since
from app.store.bases import Bases
from app.store.conversations import Conversations
from app.store.database import Database
from app.store.deployments import Deployments
from app.store.faults import damaged, explained
from app.store.forgetting import Forgetting
from app.store.helping import Helping
from app.store.intake import Intake
from app.store.learnable import learnable_conversations
from app.store.looks import Looks
from app.store.messages import Messages
from app.store.migrations import MIGRATIONS
from app.store.ollama_models import OllamaModels
from app.store.opening import connect
from app.store.openings import Opening, openings
from app.store.personas import Personas
from app.store.portable import Portable
from app.store.preferences import Preferences
from app.store.programs import Programs
from app.store.ratings import Ratings
from app.store.reception import Reception
from app.store.removal import Removal
from app.store.replay import ReplayItems
from app.store.review import Review
from app.store.runs import Runs
from app.store.scores import Scores
from app.store.search import Search
from app.store.settings import Settings
from app.store.sources import Sources
from app.store.tombstones import Tombstones
from app.store.trees import ConversationTree, conversation_trees
from app.store.values import LearnableConversation

BUSY_TIMEOUT_S = 10.0


class Store:
    """All that a home remembers; one store a thread, many processes at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.search = Search(database)
        self.personas = Personas(database)
        self.bases = Bases(database)
        self.conversations = Conversations(database)
        self.messages = Messages(database, self.search)
        self.ratings = Ratings(database)
        self.actions = Actions(database)
        self.looks = Looks(database)
        self.review = Review(database)
        self.preferences = Preferences(database)
        self.helping = Helping(database)
        self.intake = Intake(database)
        self.replay = ReplayItems(database)
        self.forgetting = Forgetting(database)
        self.removal = Removal(database)
        self.tombstones = Tombstones(database)
        self.runs = Runs(database)
        self.adapters = Adapters(database)
        self.deployments = Deployments(database, self.personas, self.adapters)
        self.scores = Scores(database)
        self.settings = Settings(database)
        self.sources = Sources(database)
        self.programs = Programs(database)
        self.ollama_models = OllamaModels(database)
        self.portable = Portable(database)
        self.reception = Reception(database)

    @property
    def home(self) -> Home:
        """The home whose store it is."""
        return self._database.home

    def learnable(self, persona_id: int) -> Iterator[LearnableConversation]:
        """The conversations of a persona that may be trained on, oldest first.

        A turn is `used` when a run learned from it whose adapter is live or was before: a run
        that was refused or rolled back uses nothing up.
        """
        return learnable_conversations(self._database, persona_id)

    def trees(self, persona_id: int) -> Iterator[ConversationTree]:
        """The conversations of a persona that are in sight, with every branch, oldest first."""
        return conversation_trees(self._database, persona_id)

    def openings(self, persona_id: int, limit: int) -> list[Opening]:
        """What the user began conversations with a persona with, newest first."""
        return openings(self._database, persona_id, limit)

    def transaction(self) -> AbstractContextManager[None]:
        """Several changes as one: all of them are stored, or none."""
        return self._database.transaction()

    def data_version(self) -> int:
        """A number that changes when another process or thread has written."""
        self._database.check_there()
        row = self._database.first("PRAGMA data_version")
        assert row is not None
        return int(row[0])

    def back_up(self) -> Path:
        """Copy the database into the home's backups; the path of the copy."""
        with explained(self._database.home):
            return back_up(self._database.home, len(MIGRATIONS))

    def back_up_since(self, moment: str) -> Path | None:
        """A copy of the database unless there is one from after a stored moment.

        A copy that is damaged tells that the database is; then the older copies stay.
        """
        home = self._database.home
        if has_backup_since(home, datetime.fromisoformat(moment)):
            return None
        copy = self.back_up()
        if finding(copy) != "ok":
            copy.unlink()
            raise damaged(home)
        drop_old(home)
        return copy

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_store(home: Home, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Store:
    """The store of a home, migrated to this version of the app."""
    return Store(Database(home, connect(home, busy_timeout_s)))
