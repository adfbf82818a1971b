# Transactions of TPC-B's kind, by pgbench, in tables that come and go with the run: a million accounts, so that clients
# meet each other seldom. libpq takes the connection from the environment.
set -eu
pgbench --initialize --quiet --scale=10
trap 'pgbench --initialize --init-steps=d' EXIT
pgbench --no-vacuum --client="$CLIENTS" --jobs=2 --time="$SECONDS_OF_LOAD" --progress=10
