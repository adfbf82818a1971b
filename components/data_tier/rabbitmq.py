"""RabbitMQ in the cluster, run by its cluster operator.

Names of fields, labels and ports are those of the operator 2.22:
https://www.rabbitmq.com/kubernetes/operator/using-operator.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_random as random
from pulumi_kubernetes.apiextensions import CustomResource

from components.charts import Charts
from components.cluster.contract import Cluster
from components.component import Component, name_of, object_metadata
from components.data_tier.endpoint import Consumer, Peer, UrlEndpoint, clients
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.scheduling import in_chart, labels_of, on_pool
from components.secrets.contract import IN_CLUSTER, Secrets
from components.traffic import API_SERVER, DNS, allow, among, coming_from
from components.volumes import of_class
from spec.node_pools import NodePool
from spec.rabbitmq import RabbitMq as Spec

NAME = "rabbitmq"
"""Name of the cluster, and so of its Service."""
PORT = 5672
ADMINISTRATOR = "administrator"
"""The user for people: it may do everything, and has the tag that the management interface asks for."""
_METRICS, _OPERATOR_METRICS, _PEER_DISCOVERY, _BETWEEN_NODES = 15692, 9782, 4369, 25672
_OPERATOR_NAMESPACE = "rabbitmq-system"
_OPERATOR = "rabbitmq-cluster-operator"
_PODS = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/component": "rabbitmq"}
_OPERATOR_PODS = {"app.kubernetes.io/name": _OPERATOR}

# What each access may do, by regular expressions over names of queues and exchanges. Both declare what they use.
# https://www.rabbitmq.com/docs/access-control#authorisation
_NOTHING, _ANYTHING = "^$", ".*"

_OPERATOR_RESOURCES = {"requests": {"cpu": "50m", "memory": "96Mi"}, "limits": {"cpu": "200m", "memory": "256Mi"}}
_SETUP_RESOURCES = {"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"cpu": "200m", "memory": "64Mi"}}

# A node waits at its end until others have its queues; the operator's own bound is a week.
_GRACE_SECONDS = 120
# As many members as a queue gets by itself where there are nodes enough.
# https://www.rabbitmq.com/docs/quorum-queues#quorum-requirements
_MEMBERS = 3
_DEFINITIONS = "/etc/rabbitmq/definitions"


def password_hash(password: str, salt: bytes) -> str:
    """Return the hash that RabbitMQ keeps of ``password``, in Base64; ``salt`` has four bytes.

    https://www.rabbitmq.com/docs/passwords#computing-password-hash
    """
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def definitions(users: Mapping[str, frozenset[str]], hashes: Mapping[str, str]) -> str:
    """Return the definitions that a node loads when it starts, as JSON: users, their password hashes and permissions.

    ``users`` has the access of each consumer and ``hashes`` the hash of each user, the administrator's too. Loading
    definitions deletes nobody: a user who is no longer in them stays, with a password that is stored nowhere any more.
    """
    kept = [
        {
            "name": name,
            "password_hash": hashed,
            "hashing_algorithm": "rabbit_password_hashing_sha256",
            "tags": ["administrator"] if name == ADMINISTRATOR else [],
            "limits": {},
        }
        for name, hashed in sorted(hashes.items())
    ]
    permissions = [
        {
            "user": name,
            "vhost": "/",
            "configure": _ANYTHING,
            "write": _ANYTHING,
            "read": _ANYTHING if name == ADMINISTRATOR or "consumer" in users[name] else _NOTHING,
        }
        for name in sorted(hashes)
    ]
    return json.dumps({"users": kept, "vhosts": [{"name": "/"}], "permissions": permissions}, sort_keys=True)


class RabbitMq(Component):
    """The operator, one cluster, and a user with a password of its own for every consumer."""

    address: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        spec: Spec,
        consumers: Sequence[Consumer],
        *,
        cluster: Cluster,
        charts: Charts,
        namespaces: Namespaces,
        pools: Sequence[NodePool] = (),
        scraping: Scraping | None = None,
        secrets: Secrets = IN_CLUSTER,
        protect: bool = False,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the cluster; ``protect`` keeps it from an accidental destroy."""
        super().__init__("data:RabbitMq", name, opts)
        self._name, self._keeper = name, secrets
        self._consumers = {consumer.name: consumer for consumer in consumers}
        self._namespace = namespaces.ensure(spec.namespace)
        operators = namespaces.ensure(_OPERATOR_NAMESPACE)
        operator = self._operator(charts, operators, in_chart(spec.pool, pools), scraping)
        passwords = {user: self._password(user) for user in (ADMINISTRATOR, *self._consumers)}
        made = CustomResource(
            name,
            api_version="rabbitmq.com/v1beta1",
            kind="RabbitmqCluster",
            metadata=object_metadata(
                self._namespace, NAME, annotations=cluster.until("condition=ClusterAvailable", seconds=900)
            ),
            spec=_cluster_spec(
                spec,
                cluster.storage_class,
                on_pool(spec.pool, pools),
                labels_of(spec.pool, pools),
                self._definitions(passwords),
            ),
            opts=self.child(depends_on=[operator], protect=protect),
        )
        self._host = pulumi.Output.concat(name_of(made), ".", self._namespace, ".svc.cluster.local")
        self._login(ADMINISTRATOR, passwords[ADMINISTRATOR], self._namespace)
        self._secrets = {each.name: self._login(each.name, passwords[each.name], each.namespace) for each in consumers}
        self._traffic(operators, scraping)
        if scraping:
            self._monitor(scraping)
            scraping.watch("rabbitmq", self)
        self.address = pulumi.Output.concat(self._host, f":{PORT}")
        self.register_outputs({"address": self.address})

    def endpoint(self, consumer: str) -> UrlEndpoint:
        """Return the endpoint of a consumer, by its name. Raises KeyError for one that the cluster was not given."""
        return UrlEndpoint(
            prefix="RABBITMQ",
            host=self._host,
            port=PORT,
            user=self._consumers[consumer].name,
            secret=self._secrets[consumer],
            peer=Peer(ports=(PORT,), namespace=self._namespace, pod_labels=_PODS),
            more={"VHOST": "/"},
        )

    def _operator(
        self, charts: Charts, namespace: pulumi.Input[str], placement: Mapping[str, Any], scraping: Scraping | None
    ) -> pulumi.Resource:
        return charts.release(
            f"{self._name}-operator",
            _OPERATOR,
            namespace=namespace,
            values={
                "fullnameOverride": _OPERATOR,
                "clusterOperator": {
                    "resources": _OPERATOR_RESOURCES,
                    "networkPolicy": {"enabled": False},
                    # One pod's budget would only block the drain of its node.
                    "pdb": {"create": False},
                    **({"metrics": {"podMonitor": {"enabled": True}}} if scraping else {}),
                    **placement,
                },
                # Queues and exchanges are the services' own affair, and users come with the definitions.
                "msgTopologyOperator": {"enabled": False, "networkPolicy": {"enabled": False}},
            },
            opts=self.child(depends_on=[scraping.crds] if scraping else []),
        )

    def _password(self, user: str) -> pulumi.Output[str]:
        # Letters and digits: it stands in a URL.
        return random.RandomPassword(f"{self._name}-{user}", length=32, special=False, opts=self.child()).result

    def _definitions(self, passwords: Mapping[str, pulumi.Output[str]]) -> pulumi.Output[str]:
        """Return the name of the Secret that nodes load users from.

        It is named by Pulumi and immutable: another user or password is another Secret, and nodes restart with it one
        by one. Salts are generated once and kept in the state, as new ones would change the Secret at every `up`.
        """
        salts = {
            user: random.RandomId(f"{self._name}-{user}-salt", byte_length=4, opts=self.child()).hex
            for user in passwords
        }
        access = {name: consumer.access for name, consumer in self._consumers.items()}
        text = pulumi.Output.all(passwords, salts).apply(
            lambda known: definitions(
                access, {user: password_hash(known[0][user], bytes.fromhex(known[1][user])) for user in known[0]}
            )
        )
        return self._keeper.keep(
            f"{self._name}-definitions", {"definitions.json": text}, namespace=self._namespace, opts=self.child()
        )

    def _login(self, user: str, password: pulumi.Output[str], namespace: pulumi.Input[str]) -> pulumi.Output[str]:
        """Return the name of the Secret that ``user`` signs in with, in ``namespace``."""
        # %2F is the virtual host `/`: https://www.rabbitmq.com/docs/uri-spec
        url = pulumi.Output.concat("amqp://", user, ":", password, "@", self._host, f":{PORT}/%2F")
        return self._keeper.keep(
            f"{self._name}-{user}-login",
            {"username": user, "password": password, "url": url},
            namespace=namespace,
            name=f"{NAME}-{user}",
            opts=self.child(),
        )

    def _traffic(self, operators: pulumi.Output[str], scraping: Scraping | None) -> None:
        """Let consumers reach the broker, its nodes each other, the operator the API server, Prometheus all of them."""
        scrapers = [scraping.scraper] if scraping else []
        allow(
            f"{self._name}-operator",
            namespace=operators,
            pods=_OPERATOR_PODS,
            ingress=coming_from(scrapers, _OPERATOR_METRICS),
            egress=[API_SERVER, DNS],
            opts=self.child(),
        )
        between = (_PEER_DISCOVERY, _BETWEEN_NODES)
        allow(
            self._name,
            namespace=self._namespace,
            pods=_PODS,
            ingress=[
                among(_PODS, *between, direction="from"),
                *coming_from(clients(self._consumers.values()), PORT),
                *coming_from(scrapers, _METRICS),
            ],
            # Nodes find each other by the API server.
            egress=[among(_PODS, *between, direction="to"), API_SERVER, DNS],
            opts=self.child(),
        )

    def _monitor(self, scraping: Scraping) -> None:
        """Have every node scraped, by the port that the operator's Service calls `prometheus`."""
        scraping.monitor(
            f"{self._name}-monitor",
            "ServiceMonitor",
            NAME,
            namespace=self._namespace,
            labels=_PODS,
            endpoints=[{"port": "prometheus"}],
            owner=self,
        )


