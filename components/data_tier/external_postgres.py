"""PostgreSQL that somebody else runs: nothing is made there, and consumers are told where it is and who they are."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.component import Component
from components.data_tier.endpoint import Consumer, Peer, PostgresEndpoint
from components.secrets.contract import IN_CLUSTER, Secrets
from spec.postgres import ExternalPostgres as Spec


class ExternalPostgres(Component):
    """An engine of the data tier. See `components.data_tier.endpoint.Engine`."""

    address: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        spec: Spec,
        consumers: Sequence[Consumer],
        *,
        secrets: Secrets = IN_CLUSTER,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make a Secret for each of ``consumers``, unless their Secret is made by whoever runs the server."""
        super().__init__("data:ExternalPostgres", name, opts)
        self._spec = spec
        self._consumers = {consumer.name: consumer for consumer in consumers}
        self._secrets = {consumer.name: self._secret(name, consumer, secrets) for consumer in consumers}
        self.address = pulumi.Output.from_input(f"{spec.host}:{spec.port}")
        self.register_outputs({"address": self.address})

    def endpoint(self, consumer: str) -> PostgresEndpoint:
        """Return the endpoint of a consumer, by its name. Raises KeyError for one that the engine was not given."""
        spec, known = self._spec, self._consumers[consumer]
        access = known.access
        reader = spec.reader_host or spec.host
        writes = "writer" in access
        return PostgresEndpoint(
            host=reader if access == {"reader"} else spec.host,
            reader_host=reader if writes and "reader" in access else None,
            port=spec.port,
            database=known.database or spec.database,
            user=None,
            secret=self._secrets[consumer],
            ssl_mode=spec.ssl_mode,
            peer=Peer(ports=(spec.port,), cidrs=tuple(spec.networks)),
            secret_is_theirs=spec.credentials.existing_secret is not None,
        )

    def _secret(self, name: str, consumer: Consumer, secrets: Secrets) -> pulumi.Input[str]:
        given = self._spec.credentials
        if given.existing_secret is not None:
            return given.existing_secret
        assert given.username is not None  # both, a rule of the spec
        assert given.password is not None
        return secrets.keep(
            f"{name}-{consumer.name}",
            {"username": given.username, "password": pulumi.Output.secret(given.password.get_secret_value())},
            namespace=consumer.namespace,
            name=f"postgres-{consumer.name}",
            opts=self.child(delete_before_replace=True),
        )
