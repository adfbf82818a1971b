"""A web ACL: what is let through to the platform, and how much of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.edge.certificates import CLOUDFRONT_REGION
from spec.edge import Waf as Spec

# Rules that only count. The common rules refuse bodies above 8 KB, which an API has its own limits for.
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
_COUNTED = {"AWSManagedRulesCommonRuleSet": ["SizeRestrictions_BODY"]}


class WebAcl(Component):
    """A limit for each address, then rule groups that AWS manages; what none of them blocks is let through."""

    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        spec: Spec,
        scope: Literal["CLOUDFRONT", "REGIONAL"],
        *,
        asked_before: Sequence[str] = (),
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the web ACL for one of AWS's two scopes: distributions of CloudFront, or load balancers of the region.

        Requests for the hosts ``asked_before`` come from CloudFront, where another web ACL has seen them. They are let
        through: here, all of them would count as those of CloudFront's few addresses.
        """
        super().__init__("edge:WebAcl", name, opts)
        limit = {"limit": spec.rate_limit, "aggregate_key_type": "IP", "evaluation_window_sec": 300}
        rules: list[Any] = [
            *([_let_through(f"{name}-asked-before", asked_before)] if asked_before else []),
            {
                "name": "rate-limit",
                "priority": 1,
                "action": {"block": {"custom_response": {"response_code": 429}}},
                "statement": {"rate_based_statement": limit},
                "visibility_config": _visible(f"{name}-rate-limit"),
            },
        ]
        rules += [
            {
                "name": group,
                "priority": priority,
                "override_action": {"none": {}},
                "statement": {
                    "managed_rule_group_statement": {
                        "vendor_name": "AWS",
                        "name": group,
                        "rule_action_overrides": [
                            {"name": rule, "action_to_use": {"count": {}}} for rule in _COUNTED.get(group, ())
                        ],
                    }
                },
                "visibility_config": _visible(f"{name}-{group}"),
            }
            for priority, group in enumerate(spec.managed_rules, start=2)
        ]
        self.arn = aws.wafv2.WebAcl(
            name,
            region=CLOUDFRONT_REGION if scope == "CLOUDFRONT" else None,
            scope=scope,
            default_action={"allow": {}},
            rules=rules,
            visibility_config=_visible(name),
            tags={"Name": name},
            opts=self.child(),
        ).arn
        self.register_outputs({"arn": self.arn})


def _let_through(metric: str, hosts: Sequence[str]) -> Any:
    matches = [
        {
            "byte_match_statement": {
                "field_to_match": {"single_header": {"name": "host"}},
                "positional_constraint": "EXACTLY",
                "search_string": host,
                "text_transformations": [{"priority": 0, "type": "LOWERCASE"}],
            }
        }
        for host in sorted(hosts)
    ]
    return {
        "name": "asked-before",
        "priority": 0,
        "action": {"allow": {}},
        "statement": matches[0] if len(matches) == 1 else {"or_statement": {"statements": matches}},
        "visibility_config": _visible(metric),
    }


def _visible(metric: str) -> Any:
    """Return how a rule is seen in CloudWatch."""
    return {"metric_name": metric, "cloudwatch_metrics_enabled": True, "sampled_requests_enabled": True}
