#!/bin/bash
# Brings this machine to the Kubernetes version that its Node is annotated with. upgrade_nodes.py, on the control plane,
# annotates one node at a time and drains it first.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=components/cluster/cloud_init/lib.sh
source "${GROUNDWORK:-/opt/groundwork}/lib.sh"

of_node() { kubectl --kubeconfig=/etc/kubernetes/kubelet.conf --request-timeout=10s get node "$(hostname)" "$@"; }

wanted=$(of_node --output='jsonpath={.metadata.annotations.groundwork/kubernetes-version}')
installed=$(kubelet --version)
if [[ -z $wanted || $installed == "Kubernetes v$wanted" ]]; then exit; fi
echo "groundwork: $installed is to be $wanted"
add_kubernetes "$wanted"
install_packages "kubeadm=$wanted-*"
if [[ $ROLE == worker ]]; then
  kubeadm upgrade node
else
  # The first machine changes the cluster's version; where it has been changed, this takes over what that says.
  cluster=$(kubectl --kubeconfig=/etc/kubernetes/admin.conf --namespace=kube-system get configmap kubeadm-config \
    --output='jsonpath={.data.ClusterConfiguration}')
  if grep --quiet "^kubernetesVersion: v$wanted\$" <<<"$cluster"; then
    kubeadm upgrade node
  else
    kubeadm upgrade apply --yes "v$wanted"
  fi
fi
install_packages {kubelet,kubectl}="$wanted-*"
systemctl daemon-reload
systemctl restart kubelet
echo "groundwork: this machine has $wanted"
