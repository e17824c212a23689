#!/usr/bin/env bash
# Says which of Go, Node and git is missing or too old, before a build fails in a way that does not say it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# at_least FOUND WANTED compares major.minor.
at_least() {
  local fmaj fmin wmaj wmin
  IFS=. read -r fmaj fmin _ <<<"$1"
  IFS=. read -r wmaj wmin _ <<<"$2"
  fmin=${fmin%%[!0-9]*}
  [ "$fmaj" -gt "$wmaj" ] || { [ "$fmaj" -eq "$wmaj" ] && [ "${fmin:-0}" -ge "$wmin" ]; }
}

command -v go >/dev/null 2>&1 || die "Go is not on PATH" "Portico is built with Go 1.26 or newer: install it, then run make again."
# In the repository, so that Go's own toolchain selection has had its say.
if ! version=$(cd "$root" && go env GOVERSION 2>&1); then
  die "Go does not accept this module: $version" "Portico is built with Go 1.26 or newer."
fi
version=${version#go}
at_least "$version" 1.26 || die "Go $version is too old" "Portico is built with Go 1.26 or newer."

command -v node >/dev/null 2>&1 || die "Node is not on PATH" "The user interface is built with Node 20.19 or newer: install it, then run make again."
version=$(node --version)
at_least "${version#v}" 20.19 || die "Node $version is too old" "The user interface is built with Node 20.19 or newer."
command -v npm >/dev/null 2>&1 || die "npm is not on PATH" "It comes with Node; some systems package it apart (Debian: apt-get install npm)."

if ! command -v git >/dev/null 2>&1; then
  apt_install git || die "git is not on PATH" "Portico reads repositories with it: install it, then run make again."
fi
