#!/bin/bash
# Makes this machine a node of the cluster. groundwork-bootstrap.service starts it again until it succeeds, so every
# step may be repeated, and neither the order in which machines boot nor a failed download matters.
set -euo pipefail
shopt -s inherit_errexit

# shellcheck source=components/cluster/cloud_init/lib.sh
source /opt/groundwork/lib.sh

readonly RUN=/run/groundwork      # in memory, and removed by systemd as soon as this script ends, however it ends
readonly KEEP=/var/lib/groundwork # outlives a reboot

step() { printf 'groundwork: [%s/5] %s (%s s)\n' "$1" "$2" "$SECONDS"; }

prepare_kernel() {
  systemctl restart systemd-modules-load
  sysctl --quiet --system
  swapoff --all
  sed --in-place '/\sswap\s/d' /etc/fstab
}

install_runtime_and_kubernetes() {
  install --directory --mode=0755 /etc/apt/keyrings
  add_repository docker https://download.docker.com/linux/ubuntu/gpg \
    "https://download.docker.com/linux/ubuntu $(lsb_release --short --codename) stable"
  add_kubernetes "$KUBERNETES_VERSION"
  install_packages "containerd.io=$CONTAINERD_VERSION.*" {kubelet,kubeadm,kubectl}="$KUBERNETES_VERSION-*" \
    conntrack ethtool socat gettext-base python3-boto3
  systemctl enable kubelet
  systemctl restart containerd
}

# What kubeadm's configuration has in placeholders and only the machine knows.
learn_identity() {
  local zone type
  zone=$(metadata placement/availability-zone)
  type=$(metadata instance-type)
  PROVIDER_ID=aws:///$zone/$(metadata instance-id)
  NODE_LABELS+=,topology.kubernetes.io/region=$REGION,topology.kubernetes.io/zone=$zone
  NODE_LABELS+=,node.kubernetes.io/instance-type=$type
  export PROVIDER_ID NODE_LABELS
}

fetch_secrets() {
  retry 6 /opt/groundwork/fetch_secret.py "$JOIN_SECRET" "$RUN"
  TOKEN=$(<"$RUN/token")
  CA_CERT_HASH=$(<"$RUN/ca-cert-hash")
  export TOKEN CA_CERT_HASH
  if [[ $ROLE != worker ]]; then
    retry 6 /opt/groundwork/fetch_secret.py "$CONTROL_PLANE_SECRET" /etc/kubernetes
  fi
}

configure() { (umask 077 && envsubst <"/opt/groundwork/$1.yaml" >"$RUN/kubeadm.yaml"); }

api_answers() {
  fetch --output /dev/null --max-time 5 --cacert /etc/kubernetes/pki/ca.crt "https://$CONTROL_PLANE_ENDPOINT/readyz"
}

# Only the first machine founds a cluster, and only where none answers: one that takes its place joins the others.
# A machine that has begun to found goes on with that: kubeadm takes up what it finds, keys and etcd's data alike.
founds() { [[ $ROLE == first ]] && { [[ -e $KEEP/founding ]] || ! retry 4 api_answers; }; }

found() {
  touch "$KEEP/founding"
  configure init
  /opt/groundwork/restore_etcd.sh "$SNAPSHOTS" "$RUN/kubeadm.yaml"
  kubeadm init --config "$RUN/kubeadm.yaml" --skip-token-print
}

join() {
  configure join
  kubeadm join --config "$RUN/kubeadm.yaml"
}

install --directory "$KEEP"
step 1 "kernel: modules, sysctl, no swap"
prepare_kernel
step 2 "packages: containerd $CONTAINERD_VERSION, Kubernetes $KUBERNETES_VERSION"
install_runtime_and_kubernetes
if [[ -e /etc/kubernetes/kubelet.conf && ! -e $KEEP/founding ]]; then
  echo "groundwork: clearing away an attempt that failed"
  kubeadm reset --force
fi
step 3 "secrets, by the machine's own role"
learn_identity
fetch_secrets
if founds; then
  step 4 "founding the cluster behind $CONTROL_PLANE_ENDPOINT"
  found
else
  step 4 "joining the cluster behind $CONTROL_PLANE_ENDPOINT"
  join
fi
touch "$KEEP/joined"
step 5 "done: $(hostname) is a node"
