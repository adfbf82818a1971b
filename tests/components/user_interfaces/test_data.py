"""The data tier's user interfaces: behind the ingress and a password, signed in to their engine."""

from __future__ import annotations

from typing import Any

import pulumi

from components.data_tier.endpoint import Peer, PostgresEndpoint
from components.data_tier.kafka_client import KafkaEndpoint
from components.user_interfaces.kafka_ui import KafkaUi
from components.user_interfaces.pgadmin import Pgadmin
from spec.interfaces import KafkaUi as KafkaUiSpec
from spec.interfaces import Pgadmin as PgadminSpec
from tests.components.around import POLICY, RELEASE, SECRET, Around
from tests.recorder import Recorder, remembered, run

BROKERS = Peer((9092,), "infra", {"is": "broker"})
KAFKA = KafkaEndpoint("kafka.infra.svc.cluster.local:9092", "kafka-ui", "kafka-kafka-ui", BROKERS)
POSTGRES = PostgresEndpoint(
    host="postgres-rw.infra.svc.cluster.local",
    reader_host=None,
    port=5432,
    database="app",
    user="pgadmin",
    secret="postgres-pgadmin",
    ssl_mode="require",
    peer=Peer((5432,), "infra", {"is": "instance"}),
)


@remembered
def build() -> Recorder:
    def program() -> None:
        around = Around("infra")
        common = {key: value for key, value in around.common.items() if key in ("charts", "opts")}
        here: Any = {"namespace": around.namespaces.ensure("infra"), "ingress": around.ingress(), **common}
        ui = KafkaUi("kafka-ui", KafkaUiSpec(host="kafka-ui.local"), KAFKA, **here)
        pgadmin = Pgadmin("pgadmin", PgadminSpec(host="pgadmin.local"), POSTGRES, **here)
        pulumi.Output.all(ui.password, pgadmin.password).apply(passwords.extend)

    passwords.clear()
    return run(program)


passwords: list[str] = []


def values(made: Recorder, name: str) -> dict[str, Any]:
    return made.one(RELEASE, name)["values"]


def test_each_is_reached_by_the_ingress_controller_alone_and_reaches_its_engine_alone():
    made = build()
    for name, port, target in (("kafka-ui", 8080, 9092), ("pgadmin", 8080, 5432)):
        policy = made.one(POLICY, name)["spec"]
        assert policy["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": name}}
        (rule,) = policy["ingress"]
        assert [each["port"] for each in rule["ports"]] == [port]
        (peer,) = rule["from"]
        assert peer["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "nginx-ingress"}
        _, engine = policy["egress"]
        assert [each["port"] for each in engine["ports"]] == [target]


def test_each_owns_the_paths_of_its_host():
    made = build()
    ingress = values(made, "kafka-ui")["ingress"]
    assert (ingress["host"], ingress["ingressClassName"]) == ("kafka-ui.local", "nginx")
    ingresses = [ingress, values(made, "pgadmin")["ingress"]]
    assert all(each["annotations"] == {"nginx.org/mergeable-ingress-type": "minion"} for each in ingresses)
    assert ingresses[1]["hosts"] == [{"host": "pgadmin.local", "paths": [{"path": "/", "pathType": "Prefix"}]}]


def test_passwords_are_generated_and_stand_in_secrets_alone():
    made = build()
    assert passwords == ["generated-kafka-ui", "generated-pgadmin"]
    for each in made.all(SECRET):
        assert "stringData" in each.secrets or "stringData.password" in each.secrets
    assert not any("generated-" in str(each.inputs) for each in made if each.type != SECRET)
    assert values(made, "pgadmin")["existingSecret"] == "pgadmin-admin"
    assert values(made, "kafka-ui")["envs"]["secretMappings"]["UI_PASSWORD"]["name"] == "kafka-ui-admin"


def test_kafka_ui_signs_in_with_what_its_environment_holds():
    configuration = values(build(), "kafka-ui")["yamlApplicationConfig"]
    assert configuration["auth"] == {"type": "LOGIN_FORM"}
    assert configuration["spring"]["security"]["user"] == {"name": "admin", "password": "${UI_PASSWORD}"}
    (cluster,) = configuration["kafka"]["clusters"]
    assert cluster["bootstrapServers"] == "kafka.infra.svc.cluster.local:9092"
    assert cluster["properties"]["sasl.jaas.config"].endswith(
        'ScramLoginModule required username="kafka-ui" password="${BROKER_PASSWORD}";'
    )


def test_pgadmin_has_the_database_in_its_list_and_its_password_in_a_file():
    found = values(build(), "pgadmin")
    (server,) = found["serverDefinitions"]["servers"].values()
    assert (server["Host"], server["Port"], server["Username"]) == (POSTGRES.host, 5432, "pgadmin")
    assert server["ConnectionParameters"] == {"sslmode": "require", "passfile": "/.pgpass"}
    variables = {each["name"]: each["value"] for each in found["env"]["variables"]}
    (mount,) = found["extraSecretMounts"]
    assert (mount["secret"], mount["subPath"], mount["mountPath"]) == (
        "postgres-pgadmin",
        "pgpass",
        variables["PGPASS_FILE"],
    )


def test_pgadmin_takes_an_account_below_the_host_it_is_given():
    found = values(build(), "pgadmin")["env"]
    variables = {each["name"]: each["value"] for each in found["variables"]}
    assert found["email"] == "admin@pgadmin.local"
    assert variables["PGADMIN_CONFIG_ALLOW_SPECIAL_EMAIL_DOMAINS"] == "['local']"


def test_pgadmin_answers_pages_that_came_by_another_port_than_the_ingress_controller_s():
    variables = {each["name"]: each["value"] for each in values(build(), "pgadmin")["env"]["variables"]}
    # As Python has it: flask_wtf/csrf.py, CSRFProtect.protect.
    assert variables["PGADMIN_CONFIG_WTF_CSRF_SSL_STRICT"] == "False"


def test_pgadmin_keeps_no_volume():
    assert values(build(), "pgadmin")["persistentVolume"] == {"enabled": False}


def test_what_their_charts_would_let_in_is_left_off():
    assert values(build(), "pgadmin")["networkPolicy"] == {"enabled": False}
    assert values(build(), "pgadmin")["test"] == {"enabled": False}
