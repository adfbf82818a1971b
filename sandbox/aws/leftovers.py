"""What is in the account, counted through boto3: what a `destroy` must leave at nothing."""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

import jmespath
from moto.core.base_backend import BackendDict

from sandbox.aws.account import Account


class Listing(NamedTuple):
    """How one kind of thing is listed. `found` picks what counts out of the answer: never what AWS itself put there."""

    kind: str
    service: str
    operation: str
    found: str
    arguments: tuple[tuple[str, str | int], ...] = ()
    region: str = ""
    """The only one to ask, of what has no region; all where left out."""


# Left out on purpose: final snapshots of databases, which are to stay; keys and secrets that wait for deletion; parts of
# other things, which go with these; and CloudFront's policies, which the account has no operation to list.
LISTINGS: Final = (
    Listing("VPCs", "ec2", "describe_vpcs", "Vpcs[?!IsDefault]"),
    Listing("subnets", "ec2", "describe_subnets", "Subnets[?!DefaultForAz]"),
    Listing("route tables", "ec2", "describe_route_tables", "RouteTables[?!(Associations[?Main])]"),
    Listing("internet gateways", "ec2", "describe_internet_gateways", "InternetGateways[]"),
    Listing("NAT gateways", "ec2", "describe_nat_gateways", "NatGateways[?State!='deleted']"),
    Listing("elastic IPs", "ec2", "describe_addresses", "Addresses[]"),
    Listing("network interfaces", "ec2", "describe_network_interfaces", "NetworkInterfaces[]"),
    Listing("VPC endpoints", "ec2", "describe_vpc_endpoints", "VpcEndpoints[?State!='deleted']"),
    Listing("flow logs", "ec2", "describe_flow_logs", "FlowLogs[]"),
    Listing("security groups", "ec2", "describe_security_groups", "SecurityGroups[?GroupName!='default']"),
    Listing("instances", "ec2", "describe_instances", "Reservations[].Instances[] | [?State.Name!='terminated']"),
    Listing("volumes", "ec2", "describe_volumes", "Volumes[]"),
    Listing("key pairs", "ec2", "describe_key_pairs", "KeyPairs[]"),
    Listing("launch templates", "ec2", "describe_launch_templates", "LaunchTemplates[]"),
    Listing("load balancers", "elbv2", "describe_load_balancers", "LoadBalancers[]"),
    Listing("target groups", "elbv2", "describe_target_groups", "TargetGroups[]"),
    Listing("database clusters", "rds", "describe_db_clusters", "DBClusters[]"),
    Listing("database instances", "rds", "describe_db_instances", "DBInstances[]"),
    Listing("database subnet groups", "rds", "describe_db_subnet_groups", "DBSubnetGroups[]"),
    Listing(
        "database cluster parameter groups",
        "rds",
        "describe_db_cluster_parameter_groups",
        "DBClusterParameterGroups[?!starts_with(DBClusterParameterGroupName, 'default')]",
    ),
    Listing(
        "database parameter groups",
        "rds",
        "describe_db_parameter_groups",
        "DBParameterGroups[?!starts_with(DBParameterGroupName, 'default')]",
    ),
    # What else could be scaled has to be asked for by its own name.
    Listing(
        "autoscaling targets",
        "application-autoscaling",
        "describe_scalable_targets",
        "ScalableTargets[]",
        (("ServiceNamespace", "rds"),),
    ),
    Listing(
        "cache subnet groups",
        "elasticache",
        "describe_cache_subnet_groups",
        "CacheSubnetGroups[?CacheSubnetGroupName!='default']",
    ),
    Listing(
        "cache parameter groups",
        "elasticache",
        "describe_cache_parameter_groups",
        "CacheParameterGroups[?!starts_with(CacheParameterGroupName, 'default')]",
    ),
    Listing("cache clusters", "elasticache", "describe_replication_groups", "ReplicationGroups[?Status!='deleting']"),
    Listing("EKS clusters", "eks", "list_clusters", "clusters[]"),
    Listing("auto scaling groups", "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups[]"),
    Listing("roles", "iam", "list_roles", "Roles[?!starts_with(Path, '/aws-service-role/')]"),
    Listing("policies", "iam", "list_policies", "Policies[]", (("Scope", "Local"),)),
    Listing("instance profiles", "iam", "list_instance_profiles", "InstanceProfiles[]"),
    Listing("OIDC providers", "iam", "list_open_id_connect_providers", "OpenIDConnectProviderList[]"),
    Listing("log groups", "logs", "describe_log_groups", "logGroups[]"),
    Listing("alarms", "cloudwatch", "describe_alarms", "MetricAlarms[]"),
    Listing("dashboards", "cloudwatch", "list_dashboards", "DashboardEntries[]"),
    Listing("event rules", "events", "list_rules", "Rules[]"),
    Listing("lifecycle policies", "dlm", "get_lifecycle_policies", "Policies[]"),
    Listing("key aliases", "kms", "list_aliases", "Aliases[?!starts_with(AliasName, 'alias/aws/')]"),
    Listing("documents", "ssm", "list_documents", "DocumentIdentifiers[?Owner!='Amazon']"),
    Listing("secrets", "secretsmanager", "list_secrets", "SecretList[?!DeletedDate]"),
    Listing("parameters", "ssm", "describe_parameters", "Parameters[?!starts_with(Name, '/aws/')]"),
    Listing("DNS zones", "route53", "list_hosted_zones", "HostedZones[]"),
    Listing("certificates", "acm", "list_certificates", "CertificateSummaryList[]"),
    Listing("distributions", "cloudfront", "list_distributions", "DistributionList.Items[]"),
    Listing("origin access controls", "cloudfront", "list_origin_access_controls", "OriginAccessControlList.Items[]"),
    Listing("cache policies", "cloudfront", "list_cache_policies", "CachePolicyList.Items[]"),
    Listing("origin request policies", "cloudfront", "list_origin_request_policies", "OriginRequestPolicyList.Items[]"),
    Listing(
        "response headers policies",
        "cloudfront",
        "list_response_headers_policies",
        "ResponseHeadersPolicyList.Items[]",
    ),
    Listing("health checks", "route53", "list_health_checks", "HealthChecks[]"),
    Listing("web ACLs", "wafv2", "list_web_acls", "WebACLs[]", (("Scope", "REGIONAL"),)),
    Listing("web ACLs of CloudFront", "wafv2", "list_web_acls", "WebACLs[]", (("Scope", "CLOUDFRONT"),), "us-east-1"),
    Listing("buckets", "s3", "list_buckets", "Buckets[]"),
    Listing("repositories", "ecr", "describe_repositories", "repositories[]"),
    Listing("topics", "sns", "list_topics", "Topics[]"),
    Listing("user pools", "cognito-idp", "list_user_pools", "UserPools[]", (("MaxResults", 60),)),
    Listing("queues", "sqs", "list_queues", "QueueUrls[]"),
)
# Where moto keeps what has no region: that of the partition.
_NOWHERE: Final = "aws"
_GLOBAL: Final = {"iam", "route53", "cloudfront", "s3"}


def leftovers(account: Account) -> dict[str, int]:
    """Return how many things of each kind there are, in every region that anything was asked of."""
    asked = regions(account)
    counted: Counter[str] = Counter()
    for kind, service, operation, found, arguments, only in LISTINGS:
        held = asked.get(service, set())
        one = only or ("us-east-1" if service in _GLOBAL else "")
        for region in [one] if held and one else sorted(held - {_NOWHERE}):
            answer = getattr(account.client(service, region), operation)(**dict(arguments))
            counted[kind] += len(jmespath.search(found, answer) or [])
    return {kind: number for kind, number in counted.items() if number}


def regions(account: Account) -> dict[str, set[str]]:
    """Return the regions of each service that was asked for anything: what nobody asked for holds nothing."""
    asked: dict[str, set[str]] = {}
    for kind in account.records:
        region, service, _ = kind.split()
        asked.setdefault(service, set()).add(region)
    for services in list(BackendDict._instances):  # type: ignore
        for backends in list(services.values()):
            asked.setdefault(services.service_name, set()).update(backends)
    return asked
