"""Signing in to pgAdmin as a browser does, and asking it what its own pages ask it next."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from smoke.ask import Answer, Unanswered, ask

# https://github.com/pgadmin-org/pgadmin4/blob/REL-9_17/web/pgadmin/templates/security/login_user.html and config.py
_TOKEN = re.compile(rb'"csrfToken": ?"([^"]+)"')
_HEADER = "X-pgA-CSRFToken"


def sign_in(url: str, address: str, *, password: str, authority: str | None = None) -> None:
    """Sign in at ``url``, looked for at ``address``, and have the tree of servers listed.

    The first page is no proof: it is the requests after it that pgAdmin checks for where they come from. Raises
    Unanswered for whatever a person would not get past.
    """
    cookies: dict[str, str] = {}

    def step(path: str, came_from: str, *, expected: int, **given: dict[str, str]) -> Answer:
        headers = {
            "Referer": urljoin(url, came_from),
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            **given.get("headers", {}),
        }
        answer = ask(urljoin(url, path), address, authority=authority, headers=headers, form=given.get("form"))
        if answer.status != expected:
            raise Unanswered(f"{urljoin(url, path)}: {answer.status} {answer.body[:200]!r}")
        cookies.update(answer.cookies)
        return answer

    found = _TOKEN.search(step("/login", "/", expected=200).body)
    if found is None:
        raise Unanswered(f"{urljoin(url, '/login')}: no page to sign in at")
    token = found[1].decode()
    account = f"admin@{urlsplit(url).hostname}"
    form = {"email": account, "password": password, "csrf_token": token, "internal_button": "Login"}
    sent_on = step("/authenticate/login", "/login", form=form, expected=302).location
    if urlsplit(sent_on).path == "/login":
        raise Unanswered(f"{url}: turns {account} away")
    step("/browser/nodes/", "/browser/", headers={_HEADER: token}, expected=200)
