"""What the emulated clusters accept, refuse and remember."""

from __future__ import annotations

import copy
import itertools
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.emulator import UNKNOWN, Refused, Resource, Secret
from sandbox.kubernetes import Kubernetes, manifests
from sandbox.kubernetes.quota import quantity

CHART = str(Path(__file__).parents[2] / "charts" / "service")
CONFIG = {"clusterIdentifier": "one"}
Object = dict[str, Any]


class Shop:
    """A cluster with the namespace `shop`, driven as the engine drives a provider."""

    def __init__(self) -> None:
        self.emulator = Kubernetes()
        self.emulator.configure("p", CONFIG)
        self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})

    @staticmethod
    def resource(news: Object, name: str = "thing", provider: str = "p") -> Resource:
        version = news.get("apiVersion", "helm.sh/v3")
        type = f"kubernetes:{'core/v1' if version == 'v1' else version}:{news.get('kind', 'Release')}"
        return Resource(type, name, f"urn:pulumi:dev::shop::{type}::{name}", provider)

    def create(self, news: Object, name: str = "thing", provider: str = "p") -> tuple[str, Object]:
        r = self.resource(news, name, provider)
        return self.emulator.create(r, self.emulator.check(r, {}, news))

    def update(self, id: str, olds: Object, news: Object) -> Object:
        r = self.resource(news)
        return self.emulator.update(r, id, olds, self.emulator.check(r, olds, news), {})

    def delete(self, id: str, outputs: Object) -> None:
        self.emulator.delete(self.resource(outputs), id, outputs)

    def kinds(self) -> Object:
        return dict(self.emulator.holds())


@pytest.fixture
def shop() -> Shop:
    return Shop()


def obj(kind: str, name: str, version: str = "v1", namespace: Any = "shop", **fields: Any) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, **fields}


def deployment(name: str = "web", resources: Object | None = None, **spec: Any) -> Object:
    container = {"name": "web", "image": "web:1"} | ({"resources": resources} if resources else {})
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template} | spec
    return obj("Deployment", name, "apps/v1", spec=spec)


def release(chart: str = CHART, name: str = "web", **inputs: Any) -> Object:
    values = {"image": {"repository": "ghcr.io/example/web", "tag": "1"}}
    return {"name": name, "namespace": "shop", "chart": chart, "values": values} | inputs


def claim(name: str, size: str = "1Gi") -> Object:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return obj("PersistentVolumeClaim", name, spec=spec)


OPERATOR = release("cloudnative-pg", "cnpg", version="0.29.0", repositoryOpts={"repo": "https://charts"}, values={})
CLUSTER = obj("Cluster", "pg", "postgresql.cnpg.io/v1", spec={"instances": 1})


@pytest.mark.parametrize(
    ("wrong", "path", "message"),
    [
        (deployment(replica=2), "spec", "unknown field 'replica'"),
        (deployment(replicas="2"), "spec.replicas", "not of type"),
        (deployment("Web"), "metadata.name", "not a valid name"),
        (deployment(selector={"matchLabels": {"app": "other"}}), "spec.template.metadata.labels", "does not match"),
        (obj("Deployment", "web", "apps/v1beta1"), "", 'no matches for kind "Deployment" in version "apps/v1beta1"'),
        (obj("Secret", "a", stringData={"n": 1}), "stringData.n", "not of type"),
        (obj("Role", "a", "rbac.authorization.k8s.io/v1", rule=[]), "", "unknown field 'rule'"),
        (
            obj("ConfigMap", "a") | {"metadata": {"name": "a", "labels": {"a": "b c"}}},
            "metadata.labels.a",
            "label value",
        ),
    ],
)
def test_an_object_the_api_server_would_refuse_is_refused_at_its_path(
    shop: Shop, wrong: Object, path: str, message: str
):
    with pytest.raises(Refused, match=message) as refused:
        shop.create(wrong)
    assert refused.value.property == path


def test_an_unknown_value_fits_everywhere_in_a_preview(shop: Shop):
    news = deployment(replicas=UNKNOWN)
    news["spec"]["template"]["metadata"]["labels"]["app"] = UNKNOWN
    assert shop.emulator.check(shop.resource(news), {}, news)["spec"]["replicas"] is UNKNOWN


