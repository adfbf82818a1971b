"""What a few resource types do beyond a row: parameters the provider rearranges, and calls it adds."""

# botocore and moto have no types: what they cache, and what they answer, reads as something else.
# pyright: basic, reportIndexIssue=false, reportArgumentType=false, reportOperatorIssue=false
# pyright: reportAttributeAccessIssue=false, reportGeneralTypeIssues=false, reportCallIssue=false

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from moto.backends import get_backend

from sandbox.aws.missing import ACCOUNT
from sandbox.emulator import Properties, Refused

Client = Callable[[str, str], Any]


def permissions(p: Properties) -> Properties:
    """A rule of a security group, of the old or the new resource type, as parameters of the API."""
    text = {"Description": p["description"]} if p.get("description") else {}
    v4 = p.get("cidrBlocks") or [p[k] for k in ("cidrIpv4",) if p.get(k)]
    v6 = p.get("ipv6CidrBlocks") or [p[k] for k in ("cidrIpv6",) if p.get(k)]
    lists = p.get("prefixListIds") or [p[k] for k in ("prefixListId",) if p.get(k)]
    other = p.get("sourceSecurityGroupId") or p.get("referencedSecurityGroupId")
    groups = [p["securityGroupId"]] if p.get("self") else [other] if other else p.get("securityGroups", [])
    ports = {name: int(p[key]) for name, key in (("FromPort", "fromPort"), ("ToPort", "toPort")) if key in p}
    one = {
        "IpProtocol": str(p.get("protocol") or p.get("ipProtocol")),
        "IpRanges": [{"CidrIp": c, **text} for c in v4],
        "Ipv6Ranges": [{"CidrIpv6": c, **text} for c in v6],
        "PrefixListIds": [{"PrefixListId": i, **text} for i in lists],
        "UserIdGroupPairs": [{"GroupId": g, **text} for g in groups],
    }
    return {
        "IpPermissions": [{k: v for k, v in one.items() if v} | ports],
        **({"tags": p["tags"]} if p.get("tags") else {}),
    }


def inline_rules(client: Client, old: Properties, new: Properties) -> None:
    """Rules written in the group itself; a new group loses AWS's own rule that lets everything out."""
    ec2 = client("ec2", new["region"])
    group = new.get("groupId") or new["id"]
    for kind in ("ingress", "egress"):
        if old and old.get(kind) == new.get(kind):
            continue
        if kind not in new and old:
            continue
        current = ec2.describe_security_groups(GroupIds=[new["id"]])["SecurityGroups"][0]
        if present := current["IpPermissions" if kind == "ingress" else "IpPermissionsEgress"]:
            getattr(ec2, f"revoke_security_group_{kind}")(GroupId=group, IpPermissions=present)
        for rule in new.get(kind) or ():
            sent = permissions({**rule, "securityGroupId": group})
            getattr(ec2, f"authorize_security_group_{kind}")(GroupId=group, **sent)


def vpc_parts(client: Client, p: Properties) -> Properties:
    """What AWS makes together with a VPC."""
    ec2 = client("ec2", p["region"])
    mine = [{"Name": "vpc-id", "Values": [p["id"]]}]
    main = [*mine, {"Name": "association.main", "Values": ["true"]}]
    table = ec2.describe_route_tables(Filters=main)["RouteTables"][0]["RouteTableId"]
    group = ec2.describe_security_groups(Filters=[*mine, {"Name": "group-name", "Values": ["default"]}])
    acl = ec2.describe_network_acls(Filters=mine)["NetworkAcls"][0]["NetworkAclId"]
    return {
        "mainRouteTableId": table,
        "defaultRouteTableId": table,
        "defaultNetworkAclId": acl,
        "defaultSecurityGroupId": group["SecurityGroups"][0]["GroupId"],
        "enableDnsSupport": p.get("enableDnsSupport") is not False,
        "enableDnsHostnames": p.get("enableDnsHostnames") is True,
    }


def instance(p: Properties) -> Properties:
    """Disks and identity of an instance, as `run_instances` and a launch template want them."""
    p = dict(p)
    disks = [{"DeviceName": "/dev/xvda", "Ebs": _disk(p.pop("rootBlockDevice"))}] if p.get("rootBlockDevice") else []
    disks += [{"DeviceName": d["deviceName"], "Ebs": _disk(d)} for d in p.pop("ebsBlockDevices", None) or ()]
    if disks:
        p["blockDeviceMappings"] = disks
    if isinstance(p.get("iamInstanceProfile"), str):
        p["iamInstanceProfile"] = {"name": p["iamInstanceProfile"]}
    if p.get("userDataBase64"):
        p["UserData"] = base64.b64decode(p.pop("userDataBase64"))
    if p.get("availabilityZone"):
        p["placement"] = {"availabilityZone": p.pop("availabilityZone"), "tenancy": p.pop("tenancy", "default")}
    names = {"ami": "ImageId", "vpcSecurityGroupIds": "SecurityGroupIds", "metadataOptions": "MetadataOptions"}
    return {names.get(k, k): v for k, v in p.items() if k != "volumeTags"}


