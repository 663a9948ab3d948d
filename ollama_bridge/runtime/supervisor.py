"""The supervisor: holds the leases, gives out turns, and ends with the last client."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock, Timeout

from ollama_bridge.runtime import twin
from ollama_bridge.runtime.holder import NotServing, ServerHolder
from ollama_bridge.runtime.protocol import (
    ALIVE_LOCK,
    EXIT_DISK_FULL,
    FULL,
    HELLO_TIMEOUT_S,
    LINE_LIMIT_BYTES,
    RUNTIME_FILE,
    ConnectionEnded,
    Need,
    RuntimeFile,
    decode,
    encode,
    read_runtime_file,
    union,
)

GRACE_S = 2.0
FIRST_LEASE_S = 15.0
# An ending supervisor of the same home needs a moment to free its model.
PREDECESSOR_S = 15.0

log = logging.getLogger(__name__)

Op = Callable[["_Connection", dict[str, Any]], Awaitable[None]]


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> dict[str, Any] | None:
        try:
            line = await self._reader.readline()
        except ValueError as error:
            raise ConnectionEnded("a line that is too long") from error
        return decode(line) if line else None

    async def write(self, message: dict[str, Any]) -> None:
        self._writer.write(encode(message))
        await self._writer.drain()

    async def refuse(self, kind: str, text: str) -> None:
        await self.write({"error": kind, "text": text})

    async def wait_for_end(self) -> None:
        while await self._reader.read(1024):
            pass


class Supervisor:
    """One home's runtime."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._key = secrets.token_urlsafe(24)
        self._control_port = 0
        self._holder = ServerHolder(self._key, twin.folder_in(home), self._announce)
        self._needs: dict[int, Need | None] = {}
        self._numbers = itertools.count(1)
        self._over = asyncio.Event()
        self._ending: asyncio.TimerHandle | None = None
        self._ops: dict[str, Op] = {
            "lease": self._lease,
            "turn": self._turn,
            "status": self._status,
            "unload": self._unload,
        }

    async def run(self) -> None:
        """Serve until the last lease has been gone for a moment."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=LINE_LIMIT_BYTES)
        self._control_port = server.sockets[0].getsockname()[1]
        self._write_file(0)
        self._end_after(FIRST_LEASE_S)
        log.info("runtime %d begins", os.getpid())
        await self._over.wait()
        server.close()
        await self._holder.close()
        found = read_runtime_file(self._home)
        if found is not None and found.pid == os.getpid():
            with contextlib.suppress(OSError):
                (self._home / RUNTIME_FILE).unlink()
        log.info("runtime %d ends", os.getpid())

    def _announce(self, port: int) -> None:
        try:
            self._write_file(port)
        except OSError as error:
            # Clients are told the address in each turn; a full disk must not end their replies.
            log.warning("runtime.json keeps an old port: %s", error)

    def _write_file(self, port: int) -> None:
        RuntimeFile(port, self._control_port, self._key, os.getpid()).write(self._home)

    def _end_after(self, delay_s: float) -> None:
        if self._ending is not None:
            self._ending.cancel()
        self._ending = asyncio.get_running_loop().call_later(delay_s, self._over.set)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(reader, writer)
        try:
            hello = await asyncio.wait_for(connection.read(), HELLO_TIMEOUT_S)
            if hello is None:
                return
            op = self._ops.get(str(hello.get("op")))
            if op is None or not secrets.compare_digest(
                str(hello.get("key")).encode(), self._key.encode()
            ):
                await connection.refuse("key", "wrong key or unknown operation")
                return
            await op(connection, hello)
        except NotServing as reason:
            await connection.refuse(reason.kind, reason.text)
        except (ConnectionEnded, ConnectionError, TimeoutError):
            log.debug("a connection broke off")
        finally:
            writer.close()

    async def _lease(self, connection: _Connection, _: dict[str, Any]) -> None:
        number = next(self._numbers)
        self._needs[number] = None
        if self._ending is not None:
            self._ending.cancel()
        try:
            await connection.write({"lease": number})
            while (message := await connection.read()) is not None:
                await self._serve(connection, number, message)
        finally:
            del self._needs[number]
            if not self._needs:
                self._end_after(GRACE_S)

    async def _serve(self, connection: _Connection, number: int, message: dict[str, Any]) -> None:
        need = Need.from_json(message["need"])
        before, self._needs[number] = self._needs[number], need

        def wider() -> Need:
            return union(need, [each for each in self._needs.values() if each is not None])

        try:
            gap_s = await self._holder.hold(need, wider)
        except NotServing as reason:
            self._needs[number] = before
            await connection.refuse(reason.kind, reason.text)
        else:
            await connection.write({"gap_s": gap_s})

    async def _turn(self, connection: _Connection, hello: dict[str, Any]) -> None:
        adapter = hello["adapter"]
        async with self._holder.turn(adapter, hello["lost"], hello["own_slot"]) as given:
            listening, slot = given
            paths = [mark.path for mark in listening.holds.adapters]
            if listening.holds.base.path != hello["base"] or adapter not in (None, *paths):
                await connection.refuse("other", "another model was loaded meanwhile")
                return
            await connection.write(
                {
                    "address": listening.address,
                    "key": self._key,
                    "slot": slot,
                    "adapters": paths,
                }
            )
            await connection.wait_for_end()

    async def _status(self, connection: _Connection, _: dict[str, Any]) -> None:
        listening = self._holder.listening
        await connection.write(
            {
                "base": listening.holds.base.path if listening else None,
                "adapters": [m.path for m in listening.holds.adapters] if listening else [],
                "slots": listening.slots if listening else 0,
                "context_tokens": listening.context_tokens if listening else 0,
                "pid": os.getpid(),
                "server_pid": listening.pid if listening else None,
                "memory_bytes": _memory_bytes(listening.pid) if listening else 0,
                "leases": len(self._needs),
                "engine": listening.engine if listening else "",
                "device": listening.device if listening else "",
                "adapters_bytes": listening.holds.adapters_bytes if listening else 0,
                "cache_bytes": listening.cache_bytes if listening else 0,
                "changing": self._holder.changing,
            }
        )

    async def _unload(self, connection: _Connection, _: dict[str, Any]) -> None:
        await self._holder.free()
        await connection.write({"unloaded": True})


def _memory_bytes(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def supervise(home: Path) -> int:
    """Run the supervisor of a home, unless another one holds it."""
    lock = FileLock(home / ALIVE_LOCK)
    try:
        lock.acquire(timeout=PREDECESSOR_S)
    except Timeout:
        log.error("another runtime holds this home")
        return 1
    try:
        asyncio.run(_run(home))
    except OSError as error:
        log.error("the runtime ends: %s", error)
        return EXIT_DISK_FULL if error.errno in FULL else 1
    finally:
        lock.release()
    return 0


async def _run(home: Path) -> None:
    await Supervisor(home).run()
