#!/bin/bash
# Makes this machine a node of the cluster. groundwork-bootstrap.service starts it again until it succeeds, so every
# step may be repeated, and neither the order in which machines boot nor a failed download matters.
set -euo pipefail
shopt -s inherit_errexit

readonly GROUNDWORK=${GROUNDWORK:-/opt/groundwork}
# shellcheck source=components/cluster/cloud_init/lib.sh
source "$GROUNDWORK/lib.sh"

# systemd's: in memory, and removed as soon as this script ends, however it ends; and one that outlives a reboot.
readonly RUN=$RUNTIME_DIRECTORY KEEP=$STATE_DIRECTORY

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
  retry 6 "$GROUNDWORK/fetch_secret.py" "$JOIN_SECRET" "$RUN"
  TOKEN=$(<"$RUN/token")
  CA_CERT_HASH=$(<"$RUN/ca-cert-hash")
  export TOKEN CA_CERT_HASH
  if [[ $ROLE != worker ]]; then
    retry 6 "$GROUNDWORK/fetch_secret.py" "$CONTROL_PLANE_SECRET" /etc/kubernetes
  fi
}

configure() { (umask 077 && envsubst <"$GROUNDWORK/$1.yaml" >"$RUN/kubeadm.yaml"); }

api_answers() {
  fetch --output /dev/null --max-time 5 --cacert /etc/kubernetes/pki/ca.crt "https://$CONTROL_PLANE_ENDPOINT/readyz"
}

# How often to ask before nobody is taken to answer. A snapshot says that there has been a cluster, and of several machines
# others may be there still, behind a load balancer that is silent for a while: founding a second one is worse than some
# eight minutes. What can't be told ends this attempt.
patience() {
  local status=0
  if ((CONTROL_PLANE_MACHINES > 1)); then
    "$GROUNDWORK/etcd_snapshot.py" newest "$SNAPSHOTS" >&2 || status=$?
    case $status in
      0) echo 12 && return ;;
      3) ;;
      *) return "$status" ;;
    esac
  fi
  echo 4
}

# Only the first machine founds a cluster, and only where none answers: one that takes its place joins the others.
# A machine that has begun to found goes on with that: kubeadm takes up what it finds, keys and etcd's data alike.
founds() { [[ $ROLE == first ]] && { [[ -e $KEEP/founding ]] || ! retry "$tries" api_answers; }; }

found() {
  touch "$KEEP/founding"
  configure init
  "$GROUNDWORK/restore_etcd.sh" "$SNAPSHOTS" "$RUN/kubeadm.yaml"
  kubeadm init --config "$RUN/kubeadm.yaml" --skip-token-print
}

# What a join leaves behind that ends midway, kubeadm refuses the next time. It has written the more, the later it failed;
# that it has begun is all that can be relied upon.
clear_away() {
  [[ -e $KEEP/joining ]] || return 0
  echo "groundwork: clearing away an attempt that failed"
  kubeadm reset --force
  rm "$KEEP/joining"
}

join() {
  configure join
  touch "$KEEP/joining"
  kubeadm join --config "$RUN/kubeadm.yaml"
}

if [[ -e $KEEP/joined ]]; then exit; fi
step 1 "kernel: modules, sysctl, no swap"
prepare_kernel
step 2 "packages: containerd $CONTAINERD_VERSION, Kubernetes $KUBERNETES_VERSION"
install_runtime_and_kubernetes
clear_away
step 3 "secrets, by the machine's own role"
learn_identity
fetch_secrets
tries=$([[ $ROLE != first ]] || patience)
if founds; then
  step 4 "founding the cluster behind $CONTROL_PLANE_ENDPOINT"
  found
else
  step 4 "joining the cluster behind $CONTROL_PLANE_ENDPOINT"
  join
fi
touch "$KEEP/joined"
# From now on there is a snapshot wherever there has been a cluster.
if [[ $ROLE == first ]]; then systemctl start --no-block groundwork-etcd; fi
step 5 "done: $(hostname) is a node"