def test_a_namespace_must_exist(shop: Shop):
    with pytest.raises(Refused, match='namespaces "elsewhere" not found'):
        shop.create(obj("ConfigMap", "a", namespace="elsewhere"))


def test_a_name_is_taken_once(shop: Shop):
    shop.create(obj("ConfigMap", "a"))
    shop.create(obj("Secret", "a"))
    with pytest.raises(Refused, match='configmaps "a" already exists'):
        shop.create(obj("ConfigMap", "a"))


def test_a_name_that_is_not_given_is_made_once_and_kept(shop: Shop):
    news = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "shop"}}
    r = shop.resource(news, "settings")
    first = shop.emulator.check(r, {}, news)
    assert first["metadata"]["name"].startswith("settings-")
    assert shop.emulator.check(r, first, news) == first
    assert not shop.emulator.delete_before_replace(r, first)
    assert shop.emulator.delete_before_replace(r, obj("ConfigMap", "settings"))


def test_outputs_are_those_of_a_cluster_that_works(shop: Shop):
    id, web = shop.create(deployment(replicas=3))
    assert id == "shop/web"
    assert web["metadata"]["uid"]
    assert web["status"]["availableReplicas"] == 3
    _, service = shop.create(obj("Service", "web", spec={"type": "LoadBalancer", "ports": [{"port": 80}]}))
    assert service["spec"]["clusterIP"].startswith("10.")
    assert service["status"]["loadBalancer"]["ingress"]
    _, secret = shop.create(obj("Secret", "a", stringData={"k": "v"}))
    assert secret["data"] == Secret({"k": "dg=="})


def test_an_update_keeps_what_identifies_the_object(shop: Shop):
    id, before = shop.create(deployment())
    after = shop.update(id, deployment(), deployment(replicas=2))
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"]


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        (deployment("a"), deployment("b"), ["metadata.name"]),
        (deployment(replicas=1), deployment(replicas=2), []),
        (deployment(), deployment(selector={"matchLabels": {"app": "x"}}), ["spec.selector"]),
        (obj("ConfigMap", "a", data={"a": "1"}), obj("ConfigMap", "a", data={"a": "2"}), ["data"]),
        (claim("a"), claim("a", "2Gi"), []),
        (release(name="a"), release(name="b"), ["name"]),
        (release(), release(values={}), []),
        (obj("ConfigMap", "a"), obj("ConfigMap", "a", namespace=UNKNOWN), ["metadata.namespace"]),
    ],
)
def test_what_cannot_change_in_place_replaces(shop: Shop, old: Object, new: Object, paths: list[str]):
    assert shop.emulator.replaces(shop.resource(new), old, new) == paths


def test_metadata_that_waits_for_something_to_be_made_anew_replaces(shop: Shop):
    """What the engine asks about when something is deleted before it is replaced: the properties that came from it."""
    old, new = obj("ConfigMap", "a"), obj("ConfigMap", "a") | {"metadata": UNKNOWN}
    r = shop.resource(old)
    assert shop.emulator.replaces(r, old, new) == ["metadata.name", "metadata.namespace"]
    assert shop.emulator.delete_before_replace(r, new)


def test_config_maps_change_in_place_where_the_provider_says_so(shop: Shop):
    shop.emulator.configure("mutable", CONFIG | {"enableConfigMapMutable": "true"})
    old, new = obj("ConfigMap", "a", data={"a": "1"}), obj("ConfigMap", "a", data={"a": "2"})
    assert shop.emulator.replaces(shop.resource(new, provider="mutable"), old, new) == []


def test_clusters_do_not_mix_and_providers_of_one_cluster_do(shop: Shop):
    shop.emulator.configure("same", CONFIG)
    shop.emulator.configure("other", {"clusterIdentifier": "two"})
    shop.create(obj("ConfigMap", "a"))
    with pytest.raises(Refused, match="already exists"):
        shop.create(obj("ConfigMap", "a"), provider="same")
    with pytest.raises(Refused, match="not found"):
        shop.create(obj("ConfigMap", "a"), provider="other")


