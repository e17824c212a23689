#!/usr/bin/env bash
# Makes sure that the tools which measure a portal are there. Installs the system's packages where they are not and that
# is possible. Nothing else in the repository needs them.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The packages of Debian and Ubuntu have the names of the tools. PostgreSQL's server is looked for where run.sh does.
missing() {
  local tool list=
  for tool in wrk jq curl python3; do
    command -v "$tool" >/dev/null 2>&1 || list="$list $tool"
  done
  command -v postgres >/dev/null 2>&1 || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || list="$list postgresql"
  printf '%s' "${list# }"
}

tools=$(missing)
[ -n "$tools" ] || exit 0
# One word a package, on purpose.
# shellcheck disable=SC2086
apt_install $tools && [ -z "$(missing)" ] && exit 0
tools=$(missing)
die "the measurement needs what was not found: $tools" \
  "Install it (Debian, Ubuntu: sudo apt-get install $tools; macOS: brew install $tools)."
