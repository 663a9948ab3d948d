"""The model server that the supervisor holds: changed, watched, restarted, freed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path

from ollama_bridge.runtime import llama_server, twin
from ollama_bridge.runtime.child import ChildFailed, Listening, ServerChild
from ollama_bridge.runtime.llama_server import Binary
from ollama_bridge.runtime.protocol import Need
from ollama_bridge.runtime.slots import SlotTable

DRAIN_TIMEOUT_S = 300.0
RESTART_DELAYS_S = (0.1, 1.0, 3.0)
# A server that lived this long was well: its death begins a new count.
STEADY_S = 60.0
# The client may notice a dying server before the supervisor does.
NOTICE_S = 2.0

log = logging.getLogger(__name__)


class NotServing(Exception):
    """There is no model server to take a turn on; `kind` says why."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text


def _not_serving(error: ChildFailed | TimeoutError) -> NotServing:
    kind = error.kind if isinstance(error, ChildFailed) else "failed"
    return NotServing(kind, str(error) or "loading took too long")


class _State(Enum):
    IDLE = "idle"
    CHANGING = "changing"
    OPEN = "open"


class ServerHolder:
    """At most one model server, and the turns that are being taken on it."""

    def __init__(self, key: str, twins: Path, on_port: Callable[[int], None]) -> None:
        self._key = key
        self._twins = twins
        self._on_port = on_port
        self._changing = asyncio.Lock()
        self._told = asyncio.Condition()
        self._state = _State.IDLE
        self._idle_reason = NotServing("unloaded", "no model was asked for yet")
        self._child: ServerChild | None = None
        self._watches: set[asyncio.Task[None]] = set()
        self._deaths = 0
        self._slots = SlotTable(1)
        self._turns = 0
        self._looked = False
        self._binary: Binary | None = None

    @property
    def listening(self) -> Listening | None:
        """What is served now, if anything is."""
        return self._child.listening if self._child is not None else None

    @property
    def changing(self) -> bool:
        """Whether new turns wait for another model or adapter."""
        return self._state is _State.CHANGING

    async def hold(self, need: Need, wider: Callable[[], Need]) -> float:
        """Make sure that the need is held; the seconds in which no reply could begin."""
        async with self._changing:
            child, listening = self._child, self.listening
            if child and child.alive and listening and self._holds(listening, need):
                return 0.0
            began = time.monotonic()
            await self._end()
            self._deaths = 0
            try:
                await self._begin(wider())
            except (ChildFailed, TimeoutError) as error:
                reason = _not_serving(error)
                await self._go_back(listening, reason)
                raise reason from error
            return time.monotonic() - began

    async def free(self) -> None:
        """Take the model out of memory until somebody needs it again."""
        async with self._changing:
            await self._end()
            self._idle_reason = NotServing("unloaded", "the model was taken out of memory")
            await self._set(_State.IDLE)

    async def close(self) -> None:
        """End the model server with the supervisor."""
        if self._child is not None:
            await self._child.stop()

    @asynccontextmanager
    async def turn(
        self, adapter: str | None, lost: str | None, own_slot: bool
    ) -> AsyncIterator[tuple[Listening, int | None]]:
        """A turn on the server, once there is one; `lost` is an address that did not answer."""
        listening = await self._served(lost)
        slots = self._slots
        slot = slots.take(adapter) if own_slot else None
        self._turns += 1
        try:
            yield listening, slot
        finally:
            self._turns -= 1
            if slot is not None:
                slots.give_back(slot)
            await self._tell()

    async def _served(self, lost: str | None) -> Listening:
        async with self._told:
            if lost is not None and self._at(lost):
                try:
                    await asyncio.wait_for(
                        self._told.wait_for(lambda: not self._at(lost)), NOTICE_S
                    )
                except TimeoutError:
                    log.warning("a client lost %s, which still runs", lost)
            await self._told.wait_for(lambda: self._state is not _State.CHANGING)
        if self.listening is None:
            raise self._idle_reason
        return self.listening

    def _at(self, address: str) -> bool:
        listening = self.listening
        return self._state is _State.OPEN and listening is not None and listening.address == address

    async def _begin(self, need: Need) -> None:
        child = await self._start(need)
        listening = child.listening
        assert listening is not None
        self._child = child
        self._slots = SlotTable(listening.slots)
        watch = asyncio.create_task(self._watch(child, listening))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)
        self._on_port(listening.port)
        await self._set(_State.OPEN)

    async def _start(self, need: Need) -> ServerChild:
        """Load by the best means there is; what turns out to be broken is done without."""
        base = Path(need.base.path)
        file = twin.served_file(base, self._twins)
        binary = await self._llama_server() if llama_server.tellable(need.adapters) else None
        means = [(file, binary)]
        if binary is not None:
            means.append((file, None))
        if file != base:
            means.append((base, None))
        for path, engine in means[:-1]:
            try:
                child = await ServerChild.start(need, path, self._key, engine)
            except ChildFailed as error:
                log.warning("%s by %s: %s", path, engine.path if engine else "xllamacpp", error)
                continue
            if engine is not binary:
                self._distrust(binary)
            return child
        path, engine = means[-1]
        child = await ServerChild.start(need, path, self._key, engine)
        if path != file:
            # Everything but the twin can be loaded: it is damaged, and is made anew another time.
            log.warning("%s could not be loaded; the base is", file)
            twin.discard(file)
        elif engine is not binary:
            self._distrust(binary)
        return child

    async def _llama_server(self) -> Binary | None:
        """The binary to serve with; looked for once, while nothing of ours is on its cards."""
        if not self._looked:
            self._binary = await asyncio.to_thread(llama_server.find)
            self._looked = True
        return self._binary

    def _distrust(self, binary: Binary | None) -> None:
        if binary is not None:
            log.warning("%s is not used any more: xllamacpp loads what it does not", binary.path)
            self._binary = None

    def _holds(self, listening: Listening, need: Need) -> bool:
        """Whether a need is held, and not by a base whose twin was made since it was loaded."""
        base = Path(need.base.path)
        newest = twin.served_file(base, self._twins)
        return listening.covers(need) and newest in (listening.file, base)

    async def _end(self) -> None:
        """Let the replies in progress end, then the server; new turns wait meanwhile."""
        await self._set(_State.CHANGING)
        child = self._child
        if child is not None and child.alive:
            await self._drain()
        self._child = None
        if child is not None:
            await child.stop()
        self._on_port(0)

    async def _drain(self) -> None:
        async with self._told:
            try:
                await asyncio.wait_for(
                    self._told.wait_for(lambda: self._turns == 0), DRAIN_TIMEOUT_S
                )
            except TimeoutError:
                log.warning("a reply did not end within %s s", DRAIN_TIMEOUT_S)

    async def _watch(self, child: ServerChild, listening: Listening) -> None:
        began = time.monotonic()
        reason = await child.ended()
        async with self._changing:
            if self._child is not child:
                return
            log.error("%s", reason)
            why = NotServing("failed", reason)
            self._child = None
            await self._set(_State.CHANGING)
            if time.monotonic() - began > STEADY_S:
                self._deaths = 0
            if self._deaths and self._binary is not None:
                log.warning("%s is not used any more: it died again", self._binary.path)
                self._binary = None
            while self._deaths < len(RESTART_DELAYS_S):
                await asyncio.sleep(RESTART_DELAYS_S[self._deaths])
                self._deaths += 1
                try:
                    await self._begin(listening.holds)
                    return
                except (ChildFailed, TimeoutError) as error:
                    why = _not_serving(error)
            await self._give_up(why)

    async def _go_back(self, before: Listening | None, reason: NotServing) -> None:
        """One lease's broken file must not take the model away from the others."""
        log.error("could not load: %s", reason)
        if before is not None:
            try:
                await self._begin(before.holds)
                return
            except (ChildFailed, TimeoutError) as error:
                reason = _not_serving(error)
        await self._give_up(reason)

    async def _give_up(self, reason: NotServing) -> None:
        log.error("no model server: %s", reason)
        self._idle_reason = reason
        await self._set(_State.IDLE)

    async def _set(self, state: _State) -> None:
        self._state = state
        await self._tell()

    async def _tell(self) -> None:
        async with self._told:
            self._told.notify_all()
