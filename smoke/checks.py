"""Each check asks one thing, and raises Unanswered until the answer is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from smoke.ask import Answer, Unanswered, ask
from smoke.pgadmin import sign_in

# A path below a route that the demo image answers: https://github.com/stefanprodan/podinfo#web-api
_DEMO = {"/api": "/api/info"}
# Where an interface is, or where it sends people to sign in.
_GOOD = (200, 302, 303)

# What each part of a platform tells Prometheus once it works, by what has to be there for it to be asked. A query
# answers with the series that are as they should be.
METRICS: Mapping[str, tuple[str, str]] = {
    "nodes": ("", "node_memory_MemAvailable_bytes > 0"),
    "pods": ("", 'kube_pod_status_phase{phase="Running"} == 1'),
    "volumes": ("", 'kube_persistentvolumeclaim_status_phase{phase="Bound"} == 1'),
    "ingress": ("", "nginx_ingress_controller_ingress_resources_total > 0"),
    "services": ("", 'up{job="backend"} == 1'),
    "PostgreSQL": ("postgres", "cnpg_collector_up == 1"),
    "its pool": ("postgres", "cnpg_pgbouncer_collections_total > 0"),
    "Kafka": ("kafka", "kafka_brokers > 0"),
    "its brokers": ("kafka", "kafka_server_replicamanager_leadercount > 0"),
}


@dataclass(frozen=True)
class Platform:
    """A platform that is up, as its outputs describe it."""

    address: str
    outputs: Mapping[str, Any]
    https_port: int = 8443

    def urls(self) -> dict[str, str]:
        """Return every address that people open, by what answers there."""
        found = {each["name"]: each["url"] for each in self.outputs["endpoints"] if "://" in each["url"]}
        return {name: _answering(url) for name, url in found.items()}

    def has(self, engine: str) -> bool:
        """Return whether there is an engine of the data tier."""
        return any(each["name"] == engine for each in self.outputs["endpoints"])

    def grafana(self, path: str, **query: str) -> Answer:
        """Return Grafana's answer to its administrator. Raises Unanswered for any but 200."""
        parts = urlsplit(self.urls()["grafana"])
        url = urlunsplit((parts.scheme, parts.netloc, path, urlencode(query), ""))
        login = ("admin", self.outputs["grafanaPassword"])
        answer = ask(url, self.address, login=login)
        if answer.status != 200:
            raise Unanswered(f"{path}: {answer.status} {answer.body[:200]!r}")
        return answer


def _answering(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=_DEMO.get(parts.path, parts.path)))


Check = Callable[[], None]


def checks(platform: Platform) -> Iterator[tuple[str, Check]]:
    """Yield every check with what it is about."""
    for name, url in platform.urls().items():
        yield f"{name} answers at {url}", lambda name=name, url=url: _answers(platform, name, url)
        if authority := platform.outputs.get("certificateAuthority"):
            parts = urlsplit(url)
            secure = urlunsplit(parts._replace(scheme="https", netloc=f"{parts.hostname}:{platform.https_port}"))
            yield (
                f"{name} has a certificate of the platform's authority",
                lambda name=name, url=secure: _answers(platform, name, url, authority),
            )
    for name, (engine, query) in METRICS.items():
        if not engine or platform.has(engine):
            yield f"Prometheus sees {name}", lambda query=query: _metric(platform, query)
    yield "Loki has lines of the backend", lambda: _logs(platform, '{namespace="backend"}')
    yield "Loki has lines of the ingress controller", lambda: _logs(platform, '{namespace="ingress"}')


def _answers(platform: Platform, name: str, url: str, authority: str | None = None) -> None:
    if name == "pgadmin" and "signInIssuer" not in platform.outputs:
        sign_in(url, platform.address, password=platform.outputs["pgadminPassword"], authority=authority)
        return
    answer = ask(url, platform.address, authority=authority)
    if answer.status not in _GOOD:
        raise Unanswered(f"{url}: {answer.status}")


def _metric(platform: Platform, query: str) -> None:
    found = platform.grafana("/api/datasources/proxy/uid/prometheus/api/v1/query", query=query).json()
    if not found["data"]["result"]:
        raise Unanswered(f"nothing is as {query}")


def _logs(platform: Platform, query: str) -> None:
    found = platform.grafana("/api/datasources/proxy/uid/loki/loki/api/v1/query_range", query=query, limit="1").json()
    if not found["data"]["result"]:
        raise Unanswered(f"no line for {query}")
