"""Who may come in: programs of this computer with a key, and no web page."""

from __future__ import annotations

from email.message import Message
from http import HTTPStatus

from app.endpoints.errors import ApiError

# How this computer calls itself, and how containers on it call it: under any other name a web
# page may have been led here.
OWN_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]", "host.docker.internal"})
_OF_OTHER_PAGES = ("cross-site", "same-site")


def check_sender(headers: Message) -> None:
    """Refuse what a browser sends for a web page: there are no pages here that it could be for."""
    hosts = headers.get_all("Host", [])
    if len(hosts) != 1 or _name_in(hosts[0]) not in OWN_NAMES:
        raise ApiError(
            HTTPStatus.FORBIDDEN,
            "Perennial answers programs of this computer only: call it 127.0.0.1 or localhost.",
        )
    if "Origin" in headers or headers.get("Sec-Fetch-Site") in _OF_OTHER_PAGES:
        raise ApiError(
            HTTPStatus.FORBIDDEN,
            "Perennial answers programs, and no web page in a browser.",
        )


def key_in(headers: Message) -> str:
    """The key that a request brings."""
    scheme, _, key = str(headers.get("Authorization", "")).strip().partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise no_entry("This needs a key, as in: Authorization: Bearer KEY.")
    return key.strip()


def no_entry(text: str) -> ApiError:
    """The refusal of a request without a key that opens."""
    return ApiError(
        HTTPStatus.UNAUTHORIZED,
        f"{text} Get one for this program with: perennial programs add NAME",
        "invalid_api_key",
    )


def _name_in(host: str) -> str:
    """The name without the port."""
    name, colon, port = host.strip().lower().rpartition(":")
    return name if colon and port.isdecimal() else host.strip().lower()