def _disk(d: Mapping[str, Any]) -> Properties:
    return {k: d[k] for k in ("volumeType", "volumeSize", "encrypted", "kmsKeyId", "iops", "throughput",
                              "deleteOnTermination", "snapshotId") if d.get(k) is not None}  # fmt: skip


def instance_parts(client: Client, p: Properties) -> Properties:
    """Network interface and disks that came with an instance."""
    ec2 = client("ec2", p["region"])
    found = ec2.describe_instances(InstanceIds=[p["id"]])["Reservations"][0]["Instances"][0]
    cards, disks = found.get("NetworkInterfaces") or [{}], found.get("BlockDeviceMappings") or [{}]
    if groups := (p.get("vpcSecurityGroupIds") or [g["GroupId"] for g in found.get("SecurityGroups", [])]):
        p = {**p, "vpcSecurityGroupIds": groups}
    root = {"deviceName": "/dev/xvda", "volumeId": disks[0].get("Ebs", {}).get("VolumeId"), "tags": {}, "tagsAll": {}}
    return {
        "primaryNetworkInterfaceId": cards[0].get("NetworkInterfaceId"),
        "rootBlockDevice": {**root, **(p.get("rootBlockDevice") or {})},
        "vpcSecurityGroupIds": p.get("vpcSecurityGroupIds"),
        "availabilityZone": found["Placement"]["AvailabilityZone"],
        "publicIp": found.get("PublicIpAddress", ""),
        "publicDns": found.get("PublicDnsName", ""),
        "privateDns": found.get("PrivateDnsName", ""),
    }


def terminate(client: Client, p: Properties) -> None:
    """Moto leaves an instance's own network interface and root volume behind; AWS does not."""
    ec2 = client("ec2", p["region"])
    found = ec2.describe_instances(InstanceIds=[p["id"]])["Reservations"][0]["Instances"][0]
    interfaces = [interface["NetworkInterfaceId"] for interface in found.get("NetworkInterfaces", ())]
    volumes = [mapping["Ebs"]["VolumeId"] for mapping in found.get("BlockDeviceMappings", ())]
    ec2.terminate_instances(InstanceIds=[p["id"]])
    _delete_interfaces(ec2, interfaces)
    for volume in ec2.describe_volumes(VolumeIds=volumes)["Volumes"] if volumes else ():
        ec2.delete_volume(VolumeId=volume["VolumeId"])


def release_gateway(client: Client, p: Properties) -> None:
    """Moto leaves a NAT gateway's network interface behind, and its address in use; AWS does not."""
    ec2 = client("ec2", p["region"])
    found = ec2.describe_nat_gateways(NatGatewayIds=[p["id"]])["NatGateways"]
    ec2.delete_nat_gateway(NatGatewayId=p["id"])
    addresses = [address for gateway in found for address in gateway["NatGatewayAddresses"]]
    held = [address["AllocationId"] for address in addresses if "AllocationId" in address]
    for address in ec2.describe_addresses(Filters=[{"Name": "allocation-id", "Values": held}])["Addresses"]:
        if "AssociationId" in address:
            ec2.disassociate_address(AssociationId=address["AssociationId"])
    _delete_interfaces(ec2, [address["NetworkInterfaceId"] for address in addresses])


def _delete_interfaces(ec2: Any, ids: list[str]) -> None:
    there = ec2.describe_network_interfaces()["NetworkInterfaces"]
    for id in {interface["NetworkInterfaceId"] for interface in there}.intersection(ids):
        ec2.delete_network_interface(NetworkInterfaceId=id)


def role_policies(client: Client, old: Properties, new: Properties) -> None:
    """Policies written in the role itself: managed ones by their ARN, inline ones by name and document."""
    iam, role = client("iam", new["region"]), new["id"]
    was, now = set(old.get("managedPolicyArns") or ()), set(new.get("managedPolicyArns") or ())
    for arn in now - was:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    for arn in was - now:
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    inline = {policy["name"]: policy["policy"] for policy in new.get("inlinePolicies") or ()}
    for name in {policy["name"] for policy in old.get("inlinePolicies") or ()} - inline.keys():
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    for name, document in inline.items():
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)


