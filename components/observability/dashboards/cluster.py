"""Machines, pods and volumes: node-exporter, kube-state-metrics, the kubelet."""

from __future__ import annotations

from components.observability.dashboards.model import RATE, Dashboard, Lines, Number

_DISKS = 'device!~"loop.+|ram.+|dm-.+"'
# Pods' ends of their interfaces would count every packet twice.
_INTERFACES = 'device!~"lo|veth.+|cali.+|eni.+|cni.+|flannel.+|tunl.+|vxlan.+|docker.+|br-.+"'
_FILE_SYSTEMS = 'fstype!~"tmpfs|ramfs|overlay|squashfs"'

CLUSTER = Dashboard(
    uid="cluster",
    title="Cluster overview",
    description="Machines, pods and volumes of the whole cluster.",
    rows={
        "Now": [
            Number("Nodes ready", "short", 'sum(kube_node_status_condition{condition="Ready", status="true"})'),
            Number("Pods running", "short", 'sum(kube_pod_status_phase{phase="Running"})'),
            Number(
                "Pods not running", "short", 'sum(kube_pod_status_phase{phase=~"Pending|Failed|Unknown"})', alarming=1
            ),
            Number(
                "CPU", "percent", f'100 * (1 - avg(rate(node_cpu_seconds_total{{mode="idle"}}[{RATE}])))', alarming=80
            ),
            Number(
                "Memory",
                "percent",
                "100 * (1 - sum(node_memory_MemAvailable_bytes) / sum(node_memory_MemTotal_bytes))",
                alarming=90,
            ),
            Number(
                "Alerts",
                "short",
                'count(ALERTS{alertstate="firing", severity=~"critical|warning"}) or vector(0)',
                alarming=1,
            ),
        ],
        "Nodes": [
            Lines(
                "Node CPU",
                "percent",
                {
                    "{{instance}}": "100 * (1 - avg by (instance) "
                    f'(rate(node_cpu_seconds_total{{mode="idle"}}[{RATE}])))'
                },
            ),
            Lines(
                "Node memory",
                "percent",
                {"{{instance}}": "100 * (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)"},
            ),
            Lines(
                "Disk I/O",
                "Bps",
                {
                    f"{{{{instance}}}} {verb}": "sum by (instance) "
                    f"(rate(node_disk_{what}_bytes_total{{{_DISKS}}}[{RATE}]))"
                    for verb, what in (("reads", "read"), ("writes", "written"))
                },
            ),
            Lines(
                "Network I/O",
                "Bps",
                {
                    f"{{{{instance}}}} {what}s": "sum by (instance) "
                    f"(rate(node_network_{what}_bytes_total{{{_INTERFACES}}}[{RATE}]))"
                    for what in ("receive", "transmit")
                },
            ),
            Lines(
                "Disk busy",
                "percent",
                {
                    "{{instance}} {{device}}": f"100 * rate(node_disk_io_time_seconds_total{{{_DISKS}}}[{RATE}])",
                },
            ),
            Lines(
                "File systems",
                "percent",
                {
                    "{{instance}} {{mountpoint}}": f"100 * (1 - node_filesystem_avail_bytes{{{_FILE_SYSTEMS}}} "
                    "/ node_filesystem_size_bytes)"
                },
                description="How full they are.",
            ),
        ],
        "Pods": [
            Lines("Pod state", "short", {"{{phase}}": "sum by (phase) (kube_pod_status_phase)"}, stacked=True),
            Lines(
                "Pod restarts",
                "short",
                {
                    "{{namespace}}/{{pod}}": "sum by (namespace, pod) "
                    "(increase(kube_pod_container_status_restarts_total[1h])) > 0"
                },
                description="In the hour before.",
            ),
            Lines(
                "CPU by namespace",
                "short",
                {
                    "{{namespace}}": "sum by (namespace) "
                    f'(rate(container_cpu_usage_seconds_total{{container!=""}}[{RATE}]))'
                },
                stacked=True,
                description="In cores.",
            ),
            Lines(
                "Memory by namespace",
                "bytes",
                {"{{namespace}}": 'sum by (namespace) (container_memory_working_set_bytes{container!=""})'},
                stacked=True,
            ),
            Lines(
                "Room on nodes",
                "percent",
                {
                    f"{{{{node}}}} {what}": "100 * sum by (node) "
                    f'(kube_pod_container_resource_requests{{resource="{what}"}}) '
                    f'/ sum by (node) (kube_node_status_allocatable{{resource="{what}"}})'
                    for what in ("cpu", "memory")
                },
                description="How much of what a node has is asked for. At 100 nothing more is scheduled there.",
            ),
            Lines(
                "Quotas",
                "percent",
                {
                    "{{namespace}} {{resource}}": '100 * kube_resourcequota{type="used"} '
                    '/ ignoring (type) (kube_resourcequota{type="hard"} > 0)'
                },
                description="How much of it a namespace has used. At 100 the next pod is refused.",
            ),
        ],
        "Volumes": [
            Lines(
                "Volume usage",
                "percent",
                {
                    "{{namespace}}/{{persistentvolumeclaim}}": "100 * kubelet_volume_stats_used_bytes "
                    "/ kubelet_volume_stats_capacity_bytes"
                },
            ),
            Lines(
                "Volume inodes",
                "percent",
                {
                    "{{namespace}}/{{persistentvolumeclaim}}": "100 * kubelet_volume_stats_inodes_used "
                    "/ kubelet_volume_stats_inodes"
                },
            ),
        ],
    },
)