def test_a_changed_kubeconfig_replaces_only_without_an_identifier(shop: Shop):
    def config(server: str) -> Object:
        clusters = [{"name": "c", "cluster": {"server": server}}]
        contexts = [{"name": "x", "context": {"cluster": "c", "user": "u"}}]
        return {"kubeconfig": yaml.safe_dump({"current-context": "x", "contexts": contexts, "clusters": clusters})}

    assert shop.emulator.replaces_provider(config("https://a"), config("https://b"))
    assert not shop.emulator.replaces_provider(config("https://a") | CONFIG, config("https://b") | CONFIG)
    assert shop.emulator.replaces_provider(config("https://a"), {"kubeconfig": UNKNOWN})


def test_deleting_a_namespace_deletes_what_is_in_it(shop: Shop):
    shop.create(deployment())
    shop.create(release(name="other"))
    shop.delete("shop", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    assert shop.kinds() == {}


def test_somebody_elses_change_shows_at_the_next_read(shop: Shop):
    news = obj("ConfigMap", "a", data={"a": "1"})
    id, outputs = shop.create(news)
    r = shop.resource(news)
    assert shop.emulator.read(r, id, news, outputs) == (news, outputs)
    for entry in shop.emulator.cluster("p").entries.values():
        entry.live.get("data", {}).update(a="2")
    read = shop.emulator.read(r, id, news, outputs)
    assert read is not None
    assert read[0]["data"] == {"a": "2"}
    shop.delete(id, outputs)
    assert shop.emulator.read(r, id, news, outputs) is None


# Quota


def quota(**hard: str) -> Object:
    return obj(
        "ResourceQuota", "compute", spec={"hard": {key.replace("__", "."): value for key, value in hard.items()}}
    )


LIMITS = obj(
    "LimitRange",
    "defaults",
    spec={
        "limits": [
            {
                "type": "Container",
                "default": {"cpu": "500m", "memory": "512Mi"},
                "defaultRequest": {"cpu": "250m", "memory": "256Mi"},
                "max": {"cpu": "2"},
            }
        ]
    },
)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"default": {"cpu": "100m"}}, r'defaultRequest\[cpu\].*"250m": .* greater than default limit value 100m'),
        ({"defaultRequest": {"memory": "1Gi"}}, r"default request value 1Gi is greater than default limit value 512Mi"),
        ({"default": {"cpu": "3"}}, r"default limit value 3 is greater than max value 2"),
        ({"min": {"cpu": "300m"}}, r"min value 300m is greater than default request value 250m"),
        ({"min": {"cpu": "3"}, "defaultRequest": {}, "default": {}}, r"min value 3 is greater than max value 2"),
    ],
)
def test_a_limit_range_that_contradicts_itself_is_refused(given: Object, said: str, shop: Shop):
    (limit,) = LIMITS["spec"]["limits"]
    with pytest.raises(Refused, match=said):
        shop.create(LIMITS | {"spec": {"limits": [limit | given]}})


def test_replicas_times_what_a_limit_range_gives_count_against_the_quota(shop: Shop):
    shop.create(LIMITS)
    shop.create(quota(requests__cpu="1", limits__memory="8Gi"))
    shop.create(deployment("fits", replicas=3))
    with pytest.raises(Refused, match=r"exceeded quota: compute, requested: requests.cpu=0.5, used: requests.cpu=0.75"):
        shop.create(deployment("more", replicas=2))


def test_a_pod_that_leaves_a_limited_resource_open_is_refused(shop: Shop):
    shop.create(quota(limits__cpu="1"))
    with pytest.raises(Refused, match=r"must specify limits.cpu"):
        shop.create(deployment())


def test_a_limit_alone_is_the_request_too(shop: Shop):
    shop.create(quota(requests__cpu="1"))
    with pytest.raises(Refused, match=r"requested: requests\.cpu=2"):
        shop.create(deployment(resources={"limits": {"cpu": "2"}}))


def test_a_scaled_deployment_is_counted_instead_of_its_old_self(shop: Shop):
    shop.create(quota(pods="3"))
    id, _ = shop.create(deployment(replicas=2))
    shop.update(id, deployment(replicas=2), deployment(replicas=3))
    with pytest.raises(Refused, match="exceeded quota"):
        shop.update(id, deployment(replicas=3), deployment(replicas=4))