def record(action: str) -> Callable[[Properties], Properties]:
    """A change of a Route 53 record set."""

    def fit(p: Properties) -> Properties:
        aliases = [
            {"HostedZoneId": a["zoneId"], "DNSName": a["name"], "EvaluateTargetHealth": a["evaluateTargetHealth"]}
            for a in p.get("aliases") or ()
        ]
        values = (
            {"TTL": int(p["ttl"]), "ResourceRecords": [{"Value": v} for v in p["records"]]} if p.get("records") else {}
        )
        kinds = {"weight": "weightedRoutingPolicies", "failover": "failoverRoutingPolicies"}
        routing = {
            "SetIdentifier": p.get("setIdentifier"),
            "HealthCheckId": p.get("healthCheckId"),
            "Weight": next((int(r["weight"]) for r in p.get(kinds["weight"]) or ()), None),
            "Failover": next((r["type"] for r in p.get(kinds["failover"]) or ()), None),
        }
        one = {"Name": p["name"], "Type": p["type"], **values, **{k: v for k, v in routing.items() if v is not None}}
        if aliases:
            one["AliasTarget"] = aliases[0]
        return {"ChangeBatch": {"Changes": [{"Action": action, "ResourceRecordSet": one}]}}

    return fit


def record_name(client: Client, p: Properties) -> Properties:
    """The full name of a record, which may be given without its zone."""
    zone = client("route53", p["region"]).get_hosted_zone(Id=p["zoneId"])["HostedZone"]["Name"].rstrip(".")
    name = p["name"].rstrip(".")
    return {"fqdn": name if name == zone or name.endswith("." + zone) else f"{name}.{zone}" if name else zone}


def validation_options(client: Client, p: Properties) -> Properties:
    """The DNS records that prove that one owns the names of a certificate."""
    names = [p["domainName"], *(n for n in p.get("subjectAlternativeNames") or () if n != p["domainName"])]

    def option(name: str) -> Properties:
        # The same for every certificate of an account.
        token = hashlib.md5((name.removeprefix("*.") + ACCOUNT).encode(), usedforsecurity=False).hexdigest()
        return {
            "domainName": name,
            "resourceRecordName": f"_{token}.{name.removeprefix('*.')}.",
            "resourceRecordType": "CNAME",
            "resourceRecordValue": f"_{token[::-1]}.jkddzztszm.acm-validations.aws.",
        }

    return {"domainValidationOptions": [option(n) for n in names], "subjectAlternativeNames": names}


def flow_log(p: Properties) -> Properties:
    """What a flow log watches."""
    kind = next(k for k in ("vpcId", "subnetId", "eniId") if p.get(k))
    watched = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}[kind]
    return {**p, "ResourceIds": [p[kind]], "ResourceType": watched}


def default_group(p: Properties) -> Properties:
    """The group that every VPC has: it is adopted, not created."""
    mine = {"vpc-id": p["vpcId"], "group-name": "default"}
    return {"Filters": [{"Name": k, "Values": [v]} for k, v in mine.items()]}


def group_rules(client: Client, p: Properties) -> Properties:
    """Rules of a group as the program wrote them: the provider leaves those of other resources alone."""
    return {kind: p.get(kind) or [] for kind in ("ingress", "egress")}


def associate_address(client: Client, old: Properties, new: Properties) -> None:
    """An address that names its instance or interface itself."""
    if (new.get("instance"), new.get("networkInterface")) not in (
        (None, None),
        (old.get("instance"), old.get("networkInterface")),
    ):
        target = (
            {"InstanceId": new["instance"]} if new.get("instance") else {"NetworkInterfaceId": new["networkInterface"]}
        )
        client("ec2", new["region"]).associate_address(AllocationId=new["id"], AllowReassociation=True, **target)


def inline_routes(client: Client, old: Properties, new: Properties) -> None:
    """Routes written in the table itself."""
    ec2, table = client("ec2", new["region"]), {"RouteTableId": new["id"]}
    names = {"cidrBlock": "DestinationCidrBlock", "ipv6CidrBlock": "DestinationIpv6CidrBlock"}
    targets = ("gatewayId", "natGatewayId", "networkInterfaceId", "transitGatewayId", "vpcPeeringConnectionId")

    def parameters(route: Properties, keys: Mapping[str, str]) -> Properties:
        return table | {api: route[k] for k, api in keys.items() if route.get(k)}

    for route in old.get("routes") or ():
        ec2.delete_route(**parameters(route, names))
    for route in new.get("routes") or ():
        ec2.create_route(**parameters(route, {**names, **{t: t[0].upper() + t[1:] for t in targets}}))


def endpoint_changes(client: Client, old: Properties, new: Properties) -> None:
    """What is added to an endpoint and what removed from it: the API takes differences."""
    names = {"routeTableIds": "RouteTableIds", "subnetIds": "SubnetIds", "securityGroupIds": "SecurityGroupIds"}
    changes: Properties = {}
    for key, api in names.items():
        was, now = set(old.get(key) or ()), set(new.get(key) or ())
        changes |= {f"Add{api}": sorted(now - was), f"Remove{api}": sorted(was - now)}
    if old and (changes := {k: v for k, v in changes.items() if v}):
        client("ec2", new["region"]).modify_vpc_endpoint(VpcEndpointId=new["id"], **changes)


Attributes = Mapping[str, str]
"""Property -> attribute, for the services whose things carry a list of named attributes."""


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else json.dumps(value)


