"""The least that makes one resource of every type that `sandbox.aws.rows` has, and one change in place.

A value `@Type.output` is the output of the example of that type, which is made first.
"""

from __future__ import annotations

import json
from typing import Any

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]})  # fmt: skip
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
TLS_ONLY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Deny", "Action": "s3:*", "Principal": "*", "Resource": "arn:aws:s3:::x/*"}]})  # fmt: skip
VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
TAGS = {"tags": {"team": "b"}}
SCALED = {"serviceNamespace": "rds", "scalableDimension": "rds:cluster:ReadReplicaCount"}
CACHE_KEY = {"cookiesConfig": {"cookieBehavior": "none"}, "headersConfig": {"headerBehavior": "none"},
             "queryStringsConfig": {"queryStringBehavior": "all"}}  # fmt: skip
SUBNETS = ["@aws:ec2/subnet:Subnet.id", "@aws:ec2/subnet:Subnet#b.id"]
VPC, GROUP = "@aws:ec2/vpc:Vpc.id", "@aws:ec2/securityGroup:SecurityGroup.id"
BUCKET, ROLE = "@aws:s3/bucket:Bucket.bucket", "@aws:iam/role:Role"
CLUSTER = "@aws:eks/cluster:Cluster.name"
BALANCER, TARGETS = "@aws:lb/loadBalancer:LoadBalancer.arn", "@aws:lb/targetGroup:TargetGroup.arn"

Properties = dict[str, Any]
EXAMPLES: dict[str, tuple[Properties, Properties]] = {
    "aws:ec2/vpc:Vpc": ({"cidrBlock": "10.0.0.0/16", "tags": {"team": "a"}}, {"enableDnsHostnames": True, **TAGS}),
    "aws:ec2/subnet:Subnet": ({"vpcId": VPC, "cidrBlock": "10.0.1.0/24", "availabilityZone": "us-east-1a"}, {"mapPublicIpOnLaunch": True}),
    "aws:ec2/subnet:Subnet#b": ({"vpcId": VPC, "cidrBlock": "10.0.2.0/24", "availabilityZone": "us-east-1b"}, TAGS),
    "aws:ec2/internetGateway:InternetGateway": ({"vpcId": VPC}, TAGS),
    "aws:ec2/eip:Eip": ({"domain": "vpc"}, TAGS),
    "aws:ec2/natGateway:NatGateway": ({"allocationId": "@aws:ec2/eip:Eip.id", "subnetId": SUBNETS[0]}, TAGS),
    "aws:ec2/routeTable:RouteTable": ({"vpcId": VPC}, TAGS),
    "aws:ec2/route:Route": ({"routeTableId": "@aws:ec2/routeTable:RouteTable.id", "destinationCidrBlock": "0.0.0.0/0",
                             "gatewayId": "@aws:ec2/internetGateway:InternetGateway.id"}, {}),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ({"routeTableId": "@aws:ec2/routeTable:RouteTable.id", "subnetId": SUBNETS[0]}, {}),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ({"vpcId": VPC, "serviceName": "com.amazonaws.us-east-1.s3", "routeTableIds": ["@aws:ec2/routeTable:RouteTable.id"]}, {}),
    "aws:ec2/flowLog:FlowLog": ({"vpcId": VPC, "trafficType": "ALL", "iamRoleArn": ROLE + ".arn", "logDestination": "@aws:cloudwatch/logGroup:LogGroup.arn"}, TAGS),
    "aws:ec2/securityGroup:SecurityGroup": ({"vpcId": VPC, "description": "d", "egress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}]}, {"egress": []}),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ({"vpcId": VPC}, TAGS),
    "aws:ec2/securityGroupRule:SecurityGroupRule": ({"type": "ingress", "protocol": "tcp", "fromPort": 1, "toPort": 2, "securityGroupId": GROUP, "self": True}, {}),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ({"securityGroupId": GROUP, "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "0.0.0.0/0"}, {}),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ({"securityGroupId": GROUP, "ipProtocol": "-1", "referencedSecurityGroupId": GROUP}, {}),
    "aws:ec2/instance:Instance": ({"ami": "ami-12c6146b", "instanceType": "t3.micro", "subnetId": SUBNETS[0], "vpcSecurityGroupIds": [GROUP],
                                   "rootBlockDevice": {"volumeSize": 20, "encrypted": True}, "userData": "#!/bin/sh", "metadataOptions": {"httpTokens": "required"}}, {"instanceType": "t3.small"}),
    "aws:ec2/launchTemplate:LaunchTemplate": ({"instanceType": "t3.micro", "vpcSecurityGroupIds": [GROUP], "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": 50, "encrypted": "true"}}],
                                               "tagSpecifications": [{"resourceType": "instance", "tags": {"a": "b"}}], "tags": {"q": "r"}}, {"instanceType": "t3.small"}),
    "aws:ec2/keyPair:KeyPair": ({"publicKey": "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDusXfgTE4eBP50NglSzCSEGnIL6+cr6m3H6cZANOQ+P1o/W4BdtcAL3sor4iGi7SOeJgo8kweyMQrhrt6HaKGgromRiz37LQx+4YIAcBi4Zd023mO/V7Rc2Chh18mWgLSmA6ng+j37ip6452zxtv0jHAz9pJolbKBpJzbZlPN45w== a"}, TAGS),
    "aws:ebs/volume:Volume": ({"availabilityZone": "us-east-1a", "size": 5, "type": "gp3", "encrypted": True}, {"size": 6}),
    "aws:ec2/volumeAttachment:VolumeAttachment": ({"deviceName": "/dev/sdf", "instanceId": "@aws:ec2/instance:Instance.id", "volumeId": "@aws:ebs/volume:Volume.id"}, {}),
    "aws:iam/role:Role": ({"assumeRolePolicy": TRUST}, {"description": "x"}),
    "aws:iam/policy:Policy": ({"policy": POLICY}, {"policy": POLICY.replace("s3:*", "s3:Get*")}),
    "aws:iam/rolePolicy:RolePolicy": ({"role": ROLE + ".name", "policy": POLICY}, {"policy": POLICY.replace("s3:*", "s3:Get*")}),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ({"role": ROLE + ".name", "policyArn": "@aws:iam/policy:Policy.arn"}, {}),
    "aws:iam/instanceProfile:InstanceProfile": ({"role": ROLE + ".name"}, TAGS),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": ({"url": "https://a.example.com/x", "clientIdLists": ["sts.amazonaws.com"], "thumbprintLists": ["9" * 40]}, {"thumbprintLists": ["8" * 40]}),
    "aws:kms/key:Key": ({"description": "d", "enableKeyRotation": True}, {"description": "e"}),
    "aws:kms/alias:Alias": ({"targetKeyId": "@aws:kms/key:Key.keyId"}, {}),
    "aws:secretsmanager/secret:Secret": ({"tags": {"a": "b"}}, {"description": "x"}),
    "aws:secretsmanager/secretVersion:SecretVersion": ({"secretId": "@aws:secretsmanager/secret:Secret.id", "secretString": "hush"}, {"secretString": "hush2"}),
    "aws:ssm/parameter:Parameter": ({"type": "String", "value": "a"}, {"value": "b"}),
    "aws:ssm/document:Document": ({"documentType": "Command", "content": json.dumps({"schemaVersion": "2.2", "description": "d", "mainSteps": []})}, {}),
    "aws:lb/loadBalancer:LoadBalancer": ({"subnets": SUBNETS, "securityGroups": [GROUP], "idleTimeout": 120}, {"idleTimeout": 90}),
    "aws:lb/targetGroup:TargetGroup": ({"port": 80, "protocol": "HTTP", "vpcId": VPC, "targetType": "ip", "healthCheck": {"path": "/healthz"}, "stickiness": {"type": "lb_cookie", "enabled": True}}, {"healthCheck": {"path": "/ready"}}),
    "aws:lb/listener:Listener": ({"loadBalancerArn": BALANCER, "port": 80, "protocol": "HTTP", "defaultActions": [{"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"}}]}, {"port": 81}),
    "aws:lb/listenerRule:ListenerRule": ({"listenerArn": "@aws:lb/listener:Listener.arn", "priority": 5, "conditions": [{"pathPattern": {"values": ["/a"]}}], "actions": [{"type": "forward", "targetGroupArn": TARGETS}]}, {"priority": 6}),
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": ({"targetGroupArn": TARGETS, "targetId": "10.0.1.7", "port": 80}, {}),
    "aws:route53/zone:Zone": ({"name": "example.com"}, {"comment": "x"}),
    "aws:route53/record:Record": ({"zoneId": "@aws:route53/zone:Zone.zoneId", "name": "www.example.com", "type": "A", "ttl": 60, "records": ["10.0.0.1"]}, {"records": ["10.0.0.2"]}),
    "aws:route53/healthCheck:HealthCheck": ({"type": "HTTPS", "fqdn": "a.example.com", "port": 443, "resourcePath": "/", "failureThreshold": 3, "requestInterval": 30}, {"resourcePath": "/x"}),
    "aws:acm/certificate:Certificate": ({"domainName": "example.com", "validationMethod": "DNS", "subjectAlternativeNames": ["*.example.com"]}, TAGS),
    "aws:acm/certificateValidation:CertificateValidation": ({"certificateArn": "@aws:acm/certificate:Certificate.arn"}, {}),
    "aws:cloudfront/originAccessControl:OriginAccessControl": ({"originAccessControlOriginType": "s3", "signingBehavior": "always", "signingProtocol": "sigv4"}, {"description": "x"}),
    "aws:cloudfront/cachePolicy:CachePolicy": ({"minTtl": 1, "parametersInCacheKeyAndForwardedToOrigin": CACHE_KEY}, {"minTtl": 2}),
    "aws:cloudfront/originRequestPolicy:OriginRequestPolicy": (dict(CACHE_KEY), {"comment": "x"}),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": ({"securityHeadersConfig": {"contentTypeOptions": {"override": True}}}, {"comment": "x"}),
    "aws:cloudfront/distribution:Distribution": ({"enabled": True, "aliases": ["www.example.com"], "comment": "c", "defaultRootObject": "index.html",
        "origins": [{"originId": "files", "domainName": "files.s3.us-east-1.amazonaws.com", "originAccessControlId": "@aws:cloudfront/originAccessControl:OriginAccessControl.id"},
                    {"originId": "api", "domainName": "origin.example.com", "customHeaders": [{"name": "x-a", "value": "b"}],
                     "customOriginConfig": {"httpPort": 80, "httpsPort": 443, "originProtocolPolicy": "https-only", "originSslProtocols": ["TLSv1.2"]}}],
        "defaultCacheBehavior": {"targetOriginId": "files", "viewerProtocolPolicy": "redirect-to-https", "allowedMethods": ["GET", "HEAD"], "cachedMethods": ["GET", "HEAD"],
                                 "cachePolicyId": "@aws:cloudfront/cachePolicy:CachePolicy.id"},
        "orderedCacheBehaviors": [{"pathPattern": "/api/*", "targetOriginId": "api", "viewerProtocolPolicy": "https-only", "allowedMethods": ["GET", "HEAD"], "cachedMethods": ["GET", "HEAD"],
                                   "cachePolicyId": "@aws:cloudfront/cachePolicy:CachePolicy.id"}],
        "customErrorResponses": [{"errorCode": 403, "responseCode": 200, "responsePagePath": "/index.html"}], "restrictions": {"geoRestriction": {"restrictionType": "none"}},
        "viewerCertificate": {"acmCertificateArn": "@aws:acm/certificate:Certificate.arn", "sslSupportMethod": "sni-only", "minimumProtocolVersion": "TLSv1.2_2021"}}, {"comment": "d", **TAGS}),
    "aws:wafv2/webAcl:WebAcl": ({"scope": "REGIONAL", "defaultAction": {"allow": {}}, "visibilityConfig": {"cloudwatchMetricsEnabled": True, "metricName": "m", "sampledRequestsEnabled": True},
                                 "rules": [{"name": "r", "priority": 1, "overrideAction": {"none": {}}, "statement": {"managedRuleGroupStatement": {"name": "AWSManagedRulesCommonRuleSet", "vendorName": "AWS"}},
                                            "visibilityConfig": {"cloudwatchMetricsEnabled": True, "metricName": "r", "sampledRequestsEnabled": True}}]}, {"description": "x"}),
    "aws:wafv2/webAclAssociation:WebAclAssociation": ({"webAclArn": "@aws:wafv2/webAcl:WebAcl.arn", "resourceArn": BALANCER}, {}),
    "aws:s3/bucket:Bucket": ({"forceDestroy": True}, TAGS),
    "aws:s3/bucketVersioning:BucketVersioning": ({"bucket": BUCKET, "versioningConfiguration": {"status": "Enabled"}}, {"versioningConfiguration": {"status": "Suspended"}}),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ({"bucket": BUCKET, "blockPublicAcls": True}, {"blockPublicPolicy": True}),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": ({"bucket": BUCKET, "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]}, {}),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ({"bucket": BUCKET, "rules": [{"id": "r", "status": "Enabled", "transitions": [{"days": 90, "storageClass": "GLACIER"}]}]}, {}),
    "aws:s3/bucketPolicy:BucketPolicy": ({"bucket": BUCKET, "policy": TLS_ONLY}, {"policy": TLS_ONLY.replace("s3:*", "s3:Put*")}),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": ({"bucket": BUCKET, "rule": {"objectOwnership": "BucketOwnerEnforced"}}, {}),
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": ({"bucket": BUCKET, "corsRules": [{"allowedMethods": ["GET"], "allowedOrigins": ["*"]}]}, {}),
    "aws:s3/bucketObjectv2:BucketObjectv2": ({"bucket": BUCKET, "key": "index.html", "content": "<p>"}, {"content": "<b>"}),
    "aws:rds/subnetGroup:SubnetGroup": ({"subnetIds": SUBNETS}, {}),
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": ({"family": "aurora-postgresql15", "parameters": [{"name": "rds.force_ssl", "value": "1"}]}, {}),
    "aws:rds/parameterGroup:ParameterGroup": ({"family": "postgres16", "parameters": [{"name": "log_statement", "value": "ddl"}]}, {}),
    "aws:rds/cluster:Cluster": ({"engine": "aurora-postgresql", "engineVersion": "15.10", "masterUsername": "root", "masterPassword": "hush-hush-hush", "dbSubnetGroupName": "@aws:rds/subnetGroup:SubnetGroup.name",
                                 "vpcSecurityGroupIds": [GROUP], "storageEncrypted": True, "skipFinalSnapshot": True}, {"backupRetentionPeriod": 9}),
    "aws:rds/clusterInstance:ClusterInstance": ({"clusterIdentifier": "@aws:rds/cluster:Cluster.id", "engine": "aurora-postgresql", "instanceClass": "db.r6g.large"}, {"instanceClass": "db.r6g.xlarge"}),
    "aws:rds/instance:Instance": ({"engine": "postgres", "engineVersion": "16.4", "instanceClass": "db.t4g.micro", "allocatedStorage": 20, "username": "root", "password": "hush-hush-hush", "skipFinalSnapshot": True}, {"instanceClass": "db.t4g.small"}),
    "aws:elasticache/subnetGroup:SubnetGroup": ({"subnetIds": SUBNETS}, {}),
    "aws:elasticache/parameterGroup:ParameterGroup": ({"family": "redis7", "parameters": [{"name": "maxmemory-policy", "value": "allkeys-lru"}]}, {}),
    "aws:elasticache/replicationGroup:ReplicationGroup": ({"description": "d", "engine": "redis", "nodeType": "cache.r6g.large", "numNodeGroups": 2, "replicasPerNodeGroup": 1, "automaticFailoverEnabled": True,
                                                          "multiAzEnabled": True, "transitEncryptionEnabled": True, "authToken": "hush-hush-hush-hush", "subnetGroupName": "@aws:elasticache/subnetGroup:SubnetGroup.name"}, {"description": "e"}),
    "aws:appautoscaling/target:Target": ({**SCALED, "resourceId": "cluster:x", "minCapacity": 1, "maxCapacity": 8}, {"maxCapacity": 9}),
    "aws:appautoscaling/policy:Policy": ({**SCALED, "resourceId": "@aws:appautoscaling/target:Target.resourceId", "policyType": "TargetTrackingScaling",
                                          "targetTrackingScalingPolicyConfiguration": {"targetValue": 70, "predefinedMetricSpecification": {"predefinedMetricType": "RDSReaderAverageCPUUtilization"}}}, {}),
    "aws:ecr/repository:Repository": ({"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}}, {"imageTagMutability": "MUTABLE"}),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": ({"repository": "@aws:ecr/repository:Repository.name", "policy": json.dumps({"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9}, "action": {"type": "expire"}}]})}, {}),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": ({"repository": "@aws:ecr/repository:Repository.name", "policy": TRUST.replace("sts:AssumeRole", "ecr:GetDownloadUrlForLayer")}, {}),
    "aws:eks/cluster:Cluster": ({"roleArn": ROLE + ".arn", "version": "1.33", "vpcConfig": {"subnetIds": SUBNETS, "endpointPrivateAccess": True}, "enabledClusterLogTypes": ["api", "audit"],
                                 "accessConfig": {"authenticationMode": "API"}}, {"version": "1.34"}),
    "aws:eks/nodeGroup:NodeGroup": ({"clusterName": CLUSTER, "nodeRoleArn": ROLE + ".arn", "subnetIds": SUBNETS, "instanceTypes": ["t3.large"], "launchTemplate": {"id": "@aws:ec2/launchTemplate:LaunchTemplate.id", "version": "1"}, "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 2},
                                     "taints": [{"key": "a", "value": "b", "effect": "NO_SCHEDULE"}]}, {"scalingConfig": {"minSize": 2, "maxSize": 4, "desiredSize": 3}}),
    "aws:eks/addon:Addon": ({"clusterName": CLUSTER, "addonName": "coredns", "resolveConflictsOnCreate": "OVERWRITE"}, {"addonVersion": "v1.11.4-eksbuild.2"}),
    "aws:eks/accessEntry:AccessEntry": ({"clusterName": CLUSTER, "principalArn": ROLE + ".arn"}, {"kubernetesGroups": ["ops"]}),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": ({"clusterName": CLUSTER, "principalArn": ROLE + ".arn", "policyArn": VIEW, "accessScope": {"type": "cluster"}}, {}),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": ({"clusterName": CLUSTER, "namespace": "a", "serviceAccount": "b", "roleArn": ROLE + ".arn"}, {}),
    "aws:autoscaling/group:Group": ({"minSize": 0, "maxSize": 2, "vpcZoneIdentifiers": SUBNETS, "launchTemplate": {"id": "@aws:ec2/launchTemplate:LaunchTemplate.id", "version": "$Latest"},
                                     "tags": [{"key": "Name", "value": "n", "propagateAtLaunch": True}]}, {"maxSize": 3}),
    "aws:autoscaling/tag:Tag": ({"autoscalingGroupName": "@aws:autoscaling/group:Group.name", "tag": {"key": "a", "value": "b", "propagateAtLaunch": True}}, {}),
    "aws:cloudwatch/logGroup:LogGroup": ({"retentionInDays": 30}, {"retentionInDays": 60}),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ({"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 2, "metricName": "CPUUtilization", "namespace": "AWS/RDS", "period": 60, "statistic": "Average", "threshold": 80}, {"threshold": 70}),
    "aws:cloudwatch/dashboard:Dashboard": ({"dashboardName": "d", "dashboardBody": json.dumps({"widgets": []})}, {"dashboardBody": json.dumps({"widgets": [], "periodOverride": "auto"})}),
    "aws:cloudwatch/eventRule:EventRule": ({"eventPattern": json.dumps({"source": ["aws.ec2"]})}, {"description": "x"}),
    "aws:cloudwatch/eventTarget:EventTarget": ({"rule": "@aws:cloudwatch/eventRule:EventRule.name", "arn": "@aws:sqs/queue:Queue.arn"}, {}),
    "aws:sns/topic:Topic": ({"displayName": "x"}, {"displayName": "y"}),
    "aws:sns/topicSubscription:TopicSubscription": ({"topic": "@aws:sns/topic:Topic.arn", "protocol": "email", "endpoint": "a@example.com"}, {}),
    "aws:sqs/queue:Queue": ({"messageRetentionSeconds": 300}, {"messageRetentionSeconds": 400}),
    "aws:sqs/queuePolicy:QueuePolicy": ({"queueUrl": "@aws:sqs/queue:Queue.url", "policy": TRUST.replace("sts:AssumeRole", "sqs:SendMessage")}, {}),
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": ({"description": "daily", "executionRoleArn": ROLE + ".arn", "state": "ENABLED", "policyDetails": {"resourceTypes": ["VOLUME"], "targetTags": {"Snapshot": "true"},
                                                "schedules": [{"name": "d", "createRule": {"interval": 24}, "retainRule": {"count": 7}}]}}, {"description": "e"}),
}  # fmt: skip
