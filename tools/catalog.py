"""Which programs groundwork needs, in which version, and where each comes from."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class UnknownTool(LookupError):
    """A name that is not in the catalog; the message lists those that are."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One program.

    `archive`, `checksums`, `member` and the values of `variables` are templates over `version`, `os` (linux,
    darwin), `goarch` (amd64, arm64) and `nodearch` (x64, arm64).
    """

    name: str
    version: str
    """What is downloaded or built, and the oldest that is taken from the PATH: older ones are not tested."""
    version_args: tuple[str, ...]
    """Arguments that make the program print its version on the first line."""
    archive: str = ""
    """URL of the publisher's .tar.gz; empty where there is none with such checksums: then it is built."""
    checksums: str = ""
    """URL of the publisher's `sha256  file` list that names the archive."""
    member: str = ""
    """The program's path inside the archive."""
    package: str
    """The Go package built when there is nothing to download."""
    pinned_in: str = ""
    """The directory of `tools/` whose go.mod pins it, if that is not named after the program."""
    module_version: str = ""
    """The Go module's version, where that is not the program's."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Go variables that the publisher's own build sets at link time."""
    build_tags: str = ""
    """Go build tags, separated by commas: what the program is built without."""
    build_minutes: str = "1"
    """What to expect of a build with an empty Go cache on two cores, as said to the person waiting."""

    @property
    def module(self) -> Path:
        """The directory with the go.mod and go.sum that pin the program and everything it is built of."""
        return Path(__file__).parent / (self.pinned_in or self.name)

    @property
    def title(self) -> str:
        """Name and version, as written in messages."""
        return f"{self.name} {self.version}"

    def fill(self, template: str) -> str:
        """`template` with this version and machine filled in."""
        goarch = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
        return template.format(
            version=self.version,
            os=platform.system().lower(),
            goarch=goarch,
            nodearch={"amd64": "x64"}.get(goarch, goarch),
        )


# What `kube::version::ldflags` sets: https://github.com/kubernetes/kubernetes/blob/v1.35.4/hack/lib/version.sh
_KUBERNETES: dict[str, str] = {
    "k8s.io/component-base/version.gitMajor": "1",
    "k8s.io/component-base/version.gitMinor": "35",
    "k8s.io/component-base/version.gitVersion": "v{version}",
}

CATALOG: tuple[Tool, ...] = (
    Tool(
        name="pulumi",
        version="3.258.0",
        version_args=("version",),
        archive="https://get.pulumi.com/releases/sdk/pulumi-v{version}-{os}-{nodearch}.tar.gz",
        checksums="https://get.pulumi.com/releases/sdk/pulumi-{version}-checksums.txt",
        member="pulumi/pulumi",
        package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        # Without a version the engine calls itself 0.0.0 and the Automation API refuses it.
        variables={"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": "v{version}"},
        build_minutes="4",
    ),
    Tool(
        name="helm",
        version="3.20.2",
        version_args=("version", "--template", "{{.Version}}"),
        archive="https://get.helm.sh/helm-v{version}-{os}-{goarch}.tar.gz",
        checksums="https://get.helm.sh/helm-v{version}-{os}-{goarch}.tar.gz.sha256sum",
        member="{os}-{goarch}/helm",
        package="helm.sh/helm/v3/cmd/helm",
        # The Kubernetes that `helm template` and `helm lint` assume: the minor of k8s.io/client-go in the
        # go.mod. Left out it is 1.20.
        variables={
            "helm.sh/helm/v3/internal/version.version": "v{version}",
            "helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor": "1",
            "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor": "35",
            "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor": "1",
            "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor": "35",
        },
    ),
    Tool(
        name="actionlint",
        version="1.7.12",
        version_args=("-version",),
        archive="https://github.com/rhysd/actionlint/releases/download/v{version}/actionlint_{version}_{os}_{goarch}.tar.gz",
        checksums="https://github.com/rhysd/actionlint/releases/download/v{version}/actionlint_{version}_checksums.txt",
        member="actionlint",
        package="github.com/rhysd/actionlint/cmd/actionlint",
        variables={"github.com/rhysd/actionlint.version": "{version}"},
    ),
    # Argo CD and Flux build with it what a GitOps repository holds.
    Tool(
        name="kustomize",
        version="5.8.1",
        version_args=("version",),
        archive="https://github.com/kubernetes-sigs/kustomize/releases/download/kustomize%2Fv{version}/kustomize_v{version}_{os}_{goarch}.tar.gz",
        checksums="https://github.com/kubernetes-sigs/kustomize/releases/download/kustomize%2Fv{version}/checksums.txt",
        member="kustomize",
        package="sigs.k8s.io/kustomize/kustomize/v5",
        variables={"sigs.k8s.io/kustomize/api/provenance.version": "v{version}"},
    ),
    # The two that test alerts and their routing, in the versions that kube-prometheus-stack runs.
    Tool(
        name="promtool",
        version="3.14.0",
        version_args=("--version",),
        archive="https://github.com/prometheus/prometheus/releases/download/v{version}/prometheus-{version}.{os}-{goarch}.tar.gz",
        checksums="https://github.com/prometheus/prometheus/releases/download/v{version}/sha256sums.txt",
        member="prometheus-{version}.{os}-{goarch}/promtool",
        package="github.com/prometheus/prometheus/cmd/promtool",
        # Prometheus 3.14.0 is module v0.314.0: https://github.com/prometheus/prometheus/blob/main/RELEASE.md
        module_version="0.314.0",
        variables={"github.com/prometheus/common/version.Version": "{version}"},
        # Rules are tested without discovering anything, and the SDKs of a dozen clouds are most of a build.
        build_tags="remove_all_sd",
        build_minutes="2",
    ),
    Tool(
        name="amtool",
        version="0.34.0",
        version_args=("--version",),
        archive="https://github.com/prometheus/alertmanager/releases/download/v{version}/alertmanager-{version}.{os}-{goarch}.tar.gz",
        checksums="https://github.com/prometheus/alertmanager/releases/download/v{version}/sha256sums.txt",
        member="alertmanager-{version}.{os}-{goarch}/amtool",
        package="github.com/prometheus/alertmanager/cmd/amtool",
        variables={"github.com/prometheus/common/version.Version": "{version}"},
    ),
    # An API server without a cluster, which says what a cluster would take.
    Tool(
        name="kube-apiserver",
        version="1.35.4",
        version_args=("--version",),
        package="k8s.io/kubernetes/cmd/kube-apiserver",
        pinned_in="kubernetes",
        variables=_KUBERNETES,
        build_minutes="3",
    ),
    Tool(
        name="kubeadm",
        version="1.35.4",
        version_args=("version", "--output", "short"),
        package="k8s.io/kubernetes/cmd/kubeadm",
        pinned_in="kubernetes",
        variables=_KUBERNETES,
    ),
    Tool(
        name="etcd",
        version="3.6.5",
        version_args=("--version",),
        package="go.etcd.io/etcd/server/v3",
    ),
    Tool(
        name="etcdctl",
        version="3.6.5",
        version_args=("version",),
        package="go.etcd.io/etcd/etcdctl/v3",
        pinned_in="etcd",
    ),
    Tool(
        name="etcdutl",
        version="3.6.5",
        version_args=("version",),
        package="go.etcd.io/etcd/etcdutl/v3",
        pinned_in="etcd",
    ),
)


def find(name: str) -> Tool:
    """The catalog's row for `name`; raises UnknownTool with the names there are."""
    for tool in CATALOG:
        if tool.name == name:
            return tool
    raise UnknownTool(f"no tool named {name!r}; there are {', '.join(tool.name for tool in CATALOG)}")
