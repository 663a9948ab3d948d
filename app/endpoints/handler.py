"""Which request is answered how, and what is noted of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote

from app.endpoints import door, ollama_api, openai_api
from app.endpoints.asked import Asked
from app.endpoints.connection import Connection
from app.endpoints.errors import ApiError, ClientGone, answer_to
from app.endpoints.reply import Reply
from app.endpoints.request_log import RequestLine
from app.endpoints.service import Exchange
from app.errors import PerennialError, known_error
from app.store import Program
from ollama_bridge.errors import BridgeError

if TYPE_CHECKING:
    from app.endpoints.server import LoopbackServer

_OPENAI = "/v1"


class ReplyForm(Protocol):
    """How one kind of request is read, and its reply written."""

    content_type: str

    def read(self, body: bytes) -> Asked: ...

    def whole(self, asked: Asked, reply: Reply) -> dict[str, Any]: ...

    def lines(self, asked: Asked, reply: Reply) -> Iterator[bytes]: ...

    def broken(self, error: ApiError) -> bytes: ...


_FORMS: dict[str, ReplyForm] = {
    "/v1/chat/completions": openai_api.ChatCompletions(),
    "/api/chat": ollama_api.Chat(),
    "/api/generate": ollama_api.Generate(),
}


class Handler(Connection):
    """Answers one request of a program."""

    server: LoopbackServer

    def setup(self) -> None:
        self.patience_s = self.server.patience_s
        self._line = RequestLine(datetime.now(), "", "", "refused", 0)
        super().setup()

    def do_GET(self) -> None:
        """Answer, and note it; what nobody waits for any more is noted too."""
        done = False
        try:
            self._answer_or_refuse()
            done = True
        except ClientGone:
            self._note(trouble="client_gone")
            done = True
        finally:
            if not done:
                self._tell_bug()
            self.server.log.note(replace(self._line, status=self.status))

    do_HEAD = do_POST = do_OPTIONS = do_PUT = do_DELETE = do_PATCH = do_GET

    def _answer_or_refuse(self) -> None:
        try:
            self._answer()
        except ApiError as error:
            self._refuse(error)
        except (PerennialError, BridgeError) as error:
            self._refuse(answer_to(error))
        except OSError as error:
            known = known_error(error)
            if known is None:
                raise
            self._refuse(answer_to(known))

    def _refuse(self, error: ApiError) -> None:
        self._note(trouble=error.code)
        body = openai_api if self._path().startswith(_OPENAI) else ollama_api
        self.send_json(error.status, body.error_body(error))

    def _tell_bug(self) -> None:
        """What nobody thought of is told to the program too, which would wait or ask again."""
        self._note(trouble="bug")
        if not self.status:
            with suppress(ClientGone):
                self._refuse(
                    ApiError(
                        HTTPStatus.INTERNAL_SERVER_ERROR, "There is a bug in Perennial.", "bug"
                    )
                )

    def _answer(self) -> None:
        door.check_sender(self.headers)
        path = self._path()
        if self.command in ("GET", "HEAD") and path == "/":
            self._note(what="hello")
            self.send_json(HTTPStatus.OK, {"status": "Perennial is running"})
            return
        program = self.server.service.admit(door.key_in(self.headers))
        self._note(program=program.name, collects=program.collects, what="unknown")
        if self.command == "POST" and path in _FORMS:
            self._note(what=path.rpartition("/")[2])
            self._reply(program, _FORMS[path])
        else:
            self.send_json(HTTPStatus.OK, self._told(program, path))

    def _told(self, program: Program, path: str) -> dict[str, Any]:
        """The answers that no persona has to speak for."""
        service, request = self.server.service, (self.command, path)
        if request == ("GET", "/api/version"):
            self._note(what="version")
            return ollama_api.version()
        if request == ("GET", "/api/tags"):
            self._note(what="models")
            return ollama_api.tags(service.models(program))
        if request == ("POST", "/api/show"):
            self._note(what="model")
            name = ollama_api.shown_name(self.read_body())
            return ollama_api.show(service.model(program, name))
        if request == ("GET", "/v1/models"):
            self._note(what="models")
            return openai_api.models(service.models(program))
        if self.command == "GET" and path.startswith("/v1/models/"):
            self._note(what="model")
            name = unquote(path.removeprefix("/v1/models/"))
            return openai_api.model(service.model(program, name))
        raise ApiError(HTTPStatus.NOT_FOUND, "Perennial answers nothing here.")

    def _reply(self, program: Program, form: ReplyForm) -> None:
        asked = form.read(self.read_body())
        server = self.server
        if not server.replies.acquire(blocking=False):
            raise ApiError(
                HTTPStatus.SERVICE_UNAVAILABLE, "Too many replies are being written; ask again."
            )
        try:
            if isinstance(form, ollama_api.Lines) and not asked.said:
                server.service.load(program, asked.model)
                self.send_json(HTTPStatus.OK, form.loaded(asked))
                return
            exchange = server.service.answer(program, asked)
            self._note(persona=exchange.persona.slug)
            with closing(exchange.reply):
                whole = self._send(form, exchange)
        finally:
            server.replies.release()
        if whole:
            self._keep(program, exchange)

    def _send(self, form: ReplyForm, exchange: Exchange) -> bool:
        """Hand a reply on; whether the client got all of it."""
        asked, reply = exchange.asked, exchange.reply
        if not asked.stream:
            for _ in reply.pieces():
                self.check_there()
            self.send_json(HTTPStatus.OK, form.whole(asked, reply))
            return True
        try:
            self.send_lines(form.content_type, self._lines(form, exchange))
        except ClientGone:
            if not reply.done:
                raise
        return reply.done

    def _lines(self, form: ReplyForm, exchange: Exchange) -> Iterator[bytes]:
        """A reply as it comes; what breaks it off is its last line, since its head is sent."""
        try:
            yield from form.lines(exchange.asked, exchange.reply)
        except (PerennialError, BridgeError) as error:
            self._note(trouble=error.kind)
            yield form.broken(answer_to(error))

    def _keep(self, program: Program, exchange: Exchange) -> None:
        """After the reply: nothing that the store refuses takes it from anybody."""
        try:
            self._note(kept=self.server.service.keep(program, exchange))
        except PerennialError as error:
            if program.collects:
                self._note(trouble=f"NOT collected: {error.kind}")

    def _path(self) -> str:
        return self.path.partition("?")[0].rstrip("/") or "/"

    def _note(self, **fields: Any) -> None:
        self._line = replace(self._line, **fields)