def _cluster_spec(
    spec: Spec,
    storage_class: pulumi.Input[str] | None,
    placement: Mapping[str, Any],
    labels: Mapping[str, str],
    definitions: pulumi.Output[str],
) -> dict[str, Any]:
    mount = {"name": "definitions", "mountPath": _DEFINITIONS, "readOnly": True}
    pod = {
        **placement,
        "initContainers": [{"name": "setup-container", "resources": _SETUP_RESOURCES}],
        "containers": [{"name": "rabbitmq", "volumeMounts": [mount]}],
        "volumes": [{"name": "definitions", "secret": {"secretName": definitions}}],
    }
    template = {"spec": pod, **({"metadata": {"labels": labels}} if labels else {})}
    config = [
        f"load_definitions = {_DEFINITIONS}/definitions.json",
        # Also of queues whose declaration does not say: they outlive the node that they were declared on.
        "default_queue_type = quorum",
        *(_growing() if spec.nodes >= _MEMBERS else []),
    ]
    return {
        "replicas": spec.nodes,
        "image": spec.image,
        "resources": spec.resources.model_dump(),
        "persistence": {"storage": spec.storage, **of_class(storage_class)},
        "terminationGracePeriodSeconds": _GRACE_SECONDS,
        "rabbitmq": {"additionalConfig": "\n".join(config) + "\n"},
        "affinity": _apart() if spec.nodes > 1 else {},
        "override": {"statefulSet": {"spec": {"template": template}}},
    }


def _growing() -> list[str]:
    """Return the settings by which queues that were declared on fewer nodes get members on nodes that came later.

    https://www.rabbitmq.com/docs/quorum-queues#replica-reconciliation
    """
    reconciliation = "quorum_queue.continuous_membership_reconciliation"
    return [f"{reconciliation}.enabled = true", f"{reconciliation}.target_group_size = {_MEMBERS}"]


def _apart() -> dict[str, Any]:
    term = {"labelSelector": {"matchLabels": _PODS}, "topologyKey": "kubernetes.io/hostname"}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
