"""HTTP to a host of the platform at an address that no DNS has to know."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

_SECONDS = 15


class Unanswered(Exception):
    """No answer, or not the one that was looked for; the message says which."""


@dataclass(frozen=True)
class Answer:
    """A status and a body; where it sends people on to, if it does, and the cookies that it gives them."""

    status: int
    body: bytes
    location: str = ""
    cookies: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """Return the body as JSON. Raises Unanswered where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise Unanswered(f"{self.status}, and no JSON: {self.body[:200]!r}") from None


class _At(http.client.HTTPSConnection):
    """A connection to one address under another's name: its certificate is checked for that name."""

    def __init__(self, address: str, port: int, name: str, context: ssl.SSLContext) -> None:
        super().__init__(name, port, timeout=_SECONDS, context=context)
        self._address, self._context_of = address, context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._context_of.wrap_socket(plain, server_hostname=self.host)


def ask(
    url: str,
    address: str,
    *,
    authority: str | None = None,
    login: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> Answer:
    """Return what ``address`` answers when asked for ``url``, or when sent ``form`` there.

    ``authority`` is the only one, in PEM, that a certificate may be by; ``login`` is a user and a password.
    Raises Unanswered where there is no answer.
    """
    parts = urlsplit(url)
    assert parts.hostname is not None
    sent = {"Host": parts.netloc, "Accept": "*/*", **(headers or {})}
    if form is not None:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    if login:
        sent["Authorization"] = "Basic " + base64.b64encode(":".join(login).encode()).decode()
    if parts.scheme == "https":
        context = ssl.create_default_context(cadata=authority)
        connection: http.client.HTTPConnection = _At(address, parts.port or 443, parts.hostname, context)
    else:
        connection = http.client.HTTPConnection(address, parts.port or 80, timeout=_SECONDS)
    try:
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        body = None if form is None else urlencode(form)
        connection.request("GET" if form is None else "POST", path, body, sent)
        response = connection.getresponse()
        return Answer(response.status, response.read(), response.getheader("Location", ""), _cookies(response))
    except (OSError, http.client.HTTPException) as error:
        raise Unanswered(f"{url} at {address}: {error}") from None
    finally:
        connection.close()


def _cookies(response: http.client.HTTPResponse) -> dict[str, str]:
    given = SimpleCookie()
    for line in response.msg.get_all("Set-Cookie") or ():
        given.load(line)
    return {name: each.value for name, each in given.items()}
