#!/bin/bash
# Gives etcd its newest snapshot to begin with: restore_etcd.sh BUCKET KUBEADM_CONFIG. Does nothing where this machine has
# etcd's data, or where no snapshot has been taken yet: then the cluster is a new one.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=components/cluster/cloud_init/lib.sh
source "${GROUNDWORK:-/opt/groundwork}/lib.sh"

readonly BUCKET=$1 CONFIG=$2
readonly DATA=${ETCD_DATA:-/var/lib/etcd}
readonly WORK=$DATA.restored # beside it, so that it moves into place whole

if [[ -d $DATA/member ]]; then exit; fi
rm --recursive --force "$WORK"
install --directory --mode=0700 "$WORK"
status=0
"${GROUNDWORK:-/opt/groundwork}/etcd_snapshot.py" fetch "$BUCKET" "$WORK/snapshot.db" || status=$?
if ((status == 3)); then
  rm --recursive "$WORK"
  exit
elif ((status)); then
  exit "$status"
fi

# The image that kubeadm is about to run etcd from has the tool. It names members after their nodes, and gives them this
# address. Kubernetes' clients must see no revision twice: https://etcd.io/docs/v3.6/op-guide/recovery/#restoring-with-revision-bump
image=$(kubeadm config images list --config "$CONFIG" | grep /etcd:)
peer=https://$(metadata local-ipv4):2380
retry 6 ctr --namespace k8s.io images pull "$image"
ctr --namespace k8s.io run --rm --mount "type=bind,src=$WORK,dst=$WORK,options=rbind:rw" "$image" groundwork-restore \
  etcdutl snapshot restore "$WORK/snapshot.db" --data-dir "$WORK/data" --name "$(hostname)" \
  --initial-cluster "$(hostname)=$peer" --initial-advertise-peer-urls "$peer" \
  --bump-revision 1000000000 --mark-compacted
rm --recursive --force "$DATA"
mv "$WORK/data" "$DATA"
rm --recursive "$WORK"
echo "groundwork: etcd goes on from its newest snapshot"
