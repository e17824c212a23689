#!/usr/bin/env bash
# Prints the path of Gitea, the forge that tests look into. Builds it once, which takes five minutes; with the argument
# "built" it fails instead where that was not done. The folder "static" beside the program has what it reads when it runs.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
tools="$root/.cache/tools/$(go env GOVERSION)"
# A new version of Gitea is another folder.
folder="$tools/gitea-$(cat "$root/test/tools/gitea/go.mod" "$root/test/tools/gitea/go.sum" | cksum | cut -d' ' -f1)"
if [ "${1:-}" = built ] && [ ! -x "$folder/gitea" ]; then
  die "Gitea, which this test needs, is not built" "Run scripts/gitea.sh once; it takes five minutes. make test does it, too."
fi
mkdir -p "$tools"
exec 9>"$tools/gitea.lock"
if command -v flock >/dev/null; then flock 9; fi
if [ ! -x "$folder/gitea" ]; then
  # Its SQLite is in C.
  "$root/scripts/c-compiler.sh" >&2
  say "building Gitea, which takes some minutes once"
  work=$(mktemp -d "$tools/gitea.new.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # Tests run it as another user than root, who must be able to read it.
  chmod 755 "$work"
  module=$root/test/tools/gitea
  export GOFLAGS= CGO_ENABLED=1
  source=$(go list -C "$module" -m -f '{{.Dir}}' code.gitea.io/gitea)
  [ -n "$source" ] || { go mod download -C "$module" code.gitea.io/gitea && source=$(go list -C "$module" -m -f '{{.Dir}}' code.gitea.io/gitea); }
  version=$(go list -C "$module" -m -f '{{.Version}}' code.gitea.io/gitea)
  go build -C "$module" -trimpath -tags 'sqlite sqlite_unlock_notify' -ldflags "-s -w -X main.Version=${version#v}" \
    -o "$work/gitea" code.gitea.io/gitea >&2
  mkdir "$work/static"
  cp -r "$source/templates" "$source/options" "$source/public" "$work/static/"
  # The module cache is read-only, and its copy is to be deleted as any folder.
  chmod -R u+w,a+rX "$work/static"
  mv "$work" "$folder"
  trap - EXIT
fi
echo "$folder/gitea"
