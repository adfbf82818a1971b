"""The resource types of the emulated AWS, one row each.

A row says which operations create, find, change and delete a thing, and where the Terraform provider's names
differ from the API's. Everything else comes from botocore's service model and the SDK's classes; see
`sandbox.aws.shapes`. What an operation has no parameter for is kept with the resource and changes in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.aws import special
from sandbox.emulator import Properties


@dataclass(frozen=True)
class Call:
    """An API operation.

    op: its name in boto3; may be a template.
    key: parameter -> template of its value, in addition to the row's; "id" is the id, and an empty value is not sent.
    fixed: parameters that are always sent, and their values.
    names: as the row's, for this operation alone.
    fit: rearranges everything that is known of the thing before it is matched to parameters.
    takes: the properties whose change needs this operation, where its parameters do not say so.
    each: the operation is called once for each property.
    whole: all properties are sent, whichever of them changed.
    """

    op: str
    key: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    fit: Callable[[Properties], Properties] | None = None
    takes: tuple[str, ...] = ()
    each: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Row:
    """A resource type. Templates see inputs, outputs, `id`, `region`, `account` and a `hash` of the inputs.

    service: its name in boto3.
    create, find, update, delete: the operations; without `find` the account remembers what `create` answered.
    id: path in the answer of `create`, or a template.
    key: parameter -> template, for what names the thing in every operation but `create`; a list parameter gets a list.
    at: path of the thing in the answer of `find`.
    names: property -> member of the API, or several as "A|B"; "-" for a property that the API has no member for.
    inner: as `names`, within the values of properties.
    noun: the thing's name in the API, which its members may begin with where the properties do not.
    nest: the member, of `create` and of the thing, that holds the properties.
    out: outputs by template. more: a function for outputs that need further calls.
    made: what else is to be done after a create or an update; unmade: before a delete.
    defaults: inputs that the provider fills in.
    auto: the property that gets a name where none is given; `named` is a template of that name, `limit` the most
    characters it may have, and with `lower` it is in lower case.
    tagged: template of what tags are put on, where it is not what the service's `Tagging` says.
    replaced, in_place, replaced_if: properties for which the operations alone would decide wrongly whether a change
    needs a new thing; `replaced_if` names the switch that decides.
    later: parts of properties ("vpcConfig.vpcId") that the cloud fills in, unknown until it has.
    """

    service: str
    create: Call
    id: str
    key: Mapping[str, str]
    find: Call | None = None
    at: str = ""
    update: tuple[Call, ...] = ()
    delete: tuple[Call, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    nest: str = ""
    out: Mapping[str, Any] = field(default_factory=dict)
    more: Callable[[Any, Properties], Properties] | None = None
    made: Callable[[Any, Properties, Properties], None] | None = None
    unmade: Callable[[Any, Properties], Properties | None] | None = None
    auto: str = "name"
    named: str = "{}"
    limit: int = 255
    lower: bool = False
    noun: str = ""
    tagged: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    inner: Mapping[str, str] = field(default_factory=dict)
    replaced: tuple[str, ...] = ()
    in_place: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    replaced_if: Mapping[str, str] = field(default_factory=dict)


def _row(service: str, create: str | Call, id: str, key: str | Mapping[str, str] = "", **rest: Any) -> Row:
    """A row in short: operations by name, several separated by a space; a key by its parameter alone."""
    calls = {name: _calls(rest.pop(name, ())) for name in ("update", "delete")}
    find = _calls(rest.pop("find", ()))
    create = _calls(create)[0]
    rest.setdefault("noun", create.op.partition("_")[2].replace("_", ""))
    key = {key: "id"} if isinstance(key, str) else key
    return Row(service, create, id, key, find=find[0] if find else None, **calls, **rest)


def _calls(calls: str | Call | tuple[str | Call, ...]) -> tuple[Call, ...]:
    if isinstance(calls, str):
        return tuple(map(Call, calls.split()))
    if isinstance(calls, Call):
        return (calls,)
    return tuple(c for call in calls for c in _calls(call))


@dataclass(frozen=True)
class Tagging:
    """How a service's tags are set and removed.

    add, remove: the operations, "{}" standing for what the thing is called in the name of its `create`.
    key: the parameter that names the thing; empty where that is the row's own key. value: template of its value.
    fixed: parameter -> template of its value, sent beside it.
    """

    add: str
    remove: str
    key: str
    value: str = "{arn}"
    fixed: Mapping[str, Any] = field(default_factory=dict)


_EC2 = "arn:aws:ec2:{region}:{account}:"
TAGGING: Mapping[str, Tagging] = {
    "acm": Tagging("add_tags_to_certificate", "remove_tags_from_certificate", "CertificateArn"),
    "application-autoscaling": Tagging("tag_resource", "untag_resource", "ResourceARN"),
    "cloudfront": Tagging("tag_resource", "untag_resource", "Resource"),
    "cloudwatch": Tagging("tag_resource", "untag_resource", "ResourceARN"),
    "cognito-idp": Tagging("tag_resource", "untag_resource", "ResourceArn"),
    "dlm": Tagging("tag_resource", "untag_resource", "ResourceArn"),
    "ec2": Tagging("create_tags", "delete_tags", "Resources", "{id}"),
    "ecr": Tagging("tag_resource", "untag_resource", "resourceArn"),
    "eks": Tagging("tag_resource", "untag_resource", "resourceArn"),
    "elasticache": Tagging("add_tags_to_resource", "remove_tags_from_resource", "ResourceName"),
    "elbv2": Tagging("add_tags", "remove_tags", "ResourceArns"),
    "events": Tagging("tag_resource", "untag_resource", "ResourceARN"),
    "iam": Tagging("tag_{}", "untag_{}", ""),
    "kms": Tagging("tag_resource", "untag_resource", "KeyId", "{id}"),
    "logs": Tagging("tag_resource", "untag_resource", "resourceArn"),
    "rds": Tagging("add_tags_to_resource", "remove_tags_from_resource", "ResourceName"),
    "route53": Tagging(
        "change_tags_for_resource", "change_tags_for_resource", "ResourceId", "{id}", {"ResourceType": "{noun}"}
    ),
    "secretsmanager": Tagging("tag_resource", "untag_resource", "SecretId"),
    "sns": Tagging("tag_resource", "untag_resource", "ResourceArn"),
    "sqs": Tagging("tag_queue", "untag_queue", "QueueUrl", "{id}"),
    "ssm": Tagging(
        "add_tags_to_resource", "remove_tags_from_resource", "ResourceId", "{id}", {"ResourceType": "Parameter"}
    ),
    "wafv2": Tagging("tag_resource", "untag_resource", "ResourceARN"),
}


def _rule(kind: str) -> Row:
    """A rule of a security group, by `aws.vpc`; moto changes rules for ingress alone, so every change replaces one."""
    return _row(
        "ec2", Call(f"authorize_security_group_{kind}", {"GroupId": "{securityGroupId}"}, fit=special.permissions),
        "SecurityGroupRules[0].SecurityGroupRuleId", "SecurityGroupRuleIds", noun="securitygrouprule", auto="",
        find="describe_security_group_rules", at="SecurityGroupRules[0]",
        delete=Call(f"revoke_security_group_{kind}", {"GroupId": "{securityGroupId}"}),
        names={"referencedSecurityGroupId": "-"}, replaced=("securityGroupId",),
        out={"arn": _EC2 + "security-group-rule/{id}", "securityGroupRuleId": "{id}"},
    )  # fmt: skip


def _put(service: str, op: str, key: Mapping[str, str], id: str, **rest: Any) -> Row:
    """A part of another thing, written as a whole each time."""
    call = rest.pop("fit", None)
    return _row(
        service,
        Call(op, key, fit=call),
        id,
        key,
        update=Call(op, fit=call, whole=True),
        auto=rest.pop("auto", ""),
        **rest,
    )


_DESTINATION = {
    "DestinationCidrBlock": "{destinationCidrBlock}",
    "DestinationIpv6CidrBlock": "{destinationIpv6CidrBlock}",
}
_NETWORK = {
    "aws:ec2/vpc:Vpc": _row(
        "ec2", "create_vpc", "Vpc.VpcId", "VpcId", find="describe_vpcs", at="Vpcs[0]",
        update=Call("modify_vpc_attribute", each=True), delete="delete_vpc", more=special.vpc_parts,
        names={"assignGeneratedIpv6CidrBlock": "AmazonProvidedIpv6CidrBlock"},
        out={"arn": _EC2 + "vpc/{id}", "ownerId": "{account}", "enableNetworkAddressUsageMetrics": False,
             "assignGeneratedIpv6CidrBlock": False},
    ),
    "aws:ec2/subnet:Subnet": _row(
        "ec2", "create_subnet", "Subnet.SubnetId", "SubnetId", find="describe_subnets", at="Subnets[0]",
        update=Call("modify_subnet_attribute", each=True), delete="delete_subnet",
        out={"arn": _EC2 + "subnet/{id}", "ownerId": "{account}"},
    ),
    "aws:ec2/internetGateway:InternetGateway": _row(
        "ec2", "create_internet_gateway", "InternetGateway.InternetGatewayId", "InternetGatewayId",
        find="describe_internet_gateways", at="InternetGateways[0]",
        update=Call("attach_internet_gateway"),
        delete=(Call("detach_internet_gateway", {"VpcId": "{vpcId}"}), "delete_internet_gateway"),
        replaced=("vpcId",), out={"arn": _EC2 + "internet-gateway/{id}", "ownerId": "{account}"},
    ),
    "aws:ec2/eip:Eip": _row(
        "ec2", "allocate_address", "AllocationId", "AllocationId", find="describe_addresses", at="Addresses[0]",
        noun="elasticip", delete="release_address", in_place=("instance", "networkInterface"),
        made=special.associate_address,
        out={"arn": _EC2 + "elastic-ip/{id}", "allocationId": "{id}", "publicDns": "ec2-{publicIp}.compute.amazonaws.com",
             "ptrRecord": ""},
    ),
    "aws:ec2/natGateway:NatGateway": _row(
        "ec2", "create_nat_gateway", "NatGateway.NatGatewayId", "NatGatewayId", find="describe_nat_gateways",
        at="NatGateways[?State!='deleted'].merge(@, NatGatewayAddresses[0])|[0]",
        unmade=special.release_gateway, delete="delete_nat_gateway",
        out={"associationId": "eipassoc-{id}"},
    ),
    "aws:ec2/routeTable:RouteTable": _row(
        "ec2", "create_route_table", "RouteTable.RouteTableId", "RouteTableId", find="describe_route_tables",
        at="RouteTables[0].{{VpcId: VpcId}}", delete="delete_route_table", made=special.inline_routes,
        out={"arn": _EC2 + "route-table/{id}", "ownerId": "{account}"}, in_place=("routes",),
    ),
    "aws:ec2/route:Route": _row(
        "ec2", "create_route", "r-{routeTableId}{hash}", {"RouteTableId": "{routeTableId}"}, auto="",
        update=Call("replace_route", whole=True), delete=Call("delete_route", _DESTINATION),
        find="describe_route_tables", names={"egressOnlyGatewayId": "EgressOnlyInternetGatewayId"},
        at="RouteTables[0].Routes[?DestinationCidrBlock=='{destinationCidrBlock}' || DestinationIpv6CidrBlock=="
           "'{destinationIpv6CidrBlock}']|[0]",
        replaced=("routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock"), out={"state": "active"},
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _row(
        "ec2", "associate_route_table", "AssociationId", "AssociationId", delete="disassociate_route_table",
        find=Call("describe_route_tables", {"RouteTableId": "{routeTableId}"}),
        at="RouteTables[0].Associations[?RouteTableAssociationId=='{id}']|[0]", replaced=("subnetId", "gatewayId"),
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _row(
        "ec2", Call("create_vpc_endpoint", fit=special.endpoint), "VpcEndpoint.VpcEndpointId", "VpcEndpointIds", find="describe_vpc_endpoints",
        at="VpcEndpoints[?State!='deleted']|[0]", unmade=special.live_routes, delete="delete_vpc_endpoints", made=special.endpoint_changes,
        in_place=("routeTableIds", "subnetIds", "securityGroupIds", "policy", "privateDnsEnabled"),
        names={"policy": "PolicyDocument"},
        out={"arn": _EC2 + "vpc-endpoint/{id}", "state": "available", "ownerId": "{account}", "prefixListId": "pl-63a5400a",
             "requesterManaged": False, "cidrBlocks": ["52.216.0.0/15"]},
    ),
    "aws:ec2/flowLog:FlowLog": _row(
        "ec2", Call("create_flow_logs", fit=special.flow_log), "FlowLogIds[0]", "FlowLogIds", noun="vpcflowlog",
        find="describe_flow_logs", at="FlowLogs[0]", delete="delete_flow_logs",
        names={"iamRoleArn": "DeliverLogsPermissionArn"},
        replaced=("vpcId", "subnetId", "eniId"), out={"arn": _EC2 + "vpc-flow-log/{id}"},
    ),
    "aws:ec2/securityGroup:SecurityGroup": _row(
        "ec2", "create_security_group", "GroupId", "GroupId", find="describe_security_groups",
        at="SecurityGroups[0].{{VpcId: VpcId, GroupName: GroupName, Description: Description}}",
        names={"name": "GroupName", "ingress": "-", "egress": "-"}, made=special.inline_rules,
        delete="delete_security_group", more=special.group_rules,
        out={"arn": _EC2 + "security-group/{id}", "ownerId": "{account}"},
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _row(
        "ec2", Call("describe_security_groups", fit=special.default_group), "SecurityGroups[0].GroupId", "GroupIds",
        noun="securitygroup", find="describe_security_groups", names={"name": "GroupName", "ingress": "-", "egress": "-"},
        at="SecurityGroups[0].{{VpcId: VpcId, GroupName: GroupName, Description: Description}}", auto="",
        made=special.inline_rules, replaced=("vpcId",), more=special.group_rules,
        out={"arn": _EC2 + "security-group/{id}", "ownerId": "{account}"},
    ),
    "aws:ec2/securityGroupRule:SecurityGroupRule": _row(
        "ec2", Call("authorize_security_group_{type}", {"GroupId": "{securityGroupId}"}, fit=special.permissions),
        "SecurityGroupRules[0].SecurityGroupRuleId", {"GroupId": "{securityGroupId}"}, noun="securitygrouprule",
        delete=Call("revoke_security_group_{type}", fit=special.permissions),
        find=Call("describe_security_group_rules", {"SecurityGroupRuleIds": "{id}"}), at="SecurityGroupRules[0].{{x: IpProtocol}}",
        replaced=("type", "protocol", "fromPort", "toPort", "cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "self",
                  "securityGroupId", "sourceSecurityGroupId"),
        in_place=("description",), out={"securityGroupRuleId": "{id}"}, auto="",
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule("ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rule("egress"),
    "aws:ec2/instance:Instance": _row(
        "ec2", Call("run_instances", fixed={"MinCount": 1, "MaxCount": 1}, fit=special.instance),
        "Instances[0].InstanceId", "InstanceId", noun="instance", find="describe_instances",
        at="Reservations[0].Instances[?State.Name!='terminated']|[0]",
        update=Call("modify_instance_attribute", each=True, names={"vpcSecurityGroupIds": "Groups"}),
        unmade=special.terminate, delete="terminate_instances", more=special.instance_parts,
        names={"ami": "ImageId", "vpcSecurityGroupIds": "SecurityGroupIds", "privateIp": "PrivateIpAddress",
               "metadataOptions": "MetadataOptions"},
        replaced=("ami", "subnetId", "availabilityZone", "keyName", "privateIp"),
        replaced_if={"userData": "userDataReplaceOnChange", "userDataBase64": "userDataReplaceOnChange"},
        in_place=("metadataOptions", "iamInstanceProfile", "rootBlockDevice", "userDataReplaceOnChange"),
        out={"arn": _EC2 + "instance/{id}", "instanceState": "running"},
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": _row(
        "ec2", "create_launch_template", "LaunchTemplate.LaunchTemplateId", "LaunchTemplateId",
        find="describe_launch_templates", at="LaunchTemplates[0]", nest="LaunchTemplateData",
        update=Call("create_launch_template_version", names={"name": "-"}, whole=True), delete="delete_launch_template",
        names={"name": "LaunchTemplateName", "latestVersion": "LatestVersionNumber", "description": "VersionDescription",
               "defaultVersion": "DefaultVersionNumber", "vpcSecurityGroupIds": "SecurityGroupIds"},
        out={"arn": _EC2 + "launch-template/{id}"}, replaced=("name",),
    ),
    "aws:ec2/keyPair:KeyPair": _row(
        "ec2", "import_key_pair", "KeyName", "KeyName", find="describe_key_pairs", at="KeyPairs[0]", auto="keyName",
        delete="delete_key_pair", names={"publicKey": "PublicKeyMaterial", "fingerprint": "KeyFingerprint"},
        out={"arn": _EC2 + "key-pair/{id}"}, tagged="{keyPairId}",
    ),
    "aws:ebs/volume:Volume": _row(
        "ec2", "create_volume", "VolumeId", "VolumeId", find="describe_volumes", at="Volumes[0]",
        update="modify_volume", delete="delete_volume", names={"type": "VolumeType"},
        out={"arn": _EC2 + "volume/{id}"},
    ),
    "aws:ec2/volumeAttachment:VolumeAttachment": _row(
        "ec2", Call("attach_volume", names={"deviceName": "Device"}), "vai-{hash}", {"VolumeId": "{volumeId}"},
        find="describe_volumes", at="Volumes[0].Attachments[0]", names={"deviceName": "Device"},
        delete=Call("detach_volume", {"InstanceId": "{instanceId}"}),
    ),
}  # fmt: skip

_ROLE = {"RoleName": "{role}"}
_IAM = {
    "aws:iam/role:Role": _row(
        "iam", "create_role", "Role.RoleName", "RoleName", find="get_role", at="Role", limit=64,
        update=("update_role", Call("update_assume_role_policy", names={"assumeRolePolicy": "PolicyDocument"})),
        delete="delete_role", made=special.role_policies, unmade=special.strip_role,
        names={"assumeRolePolicy": "AssumeRolePolicyDocument", "uniqueId": "RoleId", "permissionsBoundary": "-"},
        out={"managedPolicyArns": [], "inlinePolicies": []},
    ),
    "aws:iam/policy:Policy": _row(
        "iam", "create_policy", "Policy.Arn", "PolicyArn", find="get_policy", at="Policy", limit=128,
        update=Call("create_policy_version", fixed={"SetAsDefault": True}), delete="delete_policy",
        unmade=special.policy_versions, names={"policy": "PolicyDocument"}, replaced=("name", "path", "description"),
    ),
    "aws:iam/rolePolicy:RolePolicy": _put(
        "iam", "put_role_policy", {**_ROLE, "PolicyName": "{name}"}, "{role}:{name}", find="get_role_policy",
        at="{{PolicyName: PolicyName}}", delete="delete_role_policy", auto="name", limit=128,
        names={"policy": "PolicyDocument"},
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _row(
        "iam", Call("attach_role_policy", _ROLE), "{role}-{hash}", {**_ROLE, "PolicyArn": "{policyArn}"},
        find="list_attached_role_policies", at="AttachedPolicies[?PolicyArn=='{policyArn}']|[0].{{x: PolicyArn}}",
        delete="detach_role_policy", replaced=("role",),
    ),
    "aws:iam/instanceProfile:InstanceProfile": _row(
        "iam", "create_instance_profile", "InstanceProfile.InstanceProfileName", "InstanceProfileName",
        find="get_instance_profile", at="InstanceProfile", limit=128, names={"uniqueId": "InstanceProfileId", "role": "-"},
        made=special.profile_role, unmade=special.empty_profile, delete="delete_instance_profile",
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _row(
        "iam", "create_open_id_connect_provider", "OpenIDConnectProviderArn", "OpenIDConnectProviderArn",
        find="get_open_id_connect_provider", at="@", delete="delete_open_id_connect_provider",
        update="update_open_id_connect_provider_thumbprint", out={"arn": "{id}"},
    ),
    "aws:kms/key:Key": _row(
        "kms", "create_key", "KeyMetadata.KeyId", "KeyId", find="describe_key",
        at="KeyMetadata.{{KeyId: KeyId, Arn: Arn, KeyUsage: KeyUsage, Description: Description, MultiRegion: MultiRegion, "
           "Gone: KeyState=='PendingDeletion'}}|[@][?!Gone]|[0]",
        update=("update_key_description", "put_key_policy"), made=special.rotation,
        delete=Call("schedule_key_deletion", fixed={"PendingWindowInDays": 7}),
        names={"customerMasterKeySpec": "CustomerMasterKeySpec"}, in_place=("enableKeyRotation", "isEnabled"),
        out={"rotationPeriodInDays": 365}, more=special.key_parts,
    ),
    "aws:kms/alias:Alias": _row(
        "kms", "create_alias", "{name}", {"AliasName": "{name}"}, find=Call("list_aliases", {"KeyId": "{targetKeyId}"}),
        at="Aliases[?AliasName=='{name}']|[0]", update=Call("update_alias"), delete="delete_alias", named="alias/{}",
        names={"name": "AliasName", "arn": "AliasArn"}, out={"targetKeyArn": "arn:aws:kms:{region}:{account}:key/{targetKeyId}"},
    ),
    "aws:secretsmanager/secret:Secret": _row(
        "secretsmanager", "create_secret", "ARN", "SecretId", find="describe_secret", at="DeletedDate && `null` || @",
        update="update_secret", delete=Call("delete_secret", fixed={"ForceDeleteWithoutRecovery": True}),
        in_place=("policy",), made=special.secret_policy, replaced=("name",), out={"policy": ""},
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": _row(
        "secretsmanager", Call("put_secret_value", {"SecretId": "{secretId}"}), "{secretId}|{hash}", {"SecretId": "{secretId}"},
        find="get_secret_value", at="{{VersionId: VersionId, ARN: ARN, VersionStages: VersionStages}}", auto="",
        replaced=("secretId",), out={"secretArn": "{arn}", "hasSecretStringWo": False}, update=Call("put_secret_value", {"SecretId": "{secretId}"}),
    ),
    "aws:ssm/parameter:Parameter": _row(
        "ssm", "put_parameter", "{name}", {"Name": "{name}"}, find="get_parameter",
        at="Parameter.{{DataType: DataType, Version: Version, ARN: ARN}}",
        update=Call("put_parameter", fixed={"Overwrite": True}, whole=True), delete="delete_parameter",
        replaced=("name", "dataType"), in_place=("insecureValue",), out={"hasValueWo": False, "valueWo": None},
    ),
    "aws:ssm/document:Document": _row(
        "ssm", "create_document", "{name}", {"Name": "{name}"}, find="describe_document", at="Document",
        update=Call("update_document", fixed={"DocumentVersion": "$LATEST"}), delete="delete_document",
        out={"arn": "arn:aws:ssm:{region}:{account}:document/{name}"}, replaced=("documentType",),
    ),
}  # fmt: skip


_BALANCER = {
    "enableDeletionProtection": "deletion_protection.enabled",
    "idleTimeout": "idle_timeout.timeout_seconds",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "enableHttp2": "routing.http2.enabled",
    "desyncMitigationMode": "routing.http.desync_mitigation_mode",
    "enableCrossZoneLoadBalancing": "load_balancing.cross_zone.enabled",
}
_DISTRIBUTION = ("origins", "defaultCacheBehavior", "orderedCacheBehaviors", "restrictions", "aliases", "enabled", "comment",
                 "defaultRootObject", "priceClass", "httpVersion", "isIpv6Enabled", "viewerCertificate", "webAclId",
                 "customErrorResponses")  # fmt: skip
_EDGE = {
    "aws:lb/loadBalancer:LoadBalancer": _row(
        "elbv2", Call("create_load_balancer", fit=special.load_balancer), "LoadBalancers[0].LoadBalancerArn", "LoadBalancerArns",
        find="describe_load_balancers", at="LoadBalancers[0]", update="set_subnets set_security_groups set_ip_address_type",
        delete="delete_load_balancer", limit=32, made=special.attributes("elbv2", "modify_load_balancer_attributes", "LoadBalancerArn", _BALANCER),
        names={"name": "Name|LoadBalancerName", "loadBalancerType": "Type", "zoneId": "CanonicalHostedZoneId",
               "securityGroups": "SecurityGroups", "subnets": "Subnets", "dnsName": "DNSName"},
        in_place=tuple(_BALANCER), replaced=("name", "loadBalancerType", "internal"),
        out={"arn": "{id}", "arnSuffix": "{id}"}, more=special.balancer_parts,
    ),
    "aws:lb/targetGroup:TargetGroup": _row(
        "elbv2", Call("create_target_group", fit=special.target_group), "TargetGroups[0].TargetGroupArn", "TargetGroupArns",
        find="describe_target_groups", at="TargetGroups[0]", update=Call("modify_target_group", fit=special.target_group,
        takes=("healthCheck",)), made=special.stickiness, delete="delete_target_group", limit=32,
        names={"name": "Name|TargetGroupName", "healthCheck": "-"}, replaced=("name", "port", "protocol", "vpcId", "targetType"),
        out={"arn": "{id}", "loadBalancerArns": []}, more=special.group_parts,
    ),
    "aws:lb/listener:Listener": _row(
        "elbv2", Call("create_listener", fit=special.listener), "Listeners[0].ListenerArn", "ListenerArns", noun="listener",
        find="describe_listeners", at="Listeners[0]", delete="delete_listener", auto="",
        update=Call("modify_listener", fit=special.listener, takes=("port", "protocol", "sslPolicy", "certificateArn",
                    "defaultActions", "alpnPolicy")),
        names={"defaultActions": "DefaultActions", "certificateArn": "-"}, replaced=("loadBalancerArn",), out={"arn": "{id}"},
    ),
    "aws:lb/listenerRule:ListenerRule": _row(
        "elbv2", Call("create_rule", fit=special.listener), "Rules[0].RuleArn", "RuleArns", noun="rule", auto="",
        find="describe_rules", at="Rules[0]", delete="delete_rule", replaced=("listenerArn",),
        update=(Call("modify_rule", fit=special.listener, takes=("actions", "conditions")),
                Call("set_rule_priorities", fit=special.priority, takes=("priority",))), out={"arn": "{id}"},
    ),
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": _row(
        "elbv2", Call("register_targets", fit=special.target), "{targetGroupArn}-{hash}", {"TargetGroupArn": "{targetGroupArn}"},
        delete=Call("deregister_targets", fit=special.target), replaced=("targetGroupArn", "targetId", "port"),
    ),
    "aws:route53/zone:Zone": _row(
        "route53", Call("create_hosted_zone", {"CallerReference": "{hash}"}, fit=special.zone), "HostedZone.Id", "Id",
        find="get_hosted_zone", at="HostedZone", update="update_hosted_zone_comment", delete="delete_hosted_zone", auto="",
        unmade=special.empty_zone, replaced=("name",), in_place=("vpcs", "forceDestroy"), more=special.zone_parts,
        names={"vpcs": "-"}, out={"arn": "arn:aws:route53:::hostedzone/{id}", "zoneId": "{id}"},
    ),
    "aws:route53/record:Record": _row(
        "route53", Call("change_resource_record_sets", {"HostedZoneId": "{zoneId}"}, fit=special.record("CREATE")),
        "{zoneId}_{name}_{type}", {"HostedZoneId": "{zoneId}"}, auto="", more=special.record_name,
        find=Call("list_resource_record_sets", {"StartRecordName": "{name}", "StartRecordType": "{type}"}),
        at="ResourceRecordSets[?Type=='{type}' && starts_with(Name, '{name}')]|[0].{{TTL: TTL}}",
        update=Call("change_resource_record_sets", fit=special.record("UPSERT"), takes=("records", "ttl", "aliases",
                    "weightedRoutingPolicies", "failoverRoutingPolicies", "healthCheckId")),
        delete=Call("change_resource_record_sets", fit=special.record("DELETE")),
        replaced=("name", "type", "zoneId", "setIdentifier"), names={"ttl": "TTL"},
    ),
    "aws:route53/healthCheck:HealthCheck": _row(
        "route53", Call("create_health_check", {"CallerReference": "{hash}"}), "HealthCheck.Id", "HealthCheckId",
        find="get_health_check", at="HealthCheck.{{HealthCheckConfig: HealthCheckConfig}}", nest="HealthCheckConfig",
        update="update_health_check", delete="delete_health_check", auto="",
        names={"fqdn": "FullyQualifiedDomainName", "ipAddress": "IPAddress", "enableSni": "EnableSNI"},
        replaced=("type", "requestInterval", "measureLatency"), out={"arn": "arn:aws:route53:::healthcheck/{id}"},
    ),
    "aws:acm/certificate:Certificate": _row(
        "acm", "request_certificate", "CertificateArn", "CertificateArn", find="describe_certificate",
        at="Certificate.{{KeyAlgorithm: KeyAlgorithm, Type: Type, NotBefore: NotBefore, NotAfter: NotAfter}}",
        delete="delete_certificate", names={"privateKey": "-"}, more=special.validation_options,
        out={"arn": "{id}", "status": "ISSUED", "renewalEligibility": "INELIGIBLE", "pendingRenewal": False,
             "renewalSummaries": [], "validationEmails": []},
    ),
    "aws:acm/certificateValidation:CertificateValidation": _row(
        "acm", Call("describe_certificate", {"CertificateArn": "{certificateArn}"}), "{certificateArn}",
        {"CertificateArn": "{certificateArn}"}, replaced=("certificateArn", "validationRecordFqdns"), at="x",
    ),
    "aws:cloudfront/originAccessControl:OriginAccessControl": _row(
        "cloudfront", "create_origin_access_control", "OriginAccessControl.Id", "Id", nest="OriginAccessControlConfig",
        find="get_origin_access_control", at="merge(OriginAccessControl, {{ETag: ETag}})",
        update=Call("update_origin_access_control", {"IfMatch": "{etag}"}, whole=True),
        delete=Call("delete_origin_access_control", {"IfMatch": "{etag}"}), limit=64,
        names={"originAccessControlOriginType": "OriginAccessControlOriginType"},
        out={"arn": "arn:aws:cloudfront::{account}:origin-access-control/{id}"},
    ),
    "aws:cloudfront/cachePolicy:CachePolicy": _row(
        "cloudfront", Call("create_cache_policy", fit=special.cache_policy), "CachePolicy.Id", "Id", nest="CachePolicyConfig", find="get_cache_policy", at="merge(CachePolicy, {{ETag: ETag}})",
        update=Call("update_cache_policy", {"IfMatch": "{etag}"}, fit=special.cache_policy, whole=True),
        delete=Call("delete_cache_policy", {"IfMatch": "{etag}"}),
        out={"arn": "arn:aws:cloudfront::{account}:cache-policy/{id}"}, names={"etag": "ETag", "minTtl": "MinTTL"},
    ),
    "aws:cloudfront/originRequestPolicy:OriginRequestPolicy": _row(
        "cloudfront", "create_origin_request_policy", "OriginRequestPolicy.Id", "Id", nest="OriginRequestPolicyConfig",
        find="get_origin_request_policy", at="merge(OriginRequestPolicy, {{ETag: ETag}})",
        update=Call("update_origin_request_policy", {"IfMatch": "{etag}"}, whole=True),
        delete=Call("delete_origin_request_policy", {"IfMatch": "{etag}"}),
        out={"arn": "arn:aws:cloudfront::{account}:origin-request-policy/{id}"},
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": _row(
        "cloudfront", "create_response_headers_policy", "ResponseHeadersPolicy.Id", "Id", nest="ResponseHeadersPolicyConfig",
        find="get_response_headers_policy", at="merge(ResponseHeadersPolicy, {{ETag: ETag}})",
        update=Call("update_response_headers_policy", {"IfMatch": "{etag}"}, whole=True),
        delete=Call("delete_response_headers_policy", {"IfMatch": "{etag}"}),
        out={"arn": "arn:aws:cloudfront::{account}:response-headers-policy/{id}"},
    ),
    "aws:cloudfront/distribution:Distribution": _row(
        "cloudfront", Call("create_distribution", fit=special.distribution), "Distribution.Id", "Id", nest="DistributionConfig",
        find="get_distribution", at="merge(Distribution, {{ETag: ETag}})", auto="", made=special.access_controls,
        update=Call("update_distribution", {"IfMatch": "{etag}"}, fit=special.distribution, takes=_DISTRIBUTION, whole=True),
        delete=Call("delete_distribution", {"IfMatch": "{etag}"}), names={"arn": "ARN", "etag": "ETag"},
        # Where all distributions' aliases point: https://docs.aws.amazon.com/general/latest/gr/cf_region.html
        out={"hostedZoneId": "Z2FDTNDATAQYW2", "status": "Deployed", "trustedKeyGroups": [], "trustedSigners": []},
    ),
    "aws:wafv2/webAcl:WebAcl": _row(
        "wafv2", "create_web_acl", "Summary.Id", {"Id": "id", "Name": "{name}", "Scope": "{scope}"}, find="get_web_acl", at="merge(WebACL, {{LockToken: LockToken}})",
        update=Call("update_web_acl", {"LockToken": "{lockToken}"}, whole=True),
        delete=Call("delete_web_acl", {"LockToken": "{lockToken}"}), limit=128, noun="webacl",
        replaced=("name", "scope"), out={"applicationIntegrationUrl": ""},
    ),
    "aws:wafv2/webAclAssociation:WebAclAssociation": _row(
        "wafv2", "associate_web_acl", "{webAclArn},{resourceArn}", {"ResourceArn": "{resourceArn}"},
        find="get_web_acl_for_resource", at="WebACL.{{x: ARN}}", delete="disassociate_web_acl",
    ),
}  # fmt: skip


def _bucket(part: str, put: str, delete: str, get: str, **rest: Any) -> Row:
    """A part of a bucket's configuration, which is a resource of its own."""
    return _put("s3", put, {"Bucket": "{bucket}"}, "{bucket}", delete=delete, find=get, at="{{x: 'there'}}", noun=part,
                replaced=("bucket",), **rest)  # fmt: skip


