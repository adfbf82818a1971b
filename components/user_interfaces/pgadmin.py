"""pgAdmin: https://www.pgadmin.org/docs/pgadmin4/latest/container_deployment.html."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components.charts import Charts
from components.component import Component
from components.data_tier.endpoint import PostgresEndpoint
from components.http_ingress import HttpIngress, certified
from components.pod_security import RESTRICTED_CONTAINER, restricted_pod
from components.scheduling import in_chart
from components.secrets.contract import IN_CLUSTER, Secrets
from components.traffic import DNS, allow, coming_from, going_to
from components.user_interfaces.admin_login import admin_login
from spec.interfaces import Pgadmin as Spec
from spec.node_pools import NodePool

NAME = "pgadmin"
"""Name of the release, of the consumer of the database that it is and, as a label, of its pods."""
_PORT = 8080
_PASSWORD_FILE = "/etc/pgadmin/pgpass"
_RUN, _TMP = "/run/pgadmin", "/tmp"

_USER = 5050  # of the image: https://github.com/pgadmin-org/pgadmin4/blob/REL-9_17/Dockerfile


def account(host: str) -> str:
    """Return the name of the account that people sign in with at ``host``: pgAdmin wants an e-mail address."""
    return f"admin@{host}"


class Pgadmin(Component):
    """pgAdmin, signed in to one database, behind a login of its own.

    It keeps nothing: servers and passwords are those of the stack whenever its pod starts.
    """

    password: pulumi.Output[str]
    """Secret; the password of ``account``."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        postgres: PostgresEndpoint,
        *,
        namespace: pulumi.Input[str],
        charts: Charts,
        ingress: HttpIngress,
        pool: str | None = None,
        pools: Sequence[NodePool] = (),
        secrets: Secrets = IN_CLUSTER,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install pgAdmin in ``namespace``; it signs in to the database as the consumer of the endpoint ``postgres``.

        The endpoint's Secret has a key ``pgpass``: a password file of libpq's.
        """
        super().__init__("interfaces:Pgadmin", name, opts)
        login = admin_login(name, NAME, namespace=namespace, secrets=secrets, opts=self.child())
        self.password = login.password
        charts.release(
            name,
            "pgadmin4",
            namespace=namespace,
            values=_values(spec, postgres, login.secret, ingress, in_chart(pool, pools)),
            opts=self.child(depends_on=ingress.first),
        )
        allow(
            name,
            namespace=namespace,
            pods={"app.kubernetes.io/name": NAME},
            ingress=coming_from([ingress.peer], _PORT),
            egress=[DNS, *going_to([postgres.peer])],
            opts=self.child(),
        )
        self.register_outputs({})


def _values(
    spec: Spec,
    postgres: PostgresEndpoint,
    login: pulumi.Input[str],
    ingress: HttpIngress,
    placement: Mapping[str, Any],
) -> dict[str, Any]:
    volumes = {"run": _RUN, "tmp": _TMP}
    return {
        "nameOverride": NAME,
        "fullnameOverride": NAME,
        "existingSecret": login,
        "env": {"email": account(spec.host), "variables": _variables(spec.host)},
        "serverDefinitions": {"enabled": True, "servers": {"1": _server(postgres)}},
        "extraSecretMounts": [
            {
                "name": "pgpass",
                "secret": postgres.secret,
                "subPath": "pgpass",
                "mountPath": _PASSWORD_FILE,
                "readOnly": True,
            }
        ],
        "persistentVolume": {"enabled": False},
        # There is nothing to carry over from one pod to the next, and no room needed for both.
        "strategy": {"type": "Recreate"},
        "extraVolumes": [{"name": each, "emptyDir": {"sizeLimit": "64Mi"}} for each in volumes],
        "extraVolumeMounts": [{"name": each, "mountPath": path} for each, path in volumes.items()],
        "securityContext": restricted_pod(_USER, owns_volumes=True),
        "containerSecurityContext": {"enabled": True, **RESTRICTED_CONTAINER},
        "containerPorts": {"http": _PORT},
        "service": {"targetPort": _PORT},
        "resources": spec.resources.model_dump(),
        # Its own lets everybody in.
        "networkPolicy": {"enabled": False},
        "test": {"enabled": False},
        "ingress": {
            "enabled": True,
            "ingressClassName": ingress.class_name,
            "annotations": dict(ingress.annotations),
            "hosts": [{"host": spec.host, "paths": [{"path": "/", "pathType": "Prefix"}]}],
            **certified(ingress, spec.host),
        },
        **placement,
    }


def _variables(host: str) -> list[dict[str, str]]:
    """Return the image's environment; it writes variables with ``CONFIG_`` into pgAdmin's config_distro.py."""
    settings = {
        "PGADMIN_LISTEN_ADDRESS": "0.0.0.0",
        "PGADMIN_LISTEN_PORT": str(_PORT),
        # pgAdmin sends no mail here, and the mail server would need root.
        "PGADMIN_DISABLE_POSTFIX": "true",
        # The image's file system is read-only.
        "PGADMIN_CUSTOM_CONFIG_DISTRO_FILE": f"{_RUN}/config_distro.py",
        # The image copies it to the account's own files with mode 0600, which libpq insists on.
        "PGPASS_FILE": _PASSWORD_FILE,
        # Else an account below .local or .test is refused as no e-mail address.
        "PGADMIN_CONFIG_ALLOW_SPECIAL_EMAIL_DOMAINS": f"['{host.rpartition('.')[2]}']",
        "PGADMIN_CONFIG_UPGRADE_CHECK_ENABLED": "False",
        # Over HTTPS it compares the port of the page that a request comes from with the one that the ingress controller
        # listens on, and people may have come by another, such as 8443. Each request's token is checked all the same.
        "PGADMIN_CONFIG_WTF_CSRF_SSL_STRICT": "False",
        # The ingress controller has an access log already, without the probes.
        "GUNICORN_ACCESS_LOGFILE": "/dev/null",
    }
    return [{"name": name, "value": value} for name, value in settings.items()]


def _server(postgres: PostgresEndpoint) -> dict[str, Any]:
    """Return the database as pgAdmin lists it: https://www.pgadmin.org/docs/pgadmin4/latest/import_export_servers.html."""
    return {
        "Name": "PostgreSQL",
        "Group": "Platform",
        "Host": postgres.host,
        "Port": postgres.port,
        "Username": postgres.user,
        "MaintenanceDB": postgres.database,
        # A path within the account's own files.
        "ConnectionParameters": {"sslmode": postgres.ssl_mode, "passfile": "/.pgpass"},
    }
