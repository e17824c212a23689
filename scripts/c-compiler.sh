#!/usr/bin/env bash
# Makes sure that Go finds a C compiler: its race detector links against C on most systems. Nothing that ships needs one.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

compiles() {
  local dir ok=1
  dir=$(mktemp -d)
  printf '#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n' >"$dir/probe.c"
  # CC may carry flags, so it is split into words on purpose.
  # shellcheck disable=SC2046
  $(go env CC) -o "$dir/probe" "$dir/probe.c" >/dev/null 2>&1 && ok=0
  rm -rf "$dir"
  return $ok
}

compiles && exit 0
apt_install gcc libc6-dev && compiles && exit 0
die "the race detector needs a C compiler, and '$(go env CC)' does not compile a program" \
  "Install one (Debian, Ubuntu: sudo apt-get install gcc libc6-dev; macOS: xcode-select --install)."