_SCALED = {
    "ServiceNamespace": "{serviceNamespace}",
    "ResourceId": "{resourceId}",
    "ScalableDimension": "{scalableDimension}",
}
_INSTANCE = {
    "identifier": "DBInstanceIdentifier", "instanceClass": "DBInstanceClass", "clusterIdentifier": "DBClusterIdentifier",
    "username": "MasterUsername", "password": "MasterUserPassword", "dbName": "DBName", "arn": "DBInstanceArn",
    "parameterGroupName": "DBParameterGroupName", "dbParameterGroupName": "DBParameterGroupName", "tags": "Tags|TagList",
    "dbSubnetGroupName": "DBSubnetGroupName", "performanceInsightsEnabled": "EnablePerformanceInsights",
    "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId", "caCertIdentifier": "CACertificateIdentifier",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports", "resourceId": "DbiResourceId",
    "backupWindow": "PreferredBackupWindow", "preferredBackupWindow": "PreferredBackupWindow", "multiAz": "MultiAZ",
    "maintenanceWindow": "PreferredMaintenanceWindow", "preferredMaintenanceWindow": "PreferredMaintenanceWindow",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
}  # fmt: skip
_RDS = "arn:aws:rds:{region}:{account}:"
_IDENTIFIER = {"auto": "identifier", "lower": True, "limit": 63}
_DATA = {
    "aws:s3/bucket:Bucket": _row(
        "s3", Call("create_bucket", fit=special.bucket), "{bucket}", {"Bucket": "{bucket}"}, auto="bucket", lower=True, limit=63,
        find="head_bucket", at="{{x: 'there'}}", delete="delete_bucket", unmade=special.empty_bucket,
        replaced=("bucket",), made=special.bucket_tags, in_place=("forceDestroy", "acl"),
        out={"arn": "arn:aws:s3:::{bucket}", "bucketDomainName": "{bucket}.s3.amazonaws.com", "bucketRegion": "{region}",
             "bucketRegionalDomainName": "{bucket}.s3.{region}.amazonaws.com", "hostedZoneId": "Z3AQBSTGFYJSTF",
             "bucketNamespace": "global", "websiteDomain": "", "websiteEndpoint": ""},
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _bucket("versioning", "put_bucket_versioning", "", "get_bucket_versioning"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _bucket(
        "block", "put_public_access_block", "delete_public_access_block", "get_public_access_block", nest="PublicAccessBlockConfiguration"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _bucket(
        "encryption", "put_bucket_encryption", "delete_bucket_encryption", "get_bucket_encryption",
        nest="ServerSideEncryptionConfiguration",
        names={"kmsMasterKeyId": "KMSMasterKeyID", "sseAlgorithm": "SSEAlgorithm"}),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _bucket(
        "lifecycle", "put_bucket_lifecycle_configuration", "delete_bucket_lifecycle", "get_bucket_lifecycle_configuration",
        nest="LifecycleConfiguration", fit=special.lifecycle),
    "aws:s3/bucketPolicy:BucketPolicy": _bucket("policy", "put_bucket_policy", "delete_bucket_policy", "get_bucket_policy"),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _bucket(
        "ownership", "put_bucket_ownership_controls", "delete_bucket_ownership_controls", "get_bucket_ownership_controls",
        names={"rule": "-"}, fit=special.ownership),
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": _bucket(
        "cors", "put_bucket_cors", "delete_bucket_cors", "get_bucket_cors", nest="CORSConfiguration"),
    "aws:s3/bucketObjectv2:BucketObjectv2": _row(
        "s3", Call("put_object", fit=special.bucket_object), "{bucket}/{key}", {"Bucket": "{bucket}", "Key": "{key}"}, auto="",
        find="head_object", at="{{ETag: ETag, ContentType: ContentType, VersionId: VersionId}}", delete="delete_object",
        update=Call("put_object", fit=special.bucket_object, takes=("content", "source", "contentBase64", "contentType", "etag")),
        replaced=("bucket", "key"), out={"arn": "arn:aws:s3:::{bucket}/{key}"},
    ),
    "aws:rds/subnetGroup:SubnetGroup": _row(
        "rds", "create_db_subnet_group", "DBSubnetGroup.DBSubnetGroupName", "DBSubnetGroupName", lower=True,
        find="describe_db_subnet_groups", at="DBSubnetGroups[0]", update=Call("modify_db_subnet_group", whole=True),
        delete="delete_db_subnet_group", names={"name": "DBSubnetGroupName", "description": "DBSubnetGroupDescription"},
        out={"arn": _RDS + "subgrp:{id}"}, defaults={"description": "Managed by Pulumi"},
    ),
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": _row(
        "rds", "create_db_cluster_parameter_group", "DBClusterParameterGroup.DBClusterParameterGroupName",
        "DBClusterParameterGroupName", find="describe_db_cluster_parameter_groups", at="DBClusterParameterGroups[0]",
        update="modify_db_cluster_parameter_group", delete="delete_db_cluster_parameter_group", lower=True,
        names={"name": "DBClusterParameterGroupName", "family": "DBParameterGroupFamily", "parameters": "Parameters"},
        out={"arn": _RDS + "cluster-pg:{id}"}, defaults={"description": "Managed by Pulumi"}, replaced=("name",),
        inner={"name": "ParameterName", "value": "ParameterValue"},
    ),
    "aws:rds/parameterGroup:ParameterGroup": _row(
        "rds", "create_db_parameter_group", "DBParameterGroup.DBParameterGroupName", "DBParameterGroupName", lower=True,
        find="describe_db_parameter_groups", at="DBParameterGroups[0]", update="modify_db_parameter_group",
        delete="delete_db_parameter_group", names={"name": "DBParameterGroupName", "family": "DBParameterGroupFamily"},
        out={"arn": _RDS + "pg:{id}"}, defaults={"description": "Managed by Pulumi"}, replaced=("name",),
        inner={"name": "ParameterName", "value": "ParameterValue"},
    ),
    "aws:rds/cluster:Cluster": _row(
        "rds", "create_db_cluster", "DBCluster.DBClusterIdentifier", "DBClusterIdentifier", find="describe_db_clusters",
        at="DBClusters[0]", update=Call("modify_db_cluster", fixed={"ApplyImmediately": True}),
        delete=Call("delete_db_cluster", fixed={"SkipFinalSnapshot": True}), auto="clusterIdentifier", lower=True, limit=63,
        names={"clusterIdentifier": "DBClusterIdentifier", "databaseName": "DatabaseName", "masterPassword": "MasterUserPassword",
               "dbClusterParameterGroupName": "DBClusterParameterGroupName|DBClusterParameterGroup", "readerEndpoint": "ReaderEndpoint",
               "dbSubnetGroupName": "DBSubnetGroupName|DBSubnetGroup", "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
               "hostedZoneId": "HostedZoneId", "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
               "clusterResourceId": "DbClusterResourceId", "clusterMembers": "-", "tags": "Tags|TagList",
               "serverlessv2ScalingConfiguration": "ServerlessV2ScalingConfiguration",
               "performanceInsightsEnabled": "EnablePerformanceInsights", "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId"},
        in_place=("enabledCloudwatchLogsExports", "skipFinalSnapshot", "finalSnapshotIdentifier"), replaced=("availabilityZones",),
        out={"engineVersionActual": "{engineVersion}", "clusterMembers": [], "masterUserSecrets": [], "caCertificateValidTill": "",
             "hostedZoneId": "Z2R2ITUGPM61AM"},
    ),
    "aws:rds/clusterInstance:ClusterInstance": _row(
        "rds", "create_db_instance", "DBInstance.DBInstanceIdentifier", "DBInstanceIdentifier", find="describe_db_instances",
        at="DBInstances[0]", update=Call("modify_db_instance", fixed={"ApplyImmediately": True}),
        delete=Call("delete_db_instance", fixed={"SkipFinalSnapshot": True}), names=_INSTANCE, **_IDENTIFIER,
        replaced=("clusterIdentifier", "availabilityZone"), out={"writer": False, "engineVersionActual": "{engineVersion}", "networkType": "IPV4"},
        more=special.instance_endpoint,
    ),
    "aws:rds/instance:Instance": _row(
        "rds", "create_db_instance", "DBInstance.DBInstanceIdentifier", "DBInstanceIdentifier", find="describe_db_instances",
        at="DBInstances[0]", update=Call("modify_db_instance", fixed={"ApplyImmediately": True}),
        delete=Call("delete_db_instance", fixed={"SkipFinalSnapshot": True}), names=_INSTANCE, **_IDENTIFIER,
        replaced=("availabilityZone", "engine", "username", "dbName", "storageEncrypted", "kmsKeyId"),
        out={"status": "available", "engineVersionActual": "{engineVersion}", "hostedZoneId": "Z2R2ITUGPM61AM",
             "listenerEndpoints": [], "masterUserSecrets": [], "replicas": [], "latestRestorableTime": ""},
        more=special.instance_endpoint,
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": _row(
        "elasticache", "create_cache_subnet_group", "CacheSubnetGroup.CacheSubnetGroupName", "CacheSubnetGroupName", lower=True,
        find="describe_cache_subnet_groups", at="CacheSubnetGroups[0]", delete="delete_cache_subnet_group",
        names={"name": "CacheSubnetGroupName", "description": "CacheSubnetGroupDescription", "arn": "ARN"},
        update=Call("modify_cache_subnet_group", whole=True), defaults={"description": "Managed by Pulumi"}, replaced=("name",),
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": _row(
        "elasticache", "create_cache_parameter_group", "CacheParameterGroup.CacheParameterGroupName", "CacheParameterGroupName",
        find="describe_cache_parameter_groups", at="CacheParameterGroups[0]", update="modify_cache_parameter_group", lower=True,
        delete="delete_cache_parameter_group", replaced=("name",), defaults={"description": "Managed by Pulumi"},
        names={"name": "CacheParameterGroupName", "family": "CacheParameterGroupFamily", "parameters": "ParameterNameValues"},
        inner={"name": "ParameterName", "value": "ParameterValue"}, out={"arn": "arn:aws:elasticache:{region}:{account}:parametergroup:{id}"},
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": _row(
        "elasticache", "create_replication_group", "ReplicationGroup.ReplicationGroupId", "ReplicationGroupId",
        find="describe_replication_groups", at="ReplicationGroups[0]", update="modify_replication_group",
        delete="delete_replication_group", auto="replicationGroupId", lower=True, limit=40,
        names={"replicationGroupId": "ReplicationGroupId", "description": "ReplicationGroupDescription|Description", "nodeType": "CacheNodeType",
               "parameterGroupName": "CacheParameterGroupName", "subnetGroupName": "CacheSubnetGroupName",
               "automaticFailoverEnabled": "AutomaticFailoverEnabled", "multiAzEnabled": "MultiAZEnabled|MultiAZ",
               "arn": "ARN", "securityGroupNames": "CacheSecurityGroupNames", "preferredCacheClusterAzs": "PreferredCacheClusterAZs",
               "maintenanceWindow": "PreferredMaintenanceWindow", "snapshotRetentionLimit": "SnapshotRetentionLimit"},
        more=special.redis_endpoints,
        in_place=("numNodeGroups", "replicasPerNodeGroup", "numCacheClusters", "authTokenUpdateStrategy"),
    ),
    "aws:appautoscaling/target:Target": _row(
        "application-autoscaling", "register_scalable_target", "{resourceId}", _SCALED,
        find=Call("describe_scalable_targets", {"ResourceIds": "{resourceId}"}), at="ScalableTargets[0]", update=Call("register_scalable_target", whole=True),
        delete="deregister_scalable_target", replaced=("resourceId", "scalableDimension", "serviceNamespace"), names={"arn": "ScalableTargetARN"},
        out={"arn": "arn:aws:application-autoscaling:{region}:{account}:scalable-target/{hash}",
             "roleArn": "arn:aws:iam::{account}:role/aws-service-role/rds.application-autoscaling.amazonaws.com/AWSServiceRole"},
    ),
    "aws:appautoscaling/policy:Policy": _put(
        "application-autoscaling", "put_scaling_policy", {"PolicyName": "{name}", **_SCALED}, "{name}",
        find=Call("describe_scaling_policies", {"PolicyNames": "{name}"}), at="ScalingPolicies[0]", delete="delete_scaling_policy",
        names={"name": "PolicyName", "arn": "PolicyARN"}, out={"alarmArns": []}, auto="name",
        replaced=("name", "resourceId", "scalableDimension", "serviceNamespace"),
    ),
    "aws:ecr/repository:Repository": _row(
        "ecr", "create_repository", "repository.repositoryName", {"repositoryName": "id"}, find="describe_repositories",
        at="repositories[0]", update="put_image_tag_mutability put_image_scanning_configuration",
        delete=Call("delete_repository", fixed={"force": True}), lower=True,
        names={"name": "repositoryName", "arn": "repositoryArn", "repositoryUrl": "repositoryUri",
               "encryptionConfigurations": "encryptionConfiguration"},
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _put(
        "ecr", "put_lifecycle_policy", {"repositoryName": "{repository}"}, "{repository}", find="get_lifecycle_policy", at="{{x: 'there'}}",
        delete="delete_lifecycle_policy", names={"policy": "lifecyclePolicyText"}, replaced=("repository",), out={"registryId": "{account}"},
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": _put(
        "ecr", "set_repository_policy", {"repositoryName": "{repository}"}, "{repository}", find="get_repository_policy", at="{{x: 'there'}}",
        delete="delete_repository_policy", names={"policy": "policyText"}, replaced=("repository",), out={"registryId": "{account}"},
    ),
}  # fmt: skip


_SCALING = ("minSize", "maxSize", "desiredCapacity", "vpcZoneIdentifiers", "launchTemplate", "mixedInstancesPolicy",
            "healthCheckType", "healthCheckGracePeriod", "defaultCooldown", "terminationPolicies", "protectFromScaleIn",
            "capacityRebalance", "maxInstanceLifetime")  # fmt: skip
_OIDC = {"clusterName": "{clusterName}"}
_EKS = {
    "aws:eks/cluster:Cluster": _row(
        "eks", "create_cluster", "cluster.name", {"name": "id"}, find="describe_cluster", at="cluster", limit=100, noun="cluster",
        update=("update_cluster_version", Call("update_cluster_config", each=True)),
        names={"vpcConfig": "resourcesVpcConfig", "identities": "identity", "enabledClusterLogTypes": "-"},
        delete="delete_cluster", made=special.cluster_parts, unmade=special.no_cluster_group, in_place=("enabledClusterLogTypes",),
        replaced=("roleArn", "encryptionConfig", "kubernetesNetworkConfig", "bootstrapSelfManagedAddons", "name"),
        out={"status": "ACTIVE"}, later=("vpcConfig.clusterSecurityGroupId", "vpcConfig.vpcId"),
    ),
    "aws:eks/nodeGroup:NodeGroup": _row(
        "eks", "create_nodegroup", "{clusterName}:{nodeGroupName}", {**_OIDC, "nodegroupName": "{nodeGroupName}"},
        find="describe_nodegroup", at="nodegroup", update=Call("update_nodegroup_config", fit=special.node_group, takes=("scalingConfig",
        "labels", "taints", "updateConfig")), delete="delete_nodegroup", made=special.node_group_parts, unmade=special.no_scaling_group,
        names={"nodeRoleArn": "nodeRole", "subnetIds": "subnets", "arn": "nodegroupArn"}, auto="nodeGroupName", limit=63,
        in_place=("version", "releaseVersion", "launchTemplate", "forceUpdateVersion"), out={"status": "ACTIVE"},
    ),
    "aws:eks/addon:Addon": _row(
        "eks", Call("create_addon", names={"resolveConflictsOnCreate": "resolveConflicts"}), "{clusterName}:{addonName}",
        {**_OIDC, "addonName": "{addonName}"}, find="describe_addon", at="addon", delete="delete_addon",
        update=Call("update_addon", names={"resolveConflictsOnUpdate": "resolveConflicts"}), names={"arn": "addonArn"},
        out={"modifiedAt": "{createdAt}"},
    ),
    "aws:eks/accessEntry:AccessEntry": _row(
        "eks", "create_access_entry", "{clusterName}:{principalArn}", {**_OIDC, "principalArn": "{principalArn}"},
        find="describe_access_entry", at="accessEntry", update="update_access_entry", delete="delete_access_entry",
        names={"userName": "username"}, out={"modifiedAt": "{createdAt}"},
    ),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _row(
        "eks", "associate_access_policy", "{clusterName}#{principalArn}#{policyArn}",
        {**_OIDC, "principalArn": "{principalArn}", "policyArn": "{policyArn}"}, delete="disassociate_access_policy",
        find="list_associated_access_policies", at="associatedAccessPolicies[?policyArn=='{policyArn}']|[0]",
        names={"associatedAt": "createdAt"}, out={"modifiedAt": "{associatedAt}"},
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": _row(
        "eks", "create_pod_identity_association", "association.associationId", {**_OIDC, "associationId": "id"},
        find="describe_pod_identity_association", at="association", update="update_pod_identity_association",
        delete="delete_pod_identity_association", out={"externalId": ""},
    ),
    "aws:autoscaling/group:Group": _row(
        "autoscaling", Call("create_auto_scaling_group", fit=special.scaling_group), "{name}", {"AutoScalingGroupName": "id"},
        find="describe_auto_scaling_groups", at="AutoScalingGroups[0]", limit=255, noun="autoscalinggroup",
        update=Call("update_auto_scaling_group", fit=special.scaling_group, takes=_SCALING),
        delete=Call("delete_auto_scaling_group", fixed={"ForceDelete": True}),
        names={"name": "AutoScalingGroupName", "arn": "AutoScalingGroupARN", "tags": "-", "instances": "-"},
        replaced=("name",), in_place=("tags",), out={"predictedCapacity": 0, "warmPoolSize": 0},
    ),
    "aws:autoscaling/tag:Tag": _row(
        "autoscaling", Call("create_or_update_tags", fit=special.scaling_tag), "{autoscalingGroupName},{hash}",
        {"AutoScalingGroupName": "{autoscalingGroupName}"}, delete=Call("delete_tags", fit=special.scaling_tag),
        replaced=("tag", "autoscalingGroupName"),
    ),
}  # fmt: skip


_QUEUE = {
    "policy": "Policy", "delaySeconds": "DelaySeconds", "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod", "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "visibilityTimeoutSeconds": "VisibilityTimeout", "redrivePolicy": "RedrivePolicy", "fifoQueue": "FifoQueue",
    "kmsMasterKeyId": "KmsMasterKeyId", "sqsManagedSseEnabled": "SqsManagedSseEnabled",
}  # fmt: skip
_MESSAGES = {
    "aws:cloudwatch/logGroup:LogGroup": _row(
        "logs", "create_log_group", "{name}", {"logGroupName": "{name}"},
        find=Call("describe_log_groups", {"logGroupNamePrefix": "{name}"}), at="logGroups[?logGroupName=='{name}']|[0]",
        update="put_retention_policy", delete="delete_log_group", names={"arn": "logGroupArn", "logGroupClass": "logGroupClass"},
        out={"arn": "arn:aws:logs:{region}:{account}:log-group:{id}"}, limit=512, replaced=("name",),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _row(
        "cloudwatch", "put_metric_alarm", "{name}", {"AlarmNames": "{name}"}, find="describe_alarms", at="MetricAlarms[0]",
        update=Call("put_metric_alarm", whole=True), delete="delete_alarms", replaced=("name",),
        names={"name": "AlarmName", "arn": "AlarmArn", "metricQueries": "Metrics", "okActions": "OKActions"},
        out={"arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}"},
    ),
    "aws:cloudwatch/dashboard:Dashboard": _put(
        "cloudwatch", "put_dashboard", {"DashboardName": "{dashboardName}"}, "{dashboardName}", find="get_dashboard",
        at="{{x: DashboardName}}", delete=Call("delete_dashboards", {"DashboardNames": "{dashboardName}"}), replaced=("dashboardName",),
        out={"dashboardArn": "arn:aws:cloudwatch::{account}:dashboard/{dashboardName}"},
    ),
    "aws:cloudwatch/eventRule:EventRule": _row(
        "events", "put_rule", "{name}", {"Name": "{name}"}, find="describe_rule", at="@", limit=64,
        update=Call("put_rule", whole=True), delete="delete_rule", replaced=("name", "eventBusName"), out={"arn": "arn:aws:events:{region}:{account}:rule/{name}"},
    ),
    "aws:cloudwatch/eventTarget:EventTarget": _row(
        "events", Call("put_targets", fit=special.event_target), "{rule}-{targetId}", {"Rule": "{rule}"}, auto="targetId", limit=64,
        find="list_targets_by_rule", at="Targets[?Id=='{targetId}']|[0].{{Arn: Arn}}", delete=Call("remove_targets", {"Ids": "{targetId}"}),
        replaced=("rule", "targetId", "arn"), update=Call("put_targets", fit=special.event_target, takes=("input", "roleArn", "inputPath")),
    ),
    "aws:sns/topic:Topic": _row(
        "sns", Call("create_topic", fit=special.with_attributes({"fifoTopic": "FifoTopic"})), "TopicArn", "TopicArn", find="get_topic_attributes",
        at="Attributes", made=special.topic, delete="delete_topic", limit=256,
        names={"name": "Name", "arn": "TopicArn"}, replaced=("name", "fifoTopic"), in_place=tuple(special.TOPIC), out={"arn": "{id}", "beginningArchiveTime": ""},
    ),
    "aws:sns/topicSubscription:TopicSubscription": _row(
        "sns", Call("subscribe", {"TopicArn": "{topic}"}, fixed={"ReturnSubscriptionArn": True}), "SubscriptionArn", "SubscriptionArn",
        find="get_subscription_attributes", at="Attributes", delete="unsubscribe", replaced=("topic", "protocol", "endpoint"),
        out={"arn": "{id}", "ownerId": "{account}", "confirmationWasAuthenticated": True, "pendingConfirmation": False},
    ),
    "aws:sqs/queue:Queue": _row(
        "sqs", Call("create_queue", fit=special.with_attributes(_QUEUE)), "QueueUrl", "QueueUrl", find="get_queue_attributes", at="{{x: 'there'}}",
        update=Call("set_queue_attributes", fit=special.with_attributes(_QUEUE), takes=tuple(_QUEUE)), delete="delete_queue", limit=80,
        names={"name": "QueueName", "tags": "tags"}, replaced=("name", "fifoQueue"),
        out={"url": "{id}", "arn": "arn:aws:sqs:{region}:{account}:{name}"},
    ),
    "aws:sqs/queuePolicy:QueuePolicy": _row(
        "sqs", Call("set_queue_attributes", fit=special.with_attributes({"policy": "Policy"})), "{queueUrl}", {"QueueUrl": "{queueUrl}"}, find="get_queue_attributes", at="{{x: 'there'}}",
        update=Call("set_queue_attributes", fit=special.with_attributes({"policy": "Policy"}), takes=("policy",)), replaced=("queueUrl",),
    ),
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": _row(
        "dlm", "create_lifecycle_policy", "PolicyId", {"PolicyId": "id"}, find="get_lifecycle_policy", at="Policy",
        update="update_lifecycle_policy", delete="delete_lifecycle_policy", names={"arn": "PolicyArn"},
    ),
}  # fmt: skip

_POOL = {"UserPoolId": "{userPoolId}"}
_SIGN_IN = {
    "aws:cognito/userPool:UserPool": _row(
        "cognito-idp", Call("create_user_pool", fit=special.password_policy), "UserPool.Id", "UserPoolId", limit=128,
        find="describe_user_pool", at="UserPool", update=Call("update_user_pool", fit=special.password_policy, whole=True),
        delete="delete_user_pool", made=special.second_factor, replaced=("usernameAttributes", "aliasAttributes"),
        in_place=("softwareTokenMfaConfiguration", "passwordPolicy"), names={"name": "PoolName|Name", "passwordPolicy": "-", "tags": "UserPoolTags"},
        out={"endpoint": "cognito-idp.{region}.amazonaws.com/{id}"},
    ),
    "aws:cognito/userPoolDomain:UserPoolDomain": _row(
        "cognito-idp", Call("create_user_pool_domain", _POOL), "{domain}", {"Domain": "id"}, find="describe_user_pool_domain",
        at="DomainDescription", delete=Call("delete_user_pool_domain", _POOL), replaced=("domain", "userPoolId"), auto="",
        out={"awsAccountId": "{account}", "cloudfrontDistribution": "d{hash}.cloudfront.net"},
    ),
    "aws:cognito/userPoolClient:UserPoolClient": _row(
        "cognito-idp", Call("create_user_pool_client", _POOL), "UserPoolClient.ClientId", {**_POOL, "ClientId": "id"},
        find="describe_user_pool_client", at="UserPoolClient", update=Call("update_user_pool_client", whole=True),
        delete="delete_user_pool_client", names={"name": "ClientName"}, replaced=("userPoolId", "generateSecret"), limit=128,
    ),
}  # fmt: skip

ROWS: Mapping[str, Row] = {**_NETWORK, **_IAM, **_EDGE, **_DATA, **_EKS, **_MESSAGES, **_SIGN_IN}
