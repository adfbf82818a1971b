"""Load on a running platform: people at the ingress by k6, and the jobs of `data.loadTest` in the cluster."""
