"""Reads an archive to its end before anything is written: sums, shapes, and references."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from pydantic import ValidationError

from app.archive.contents import Contents, run_file_of, table_member
from app.archive.limits import MAX_LINE_BYTES
from app.archive.opening import OpenArchive, Summed, refused, shape_faults
from app.archive.own_tests import own_test_faults
from app.archive.run_files import NotWhatItSays, check_run_file
from app.archive.settings import setting_faults
from app.operations.buffers import REHEARSED, SAID
from app.store.portable_rows import (
    ConversationRow,
    MessageRow,
    PersonaRow,
    PortableRow,
    ReplayItemRow,
    RunRow,
    SettingRow,
)
from app.store.portable_tables import PortableTable, chosen_tables

_FAULTS = 100
_CHUNK_BYTES = 1 << 20


class TooManyFaults(Exception):
    """There is no end of what is wrong."""


class Checking:
    """Everything that is wrong with an archive; what it learns on the way is kept."""

    def __init__(self, archive: OpenArchive) -> None:
        self._archive = archive
        self._contents: Contents = archive.contents
        self._faults: list[str] = []
        self._leaves: array[int] = array("q")
        self._conversation_of: array[int] = array("q")
        self._runs: set[str] = set()
        self.persona: PersonaRow | None = None

    @property
    def run_ids(self) -> list[str]:
        return sorted(self._runs)

    def check(self) -> PersonaRow:
        """Read everything; the persona, or a refusal that names all that is wrong."""
        try:
            for table in chosen_tables(frozenset(self._contents.parts)):
                self._check_table(table)
            self._check_leaves()
            for name in self._contents.members:
                self._check_file(name)
            for words in own_test_faults(self._archive):
                self._fault(words)
        except TooManyFaults:
            raise refused(self._archive.path, self._faults) from None
        if self.persona is None or self._contents.rows["personas"] != 1:
            self._faults.append("it does not hold one persona")
        if self._faults or self.persona is None:
            raise refused(self._archive.path, self._faults)
        return self.persona

    def _check_table(self, table: PortableTable) -> None:
        name = table_member(table.name)
        count = 0
        with self._archive.member(name) as stream:
            for line in lines(stream):
                count += 1
                place = f"{name}, line {count}"
                if line is None:
                    self._fault(f"{place} is longer than {MAX_LINE_BYTES >> 20} MB")
                    return
                self._check_line(table, line, count, place)
            self._check_sum(name, stream)
        if count != self._contents.rows[table.name]:
            said = self._contents.rows[table.name]
            self._fault(f"{name} holds {count} rows in place of {said}")

    def _check_line(self, table: PortableTable, line: bytes, number: int, place: str) -> None:
        try:
            row = table.row.model_validate_json(line)
        except ValidationError as error:
            for words in shape_faults(error):
                self._fault(f"{place}, {words}")
            if table.name in ("conversations", "messages"):
                (self._leaves if table.name == "conversations" else self._conversation_of).append(0)
            return
        wrong = [*self._row_faults(table, row, number), *self._own_faults(row, number)]
        for words in wrong:
            self._fault(f"{place}, {words}")

    def _row_faults(self, table: PortableTable, row: PortableRow, number: int) -> Iterator[str]:
        if table.numbered and getattr(row, "id") != number:  # noqa: B009 (not every row has one)
            yield "id: is not the number of its line"
        for name, target in table.references.items():
            value = getattr(row, name)
            if value is None:
                continue
            if target == "runs":
                known = value in self._runs
            else:
                known = 1 <= value <= self._contents.rows.get(target, 0)
            if not known:
                yield f"{name}: names nothing in {target}"

    def _own_faults(self, row: PortableRow, number: int) -> list[str]:
        """What only rows of this kind can have wrong; what later ones need is remembered."""
        if isinstance(row, PersonaRow):
            self.persona = row
        elif isinstance(row, SettingRow):
            return setting_faults(row)
        elif isinstance(row, RunRow):
            if row.id in self._runs:
                return ["id: stands there twice"]
            self._runs.add(row.id)
        elif isinstance(row, ConversationRow):
            self._leaves.append(row.leaf_id or 0)
        elif isinstance(row, MessageRow):
            self._conversation_of.append(row.conversation_id)
            return self._tree_faults(row, number)
        elif isinstance(row, ReplayItemRow) and not _is_named_as_made(row):
            return ["external_id: says that the item was made of something else"]
        return []

    def _tree_faults(self, row: MessageRow, number: int) -> list[str]:
        """A message answers one before it, so no ring can be made."""
        parent = row.parent_id
        if parent is None or not 1 <= parent <= self._contents.rows["messages"]:
            return []
        if parent >= number:
            return ["parent_id: names a message that comes later"]
        if self._conversation_of[parent - 1] != row.conversation_id:
            return ["parent_id: names a message of another conversation"]
        return []

    def _check_leaves(self) -> None:
        for number, leaf in enumerate(self._leaves, 1):
            known = 0 < leaf <= len(self._conversation_of)
            if known and self._conversation_of[leaf - 1] != number:
                self._fault(
                    f"{table_member('conversations')}, line {number},"
                    " leaf_id: names a message of another conversation"
                )

    def _check_file(self, name: str) -> None:
        found = run_file_of(name)
        if found is None:
            return
        run_id, kind = found
        if run_id not in self._runs:
            self._fault(f"{name} belongs to no run")
        with self._archive.member(name) as stream:
            try:
                check_run_file(kind, stream, self._contents.members[name].bytes)
            except NotWhatItSays as reason:
                self._fault(f"{name}: {reason}")
            while stream.read(_CHUNK_BYTES):
                pass
            self._check_sum(name, stream)

    def _check_sum(self, name: str, stream: Summed) -> None:
        member = self._contents.members[name]
        if (stream.bytes, stream.sha256) != (member.bytes, member.sha256):
            self._fault(f"{name} is not what it was when it was written")

    def _fault(self, words: str) -> None:
        self._faults.append(words)
        if len(self._faults) >= _FAULTS:
            raise TooManyFaults


def _is_named_as_made(row: ReplayItemRow) -> bool:
    """Names say what an item was made of, and the mix goes by them."""
    if row.external_id.startswith(SAID):
        return row.message_id is not None and row.external_id == f"{SAID}{row.message_id}"
    return not row.external_id.startswith(REHEARSED)


def lines(stream: Summed) -> Iterator[bytes | None]:
    """The lines of a table; None, and no further, where one is too long to be held."""
    while line := stream.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            yield None
            return
        yield line


def rows(archive: OpenArchive, table: PortableTable) -> Iterator[PortableRow]:
    """The rows of a table that was checked before."""
    with archive.member(table_member(table.name)) as stream:
        for line in lines(stream):
            if line is not None:
                yield table.row.model_validate_json(line)
