#!/usr/bin/env bash
# Measures what somebody sees who opens the portal in Chromium: how soon a page shows its content, how long a click takes,
# what jumps and what holds the page up. Prints one JSON line a figure. docs/dev/performance.md says what they mean.
#
#   test/bench/ui.sh N             N entities: 1000, 10000, 100000
#
#   ROUNDS=7          how often each page is opened and each way is gone
#   PORT=…            where the portal listens; a free port when not given
#   KEEP=1            leave the folder with the catalog and the logs
#
# Whoever looks is a user of the catalog, let in by the header of a proxy, with teams and with what these own.
# Needs bin/portico, web/node_modules, PostgreSQL's server, Chromium, go, node, python3, curl, and the folder with the
# generator: PORTICO_SHARED or ../shared.
set -euo pipefail
N=${1:?usage: ui.sh N}
here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
shared=${PORTICO_SHARED:-$repo/../shared}
bench=$shared/bench
[ -d "$bench/gen" ] || { echo "ui.sh: $bench/gen is not there; set PORTICO_SHARED" >&2; exit 2; }
# shellcheck source=test/bench/lib.sh
. "$here/lib.sh"
need curl python3 go node
PORT=${PORT:-$(free_port)} LABEL=ui
BASE=http://127.0.0.1:$PORT
work=$(mktemp -d -t portico-bench.XXXXXX); chmod 755 "$work"
pid=

cleanup() {
  stop "$pid"; stop_postgres
  [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap cleanup EXIT

fig machine_cores "$(nproc)" "\"load1\":$(cut -d' ' -f1 /proc/loadavg)"
fig calibration_ms "$(calibrate)"
generate
who=$(awk '$1=="name:"{name=$2} /memberOf: \[.*,/{print name; exit}' "$work"/catalog/users/*.yaml)
token=bench-token-0123456789abcdef secret=between-the-proxy-and-the-portal
cat >"$work/app-config.yaml" <<YAML
backend:
  baseUrl: $BASE
  listen: {host: 127.0.0.1, port: $PORT}
  auth:
    externalAccess:
      - type: static
        options: {token: $token, subject: bench}
auth:
  providers:
    proxy:
      development:
        trustedPeers: [127.0.0.1]
        secret: $secret
        signIn:
          resolvers:
            - resolver: forwardedUserMatchingUserEntityName
catalog:
  rules:
    - allow: [Component, API, Resource, System, Domain, Group, User, Location]
  locations:
    - {type: file, target: $work/catalog/all.yaml}
YAML
start_postgres
t_start=$(now)
(cd "$work" && exec "$repo/bin/portico" serve --config app-config.yaml --log json >"$work/portal.log" 2>"$work/portal.err") &
pid=$!
python3 "$bench/wait-ingest.py" "$BASE" "$token" "$manifest" "$t_start" "${INGEST_TIMEOUT:-300}" "$LABEL" 2 >&2 ||
  { tail -20 "$work/portal.err" >&2; exit 1; }
# The first minute after loading belongs to the database's and the collector's aftermath.
sleep 10

(cd "$repo/web" && BENCH_URL=$BASE BENCH_WHO=$who BENCH_SECRET=$secret BENCH_N=$N ROUNDS=${ROUNDS:-7} node scripts/bench-ui.mjs)
fig calibration_end_ms "$(calibrate)"
