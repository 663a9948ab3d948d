"""What can go wrong at the endpoints.

PerennialError
└── EndpointRefused  the server cannot be where it should: port_taken
ApiError             a request is answered with a status and words
ClientGone           nobody is there any more who would read the answer
"""

from __future__ import annotations

from http import HTTPStatus

from app.errors import PerennialError
from ollama_bridge.errors import BridgeError, ContextTooLong, RequestRefused


class EndpointRefused(PerennialError):
    """The endpoints cannot be served at their port."""

    kind = "port_taken"


class ApiError(Exception):
    """An answer that refuses a request; `code` is what a program goes by."""

    def __init__(self, status: HTTPStatus, text: str, code: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.code = code or status.phrase.lower().replace(" ", "_").replace("-", "_")


class ClientGone(Exception):
    """The other side closed the connection, or reads nothing of it."""


def bad_request(text: str, code: str = "invalid_request") -> ApiError:
    """A request that says something wrong, or asks for what no persona does."""
    return ApiError(HTTPStatus.BAD_REQUEST, text, code)


def answer_to(error: PerennialError | BridgeError) -> ApiError:
    """How a known error is told to a program."""
    if isinstance(error, ContextTooLong):
        return bad_request(str(error), "context_length_exceeded")
    status = HTTPStatus.SERVICE_UNAVAILABLE
    if isinstance(error, RequestRefused):
        status = HTTPStatus.BAD_REQUEST
    return ApiError(status, str(error), error.kind)