def test_a_finished_job_gives_its_quota_back(shop: Shop):
    shop.create(quota(pods="1"))
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a:1"}]}}
    for name in ("first", "second"):
        _, job = shop.create(obj("Job", name, "batch/v1", spec={"template": template}))
        assert job["status"]["succeeded"] == 1


def test_claims_are_counted(shop: Shop):
    shop.create(quota(persistentvolumeclaims="1", requests__storage="10Gi"))
    with pytest.raises(Refused, match=r"requests.storage"):
        shop.create(claim("large", "11Gi"))
    shop.create(claim("a"))
    with pytest.raises(Refused, match="persistentvolumeclaims"):
        shop.create(claim("b"))


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"requests": {"cpu": "3"}, "limits": {"cpu": "1"}}, "must be less than or equal to cpu limit"),
        ({"limits": {"cpu": "3"}}, "maximum cpu usage per Container is 2"),
        ({"limits": {"cpu": "1 core"}}, "quantities must match"),
    ],
)
def test_a_container_keeps_to_its_limits(shop: Shop, resources: Object, message: str):
    shop.create(LIMITS)
    with pytest.raises(Refused, match=message):
        shop.create(deployment(resources=resources))


@pytest.mark.parametrize(
    ("text", "value"), [("250m", "0.25"), ("1.5Gi", "1610612736"), (2, "2"), ("1e3", "1000"), ("4k", "4000")]
)
def test_quantities_are_read_as_kubernetes_reads_them(text: Any, value: str):
    assert str(quantity(text).normalize().__format__("f")) == value


def test_a_node_port_is_given_out_once(shop: Shop):
    def service(name: str, port: int | None) -> Object:
        return obj(
            "Service", name, spec={"type": "NodePort", "ports": [{"port": 80} | ({"nodePort": port} if port else {})]}
        )

    shop.create(service("a", 30001))
    with pytest.raises(Refused, match="already allocated"):
        shop.create(service("b", 30001))
    with pytest.raises(Refused, match="valid range"):
        shop.create(service("c", 80))
    assert shop.create(service("d", None))[1]["spec"]["ports"][0]["nodePort"] != 30001


# Custom resources


def test_a_custom_resource_needs_the_chart_that_brings_its_kind(shop: Shop):
    with pytest.raises(Refused, match=r'no matches for kind "Cluster" .*: install the chart that brings it first'):
        shop.create(CLUSTER)
    shop.create(OPERATOR)
    assert shop.create(CLUSTER)[0] == "shop/pg"


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (obj("Cluster", "pg", "postgresql.cnpg.io/v1"), []),
        (CLUSTER | {"metadata": CLUSTER["metadata"] | {"annotations": {"a": "b"}, "labels": {}}}, ["metadata"]),
        (CLUSTER | {"metadata": CLUSTER["metadata"] | {"annotations": {}}}, ["metadata"]),
        (CLUSTER | {"spec": {"affinity": {}}}, []),
        ({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "labels": {}}}, []),
        (release(), []),
    ],
)
def test_an_empty_map_in_the_metadata_of_a_custom_resource_never_settles(shop: Shop, given: Object, names: list[str]):
    assert shop.emulator.never_settles(shop.resource(given), given) == names


def test_a_chart_whose_crds_are_switched_off_brings_none(shop: Shop):
    shop.create(OPERATOR | {"values": {"crds": {"create": False}}})
    with pytest.raises(Refused, match="no matches for kind"):
        shop.create(CLUSTER)


CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "clusters.postgresql.cnpg.io"},
    "spec": {
        "group": "postgresql.cnpg.io",
        "names": {"kind": "Cluster", "plural": "clusters"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "apiVersion": {"type": "string"},
                            "kind": {"type": "string"},
                            "metadata": {"type": "object"},
                            "spec": {
                                "type": "object",
                                "required": ["instances"],
                                "properties": {
                                    "instances": {"type": "integer"},
                                    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                                },
                            },
                        },
                    }
                },
            }
        ],
    },
}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"spec": {"instances": 1, "instance": 2}}, "unknown field 'instance'"),
        ({"spec": {}}, "'instances' is a required property"),
        ({"apiVersion": "postgresql.cnpg.io/v2"}, "no matches for kind"),
    ],
)
def test_a_custom_resource_is_held_to_its_crd(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changed: Object, message: str
):
    (tmp_path / "crds.yaml").write_text(yaml.safe_dump(CRD))
    monkeypatch.setenv("GROUNDWORK_CRDS", str(tmp_path))
    shop.create(OPERATOR)
    shop.create(CLUSTER | {"spec": {"instances": 1, "free": {"any": "thing"}}})
    with pytest.raises(Refused, match=message):
        shop.create(CLUSTER | {"metadata": {"name": "b", "namespace": "shop"}} | changed)


def test_a_crd_among_the_objects_brings_its_kind(shop: Shop):
    shop.create(CRD)
    shop.create(CLUSTER)
    with pytest.raises(Refused, match="unknown field"):
        shop.create(obj("Cluster", "b", "postgresql.cnpg.io/v1", spec={"instances": 1, "x": 1}))


# Releases


def test_a_chart_at_hand_is_rendered_into_the_cluster_and_goes_with_its_release(shop: Shop):
    id, web = shop.create(release())
    assert web["status"] | {"name": "web", "revision": 1, "status": "deployed", "version": "1.0.0"} == web["status"]
    assert web["resourceNames"]["Deployment.apps/apps/v1"] == ["shop/web"]
    assert shop.kinds()["Deployment"] == 1
    with pytest.raises(Refused, match="still in use"):
        shop.create(release())
    shop.delete(id, web)
    assert shop.kinds() == {"Namespace": 1}


def test_a_changed_value_upgrades_and_what_is_no_longer_rendered_goes(shop: Shop):
    before = release(values=release()["values"] | {"replicas": {"min": 1, "max": 2}})
    id, _ = shop.create(before)
    assert shop.kinds()["HorizontalPodAutoscaler"] == 1
    assert shop.update(id, before, release())["status"]["revision"] == 2
    assert "HorizontalPodAutoscaler" not in shop.kinds()


def test_a_new_chart_version_changes_the_inputs(shop: Shop, tmp_path: Path):
    chart = Path(shutil.copytree(CHART, tmp_path / "service"))
    news = release(str(chart))
    first = shop.emulator.check(shop.resource(news), {}, news)
    (chart / "Chart.yaml").write_text((chart / "Chart.yaml").read_text().replace("version: 1.0.0", "version: 1.0.1"))
    assert shop.emulator.check(shop.resource(news), first, news) == first | {"version": "1.0.1"}


def test_values_that_the_chart_does_not_have_are_refused_before_anything_is_made(shop: Shop):
    news = release(values={"image": {"tags": "1"}})
    with pytest.raises(Refused, match=r"values\.image: .*'tags' was unexpected"):
        shop.emulator.check(shop.resource(news), {}, news)


def test_a_release_that_does_not_fit_leaves_nothing_behind(shop: Shop):
    shop.create(quota(pods="0"))
    before = copy.deepcopy(shop.kinds())
    with pytest.raises(Refused, match="exceeded quota"):
        shop.create(release())
    assert shop.kinds() == before


def test_a_release_does_not_take_over_somebody_elses_object(shop: Shop):
    shop.create(obj("ServiceAccount", "web"))
    with pytest.raises(Refused, match="cannot be imported into the current release"):
        shop.create(release())


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (release("loki", repositoryOpts={"repo": "https://charts"}), "version is required"),
        (release("loki", version="1.0.0"), "no repository"),
        (release("./charts/nothing"), "not found"),
        (release("oci://ghcr.io/x", version="1.0.0", values={"a": [{"b": None}]}), r"values\.a\[0\]\.b is null"),
    ],
)
def test_a_release_says_exactly_what_is_installed(shop: Shop, inputs: Object, message: str):
    with pytest.raises(Refused, match=message):
        shop.emulator.check(shop.resource(inputs), {}, inputs)


