"""What a stack file's author is told: every mistake at once, each with its path, its value and the remedy."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from spec.load import NAMESPACE, from_config, from_file, settings, stack_file, stacks
from spec.mistakes import SpecError, dotted
from spec.platform import Platform

SERVICE = {
    "name": "backend",
    "namespace": "app",
    "port": 4000,
    "image": {"repository": "ghcr.io/a/b", "tag": "1.2.3"},
}
LOCAL: dict[str, Any] = {
    "name": "test",
    "cluster": {"target": "k3d"},
    "data": {"postgres": {"engine": "inCluster", "namespace": "app"}},
    "services": [SERVICE, SERVICE | {"name": "frontend", "port": 3000, "uses": ["backend"]}],
    "security": {"namespaces": [{"name": "app"}]},
}
AWS: dict[str, Any] = LOCAL | {
    "cluster": {"target": "eks"},
    "network": {
        "region": "us-east-1",
        "cidr": "10.0.0.0/16",
        "availabilityZones": ["us-east-1a", "us-east-1b"],
    },
    "nodePools": [{"name": "general", "instanceTypes": ["t3.large"], "size": {"min": 1, "max": 2}}],
}


def changed(base: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return ``base`` with one value changed; the path is dotted, with numbers for positions."""
    config = copy.deepcopy(base)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = config
    for part in parents:
        place = place[part]
    place[last] = value
    return config


def mistakes(config: dict[str, Any]) -> str:
    with pytest.raises(SpecError) as error:
        from_config(config, "Pulumi.test.yaml")
    return str(error.value)


def test_sound_files_have_no_mistakes() -> None:
    assert from_config(LOCAL, "test").services[1].uses == ["backend"]
    assert from_config(AWS, "test").network is not None


@pytest.mark.parametrize("stack", ["blog", "dev", "prod", "sesacthon", "tacklebox"])
def test_every_stack_file_is_sound(stack: str) -> None:
    assert stack in stacks()
    assert from_file(stack_file(stack)).name