def attributes(
    service: str, operation: str, key: str, names: Attributes
) -> Callable[[Client, Properties, Properties], None]:
    """Send those attributes that are new or changed."""

    def send(client: Client, old: Properties, new: Properties) -> None:
        changed = [
            {"Key": names[k], "Value": _text(new[k])} for k in names if new.get(k) is not None and old.get(k) != new[k]
        ]
        if changed:
            getattr(client(service, new["region"]), operation)(**{key: new["id"]}, Attributes=changed)

    return send


def with_attributes(names: Attributes) -> Callable[[Properties], Properties]:
    """Properties that go into the parameter `Attributes`."""

    def fit(p: Properties) -> Properties:
        return {**p, "Attributes": {api: _text(p[k]) for k, api in names.items() if p.get(k) is not None}}

    return fit


def topic(client: Client, old: Properties, new: Properties) -> None:
    """Attributes of a topic, which are set one by one."""
    for key, api in TOPIC.items():
        if new.get(key) is not None and old.get(key) != new[key]:
            client("sns", new["region"]).set_topic_attributes(
                TopicArn=new["id"], AttributeName=api, AttributeValue=_text(new[key])
            )


TOPIC = {
    "policy": "Policy",
    "displayName": "DisplayName",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "deliveryPolicy": "DeliveryPolicy",
}


def strip_role(client: Client, p: Properties) -> None:
    """Policies that are part of the role go with it."""
    iam, role = client("iam", p["region"]), p["id"]
    for arn in p.get("managedPolicyArns") or ():
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    for policy in p.get("inlinePolicies") or ():
        iam.delete_role_policy(RoleName=role, PolicyName=policy["name"])


