#!/usr/bin/env bash
# Measures Portico with the scripts that measure any server that speaks the catalog API, and prints
# one JSON line a figure.
#
#   test/bench/run.sh N            N entities: 1000, 10000, 50000, 100000
#
#   SECS=5            seconds a request and concurrency
#   CONCS="16"        connections
#   OPS="…"           the requests, as measure-http.sh names them
#   PORT=…            where the portal listens; a free port when not given
#   FLOOR=1           measure the bare handler beside it, at the sizes of the answers
#   PROFILE=1         write CPU profiles into .cache/bench
#
# PostgreSQL is started first, empty and with stock settings, as for Backstage in run-backstage.sh.
# Needs bin/portico, PostgreSQL's server, go, wrk, jq, curl, python3, and the folder with the scripts: PORTICO_SHARED or
# ../shared.
set -euo pipefail
N=${1:?usage: run.sh N}
here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
shared=${PORTICO_SHARED:-$repo/../shared}
bench=$shared/bench
[ -f "$bench/measure-http.sh" ] || { echo "run.sh: $bench is not there; set PORTICO_SHARED" >&2; exit 2; }
. "$here/lib.sh"
need wrk jq curl python3 go
SECS=${SECS:-5} CONCS=${CONCS:-16} PORT=${PORT:-$(free_port)} LABEL=portico
OPS=${OPS:-by_name by_refs_50 query_kind_page query_fulltext query_owner query_relation facet_kind facet_spec.type facet_spec.lifecycle facet_metadata.tags facets_four ancestry}
TOKEN=bench-token-0123456789abcdef
BASE=http://127.0.0.1:$PORT
work=$(mktemp -d -t portico-bench.XXXXXX); chmod 755 "$work"
pid= floor_pid=

cleanup() {
  stop "$pid"; stop "$floor_pid"; stop_postgres
  [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap cleanup EXIT
status_mb() { awk -v k="$1:" '$1==k{printf "%.0f", $2/1024}' "/proc/$pid/status"; }
cpu_s() { awk -v hz="$(getconf CLK_TCK)" '{sub(/.*\) /,""); printf "%.2f", ($12+$13)/hz}' "/proc/$1/stat"; }
start() { # LOG
  # A portal that does not start at all should not be waited for.
  t_start=$(now)
  (cd "$work" && exec "$repo/bin/portico" serve --config app-config.yaml --log json >"$1" 2>"$1.err") &
  pid=$!
  sleep 0.15
  kill -0 "$pid" 2>/dev/null || { cat "$1.err" >&2; exit 1; }
}

fig machine_cores "$(nproc)" "\"load1\":$(cut -d' ' -f1 /proc/loadavg)"
fig calibration_ms "$(calibrate)"
generate
cat >"$work/app-config.yaml" <<YAML
backend:
  listen: {host: 127.0.0.1, port: $PORT}
  auth:
    externalAccess:
      - type: static
        options: {token: $TOKEN, subject: bench}
catalog:
  rules:
    - allow: [Component, API, Resource, System, Domain, Group, User, Location]
  locations:
    - {type: file, target: $work/catalog/all.yaml}
YAML

start_postgres

# An empty database: the schema, the files, the read model.
start "$work/first.log"
python3 "$bench/wait-ingest.py" "$BASE" "$TOKEN" "$manifest" "$t_start" "${INGEST_TIMEOUT:-300}" "$LABEL" 2 || { tail -20 "$work/first.log.err" >&2; exit 1; }
fig ingest_cpu_s "$(cpu_s "$pid")"
fig rss_after_ingest_mb "$(status_mb VmRSS)"; fig peak_rss_ingest_mb "$(status_mb VmHWM)"
stop "$pid"

# Everything loaded already: the process that is measured.
start "$work/second.log"
for _ in $(seq 2000); do
  [ "$(curl -s -o /dev/null -w '%{http_code}' "$BASE/.backstage/health/v1/readiness")" = 200 ] && break; sleep 0.01
done
fig restart_ready_s "$(since "$t_start")"
sleep 15
fig rss_idle_mb "$(status_mb VmRSS)"
c0=$(cpu_s "$pid"); w0=$(now); sleep 10
fig idle_cpu_pct "$(awk "BEGIN{printf \"%.1f\", 100*($(cpu_s "$pid")-$c0)/($(now)-$w0)}")"
SECS=$SECS CONCS=$CONCS OPS=$OPS bash "$bench/measure-http.sh" "$BASE" "$TOKEN" "$LABEL-$N" | tee "$work/http.jsonl"
fig rss_after_load_mb "$(status_mb VmRSS)"; fig peak_rss_load_mb "$(status_mb VmHWM)"
HOW="refresh unprompted" python3 "$bench/reingest.py" "$BASE" "$TOKEN" "$manifest" "$LABEL" 3 30

if [ "${FLOOR:-1}" = 1 ]; then
  (cd "$bench/floor" && go build -o "$work/floor" .)
  "$work/floor" -listen 127.0.0.1:$((PORT < 60000 ? PORT + 1 : PORT - 1)) & floor_pid=$!
  sleep 0.3
  for op in $OPS; do
    bytes=$(jq -r --arg f "sample_$op" 'select(.figure==$f) | .bytes' "$work/http.jsonl")
    rps=$(wrk -t2 -c16 -d"${SECS}s" -H "Authorization: Bearer x" "http://127.0.0.1:$((PORT < 60000 ? PORT + 1 : PORT - 1))/$bytes" | awk '/^Requests\/sec/{print $2}')
    fig "floor_$op" "${rps:-null}" "\"bytes\":$bytes"
  done
fi
fig calibration_end_ms "$(calibrate)"
