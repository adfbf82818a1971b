# Waits until the API server at $API is ready, and `kubeadm init` has come as far as to publish cluster-info for
# everybody: by then administrators have their rights. Nothing secret is sent, and whoever uses the API afterwards
# verifies its certificate; so here it need not be.
tries=120
until curl --silent --show-error --fail --fail-early --insecure --max-time 10 \
    "$API/readyz" "$API/api/v1/namespaces/kube-public/configmaps/cluster-info" >/dev/null; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ]; then
        echo "$API does not answer after 20 minutes. The machines tell their progress on the EC2 console" \
            "(get-console-output), and outside of the VPC only cluster.apiAccessCidrs reach the API." >&2
        exit 1
    fi
    echo "waiting for $API, $tries tries left"
    sleep 10
done
echo "$API is ready"
