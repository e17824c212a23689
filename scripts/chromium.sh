#!/usr/bin/env bash
# Prints the path of a Chromium that starts. Installs the system's package where there is none and that is possible.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

starts() { "$1" --version >/dev/null 2>&1 </dev/null; }

find_chromium() {
  local name path
  if [ -n "${PORTICO_CHROMIUM:-}" ]; then
    path=$(command -v "$PORTICO_CHROMIUM") && starts "$path" && { printf '%s\n' "$path"; return 0; }
    die "PORTICO_CHROMIUM names $PORTICO_CHROMIUM, which does not start" "Set it to the path of a Chromium or Chrome, or unset it."
  fi
  for name in chromium chromium-browser google-chrome-stable google-chrome \
    "/Applications/Chromium.app/Contents/MacOS/Chromium" "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    if path=$(command -v "$name") && starts "$path"; then
      printf '%s\n' "$path"
      return 0
    fi
  done
  return 1
}

find_chromium && exit 0
apt_install chromium && find_chromium && exit 0
die "the browser tests need Chromium, and none was found" \
  "Install it (Debian, Ubuntu: sudo apt-get install chromium; macOS: brew install --cask chromium)," \
  "or set PORTICO_CHROMIUM to the path of a Chromium or Chrome."
