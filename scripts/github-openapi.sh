#!/usr/bin/env bash
# Prints the path of GitHub's published OpenAPI document, which the answers of its stand-in are held against. It is in the
# npm package @octokit/openapi, whose other documents are not unpacked: all of them together have 385 MB.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
version=23.0.2
digest=a55f0cecbf46636dc0c9b36f4e6a369f28e6a669edebedac444fedaabd192d070f4b8967c3bbb979918d9b044d9010b70fb8195db171e401f32d455105718386
folder=$root/.cache/github
file=$folder/api.github.com-$version.json
mkdir -p "$folder"
exec 9>"$folder/lock"
if command -v flock >/dev/null; then flock 9; fi
if [ ! -s "$file" ]; then
  say "reading @octokit/openapi@$version from npm"
  work=$(mktemp -d "$folder/new.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && npm pack --silent --ignore-scripts "@octokit/openapi@$version" </dev/null >/dev/null) ||
    die "npm could not fetch @octokit/openapi@$version" "Look at npm's message above."
  archive=$work/octokit-openapi-$version.tgz
  got=$(openssl dgst -sha512 -r "$archive" | cut -d' ' -f1)
  [ "$got" = "$digest" ] || die "@octokit/openapi@$version is not what it was when it was pinned: its SHA-512 is $got"
  tar -xzf "$archive" -C "$work" package/generated/api.github.com.json
  mv "$work/package/generated/api.github.com.json" "$file"
fi
echo "$file"