@pytest.mark.parametrize(
    ("base", "path", "value", "expected"),
    [
        (LOCAL, "servces", [], ["servces", "did you mean services?"]),
        (LOCAL, "cluster.agnts", 1, ["cluster.agnts = 1", "did you mean agents?"]),
        (LOCAL, "cluster.target", "k4d", ["cluster.target", '"k4d"', "did you mean k3d?"]),
        (LOCAL, "security.secrets", "sealed-secret", ["security.secrets", "did you mean sealed-secrets?"]),
        (LOCAL, "security.secrets", "vault", ['security.secrets = "vault"', "external-secrets"]),
        (LOCAL, "cluster.servers", "many", ['cluster.servers = "many"', "valid integer"]),
        (LOCAL, "services.0.port", 70000, ["services[0].port = 70000", "less than or equal to 65535"]),
        (LOCAL, "services.1.port", 4000, ["services[1].port = 4000", "backend has it", "take another port"]),
        (LOCAL, "services.1.name", "backend", ['services[1].name = "backend"', "services[0] has it already"]),
        (LOCAL, "services.0.name", "Back End", ['services[0].name = "Back End"', "DNS-1123"]),
        (LOCAL, "services.1.uses", ["backnd"], ['services[1].uses[0] = "backnd"', "did you mean backend?"]),
        (LOCAL, "services.1.uses", ["postgres.writr"], ["did you mean postgres.writer?"]),
        (LOCAL, "services.1.uses", ["frontend"], ['services[1].uses[0] = "frontend"']),
        (LOCAL, "services.0.image", {"repository": "ghcr.io/a/b"}, ["services[0].image.tag", "is missing"]),
        (
            LOCAL,
            "services.0.image.tag",
            1.1,
            ["services[0].image.tag = 1.1", "is a number to YAML", "put it in quotes"],
        ),
        (
            LOCAL,
            "services.0.resources",
            {"requests": {"cpu": 1, "memory": "1Gi"}},
            ["services[0].resources.requests.cpu = 1", "put it in quotes", "Kubernetes quantity"],
        ),
        (LOCAL, "services.0.name", "café", ['services[0].name = "café"']),
        (LOCAL, "services.0.image.tag", "latest", ['services[0].image.tag = "latest"', "name a version"]),
        (
            LOCAL,
            "services.0.replicas",
            {"min": 5, "max": 2},
            ["services[0].replicas.min = 5", "above max, 2"],
        ),
        (
            LOCAL,
            "services.0",
            SERVICE | {"volume": {"path": "/data", "size": "1Gi"}, "replicas": {"max": 2}},
            ["services[0].replicas.max = 2", "a service with a volume", "make it 1"],
        ),
        (
            LOCAL,
            "services.0.volume",
            {"path": "/tmp/", "size": "1Gi"},
            ['services[0].volume.path = "/tmp/"', "is there already"],
        ),
        (LOCAL, "services.0.volume", {"path": "data", "size": "1Gi"}, ['services[0].volume.path = "data"']),
        (LOCAL, "services.0.namespace", "ap", ['services[0].namespace = "ap"', "did you mean app?"]),
        (LOCAL, "services.0.pool", "big", ['services[0].pool = "big"', "is not declared", "→ there are no node pools"]),
        (
            LOCAL | {"data": {}, "services": [SERVICE]},
            "services.0.uses",
            ["postgres.writer"],
            ["is not declared", "→ there are no things to use"],
        ),
        (
            LOCAL,
            "services.0.annotations",
            {},
            ["services[0].annotations = {}", "→ keys: connections, database, env, health"],
        ),
        (
            LOCAL,
            "services.0.podAnnotations",
            {},
            ["services[0].podAnnotations = {}", "→ keys: connections, database, env"],
        ),
        (
            LOCAL,
            "gitops",
            {"engine": ["argocd", "flux"]},
            ['gitops.engine = ["argocd", "flux"]', "choices: argocd, flux"],
        ),
        (LOCAL, "cluster.target", {"secure": "hunter2"}, ['cluster.target = {"secure": "[secret]"}', "choices: eks"]),
        (
            LOCAL,
            "services.0.replicas",
            {"max": 100},
            ["security.namespaces[0].quota.requests.cpu", "raise the quota"],
        ),
        (
            LOCAL,
            "services.0.resources",
            {"requests": {"cpu": "2", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
            ['services[0].resources.limits.cpu = "1"', "below the request, 2"],
        ),
        (
            LOCAL,
            "services.0.resources",
            {"requests": {"cpu": "2x", "memory": "1Gi"}},
            ["Kubernetes quantity", "512Mi"],
        ),
        (LOCAL, "security.namespaces", [{"name": "app"}, {"name": "app"}], ["security.namespaces[1].name"]),
        (
            LOCAL,
            "security.limitRange",
            {"default": {"cpu": "100m", "memory": "512Mi"}},
            ['security.limitRange.default.cpu = "100m"', "below defaultRequest, 250m", "lower defaultRequest"],
        ),
        (
            LOCAL,
            "security.namespaces.0.limitRange",
            {"defaultRequest": {"cpu": "250m", "memory": "1Gi"}},
            ['security.namespaces[0].limitRange.default.memory = "512Mi"', "below defaultRequest, 1Gi"],
        ),
        (LOCAL, "cluster.storagePath", "/", ['cluster.storagePath = "/"', "the root", "/tmp/k3d-storage"]),
        (LOCAL, "cluster.storagePath", "//.", ['cluster.storagePath = "//."', "the root"]),
        (LOCAL, "cluster.storagePath", "volumes", ['cluster.storagePath = "volumes"', "/tmp/k3d-storage"]),
        (LOCAL, "network", AWS["network"], ["network", "no meaning on k3d"]),
        (LOCAL, "registry", {"keepImages": 5}, ["registry", "no meaning on k3d"]),
        (LOCAL, "buckets", [{"name": "files"}], ["buckets", "no meaning on k3d"]),
        (AWS, "buckets", [{"name": "files"}, {"name": "files"}], ['buckets[1].name = "files"', "buckets[0] has it"]),
        (
            LOCAL,
            "services.0.permissions",
            [{"actions": ["s3:GetObject"], "resources": ["*"]}],
            ["services[0].permissions", "those of k3d have not", "take eks or kubeadm"],
        ),
        (
            AWS,
            "services.0.permissions",
            [{"actions": ["s3:GetObject"], "buckets": ["files"]}],
            ['services[0].permissions[0].buckets[0] = "files"', "is not declared"],
        ),
        (
            AWS,
            "services.0.permissions",
            [{"actions": ["s3:*"], "resources": ["arn:aws:s3:::a/*"]}],
            ['services[0].permissions[0].actions[0] = "s3:*"', "s3:GetObject"],
        ),
        (
            AWS,
            "services.0.permissions",
            [{"actions": ["s3:GetObject"], "resources": ["files"]}],
            ['services[0].permissions[0].resources[0] = "files"', "ARNs of"],
        ),
        (AWS, "services.0.permissions", [{"actions": ["s3:GetObject"]}], ["allows its actions on nothing"]),
        (AWS, "buckets", [{"name": "Files"}], ['buckets[0].name = "Files"', "3 to 63"]),
        (AWS, "network.cidr", "10.0.0.1/16", ['network.cidr = "10.0.0.1/16"', "write 10.0.0.0/16"]),
        (AWS, "network.cidr", "10.0.0.0/23", ["network.cidr", "is too small", "room for"]),
        (AWS, "network.cidr", "10.0.0.0/8", ["network.cidr", "/16 to /28"]),
        (
            AWS,
            "network.availabilityZones.1",
            "eu-west-1a",
            ["availabilityZones[1]", "not a zone of us-east-1"],
        ),
        (
            AWS,
            "network.availabilityZones.1",
            "us-east-1z",
            ["availabilityZones[1]", "take among us-east-1a"],
        ),
        (AWS, "network.availabilityZones", ["us-east-1a"], ["EKS needs two"]),
        (
            AWS,
            "network.availabilityZones.1",
            "us-east-1a",
            ['network.availabilityZones[1] = "us-east-1a"', "is listed twice", "availabilityZones[0]"],
        ),
        (AWS, "network.interfaceEndpoints", ["ecr.api"] * 2, ["network.interfaceEndpoints[1]", "is listed twice"]),
        (
            LOCAL,
            "services.0.routes",
            [{"host": "a.local"}, {"host": "a.local", "path": "/"}],
            ['services[0].routes[1] = "a.local/"', "is backend's already", "remove one"],
        ),
        (
            AWS,
            "network.tiers",
            [{"name": "app", "routing": "public", "cidrs": ["10.0.0.0/24", "10.0.0.128/25"]}],
            ['network.tiers[0].cidrs[1] = "10.0.0.128/25"', "overlaps 10.0.0.0/24"],
        ),
        (
            AWS,
            "network.tiers",
            [{"name": "app", "routing": "public", "cidrs": ["10.0.0.0/24", "10.9.0.0/24"]}],
            ['network.tiers[0].cidrs[1] = "10.9.0.0/24"', "outside the VPC"],
        ),
        (
            AWS,
            "network.tiers",
            [{"name": "app", "routing": "public", "cidrs": ["10.0.0.0/24"]}],
            ["network.tiers[0].cidrs", "1 networks for 2 availability zones"],
        ),
        (
            AWS,
            "network.tiers",
            [{"name": "app", "routing": "private"}],
            ["network.natGateways", "needs a public tier"],
        ),
        (AWS, "nodePools", [], ["nodePools", "needs machines"]),
        (AWS, "nodePools.0.size", {"min": 3, "max": 2}, ["nodePools[0].size.min = 3", "above max, 2"]),
        (AWS, "nodePools.0.tier", "ap", ['nodePools[0].tier = "ap"', "did you mean app?"]),
        (
            AWS,
            "cluster",
            {"target": "kubeadm", "controlPlane": {}, "podCidr": "10.0.0.0/18"},
            ['cluster.podCidr = "10.0.0.0/18"', "overlaps the VPC"],
        ),
        (
            LOCAL,
            "gitops",
            {"engine": "argocd", "repository": {"url": "git@github.com:a/b.git"}},
            [
                'gitops.repository.url = "git@github.com:a/b.git"',
                "no https or ssh URL",
                "ssh://git@host/team/repository",
            ],
        ),
        (
            LOCAL,
            "gitops",
            {"engine": "argocd", "repository": {"url": "http://git.example.com/a/b"}},
            ["gitops.repository.url", "no https or ssh URL"],
        ),
        (
            LOCAL,
            "gitops",
            {"engine": "argocd", "reconciliation": "3 minutes"},
            ['gitops.reconciliation = "3 minutes"', "15s, 5m, 15d"],
        ),
        (LOCAL, "gitops", {"engine": "fluxcd"}, ["gitops.engine", '"fluxcd"']),
    ],
)
def test_a_mistake_is_answered_by_path_value_and_remedy(
    base: dict[str, Any], path: str, value: Any, expected: list[str]
) -> None:
    text = mistakes(changed(base, path, value))
    assert "Pulumi.test.yaml" in text
    for words in expected:
        assert words in text


SMALL = {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}}
LOKI = {"kind": "loki", "resources": SMALL}


@pytest.mark.parametrize(
    ("path", "config"),
    [
        ("observability", LOCAL | {"observability": {"retention": "7d", "resources": SMALL}}),
        ("observability.logs.store", LOCAL | {"observability": {"retention": "7d", "logs": {"store": LOKI}}}),
        (
            "data.interfaces.pgadmin",
            changed(LOCAL, "data.interfaces", {"pgadmin": {"host": "db.test.local", "resources": SMALL}}),
        ),
        ("data.loadTest", changed(LOCAL, "data.loadTest", {"resources": SMALL})),
        ("services[1]", changed(LOCAL, "services.1.resources", SMALL)),
    ],
)
def test_whatever_has_resources_has_limits_that_cover_its_requests(path: str, config: dict[str, Any]) -> None:
    text = mistakes(config)
    assert f'{path}.resources.limits.memory = "1Gi"' in text
    assert "is below the request, 2Gi" in text


def test_all_mistakes_are_told_at_once() -> None:
    config = changed(changed(changed(LOCAL, "cluster.servers", "x"), "services.0.port", 0), "nmae", "y")
    text = mistakes(config)
    assert "3 mistakes" in text
    for path in ("cluster.servers", "services[0].port", "nmae"):
        assert path in text


def test_what_does_not_go_together_is_told_beside_what_is_wrong_by_itself() -> None:
    wrong = changed(LOCAL, "cluster.servers", "one")
    wrong = changed(wrong, "services.1.uses", ["postgres.writr", "backnd"])
    said = mistakes(wrong)
    assert "3 mistakes" in said
    assert all(each in said for each in ("cluster.servers", "services[1].uses[0]", "services[1].uses[1]"))


def test_positions_are_those_of_the_file_when_a_service_before_is_wrong() -> None:
    wrong = changed(LOCAL, "services", [SERVICE | {"name": "first", "port": 70000}, *LOCAL["services"]])
    said = mistakes(changed(wrong, "services.2.uses", ["backnd"]))
    assert "2 mistakes" in said
    assert 'services[2].uses[0] = "backnd"' in said


def described(stack: str) -> dict[str, Any]:
    document = yaml.safe_load(stack_file(stack).read_text())["config"]
    return {key.removeprefix(NAMESPACE): value for key, value in document.items()}


def paths(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of everything in a stack file that has keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in items:
        here = f"{path}.{key}".removeprefix(".")
        if "." not in str(key):
            yield here
            yield from paths(held, here)


def first_of_each(found: Iterable[str]) -> list[str]:
    """Return one path of each form, as items of a list are alike."""
    return list({re.sub(r"\d+", "0", path): path for path in found}.values())


def has_its_form(config: dict[str, Any]) -> bool:
    try:
        Platform.model_validate(config, by_alias=True, by_name=False)
    except ValidationError:
        return False
    return True


@pytest.mark.engine
@pytest.mark.parametrize("stack", stacks())
@pytest.mark.parametrize("value", [-77, "No such thing!"])
def test_nobody_is_blamed_for_naming_what_is_there_but_wrong(stack: str, value: Any) -> None:
    """As the file is sound, whatever is told beside the one value that is made wrong would be false."""
    sound = described(stack)
    for path in first_of_each(paths(sound)):
        wrong = changed(sound, path, value)
        if has_its_form(wrong):
            continue
        with pytest.raises(SpecError) as refused:
            from_config(wrong, "test")
        outside = [str(each) for each in refused.value.mistakes if not dotted(each.path).startswith(bracketed(path))]
        assert outside == [], path


def bracketed(path: str) -> str:
    return dotted(tuple(int(part) if part.isdigit() else part for part in path.split(".")))


@pytest.mark.parametrize(
    ("stack", "path", "value"),
    [
        ("tacklebox", "data.postgres.credentials", None),
        ("tacklebox", "data.postgres.credentials", {}),
        ("tacklebox", "data.postgres.host", None),
        ("tacklebox", "data.postgres.engine", "externl"),
        ("tacklebox", "services.0.port", None),
        ("dev", "data.kafka.engine", "inclster"),
        ("blog", "data.redis.stores.0.eviction", "alkeys-lru"),
        ("sesacthon", "data.redis.stores.1.eviction", None),
        ("dev", "security.namespaces.1", {"egress": "open"}),
        ("dev", "services.1", {"namespace": "backend", "port": 4000}),
    ],
)
def test_what_depends_on_what_is_wrong_or_missing_waits_for_it(stack: str, path: str, value: Any) -> None:
    said = mistakes(changed(described(stack), path, value))
    assert "1 mistake," in said
    assert bracketed(path) in said


def test_all_broken_rules_are_told_at_once() -> None:
    config = changed(changed(LOCAL, "services.0.pool", "big"), "services.1.uses", ["nobody"])
    assert "2 mistakes" in mistakes(config)


def test_a_value_that_is_encrypted_is_never_shown() -> None:
    assert "hunter2" not in mistakes(changed(LOCAL, "cluster.servers", {"secure": "hunter2"}))


def test_an_unknown_stack_lists_those_there_are() -> None:
    with pytest.raises(SpecError) as error:
        stack_file("prd")
    assert "did you mean prod? stacks: blog, dev, prod, sesacthon, tacklebox" in str(error.value)
    with pytest.raises(SpecError) as error:
        stack_file("xyzzy")
    assert "blog, dev, prod, sesacthon, tacklebox" in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("config: {'groundwork:name': a}\nconfig: {}\n", "line 2: the key config is given twice"),
        ("cofnig: {}\nconfig: {'groundwork:name': a}\n", "did you mean config?"),
        (
            "secretprovider: a\nencryptdkey: b\nconfig: {'groundwork:name': a}\n",
            "encryptdkey\n      is not a key that exists here\n      → did you mean encryptedkey?",
        ),
        ("config: {'grundwork:services': []}\n", "grundwork:services"),
        ("config: {servces: []}\n", "did you mean services?"),
    ],
)
def test_a_key_that_is_misspelt_or_given_twice_is_refused(tmp_path: Any, text: str, said: str) -> None:
    path = tmp_path / "Pulumi.bad.yaml"
    path.write_text(text)
    with pytest.raises(SpecError, match=re.escape(said)):
        from_file(path)


