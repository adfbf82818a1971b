"""What of GitHub's REST API the commands need.

https://docs.github.com/en/rest
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from delivery.errors import Refused
from delivery.http import ask, json_of

BOT = "github-actions[bot]"


@dataclass(frozen=True)
class GitHub:
    """One repository, as the token's owner sees it."""

    repository: str
    token: str
    api: str = "https://api.github.com"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> GitHub:
        """Return the repository that a workflow runs in. Raises Refused where the environment says too little."""
        missing = [key for key in ("GITHUB_REPOSITORY", "GITHUB_TOKEN") if not environment.get(key)]
        if missing:
            raise Refused(f"{' and '.join(missing)} must be set in the environment")
        api = environment.get("GITHUB_API_URL") or cls.api
        return cls(environment["GITHUB_REPOSITORY"], environment["GITHUB_TOKEN"], api)

    def get(self, path: str) -> Any:
        """Return what is at a path below the repository."""
        return self._ask("GET", path)

    def send(self, method: str, path: str, body: Any) -> Any:
        """Create, change or delete, and return the answer."""
        return self._ask(method, path, body)

    def every(self, path: str, key: str = "") -> Iterator[Any]:
        """Yield the entries of all pages of a list; ``key`` is where an answer that is an object holds them."""
        url = f"{self._url(path)}{'&' if '?' in path else '?'}per_page=100"
        while url:
            answer = ask(url, token=self.token, timeout=30)
            found = json_of(answer, f"GET {path}")
            yield from found[key] if key else found
            url = answer.next

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        return json_of(ask(self._url(path), method=method, token=self.token, body=body, timeout=30), f"{method} {path}")

    def _url(self, path: str) -> str:
        return f"{self.api}/repos/{self.repository}/{path}".rstrip("/")

    def comment(self, number: int, marker: str, body: str) -> str:
        """Write the one comment of an issue or pull request that begins with ``marker``; return its address."""
        text = f"{marker}\n{body}"
        for each in self.every(f"issues/{number}/comments"):
            if each["user"]["login"] == BOT and each["body"].startswith(marker):
                return self.send("PATCH", f"issues/comments/{each['id']}", {"body": text})["html_url"]
        return self.send("POST", f"issues/{number}/comments", {"body": text})["html_url"]

    def reply(self, number: int, body: str) -> str:
        """Add a comment; return its address."""
        return self.send("POST", f"issues/{number}/comments", {"body": body})["html_url"]

    def status(self, sha: str, context: str, state: str, description: str, target: str = "") -> None:
        """Set a commit status; ``state`` is error, failure, pending or success."""
        body = {"state": state, "context": context, "description": description[:140]}
        self.send("POST", f"statuses/{sha}", body | ({"target_url": target} if target else {}))

    def pull_request(self, head: str, base: str, title: str, body: str) -> str:
        """Return the address of the open pull request from ``head``, opened now if there is none."""
        owner = self.repository.split("/")[0]
        for each in self.every(f"pulls?state=open&head={quote(f'{owner}:{head}')}&base={quote(base)}"):
            return each["html_url"]
        return self.send("POST", "pulls", {"head": head, "base": base, "title": title, "body": body})["html_url"]
