#!/usr/bin/env bash
# Says what the data stream is: which fields it has, and for how long it keeps a document. Runs as often as it has to.
#
# ADDRESS, DATA_STREAM, RETENTION: where, what and for how long. USERNAME, PASSWORD: as whom.
set -euo pipefail

ask() {
  # The password comes by standard input, so that nobody sees it among the processes.
  printf 'user = "%s:%s"\n' "$USERNAME" "$PASSWORD" |
    curl --config - --silent --show-error --cacert /setup/ca.crt --header 'Content-Type: application/json' "$@"
}

# Nodes are made while this waits.
until ask --fail --output /dev/null "$ADDRESS/_cluster/health"; do
  sleep 5
done
ask --fail --output /dev/null --request PUT --data @/setup/template.json "$ADDRESS/_index_template/groundwork-logs"

# A stream that is there already took its retention from the template of its time.
if ask --fail --output /dev/null "$ADDRESS/_data_stream/$DATA_STREAM" 2>/dev/null; then
  ask --fail --output /dev/null --request PUT --data "{\"data_retention\": \"$RETENTION\"}" \
    "$ADDRESS/_data_stream/$DATA_STREAM/_lifecycle"
fi
