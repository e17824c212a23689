#!/usr/bin/env bash
# Prints the path of dex, the OpenID Connect provider that tests sign in at. Builds it once, which takes a minute or two.
set -euo pipefail
cd "$(dirname "$0")/.."
folder="$PWD/.cache/tools/$(go env GOVERSION)"
# A new version of dex is another file.
binary="$folder/dex-$(cat test/tools/dex/go.mod test/tools/dex/go.sum | cksum | cut -d' ' -f1)"
mkdir -p "$folder"
exec 9>"$folder/dex.lock"
if command -v flock >/dev/null; then flock 9; fi
if [ ! -x "$binary" ]; then
	echo 'tools: building dex' >&2
	(cd test/tools/dex && CGO_ENABLED=0 GOFLAGS= go build -trimpath -ldflags '-s -w' -o "$binary.new" github.com/dexidp/dex/cmd/dex) >&2
	mv "$binary.new" "$binary"
fi
echo "$binary"