def test_a_packaged_chart_is_rendered_too(shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    shutil.make_archive(str(tmp_path / "service-1.0.0"), "gztar", Path(CHART).parent, "service")
    (tmp_path / "service-1.0.0.tar.gz").rename(tmp_path / "service-1.0.0.tgz")
    monkeypatch.setenv("GROUNDWORK_CHARTS", str(tmp_path))
    inputs = release("oci://ghcr.io/example/service", version="1.0.0")
    assert shop.create(inputs)[1]["resourceNames"]
    with pytest.raises(Refused, match="additional properties"):
        shop.create(inputs | {"name": "b", "values": {"x": 1}})


def test_a_chart_may_have_what_its_own_definitions_say_belongs_to_no_namespace(shop: Shop, tmp_path: Path):
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "toys.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Cluster",
            "names": {"kind": "Toy", "plural": "toys"},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
            ],
        },
    }
    files = {
        "Chart.yaml": {"apiVersion": "v2", "name": "toys", "version": "1.0.0"},
        "values.yaml": {},
        "crds/toys.yaml": definition,
        "templates/toy.yaml": {"apiVersion": "example.com/v1", "kind": "Toy", "metadata": {"name": "bear"}},
    }
    for path, document in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(yaml.safe_dump(document))
    made = shop.create(release(str(tmp_path), values={}))[1]["resourceNames"]
    assert made["Toy.example.com/example.com/v1"] == ["bear"]


def test_a_chart_goes_through_its_post_renderer(shop: Shop, tmp_path: Path):
    renderer = tmp_path / "renderer"
    renderer.write_text("#!/bin/sh\nsed 's/^  name: .*/  name: another/'\n")
    renderer.chmod(0o755)
    made = shop.create(release() | {"postrender": str(renderer)})[1]["resourceNames"]
    assert {name.rpartition("/")[2] for names in made.values() for name in names} == {"another"}
    with pytest.raises(Refused, match="unable to find binary at"):
        shop.create(release() | {"name": "b", "postrender": "./gone"})


# Manifests and what outlives the process


def test_manifests_show_everything_but_secrets_always_in_one_order(shop: Shop):
    things = [
        obj("Secret", "s", stringData={"k": "hidden"}),
        obj("ConfigMap", "c"),
        OPERATOR | {"values": {"password": "hidden", "a": "b"}},
    ]
    texts = set()
    for order in itertools.permutations(things):
        shop = Shop()
        for thing in order:
            shop.create(thing)
        texts.add(yaml.safe_dump_all(manifests(shop.emulator.snapshot())))
    (text,) = texts
    assert "hidden" not in text
    assert [each["kind"] for each in yaml.safe_load_all(text)] == ["Release", "Namespace", "ConfigMap", "Secret"]


def test_another_emulator_goes_on_where_one_left_off(shop: Shop):
    id, outputs = shop.create(obj("ConfigMap", "a"))
    later = Shop.__new__(Shop)
    later.emulator = Kubernetes()
    later.emulator.restore(shop.emulator.snapshot())
    later.emulator.configure("q", CONFIG)
    assert later.emulator.read(Shop.resource(outputs, provider="q"), id, {}, {}) is not None


def test_a_patch_changes_only_what_it_names_and_leaves_the_object(shop: Shop):
    shop.create(obj("ConfigMap", "a", data={"a": "1", "b": "2"}))
    patch = obj("ConfigMap", "a", data={"b": "3"})
    r = Resource("kubernetes:core/v1:ConfigMapPatch", "p", "urn", "p")
    id, outputs = shop.emulator.create(r, shop.emulator.check(r, {}, patch))
    assert outputs["data"] == {"a": "1", "b": "3"}
    shop.emulator.delete(r, id, outputs)
    assert shop.kinds()["ConfigMap"] == 1


def test_a_kind_that_is_not_emulated_is_refused_by_name(shop: Shop):
    r = Resource("kubernetes:core/v1:ConfigMapList", "x", "urn", "p")
    with pytest.raises(Refused, match="ConfigMapList"):
        shop.emulator.check(r, {}, {"apiVersion": "v1", "kind": "ConfigMapList", "items": []})
