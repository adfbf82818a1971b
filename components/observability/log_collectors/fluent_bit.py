"""Fluent Bit, which writes to every kind of store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import yaml

from components.observability.log_collectors.contract import (
    CA_FILE,
    GROUP,
    HOST,
    POD_SECURITY,
    PODS,
    PRIORITY_CLASS,
    STATE,
    TOLERATIONS,
    UPDATE_STRATEGY,
    Collector,
    Wiring,
    untemplated,
)
from components.observability.log_collectors.levels import ACCESS_PATTERN, NAMES, PATTERNS
from components.observability.log_stores.contract import (
    PASSWORD,
    USERNAME,
    Api,
    CloudWatchApi,
    ElasticsearchApi,
    HttpAddress,
    LogStore,
    LokiApi,
)
from components.pod_security import RESTRICTED_CONTAINER

_PORT = 2020
_CONFIG = "/fluent-bit/etc/conf/fluent-bit.yaml"
_ALL = "pods.*"
_PATH_PATTERN = rf"^{PODS}/(?<namespace>[^_]+)_(?<pod>[^_]+)_[^/]+/(?<container>[^/]+)/"

# What waits on the node's disk for a store that is away. Chunks are deleted, oldest first, beyond it.
_BUFFER = "500M"
_SECONDS_BETWEEN_RETRIES = 60


def configuration(store: LogStore) -> dict[str, Any]:
    """Return Fluent Bit's configuration file, as data: https://docs.fluentbit.io/manual.

    A record has `message`, `namespace`, `pod`, `container`, `stream` and, where the line tells, `level`.
    """
    return {
        "service": {
            "flush": 5,
            "grace": 15,
            "log_level": "info",
            "http_server": "on",
            "http_port": _PORT,
            "storage.path": f"{STATE}/buffer",
            "storage.max_chunks_up": 16,
            "storage.backlog.mem_limit": "16M",
            "storage.delete_irrecoverable_chunks": "on",
            "storage.metrics": "on",
            "scheduler.cap": _SECONDS_BETWEEN_RETRIES,
        },
        "parsers": [_parser(name, pattern) for name, pattern in _parsers().items()],
        "pipeline": {
            "inputs": [
                {
                    "name": "tail",
                    "tag": _ALL,
                    "path": f"{PODS}/*/*/*.log",
                    "path_key": "file",
                    "multiline.parser": "cri",
                    "db": f"{STATE}/pods.db",
                    "db.locking": "true",
                    "storage.type": "filesystem",
                    "read_from_head": "true",
                    "refresh_interval": 10,
                    "rotate_wait": 30,
                    "buffer_max_size": "256k",
                    "skip_long_lines": "on",
                }
            ],
            "filters": _filters(),
            "outputs": [_output(store)],
        },
    }


def _parsers() -> Mapping[str, str]:
    levels = {f"level{number}": pattern for number, pattern in enumerate(PATTERNS)}
    return {"path": _PATH_PATTERN, **levels, "access": ACCESS_PATTERN}


def _parser(name: str, pattern: str) -> dict[str, str]:
    return {"name": name, "format": "regex", "regex": pattern.replace("(?P<", "(?<")}


def _filters() -> list[dict[str, Any]]:
    return [
        # First of all, as it hands records in anew.
        {
            "name": "multiline",
            "match": _ALL,
            "multiline.key_content": "log",
            "multiline.parser": "go, java, python",
            "buffer": "on",
            "emitter_storage.type": "filesystem",
            "emitter_mem_buf_limit": "8M",
        },
        {"name": "modify", "match": _ALL, "rename": "log message", "remove": ["_p", "time"]},
        {"name": "parser", "match": _ALL, "key_name": "file", "parser": "path", "reserve_data": "on"},
        # Parsers are tried in turn until one matches: the most certain place first.
        {
            "name": "parser",
            "match": _ALL,
            "key_name": "message",
            "parser": [f"level{number}" for number in reversed(range(len(PATTERNS)))],
            "reserve_data": "on",
            "preserve_key": "on",
        },
        {
            "name": "parser",
            "match": f"pods{PODS.replace('/', '.')}.ingress_*",
            "key_name": "message",
            "parser": "access",
            "reserve_data": "on",
            "preserve_key": "on",
        },
        *(_called(level, words) for level, words in NAMES.items()),
        *(_called(level, ()) for level in ("trace", "debug")),
    ]


def _called(level: str, words: tuple[str, ...]) -> dict[str, Any]:
    pattern = rf"(?i)^({'|'.join((level, *words))})$"
    return {
        "name": "modify",
        "match": _ALL,
        "condition": f"Key_value_matches level {pattern}",
        "set": f"level {level}",
    }


def _output(store: LogStore) -> dict[str, Any]:
    return {
        **_OUTPUTS[type(store.api)](store, store.api),
        "match": _ALL,
        # Never given up: what the store does not take waits, on disk.
        "retry_limit": "no_limits",
        "storage.total_limit_size": _BUFFER,
    }


def _loki(store: LogStore, api: LokiApi) -> dict[str, Any]:
    labels = ("namespace", "pod", "container", "level")
    return {
        "name": "loki",
        **_http(store, api.address),
        "uri": f"{api.address.path}/loki/api/v1/push",
        "labels": ", ".join(f"{label}=${label}" for label in labels),
        "remove_keys": ", ".join((*labels, "stream")),
        # A record of one key that is left is the line itself.
        "drop_single_key": "raw",
        "compress": "gzip",
        **({"tenant_id": api.tenant} if api.tenant else {}),
    }


def _elasticsearch(store: LogStore, api: ElasticsearchApi) -> dict[str, Any]:
    return {
        "name": "es",
        **_http(store, api.address),
        **({"path": api.address.path} if api.address.path else {}),
        "index": api.data_stream,
        # A data stream is only ever added to, and an id makes what is sent twice one.
        "write_operation": "create",
        "generate_id": "on",
        "suppress_type_name": "on",
        "time_key": "@timestamp",
        "time_key_nanos": "on",
        "buffer_size": "256k",
        "compress": "gzip",
        "trace_error": "on",
    }


def _cloudwatch(_: LogStore, api: CloudWatchApi) -> dict[str, Any]:
    return {
        "name": "cloudwatch_logs",
        "region": api.region,
        "log_group_name": f"${{{GROUP}}}",
        "log_stream_template": "$namespace.$pod.$container",
        # Where the template finds no value.
        "log_stream_prefix": "unknown-",
        # Groups are the program's: one made here would be kept for ever.
        "auto_create_group": "off",
    }


def _http(store: LogStore, address: HttpAddress) -> dict[str, Any]:
    account = {"http_user": f"${{{USERNAME}}}", "http_passwd": f"${{{PASSWORD}}}"} if store.account else {}
    checked = {"tls.ca_file": CA_FILE} if store.ca_certificate is not None else {}
    tls = {"tls": "on", "tls.verify": "on", **checked} if address.tls else {}
    return {"host": f"${{{HOST}}}", "port": address.port, **account, **tls}


_OUTPUTS: Mapping[type[Api], Callable[[LogStore, Any], dict[str, Any]]] = {
    LokiApi: _loki,
    ElasticsearchApi: _elasticsearch,
    CloudWatchApi: _cloudwatch,
}


def _values(wiring: Wiring) -> dict[str, Any]:
    text = yaml.safe_dump(configuration(wiring.store), sort_keys=False, width=1000)
    # A store that is away is no reason to be unready: the buffer is there for that.
    alive = {"httpGet": {"path": "/", "port": "http"}}
    return {
        "fullnameOverride": "fluent-bit",
        "testFramework": {"enabled": False},
        "rbac": {"create": False},
        "serviceAccount": {"annotations": wiring.annotations, "automountServiceAccountToken": False},
        # The chart's own file stays beside it, unread.
        "config": {"extraFiles": {"fluent-bit.yaml": untemplated(text)}},
        "args": ["--workdir=/fluent-bit/etc", f"--config={_CONFIG}"],
        "env": wiring.environment,
        "daemonSetVolumes": wiring.volumes,
        "daemonSetVolumeMounts": wiring.mounts,
        "livenessProbe": alive,
        "readinessProbe": alive,
        "podSecurityContext": POD_SECURITY,
        "securityContext": RESTRICTED_CONTAINER,
        "resources": {
            "requests": {"cpu": "25m", "memory": "48Mi"},
            "limits": {"cpu": "250m", "memory": "128Mi"},
        },
        "tolerations": TOLERATIONS,
        "priorityClassName": PRIORITY_CLASS,
        "updateStrategy": UPDATE_STRATEGY,
        "serviceMonitor": {"enabled": wiring.scraped},
    }


FLUENT_BIT = Collector("fluent-bit", _PORT, _values)
