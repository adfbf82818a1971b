"""Cloudflare Pages: back to the deployment before.

https://developers.cloudflare.com/api/resources/pages/subresources/projects/subresources/deployments/
"""

from __future__ import annotations

from typing import Any

from delivery.errors import Refused
from delivery.http import ask, json_of

API = "https://api.cloudflare.com/client/v4"


def roll_back(account: str, project: str, token: str, api: str = API) -> str:
    """Make the newest production deployment before the current one the current one; return its address.

    Raises Refused where there is none that had succeeded.
    """
    root = f"{api}/accounts/{account}/pages/projects/{project}"
    current = _result("GET", root, token)["canonical_deployment"]
    deployments = _result("GET", f"{root}/deployments?env=production", token)
    # Newest first.
    names = [each["id"] for each in deployments]
    earlier = deployments[names.index(current["id"]) + 1 :] if current and current["id"] in names else deployments
    good = [
        each
        for each in earlier
        if each["latest_stage"] == each["latest_stage"] | {"name": "deploy", "status": "success"}
    ]
    if not good:
        raise Refused(f"{project} has no deployment to go back to")
    _result("POST", f"{root}/deployments/{good[0]['id']}/rollback", token)
    return good[0]["url"]


def _result(method: str, url: str, token: str) -> Any:
    return json_of(ask(url, method=method, token=token, timeout=30), f"{method} {url}")["result"]
