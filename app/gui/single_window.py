"""One window a home: a second one brings the first forward."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from PySide6.QtCore import QLockFile, QObject

from app.home import Home

ANSWER_TIMEOUT_MS = 2000


class SingleWindow(QObject):
    """The lock of the home's window, and the place where a second one knocks."""

    def __init__(self, home: Home) -> None:
        super().__init__()
        self._name = "perennial-" + hashlib.sha256(str(home.root).encode()).hexdigest()[:20]
        self._lock = QLockFile(str(home.root / "window.lock"))
        # The lock of a window that was killed is stale by its process id, never by its age.
        self._lock.setStaleLockTime(0)

    def take(self) -> bool:
        """Whether this is the only window on the home."""
        return self._lock.tryLock(0)

    def listen(self, on_knock: Callable[[], None]) -> None:
        """Hear of second windows; called after the first paint, since sockets load slowly."""
        from PySide6.QtNetwork import QLocalServer

        QLocalServer.removeServer(self._name)
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)

        def knocked() -> None:
            while (socket := server.nextPendingConnection()) is not None:
                socket.write(b"here")
                socket.disconnectFromServer()
                on_knock()

        server.newConnection.connect(knocked)
        server.listen(self._name)

    def knock(self) -> bool:
        """Bring the first window forward; whether it answered."""
        from PySide6.QtNetwork import QLocalSocket

        socket = QLocalSocket()
        socket.connectToServer(self._name)
        answered = socket.waitForConnected(ANSWER_TIMEOUT_MS) and (
            socket.bytesAvailable() > 0 or socket.waitForReadyRead(ANSWER_TIMEOUT_MS)
        )
        socket.abort()
        return answered

    def release(self) -> None:
        self._lock.unlock()
