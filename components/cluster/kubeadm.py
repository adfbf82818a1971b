"""Kubernetes on plain EC2 instances, which make a cluster of themselves with kubeadm."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import pulumi
import pulumi_aws as aws
import pulumi_command as command
import pulumi_kubernetes as kubernetes
import pulumi_random as random

from components.charts import Charts
from components.cloud.aws import PrivateBucket
from components.cluster import cloud_init
from components.cluster.certificates import Certificates
from components.cluster.contract import Cluster, Facts, Identity, LoadBalancing
from components.cluster.ebs import STORAGE_CLASS
from components.cluster.kubeadm_addons import KubeadmAddons
from components.cluster.kubeadm_network import API_PORT, ApiLoadBalancer, Firewall
from components.cluster.machine_role import MachineRole
from components.cluster.provider import provider
from components.cluster.upgrades import TAG, one_minor_at_a_time
from components.component import known_after
from components.data_tier.endpoint import Peer
from components.policy import statement
from components.scheduling import POOL_LABEL
from components.vpc import Vpc
from spec import cluster, node_pools
from spec.capacity.machines import architecture

Settings = Mapping[str, pulumi.Input[str]]

# Canonical publishes the newest image of a release here: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/
_IMAGE_PARAMETER = "/aws/service/canonical/ubuntu/server/24.04/stable/current/{}/hvm/ebs-gp3/ami-id"
_EBS_CSI_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
_CONTROL_PLANE = "control-plane"
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
_METADATA = Peer(ports=(80,), cidrs=("169.254.169.254/32",))
_WAIT = Path(__file__).with_name("wait_for_api.sh")


class KubeadmCluster(Cluster):
    """A cluster of EC2 instances that nobody logs in to.

    The program makes the authorities, the administrator's certificate and the join token, so it knows the kubeconfig
    beforehand. Machines fetch what is theirs from Secrets Manager, each by the role of its kind.

    Token: it does not expire, and so a machine that replaces another in a year joins like the first. An expiry would
    protect nothing: whoever may read today's token from the secret could read tomorrow's just as well. What counts is
    that only the machines' role reads it, and that it is good for nothing but asking to be a node.

    Changes: a machine keeps the image and the boot script that it was made with, as well as the labels and taints that
    it registered with. A new image, or a changed script, must not replace every machine at once; a machine takes both
    on when it is made anew, with `pulumi up --replace <URN>`. The version of Kubernetes is a tag of the machine: the
    control plane brings node after node to it, drained, within minutes after an `up`.

    Loss: etcd is kept in S3 every hour. A control plane that is made anew where none answers goes on from the newest
    snapshot, with the same authorities and keys, so nodes and kubeconfigs stay good.

    Endpoints: machines reach the API by an internal load balancer. A public one has public addresses from inside the
    VPC too, and would see machines with those of the NAT gateways. Where `apiAccessCidrs` are given, there is a public
    one besides, which the kubeconfig names.
    """

    node_security_group_id: pulumi.Output[str]
    """Group of every machine, to admit a load balancer to node ports."""
    worker_ids: dict[str, list[pulumi.Output[str]]]
    """Instance ids of the workers by pool, to be targets of a load balancer."""

    def __init__(
        self,
        name: str,
        spec: cluster.KubeadmCluster,
        pools: Sequence[node_pools.NodePool],
        vpc: Vpc,
        charts: Charts,
        *,
        protect: bool,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the machines of ``spec`` and ``pools`` in ``vpc``, and wait until their API server is ready.

        Where ``protect``, the machines that etcd is on, its snapshots, and the keys that either takes to be read are
        guarded against deletion.
        """
        super().__init__("cluster:Kubeadm", name, opts)
        self._name, self._spec, self._vpc, self._guarded = name, spec, vpc, protect
        self.storage_class = STORAGE_CLASS
        self.facts = Facts(managed_control_plane=False, load_balancing=LoadBalancing.NODE_PORT, metrics_server=False)
        self._upgrades = one_minor_at_a_time(name)
        self._certificates = Certificates(name, protect=protect, opts=self.child())
        self._firewall = Firewall(name, vpc, spec.api_access_cidrs, self.child())
        self.node_security_group_id = self._firewall.nodes
        self._balancers = self._load_balancers()
        self._control_plane_role = MachineRole(
            f"{name}-{_CONTROL_PLANE}", "Machines of the Kubernetes control plane", self.child()
        )
        self._node_role = MachineRole(f"{name}-nodes", "Workers, and the pods on them", self.child())
        self._node_role.attach("ebs-csi", _EBS_CSI_POLICY)
        types = [spec.control_plane.instance_type, *(pool.instance_types[0] for pool in pools)]
        self._images = {each: self._image(each) for each in sorted(set(map(architecture, types)))}

        snapshots = PrivateBucket(
            f"{name}-etcd",
            expire_days={"etcd/": spec.control_plane.snapshot_retention_days},
            protect=protect,
            opts=self.child(),
        )
        common = self._common_settings()
        masters = self._control_plane(common, snapshots)
        workers = {pool.name: self._pool(pool, common) for pool in pools}
        self.worker_ids = {pool: [machine.id for machine in machines] for pool, machines in workers.items()}
        self.nodes = pulumi.Output.all(
            *(
                _described(instance_name, pool, machine)
                for pool, machines in {_CONTROL_PLANE: masters, **workers}.items()
                for instance_name, machine in zip(_names(pool, len(machines)), machines, strict=True)
            )
        )
        self.kubeconfig, self.provider = self._access(masters, workers, charts)
        self.register_outputs({"kubeconfig": self.kubeconfig, "nodes": self.nodes})

    def identity_for(
        self,
        name: str,
        namespace: pulumi.Input[str],
        service_account: str,
        policy: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> Identity:
        """Attach ``policy`` to the role of the workers, by which every pod on them may do what it allows.

        A role of its own for each service account would take an issuer of tokens that AWS can reach, which this cluster
        does not have. Network policies decide which pods reach the instance metadata, where the role's credentials are;
        on the control plane no pod does.
        """
        made = aws.iam.Policy(name, policy=policy, description=f"Pods of {service_account}", opts=opts)
        attached = aws.iam.RolePolicyAttachment(name, role=self._node_role.name, policy_arn=made.arn, opts=opts)
        return Identity(depends_on=[attached], peers=[_METADATA])

    def _image(self, architecture: str) -> pulumi.Output[str]:
        name = _IMAGE_PARAMETER.format(architecture)
        return aws.ssm.get_parameter_output(name=name, opts=pulumi.InvokeOutputOptions(parent=self)).value

    def _load_balancers(self) -> list[ApiLoadBalancer]:
        """Return the API's load balancers: the internal one and, where `apiAccessCidrs` are given, the public one."""
        tier = self._spec.control_plane.tier
        balancers = [
            ApiLoadBalancer(f"{self._name}-api", self._vpc, tier, self._firewall.api, internal=True, opts=self.child())
        ]
        if self._spec.api_access_cidrs:
            public = self._vpc.tier("public")
            name = f"{self._name}-public"
            balancers.append(
                ApiLoadBalancer(name, self._vpc, public, self._firewall.api, internal=False, opts=self.child())
            )
        return balancers

    def _common_settings(self) -> Settings:
        """Return what bootstrap.sh and kubeadm's configuration need on every machine."""
        return {
            "REGION": self._vpc.region,
            "CLUSTER_NAME": self._name,
            "KUBERNETES_VERSION": self._spec.kubernetes_version,
            "CONTAINERD_VERSION": self._spec.containerd_version,
            "CONTROL_PLANE_ENDPOINT": pulumi.Output.concat(self._balancers[0].host, f":{API_PORT}"),
            "JOIN_SECRET": self._join_secret(),
        }

    def _join_secret(self) -> pulumi.Output[str]:
        # https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/#token-format
        identifier, secret = (
            random.RandomPassword(
                f"{self._name}-token-{part}", length=length, upper=False, special=False, opts=self.child()
            ).result
            for part, length in (("id", 6), ("secret", 16))
        )
        files = {
            "token": pulumi.Output.concat(identifier, ".", secret),
            "ca-cert-hash": self._certificates.pin,
        }
        return self._secret("join", files, [self._control_plane_role, self._node_role])

    def _control_plane_secret(self) -> pulumi.Output[str]:
        key = random.RandomBytes(f"{self._name}-encryption", length=32, opts=self.child(protect=self._guarded))
        files = {**self._certificates.files, "encryption.yaml": key.base64.apply(_encryption_at_rest)}
        return self._secret(_CONTROL_PLANE, files, [self._control_plane_role])

    def _secret(self, kind: str, files: Settings, readers: Sequence[MachineRole]) -> pulumi.Output[str]:
        """Keep ``files`` as fetch_secret.py reads them; return the ARN, once there is something to read."""
        name = f"{self._name}-{kind}"
        secret = aws.secretsmanager.Secret(
            name,
            description="Files that machines fetch when they boot",
            # The program can make it again from its state; kept back, it would be in the way of the next `up`.
            recovery_window_in_days=0,
            tags={"Name": name},
            opts=self.child(),
        )
        version = aws.secretsmanager.SecretVersion(
            name,
            secret_id=secret.id,
            secret_string=pulumi.Output.secret(pulumi.Output.json_dumps(files)),
            opts=self.child(),
        )
        for reader in readers:
            reader.allow(kind, statement(["secretsmanager:GetSecretValue"], [secret.arn]))
        return version.secret_arn

    def _control_plane(self, common: Settings, snapshots: PrivateBucket) -> list[aws.ec2.Instance]:
        spec = self._spec.control_plane
        # Its scripts ask which machines there are; the action knows no resources.
        self._control_plane_role.allow("instances", statement(["ec2:DescribeInstances"]))
        self._control_plane_role.allow(
            "snapshots",
            statement(["s3:ListBucket"], [snapshots.arn]),
            statement(["s3:GetObject", "s3:PutObject"], [pulumi.Output.concat(snapshots.arn, "/etcd/*")]),
        )
        settings = {
            **common,
            "NETWORK": self._vpc.id,
            "SNAPSHOTS": snapshots.name,
            "CONTROL_PLANE_SECRET": self._control_plane_secret(),
            "CONTROL_PLANE_MACHINES": str(spec.count),
            "CONTROL_PLANE": json.dumps({"localAPIEndpoint": {"bindPort": API_PORT}}),
            "POD_CIDR": self._spec.pod_cidr,
            "SERVICE_CIDR": self._spec.service_cidr,
            "CERT_SANS": pulumi.Output.json_dumps([balancer.host for balancer in self._balancers]),
            "NODE_LABELS": _node_labels(_CONTROL_PLANE, spec.labels),
            "TAINTS": json.dumps([{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]),
        }
        machines = []
        for position, name in enumerate(_names(_CONTROL_PLANE, spec.count)):
            machine = self._machine(
                name,
                user_data=_user_data("control-plane" if position else "first", settings),
                subnet_id=_spread(self._vpc.subnets(spec.tier), _CONTROL_PLANE, position),
                tier=spec.tier,
                instance_type=spec.instance_type,
                disk_gib=spec.disk_gib,
                role=self._control_plane_role,
                security_groups=[self._firewall.nodes, self._firewall.control_plane],
                # Its role reads the authorities' keys: no pod comes as far as to it.
                hop_limit=1,
                # Beside the one it replaces, it would join that one's etcd, and the two have no majority without it.
                delete_before_replace=True,
                protect=self._guarded,
            )
            for balancer in self._balancers:
                balancer.attach(name, machine.id)
            machines.append(machine)
        return machines

    def _pool(self, pool: node_pools.NodePool, common: Settings) -> list[aws.ec2.Instance]:
        settings = {
            **common,
            "CONTROL_PLANE": "null",
            "NODE_LABELS": _node_labels(pool.name, pool.labels),
            "TAINTS": json.dumps([taint.model_dump() for taint in pool.taints]),
        }
        return [
            self._machine(
                name,
                user_data=_user_data("worker", settings),
                subnet_id=_spread(self._vpc.subnets(pool.tier), pool.name, position),
                tier=pool.tier,
                instance_type=pool.instance_types[0],
                disk_gib=pool.disk_gib,
                role=self._node_role,
                security_groups=[self._firewall.nodes],
                # From a pod to the metadata is one hop more; see `identity_for`.
                hop_limit=2,
                spot=pool.capacity == "spot",
            )
            for position, name in enumerate(_names(pool.name, pool.size.min))
        ]

    def _machine(
        self,
        name: str,
        *,
        user_data: pulumi.Output[str],
        subnet_id: pulumi.Input[str],
        tier: str,
        instance_type: str,
        disk_gib: int,
        role: MachineRole,
        security_groups: list[pulumi.Input[str]],
        hop_limit: int,
        spot: bool = False,
        delete_before_replace: bool | None = None,
        protect: bool = False,
    ) -> aws.ec2.Instance:
        tags = {"Name": f"{self._name}-{name}"}
        return aws.ec2.Instance(
            f"{self._name}-{name}",
            ami=self._images[architecture(instance_type)],
            instance_type=instance_type,
            user_data_base64=user_data,
            subnet_id=subnet_id,
            associate_public_ip_address=self._vpc.is_public(tier),
            vpc_security_group_ids=security_groups,
            iam_instance_profile=role.profile,
            instance_market_options={"market_type": "spot"} if spot else None,
            metadata_options={"http_tokens": "required", "http_put_response_hop_limit": hop_limit},
            # Its tags, in place of `volume_tags`: after a refresh, those would take away what the CSI driver has tagged
            # the volumes with that it attached, and may delete them by.
            root_block_device={"volume_type": "gp3", "volume_size": disk_gib, "encrypted": True, "tags": tags},
            # What it is brought to, in place and in its turn, by upgrade_nodes.py.
            tags={**tags, TAG: self._spec.kubernetes_version},
            opts=self.child(
                ignore_changes=["ami", "userDataBase64"],
                delete_before_replace=delete_before_replace,
                protect=protect,
                hooks=self._upgrades,
            ),
        )

    def _access(
        self,
        masters: Sequence[aws.ec2.Instance],
        workers: Mapping[str, Sequence[aws.ec2.Instance]],
        charts: Charts,
    ) -> tuple[pulumi.Output[str], kubernetes.Provider]:
        """Return the kubeconfig once the API is ready, and a provider once pods have a network and volumes."""
        server = pulumi.Output.concat("https://", self._balancers[-1].host, f":{API_PORT}")
        ready = command.local.Command(
            f"{self._name}-ready",
            create=_WAIT.read_text(),
            environment={"API": server},
            # Waits anew for a machine that founds a cluster in another's place.
            triggers=[masters[0].id],
            # No input comes from the workers, without whom no pod would find a place, nor from the rest. On the way
            # down, what is in the cluster goes while its API answers and its machines may still ask AWS for things.
            opts=self.child(
                depends_on=[
                    *(machine for machines in workers.values() for machine in machines),
                    *self._balancers,
                    self._firewall,
                    self._control_plane_role,
                    self._node_role,
                    self._vpc,
                ]
            ),
        )
        administrator = self._certificates.administrator
        kubeconfig = pulumi.Output.secret(
            pulumi.Output.all(
                name=self._name,
                server=server,
                authority=self._certificates.authority,
                certificate=administrator.certificate,
                key=administrator.key,
                ready=ready.id,
            ).apply(_kubeconfig)
        )
        # Another authority is another cluster; a new certificate or address is not.
        identity = self._certificates.pin
        bare = provider(f"{self._name}-bare", kubeconfig=kubeconfig, identifier=identity, opts=self.child())
        addons = KubeadmAddons(
            self._name,
            charts,
            self._spec.pod_cidr,
            self._spec.calico_version,
            self._vpc.region,
            self.child(providers={"kubernetes": bare}),
        )
        made = provider(
            self._name,
            kubeconfig=pulumi.Output.secret(known_after(kubeconfig, addons.installed)),
            identifier=identity,
            opts=self.child(),
        )
        return kubeconfig, made


def _node_labels(pool: str, labels: Mapping[str, str]) -> str:
    """Return labels as kubelet's --node-labels has them."""
    return ",".join(f"{key}={value}" for key, value in {POOL_LABEL: pool, **labels}.items())


def _names(pool: str, count: int) -> list[str]:
    return [f"{pool}-{position}" for position in range(count)]


def _spread(subnets: Sequence[pulumi.Output[str]], pool: str, position: int) -> pulumi.Output[str]:
    """Return the subnet of a pool's machine: zones in turn, from one that the pool's name alone decides.

    So pools of one machine are not all in the first zone, and a pool that comes or goes moves no other's machines.
    """
    return subnets[(crc32(pool.encode()) + position) % len(subnets)]


def _user_data(role: cloud_init.Role, settings: Settings) -> pulumi.Output[str]:
    return pulumi.Output.all(**settings).apply(lambda known: cloud_init.user_data(role, known))


def _described(name: str, pool: str, machine: aws.ec2.Instance) -> pulumi.Output[dict[str, Any]]:
    return pulumi.Output.all(name=name, type=machine.instance_type, zone=machine.availability_zone, pool=pool)


def _encryption_at_rest(key: str) -> str:
    """Return an EncryptionConfiguration in JSON, which is YAML; ``key`` is 32 bytes in base64.

    https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/
    """
    secretbox = {"secretbox": {"keys": [{"name": "first", "secret": key}]}}
    return json.dumps(
        {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "EncryptionConfiguration",
            "resources": [{"resources": ["secrets"], "providers": [secretbox, {"identity": {}}]}],
        }
    )


def _kubeconfig(known: Mapping[str, str]) -> str:
    """Return a kubeconfig in JSON, with everything in it that it takes to be the administrator."""

    def data(key: str) -> str:
        return b64encode(known[key].encode()).decode()

    name = known["name"]
    cluster = {"server": known["server"], "certificate-authority-data": data("authority")}
    user = {"client-certificate-data": data("certificate"), "client-key-data": data("key")}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }
    )
