#!/bin/sh
# Each node is an initiator with a name of its own; mounts of a volume have to be seen by the pods beside it.
set -eu
mkdir -p /run/lock/iscsi
echo "InitiatorName=$(iscsi-iname)" > /etc/iscsi/initiatorname.iscsi
mount --make-rshared /
iscsid