def test_each_key_that_is_misspelt_has_its_own_remedy(tmp_path: Any) -> None:
    path = tmp_path / "Pulumi.bad.yaml"
    near = {"cofnig": "config", "encryptedkyy": "encryptedkey", "envronment": "environment", "1": "keys: config"}
    path.write_text("config: {'groundwork:name': a}\n" + "".join(f"{key}: {{}}\n" for key in near))
    with pytest.raises(SpecError) as error:
        from_file(path)
    remedies = {mistake.path[0]: mistake.remedy for mistake in error.value.mistakes}
    assert all(right in str(remedies[key]) for key, right in near.items())


@pytest.mark.parametrize("text", ["config: [", "config:\n  groundwork:name: {{ name }}\n", "? [a]\n: b\n"])
def test_a_file_that_is_not_yaml_is_refused(tmp_path: Any, text: str) -> None:
    path = tmp_path / "Pulumi.bad.yaml"
    path.write_text(text)
    with pytest.raises(SpecError, match=r"is not YAML as Pulumi reads it: line \d"):
        from_file(path)


def test_what_several_parts_have_in_common_may_be_written_once(tmp_path: Any) -> None:
    path = tmp_path / "Pulumi.good.yaml"
    path.write_text(
        "config:\n  groundwork:name: &name {one: 1, two: 2}\n  groundwork:services:\n    - {<<: *name, two: 3}\n"
    )
    assert settings(path)["services"] == [{"one": 1, "two": 3}]
