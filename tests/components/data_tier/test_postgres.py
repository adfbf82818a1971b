"""PostgreSQL in the cluster: a pooler that answers where users expect it, and a role of its own for every consumer."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.data_tier.endpoint import ADMINISTRATOR, Consumer, PostgresEndpoint, consumers
from components.data_tier.postgres import InClusterPostgres, admission, memory_parameters
from spec.node_pools import NodePool
from spec.postgres import InClusterPostgres as Spec
from spec.services import Service
from tests.components.around import POLICY, RELEASE, SECRET, Around, service
from tests.components.data_tier.postgres_server import Server
from tests.recorder import Recorder, remembered, run

API = "kubernetes:postgresql.cnpg.io/v1"
WRITER = service("order-api", uses=["postgres.writer"])
READER = service("report", namespace="other", uses=["postgres.reader"])
LABELS = {"role": "infra", "service": "postgresql"}
POOL = NodePool.model_validate(
    {"name": "postgresql", "instanceTypes": ["t3.small"], "size": {"min": 1, "max": 1}, "labels": LABELS}
)
BOTH = service("both", uses=["postgres.writer", "postgres.reader"])
OWNER = service("bills-api", uses=["postgres.writer"], database="bills")


@remembered
def build(
    *services: Service, protect: bool = False, scraped: bool = True, **fields: Any
) -> tuple[Recorder, dict[str, PostgresEndpoint]]:
    endpoints: dict[str, PostgresEndpoint] = {}

    def program() -> None:
        around = Around("shop", "other", "infra", scraped=scraped)
        users = consumers(services, "postgres", around.namespaces.ensure)
        spec = Spec.model_validate({"engine": "inCluster", **fields})
        here: dict[str, Any] = {"cluster": around.cluster, "pools": [POOL], "protect": protect}
        postgres = InClusterPostgres("db", spec, users, **here, **around.common)
        endpoints.update({user.name: postgres.endpoint(user.name) for user in users})
        for name, endpoint in endpoints.items():
            pulumi.Output.from_input(endpoint.host).apply(lambda host, name=name: hosts.__setitem__(name, host))

    hosts.clear()
    return run(program), endpoints


hosts: dict[str, str] = {}


def test_a_writer_reaches_the_pooler_called_postgresql():
    made, endpoints = build(WRITER)
    assert hosts["order-api"] == "postgresql.infra.svc.cluster.local"
    assert endpoints["order-api"].ssl_mode == "require"
    assert [each["metadata.name"] for each in made.all(f"{API}:Pooler")] == ["postgresql"]


def test_readers_share_the_only_instance_until_there_are_replicas_to_read_from():
    build(READER)
    assert hosts["report"] == "postgresql.infra.svc.cluster.local"
    made, _ = build(READER, instances=3)
    assert hosts["report"] == "postgresql-ro.infra.svc.cluster.local"
    assert made.one(f"{API}:Pooler", "db-ro")["spec.type"] == "ro"


def test_who_writes_and_reads_gets_both_hosts():
    _, endpoints = build(BOTH, instances=3)
    assert hosts["both"] == "postgresql.infra.svc.cluster.local"
    assert endpoints["both"].reader_host is not None


def test_replicas_nobody_reads_from_get_no_pooler():
    made, _ = build(WRITER, instances=3)
    assert [each.name for each in made.all(f"{API}:Pooler")] == ["db-rw"]


def test_every_consumer_has_a_role_and_a_password_of_its_own():
    made, _ = build(WRITER, READER)
    roles = {each["spec.name"]: each["spec.inRoles"] for each in made.all(f"{API}:DatabaseRole")}
    assert roles == {"order_api": ["app", "pg_read_all_data", "pg_write_all_data"], "report": ["pg_read_all_data"]}
    passwords = {each["stringData.password"] for each in made.all(SECRET)}
    assert len(passwords) == 2


def test_passwords_are_secret_wherever_they_go():
    made, _ = build(WRITER)
    for each in made.all(SECRET):
        assert "stringData" in each.secrets or "stringData.password" in each.secrets
    others = [each for each in made if each.type not in (SECRET,)]
    assert not any("generated-" in str(each.inputs) for each in others)


def test_the_login_lies_in_the_consumers_namespace_and_the_role_in_the_databases():
    made, _ = build(READER)
    where = {each["metadata.name"]: each["metadata.namespace"] for each in made.all(SECRET)}
    assert where == {"postgres-report": "other", "postgres-role-report": "infra"}


def test_another_consumer_leaves_the_database_itself_alone():
    one, two = (build(*services)[0].one(f"{API}:Cluster").inputs for services in ((WRITER,), (WRITER, READER)))
    assert one == two


def test_pods_have_the_labels_of_their_machines_but_for_the_one_that_the_operator_writes():
    made, _ = build(WRITER, pool="postgresql")
    assert made.one(f"{API}:Pooler")["spec.template.metadata.labels"] == LABELS
    assert made.one(f"{API}:Cluster")["spec.inheritedMetadata.labels"] == {"service": "postgresql"}
    made, _ = build(WRITER)
    assert "inheritedMetadata" not in made.one(f"{API}:Cluster")["spec"]
    assert "metadata" not in made.one(f"{API}:Pooler")["spec.template"]


def test_only_consumers_reach_the_pooler():
    rules = build(WRITER)[0].one(POLICY, "db-pooler")["spec.ingress"]
    assert [[port["port"] for port in rule["ports"]] for rule in rules] == [[5432]]
    assert [peer["podSelector"]["matchLabels"] for peer in rules[0]["from"]] == [
        {"app.kubernetes.io/name": "order-api"}
    ]


def test_without_consumers_nobody_reaches_the_pooler():
    assert build()[0].one(POLICY, "db-pooler")["spec.ingress"] == []


def administered() -> tuple[Recorder, dict[str, PostgresEndpoint]]:
    endpoints: dict[str, PostgresEndpoint] = {}

    def program() -> None:
        around = Around("shop", "infra")
        users = [Consumer("pgadmin", "infra", frozenset({ADMINISTRATOR}))]
        users += consumers([WRITER], "postgres", around.namespaces.ensure)
        spec = Spec.model_validate({"engine": "inCluster"})
        postgres = InClusterPostgres("db", spec, users, cluster=around.cluster, **around.common)
        endpoints["pgadmin"] = postgres.endpoint("pgadmin")
        pulumi.Output.from_input(endpoints["pgadmin"].host).apply(lambda host: hosts.__setitem__("pgadmin", host))

    return run(program), endpoints


def test_an_administrator_goes_past_the_pooler_and_has_its_password_as_libpq_reads_it():
    made, endpoints = administered()
    assert hosts["pgadmin"] == "postgres-rw.infra.svc.cluster.local"
    assert endpoints["pgadmin"].peer.pod_labels["cnpg.io/podRole"] == "instance"
    secret = made.one(SECRET, "db-pgadmin-login")
    assert secret["stringData.pgpass"] == "postgres-rw.infra.svc.cluster.local:5432:*:pgadmin:generated-db-pgadmin\n"
    assert made.one(f"{API}:DatabaseRole", "db-pgadmin")["spec.inRoles"] == [
        "app",
        "pg_monitor",
        "pg_read_all_data",
        "pg_write_all_data",
    ]


def test_administrators_reach_the_instances_and_services_the_pooler():
    made, _ = administered()
    for policy, name in (("db-administrators", "pgadmin"), ("db-pooler", "order-api")):
        (rule,) = made.one(POLICY, policy)["spec.ingress"]
        assert [peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in rule["from"]] == [name]
    assert "db-administrators" not in [each.name for each in build(WRITER)[0].all(POLICY)]


def test_an_instances_limits_are_its_requests_and_its_caches_follow():
    made = build(memory="2Gi", parameters={"work_mem": "8MB"})[0].one(f"{API}:Cluster")
    assert made["spec.resources.requests"] == made["spec.resources.limits"] == {"cpu": "250m", "memory": "2Gi"}
    assert made["spec.postgresql.parameters"] == {**memory_parameters("2Gi"), "work_mem": "8MB"}
    assert memory_parameters("2Gi") == {"shared_buffers": "512MB", "effective_cache_size": "1536MB"}


def test_the_database_is_protected_where_the_platform_asks_for_it():
    assert build(protect=True)[0].one(f"{API}:Cluster").options["protect"] is True
    assert "protect" not in build()[0].one(f"{API}:Cluster").options


def test_the_crd_and_the_webhook_are_there_first():
    made, _ = build(WRITER)
    operator, cluster = made.one(RELEASE, "db-operator"), made.one(f"{API}:Cluster")
    assert operator.urn in cluster.dependencies
    assert all(cluster.urn in each.dependencies for each in made.all(f"{API}:DatabaseRole"))


def test_prometheus_reaches_the_operator_and_is_told_of_it_where_there_is_one():
    made, _ = build(WRITER)
    operator = made.one(RELEASE, "db-operator")
    assert operator["values.monitoring"] == {"podMonitorEnabled": True}
    assert made.one(RELEASE, "scraping-crds").urn in operator.dependencies
    _, scraped = made.one(POLICY, "db-operator")["spec.ingress"]
    assert (scraped["ports"][0]["port"], scraped["from"][0]["podSelector"]["matchLabels"]) == (
        8080,
        {"app.kubernetes.io/name": "prometheus"},
    )
    alone, _ = build(WRITER, scraped=False)
    assert "monitoring" not in alone.one(RELEASE, "db-operator")["values"]
    assert len(alone.one(POLICY, "db-operator")["spec.ingress"]) == 1


def test_an_up_that_changes_nothing_finds_nothing_to_change():
    made, _ = build(WRITER)
    assert "annotations" not in made.one(f"{API}:Pooler")["metadata"]


def test_a_service_that_names_a_database_owns_it_and_is_sent_there():
    made, endpoints = build(OWNER, WRITER)
    database = made.one(f"{API}:Database")
    assert database["metadata"]["namespace"] == "infra"
    assert (database["spec.name"], database["spec.owner"], database["spec.databaseReclaimPolicy"]) == (
        "bills",
        "bills_api",
        "retain",
    )
    assert [endpoints[name].database for name in ("bills-api", "order-api")] == ["bills", "app"]


def test_another_name_is_another_database_and_the_former_stays():
    options = build(OWNER)[0].one(f"{API}:Database").options
    assert options["replaceOnChanges"] == ["spec.name"]
    assert options["deleteBeforeReplace"] is True


def test_who_has_a_database_of_its_own_has_the_rights_of_nobody_else():
    made, _ = build(OWNER, WRITER)
    assert made.one(f"{API}:DatabaseRole", "db-bills-api")["spec.inRoles"] == []


def test_a_role_is_there_before_its_database_and_both_before_anybody_signs_in():
    made, _ = build(OWNER)
    role, database = made.one(f"{API}:DatabaseRole"), made.one(f"{API}:Database")
    assert role.urn in database.dependencies
    for each in (role, database):
        assert each["metadata.annotations"]["pulumi.com/waitFor"] == "jsonpath={.status.applied}=true"


def test_while_all_share_one_database_the_operators_lines_say_who_gets_in():
    assert "pg_hba" not in build(WRITER, READER)[0].one(f"{API}:Cluster")["spec.postgresql"]


def test_every_consumer_gets_into_its_own_database_and_an_administrator_into_all(postgres: Server):
    pgadmin = Consumer("pgadmin", "infra", frozenset({ADMINISTRATOR}))
    users = [*consumers([OWNER, WRITER], "postgres", str), pgadmin]
    made, _ = build(OWNER, WRITER)
    postgres.create("app")
    for role in made.all(f"{API}:DatabaseRole"):
        postgres.psql(f"CREATE ROLE {role['spec.name']} LOGIN")
        for each in {*role["spec.inRoles"]} - {"app"}:
            postgres.psql(f"GRANT {each} TO {role['spec.name']}")
    postgres.psql("CREATE ROLE pgadmin LOGIN IN ROLE pg_read_all_data")
    postgres.psql("CREATE DATABASE bills OWNER bills_api")
    postgres.psql("CREATE TABLE bill (id int)", "INSERT INTO bill VALUES (7)", database="bills", user="bills_api")
    # Without the lines, whoever reads all data reads it in a database that is not its own.
    assert postgres.psql("SELECT id FROM bill", database="bills", user="order_api") == "7"
    with postgres.admitting(admission("app", users)):
        assert postgres.psql("SELECT id FROM bill", database="bills", user="bills_api") == "7"
        assert postgres.psql("SELECT id FROM bill", database="bills", user="pgadmin") == "7"
        assert postgres.psql("SELECT 1", database="app", user="order_api") == "1"
        for database, user in (("bills", "order_api"), ("app", "bills_api"), ("postgres", "order_api")):
            with pytest.raises(PermissionError, match=r"pg_hba\.conf rejects connection"):
                postgres.psql("SELECT 1", database=database, user=user)
