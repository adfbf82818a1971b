"""User interfaces of the data tier."""

from __future__ import annotations

from spec.base import Host, Section
from spec.services import Compute, Resources


class KafkaUi(Section):
    """Kafka UI, by Kafbat: topics, messages, consumer groups and their lag."""

    host: Host
    resources: Resources = Resources(
        requests=Compute(cpu="50m", memory="256Mi"), limits=Compute(cpu="1", memory="640Mi")
    )


class Pgadmin(Section):
    """pgAdmin, with the database in its list and signed in to it."""

    host: Host
    resources: Resources = Resources(
        requests=Compute(cpu="50m", memory="192Mi"), limits=Compute(cpu="500m", memory="512Mi")
    )


class DataInterfaces(Section):
    """Who may look into the data tier from outside: whoever gets through the ingress and knows the password."""

    kafka_ui: KafkaUi | None = None
    pgadmin: Pgadmin | None = None
