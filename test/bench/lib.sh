# What the measuring scripts share: sourced, after `work` is a folder of their own and LABEL and N are set.
# shellcheck shell=bash disable=SC2154

fig() { echo "{\"label\":\"$LABEL\",\"n\":$N,\"figure\":\"$1\",\"value\":$2${3:+,$3}}"; }
stop() { # PID
  [ -n "$1" ] || return 0
  kill "$1" 2>/dev/null || true
  for _ in $(seq 150); do kill -0 "$1" 2>/dev/null || return 0; sleep 0.1; done
  kill -9 "$1" 2>/dev/null || true
}
as_pg() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
now() { date +%s.%N; }
since() { awk "BEGIN{printf \"%.2f\", $(now)-$1}"; }
free_port() { python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])'; }
calibrate() { # milliseconds for a fixed piece of work on one core
  python3 - <<'PY'
import time
def w():
    t=time.perf_counter(); x=0
    for i in range(2000000): x=(x*31+i)&0xffffffff
    return (time.perf_counter()-t)*1000
r=sorted(w() for _ in range(5)); print("%.0f" % r[2])
PY
}
need() { # TOOL…
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { echo "$0: $tool is missing; scripts/bench-tools.sh installs what it can" >&2; exit 2; }
  done
}

# A PostgreSQL of its own with stock settings, on a socket in $work; sets DATABASE_URL.
start_postgres() {
  pgbin=$(dirname "$(readlink -f "$(command -v postgres || ls -d /usr/lib/postgresql/*/bin/postgres | tail -1)")")
  mkdir "$work/pg" "$work/pgsock"
  [ "$(id -u)" = 0 ] && chown postgres "$work/pg" "$work/pgsock"
  as_pg "$pgbin/initdb" -D "$work/pg" -A trust -U portico -E UTF8 --locale=C.UTF-8 >"$work/initdb.log"
  as_pg "$pgbin/pg_ctl" -D "$work/pg" -l "$work/pg/log" -o "-c listen_addresses= -c unix_socket_directories=$work/pgsock" -w start >/dev/null
  export DATABASE_URL="host=$work/pgsock user=portico dbname=postgres"
}
stop_postgres() {
  [ -f "$work/pg/postmaster.pid" ] && as_pg "$pgbin/pg_ctl" -D "$work/pg" -m fast -w stop >/dev/null 2>&1
  return 0
}

# N entities below $work/catalog, with the generator of $bench; sets manifest.
generate() {
  mkdir -p "$work/gen" && (cd "$bench/gen" && go build -o "$work/gen/gen" main.go)
  "$work/gen/gen" -n "$N" -layout tree -out "$work/catalog" >&2
  manifest=$work/catalog/manifest.json
}
