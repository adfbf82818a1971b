"""HTTP by the standard library: JSON in and out, and errors without the token."""

from __future__ import annotations

import functools
import http.client
import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from delivery.errors import Refused


@dataclass(frozen=True)
class Answer:
    """What a server answered, or why there was no answer."""

    status: int
    """The HTTP status; 0 where there was no answer at all."""
    body: str
    """The answer's text; without an answer, the reason."""
    next: str = ""
    """The next page, where the answer names one."""


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer, not a way: a token would go along to wherever it leads."""

    def redirect_request(self, *_: Any) -> None:
        """Return no request to go on with, so that urllib hands the redirect over as the answer."""
        return None


def ask(
    url: str, *, method: str = "GET", token: str = "", body: Any = None, timeout: float = 10, authority: str = ""
) -> Answer:
    """Send one request and return the answer, whatever its status, without the token should it be told back.

    ``authority`` is a file with the CA to trust. Raises Refused where that file can't be read.
    """
    headers = {"User-Agent": "groundwork-delivery", "Accept": "application/json, */*"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    handlers: list[Any] = [NoRedirects]
    if url.startswith("https:"):
        handlers.append(urllib.request.HTTPSHandler(context=_trust(authority)))
    opener = urllib.request.build_opener(*handlers)
    try:
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        with _answered(opener, request, timeout) as response:
            said = response.read().decode(errors="replace")
            return Answer(response.status, said.replace(token, "[token]") if token else said, _next(response.headers))
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, str(getattr(error, "reason", error)) or type(error).__name__)
    except ValueError:
        return Answer(0, "the address does not begin with http:// or https://")


def _answered(opener: urllib.request.OpenerDirector, request: urllib.request.Request, timeout: float) -> Any:
    """Return the response, which urllib raises where its status is none of success."""
    try:
        return opener.open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        return error


@functools.cache
def _trust(authority: str) -> ssl.SSLContext:
    """Whom to trust: the system's authorities, and that of a file."""
    context = ssl.create_default_context()
    if authority:
        try:
            context.load_verify_locations(authority)
        except OSError as error:
            raise Refused(f"{authority} is no file with a certificate authority in PEM: {error}") from None
    return context


def _next(headers: Any) -> str:
    """https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api"""
    for part in (headers.get("Link") or "").split(","):
        address, _, relation = part.partition(";")
        if 'rel="next"' in relation:
            return address.strip().strip("<>")
    return ""


def json_of(answer: Answer, what: str) -> Any:
    """Return what an answer says in JSON. Raises Refused with its status where it isn't one of success."""
    if not 200 <= answer.status < 300:
        raise Refused(f"{what}: {answer.status or 'no answer'}: {answer.body.strip()[:300]}")
    try:
        return json.loads(answer.body) if answer.body else None
    except ValueError:
        raise Refused(f"{what}: the answer is not JSON: {answer.body.strip()[:80]}") from None