def policy_versions(client: Client, p: Properties) -> None:
    """A policy can be deleted with its default version only."""
    iam = client("iam", p["region"])
    for version in iam.list_policy_versions(PolicyArn=p["id"])["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=p["id"], VersionId=version["VersionId"])


def profile_role(client: Client, old: Properties, new: Properties) -> None:
    """The role of an instance profile, which goes in and comes out by calls of its own."""
    iam, profile = client("iam", new["region"]), {"InstanceProfileName": new["id"]}
    if old.get("role") != new.get("role"):
        for name, change in (
            (old.get("role"), iam.remove_role_from_instance_profile),
            (new.get("role"), iam.add_role_to_instance_profile),
        ):
            if name:
                change(RoleName=name, **profile)


def empty_profile(client: Client, p: Properties) -> None:
    """A profile can be deleted only without its role."""
    profile_role(client, p, {"id": p["id"], "region": p["region"]})


def rotation(client: Client, old: Properties, new: Properties) -> None:
    """Rotation of a key is switched by a call of its own."""
    kms = client("kms", new["region"])
    if bool(old.get("enableKeyRotation")) != bool(new.get("enableKeyRotation")):
        (kms.enable_key_rotation if new.get("enableKeyRotation") else kms.disable_key_rotation)(KeyId=new["id"])


def key_parts(client: Client, p: Properties) -> Properties:
    """The policy that KMS gives a key that has none of its own, and what else the provider says of a key."""
    policy = client("kms", p["region"]).get_key_policy(KeyId=p["id"], PolicyName="default")["Policy"]
    return {
        "policy": p.get("policy") or policy,
        "enableKeyRotation": bool(p.get("enableKeyRotation")),
        "keyId": p["id"],
    }


def secret_policy(client: Client, old: Properties, new: Properties) -> None:
    """The resource policy of a secret is put there by a call of its own."""
    if new.get("policy") and old.get("policy") != new["policy"]:
        client("secretsmanager", new["region"]).put_resource_policy(SecretId=new["id"], ResourcePolicy=new["policy"])


def load_balancer(p: Properties) -> Properties:
    """Scheme and type, as the API names what the provider says by `internal` and `loadBalancerType`."""
    return {
        **p,
        "Scheme": "internal" if p.get("internal") else "internet-facing",
        "Type": p.get("loadBalancerType") or "application",
    }


ZONES = {"us-east-1": "Z35SXDOTRQ7X7K", "us-east-2": "Z3AADJGX6KTTL2", "us-west-2": "Z1H1FL5HABSF5",
         "ap-northeast-2": "ZWKZPGTI48KDX", "eu-west-1": "Z32O12XQLNTSW2", "eu-central-1": "Z215JYRZR1TBD5"}  # fmt: skip
"""Hosted zones of application load balancers, from the endpoints page of the AWS general reference."""


def balancer_parts(client: Client, p: Properties) -> Properties:
    """What CloudWatch calls a load balancer, the zone for aliases of it, and its VPC."""
    subnets = client("ec2", p["region"]).describe_subnets(SubnetIds=p.get("subnets") or [])["Subnets"]
    return {"arnSuffix": p["id"].partition(":loadbalancer/")[2], "zoneId": ZONES.get(p["region"], ZONES["us-east-1"]),
            "vpcId": subnets[0]["VpcId"]}  # fmt: skip


def group_parts(client: Client, p: Properties) -> Properties:
    """What CloudWatch calls a target group."""
    return {"arnSuffix": p["id"].rpartition(":")[2]}


def target_group(p: Properties) -> Properties:
    """A health check's members are parameters of their own."""
    check = p.get("healthCheck") or {}
    names = {"enabled": "HealthCheckEnabled", "interval": "HealthCheckIntervalSeconds", "path": "HealthCheckPath",
             "port": "HealthCheckPort", "protocol": "HealthCheckProtocol", "timeout": "HealthCheckTimeoutSeconds",
             "healthyThreshold": "HealthyThresholdCount", "unhealthyThreshold": "UnhealthyThresholdCount"}  # fmt: skip
    matcher = {"Matcher": {"HttpCode": str(check["matcher"])}} if check.get("matcher") else {}
    return {**p, **{names[k]: v for k, v in check.items() if k in names}, **matcher}


def stickiness(client: Client, old: Properties, new: Properties) -> None:
    """Attributes of a target group, those of its stickiness included."""
    names = {"enabled": "stickiness.enabled", "type": "stickiness.type", "cookieDuration": "stickiness.lb_cookie.duration_seconds",
             "cookieName": "stickiness.app_cookie.cookie_name"}  # fmt: skip
    flat = [{**p, **{names[k]: v for k, v in (p.get("stickiness") or {}).items() if k in names}} for p in (old, new)]
    every = {"deregistrationDelay": "deregistration_delay.timeout_seconds", "slowStart": "slow_start.duration_seconds",
             "loadBalancingAlgorithmType": "load_balancing.algorithm.type", **{v: v for v in names.values()}}  # fmt: skip
    attributes("elbv2", "modify_target_group_attributes", "TargetGroupArn", every)(client, *flat)


def listener(p: Properties) -> Properties:
    """Actions and conditions of a listener or a rule, and its first certificate."""
    p = dict(p)
    for key in ("defaultActions", "actions"):
        if p.get(key):
            p[key] = [_action(a, i) for i, a in enumerate(p[key], 1)]
    if p.get("conditions"):
        fields = {"hostHeader": "host-header", "pathPattern": "path-pattern", "httpHeader": "http-header",
                  "httpRequestMethod": "http-request-method", "queryStrings": "query-string", "sourceIp": "source-ip"}  # fmt: skip
        p["conditions"] = [
            {"Field": fields[k], f"{k.removesuffix('s')}Config": v} for c in p["conditions"] for k, v in c.items() if v
        ]
    if p.get("certificateArn"):
        p["Certificates"] = [{"CertificateArn": p["certificateArn"]}]
    return p


def _action(action: Properties, order: int) -> Properties:
    names = {"forward": "forwardConfig", "redirect": "redirectConfig", "fixedResponse": "fixedResponseConfig",
             "authenticateOidc": "authenticateOidcConfig", "authenticateCognito": "authenticateCognitoConfig"}  # fmt: skip
    result = {"order": order} | {names.get(k, k): v for k, v in action.items() if v is not None}
    if forward := result.get("forwardConfig"):
        result["forwardConfig"] = {
            "targetGroups": [
                {"targetGroupArn": g["arn"], "weight": g.get("weight", 1)} for g in forward["targetGroups"]
            ]
        }
    if "redirectConfig" in result:
        whole = {
            "host": "#{host}",
            "path": "/#{path}",
            "port": "#{port}",
            "protocol": "#{protocol}",
            "query": "#{query}",
        }
        result["redirectConfig"] = whole | {k: v for k, v in result["redirectConfig"].items() if v is not None}
    return result


def priority(p: Properties) -> Properties:
    """The priority of a listener rule, which is set by a call of its own."""
    return {"RulePriorities": [{"RuleArn": p["id"], "Priority": int(p["priority"])}]}


def target(p: Properties) -> Properties:
    """One target of a target group."""
    return {"Targets": [{"Id": p["targetId"], **({"Port": int(p["port"])} if p.get("port") else {})}]}


def zone(p: Properties) -> Properties:
    """A hosted zone, private if it names a VPC."""
    private = (
        {"VPC": {"VPCRegion": p["vpcs"][0].get("vpcRegion") or p["region"], "VPCId": p["vpcs"][0]["vpcId"]}}
        if p.get("vpcs")
        else {}
    )
    return {
        **p,
        **private,
        "HostedZoneConfig": {"Comment": p.get("comment") or "Managed by Pulumi", "PrivateZone": bool(private)},
    }


def zone_parts(client: Client, p: Properties) -> Properties:
    """The name servers of a zone."""
    found = client("route53", p["region"]).get_hosted_zone(Id=p["id"])
    servers = found.get("DelegationSet", {}).get("NameServers") or []
    return {"nameServers": servers, "primaryNameServer": servers[0] if servers else "", "name": p["name"].rstrip(".")}


def empty_zone(client: Client, p: Properties) -> None:
    """With `forceDestroy` a zone takes the records of others (ExternalDNS) with it."""
    route53 = client("route53", p["region"])
    if p.get("forceDestroy"):
        for found in route53.list_resource_record_sets(HostedZoneId=p["id"])["ResourceRecordSets"]:
            if found["Type"] not in ("NS", "SOA"):
                change = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": found}]}
                route53.change_resource_record_sets(HostedZoneId=p["id"], ChangeBatch=change)


def bucket(p: Properties) -> Properties:
    """A bucket and its region, which the API wants to hear everywhere but in us-east-1."""
    where = {} if p["region"] == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": p["region"]}}
    return {"Bucket": p["bucket"], **where}


def bucket_tags(client: Client, old: Properties, new: Properties) -> None:
    """Tags of a bucket, which S3 takes all at once."""
    s3, pairs = client("s3", new["region"]), [{"Key": k, "Value": v} for k, v in new["tagsAll"].items()]
    if pairs:
        s3.put_bucket_tagging(Bucket=new["id"], Tagging={"TagSet": pairs})
    elif old:
        s3.delete_bucket_tagging(Bucket=new["id"])


def empty_bucket(client: Client, p: Properties) -> None:
    """With `forceDestroy` a bucket takes its objects, all versions of them, with it."""
    s3 = client("s3", p["region"])
    if p.get("forceDestroy"):
        found = s3.list_object_versions(Bucket=p["id"])
        for item in found.get("Versions", []) + found.get("DeleteMarkers", []):
            s3.delete_object(Bucket=p["id"], Key=item["Key"], VersionId=item["VersionId"])


def lifecycle(p: Properties) -> Properties:
    """Rules of a bucket; one without a filter is for everything in it."""
    return {**p, "rules": [{**r, "filter": r.get("filter") or {"prefix": ""}} for r in p["rules"]]}


def ownership(p: Properties) -> Properties:
    """Who owns the objects that others put into a bucket."""
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": p["rule"]["objectOwnership"]}]}}


def bucket_object(p: Properties) -> Properties:
    """An object's body from text, base64 or an asset."""
    source = p.get("source") or {}
    body = p.get("content") or source.get("text") or ""
    if p.get("contentBase64"):
        body = base64.b64decode(p["contentBase64"])
    if source.get("path"):
        body = Path(source["path"]).read_bytes()
    return {**{k: v for k, v in p.items() if k in ("contentType", "cacheControl")}, "Body": body}


def instance_endpoint(client: Client, p: Properties) -> Properties:
    """Address and role of a database instance."""
    rds = client("rds", p["region"])
    found = rds.describe_db_instances(DBInstanceIdentifier=p["id"])["DBInstances"][0]
    address = found.get("Endpoint", {}).get("Address") or f"{p['id']}.c8kq2mzjx1yt.{p['region']}.rds.amazonaws.com"
    port = found.get("Endpoint", {}).get("Port") or {"postgres": 5432, "aurora-postgresql": 5432}.get(p["engine"], 3306)
    where = {"address": address, "endpoint": f"{address}:{port}", "hostedZoneId": "Z2R2ITUGPM61AM"}
    if p.get("clusterIdentifier"):
        cluster = rds.describe_db_clusters(DBClusterIdentifier=p["clusterIdentifier"])["DBClusters"][0]
        members = cluster.get("DBClusterMembers") or [{"DBInstanceIdentifier": p["id"]}]
        where |= {"endpoint": address, "writer": members[0]["DBInstanceIdentifier"] == p["id"]}
    return {"port": port, **where}


def redis_endpoints(client: Client, p: Properties) -> Properties:
    """Addresses of a replication group: one for a cluster, a primary and a reader otherwise."""
    clustered = bool(
        p.get("clusterMode") == "enabled" or (p.get("numNodeGroups") or 1) > 1 or p.get("replicasPerNodeGroup")
    )
    zone = f"{p['id']}.x7k2pq.{''.join(w[0] for w in p['region'].split('-')[:2])}{p['region'][-1]}1.cache.amazonaws.com"
    groups, replicas = p.get("numNodeGroups") or 1, p.get("replicasPerNodeGroup") or 0
    count = p.get("numCacheClusters") or groups * (1 + replicas)
    names = [f"{p['id']}-{i:04}-{j:03}" for i in range(1, groups + 1) for j in range(1, count // groups + 1)]
    return {
        "configurationEndpointAddress": f"clustercfg.{zone}" if clustered else "",
        "primaryEndpointAddress": "" if clustered else f"master.{zone}",
        "readerEndpointAddress": "" if clustered else f"replica.{zone}",
        "clusterEnabled": clustered,
        "memberClusters": names if clustered else [f"{p['id']}-{j:03}" for j in range(1, count + 1)],
        "numCacheClusters": count,
        "engineVersionActual": p.get("engineVersion") or "7.1.0",
    }


def cluster_parts(client: Client, old: Properties, new: Properties) -> None:
    """Logs of a cluster, and what EKS makes with it: group of its network interfaces, issuer, endpoint."""
    eks, ec2, name, region = client("eks", new["region"]), client("ec2", new["region"]), new["id"], new["region"]
    if new.get("enabledClusterLogTypes") != old.get("enabledClusterLogTypes"):
        wanted = [{"types": new.get("enabledClusterLogTypes") or [], "enabled": True}]
        eks.update_cluster_config(name=name, logging={"clusterLogging": wanted})
    subnet = ec2.describe_subnets(SubnetIds=new["vpcConfig"]["subnetIds"])["Subnets"][0]
    tags = [{"Key": "aws:eks:cluster-name", "Value": name}]
    groups = _cluster_groups(ec2, name)
    if not groups:
        made = ec2.create_security_group(
            GroupName=f"eks-cluster-sg-{name}-{secrets.randbelow(10**9)}",
            Description="EKS created security group applied to ENI that is attached to EKS Control Plane master nodes",
            VpcId=subnet["VpcId"],
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
        )
        groups = [made["GroupId"]]
        # https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html
        itself = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": groups[0]}]}
        ec2.authorize_security_group_ingress(GroupId=groups[0], IpPermissions=[itself])
    cluster = get_backend("eks")[ACCOUNT][region].clusters[name]
    cluster.resources_vpc_config |= {"clusterSecurityGroupId": groups[0], "vpcId": subnet["VpcId"]}
    oidc = hashlib.sha256(cluster.arn.encode()).hexdigest()[:32].upper()
    cluster.identity = {"oidc": {"issuer": f"https://oidc.eks.{region}.amazonaws.com/id/{oidc}"}}
    cluster.endpoint = f"https://{oidc}.gr7.{region}.eks.amazonaws.com"


def _cluster_groups(ec2: Any, name: str) -> list[str]:
    found = ec2.describe_security_groups(Filters=[{"Name": "tag:aws:eks:cluster-name", "Values": [name]}])
    return [group["GroupId"] for group in found["SecurityGroups"]]


def node_group_parts(client: Client, old: Properties, new: Properties) -> None:
    """The Auto Scaling group that EKS makes for a node group; here it starts no machine."""
    group, name = client("autoscaling", new["region"]), _scaling_group(client, new)
    if not old:
        size, template = new["scalingConfig"], new.get("launchTemplate") or {}
        group.create_auto_scaling_group(
            AutoScalingGroupName=name,
            MinSize=0,
            MaxSize=int(size["maxSize"]),
            DesiredCapacity=0,
            VPCZoneIdentifier=",".join(new["subnetIds"]),
            LaunchTemplate={"LaunchTemplateId": template["id"], "Version": "$Latest"},
        )


def no_scaling_group(client: Client, p: Properties) -> None:
    """The group goes with the node group."""
    name = _scaling_group(client, p)
    client("autoscaling", p["region"]).delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)


def _scaling_group(client: Client, p: Properties) -> str:
    named = {"clusterName": p["clusterName"], "nodegroupName": p["nodeGroupName"]}
    found = client("eks", p["region"]).describe_nodegroup(**named)["nodegroup"]
    return found["resources"]["autoScalingGroups"][0]["name"]


def no_cluster_group(client: Client, p: Properties) -> None:
    """The security group that EKS made goes with the cluster."""
    ec2 = client("ec2", p["region"])
    for group in _cluster_groups(ec2, p["id"]):
        ec2.delete_security_group(GroupId=group)


def node_group(p: Properties) -> Properties:
    """Changes of a node group: labels and taints are set anew as a whole.

    What moto takes, EKS does not: https://github.com/hashicorp/terraform-provider-aws/issues/18310
    """
    size = {key: int(value) for key, value in (p.get("scalingConfig") or {}).items()}
    if size and size["minSize"] > size["desiredSize"]:
        problem = f"Minimum capacity {size['minSize']} can't be greater than desired size {size['desiredSize']}"
        raise Refused(f"eks update_nodegroup_config: InvalidParameterException: {problem}")
    update = {k: p[k] for k in ("scalingConfig", "updateConfig") if p.get(k)}
    taints = {"taints": {"addOrUpdateTaints": p["taints"]}} if p.get("taints") else {}
    return {**update, **taints, **({"labels": {"addOrUpdateLabels": p["labels"]}} if p.get("labels") else {})}


def scaling_group(p: Properties) -> Properties:
    """Tags, subnets and launch template of an Auto Scaling group, as the API has them."""
    tags = [
        {"Key": t["key"], "Value": t["value"], "PropagateAtLaunch": t["propagateAtLaunch"]} for t in p.get("tags") or ()
    ]
    names = {"vpcZoneIdentifiers": "VPCZoneIdentifier"}
    rest = {names.get(k, k): ",".join(v) if k in names else v for k, v in p.items() if k != "tags"}
    if template := p.get("launchTemplate"):
        rest["launchTemplate"] = {
            "LaunchTemplateId": template.get("id"),
            "Version": template.get("version") or "$Default",
        }
    return {**rest, **({"Tags": tags} if tags else {})}


def scaling_tag(p: Properties) -> Properties:
    """One tag of an Auto Scaling group, as the API has it."""
    group = {"ResourceId": p["autoscalingGroupName"], "ResourceType": "auto-scaling-group"}
    tag = {"Key": p["tag"]["key"], "Value": p["tag"]["value"], "PropagateAtLaunch": p["tag"]["propagateAtLaunch"]}
    return {"Tags": [{**group, **tag}]}


def event_target(p: Properties) -> Properties:
    """One target of a rule for events."""
    return {
        "Targets": [
            {
                "Id": p["targetId"],
                "Arn": p["arn"],
                **{k[0].upper() + k[1:]: p[k] for k in ("input", "inputPath", "roleArn") if p.get(k)},
            }
        ]
    }


def endpoint(p: Properties) -> Properties:
    """An endpoint is a gateway unless it says otherwise; moto wants to hear it."""
    return {**p, "vpcEndpointType": p.get("vpcEndpointType") or "Gateway"}


def live_routes(client: Client, p: Properties) -> None:
    """moto looks for an endpoint's route tables when it goes; those that are gone already are left out."""
    ec2, tables = client("ec2", p["region"]), p.get("routeTableIds") or []
    known = {t["RouteTableId"] for t in ec2.describe_route_tables()["RouteTables"]}
    if gone := [t for t in tables if t not in known]:
        ec2.modify_vpc_endpoint(VpcEndpointId=p["id"], RemoveRouteTableIds=gone)


def cache_policy(p: Properties) -> Properties:
    """The compression flags that the API requires and the provider does not."""
    flags = {"enableAcceptEncodingGzip": False, "enableAcceptEncodingBrotli": False}
    keyed = "parametersInCacheKeyAndForwardedToOrigin"
    return {**p, keyed: flags | p[keyed]}


def distribution(p: Properties) -> Properties:
    """A distribution's configuration, as the API has it."""
    certificate = p["viewerCertificate"]
    return {
        **{key: value for key, value in p.items() if key != "tags"},
        "CallerReference": str(p.get("callerReference") or p["hash"]),
        "Comment": p.get("comment") or "",
        "origins": [_origin(origin) for origin in p["origins"]],
        "defaultCacheBehavior": _behavior(p["defaultCacheBehavior"]),
        "CacheBehaviors": [_behavior(behavior) for behavior in p.get("orderedCacheBehaviors") or ()],
        "customErrorResponses": [
            {**page, "responseCode": str(page["responseCode"])} for page in p.get("customErrorResponses") or ()
        ],
        "restrictions": {"GeoRestriction": {"Quantity": 0, **p["restrictions"]["geoRestriction"]}},
        "viewerCertificate": certificate | {"CloudFrontDefaultCertificate": "acmCertificateArn" not in certificate},
    }


def _origin(o: Properties) -> Properties:
    headers = [{"HeaderName": h["name"], "HeaderValue": h["value"]} for h in o.get("customHeaders") or ()]
    # With an access control an S3 origin has an access identity that is empty.
    kind = {} if o.get("customOriginConfig") else {"S3OriginConfig": {"OriginAccessIdentity": ""}}
    return {**o, "Id": o["originId"], "customHeaders": headers, **kind}


def _behavior(b: Properties) -> Properties:
    allowed, cached = b.get("allowedMethods") or ["GET", "HEAD"], b.get("cachedMethods") or ["GET", "HEAD"]
    methods = {"Quantity": len(allowed), "Items": allowed, "CachedMethods": cached}
    return {**{key: value for key, value in b.items() if key != "cachedMethods"}, "allowedMethods": methods}


def access_controls(client: Client, old: Properties, new: Properties) -> None:
    """moto forgets by which access control an origin is asked."""
    made = get_backend("cloudfront")[ACCOUNT]["aws"].distributions[new["id"]]
    for kept, given in zip(made.distribution_config.Origins["Items"], new["origins"], strict=True):
        kept.origin_access_control_id = given.get("originAccessControlId") or ""


def password_policy(p: Properties) -> Properties:
    """The API has a user pool's password policy among other policies."""
    given = p.get("passwordPolicy")
    return {**p, "Policies": {"PasswordPolicy": given}} if given else p


def second_factor(client: Client, old: Properties, new: Properties) -> None:
    """Authenticator apps are switched on by a call of their own."""
    given = new.get("softwareTokenMfaConfiguration")
    if given and given != old.get("softwareTokenMfaConfiguration"):
        client("cognito-idp", new["region"]).set_user_pool_mfa_config(
            UserPoolId=new["id"],
            SoftwareTokenMfaConfiguration={"Enabled": given["enabled"]},
            MfaConfiguration=new.get("mfaConfiguration", "OFF"),
        )
