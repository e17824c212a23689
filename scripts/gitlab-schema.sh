#!/usr/bin/env bash
# Prints the path of GitLab's GraphQL schema, which the answers of its stand-in are held against. GitLab publishes it by
# introspection alone; the npm package @git-filesystem/gitlab has it, of version 16, as the types that were made of it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
version=0.0.6
digest=c1803080a920595778fb0b14a0fc5af39942e204a7495220fcdfa97ef31cb321981851ec05de005a84bd446e3c401848e596c302c790de4dac7708dc708174df
folder=$root/.cache/gitlab
file=$folder/schema-$version.d.ts
mkdir -p "$folder"
exec 9>"$folder/lock"
if command -v flock >/dev/null; then flock 9; fi
if [ ! -s "$file" ]; then
  say "reading @git-filesystem/gitlab@$version from npm"
  work=$(mktemp -d "$folder/new.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && npm pack --silent --ignore-scripts "@git-filesystem/gitlab@$version" </dev/null >/dev/null) ||
    die "npm could not fetch @git-filesystem/gitlab@$version" "Look at npm's message above."
  archive=$work/git-filesystem-gitlab-$version.tgz
  got=$(openssl dgst -sha512 -r "$archive" | cut -d' ' -f1)
  [ "$got" = "$digest" ] || die "@git-filesystem/gitlab@$version is not what it was when it was pinned: its SHA-512 is $got"
  tar -xzf "$archive" -C "$work" package/src/lib/gql/sdk/sdk.generated.d.ts
  mv "$work/package/src/lib/gql/sdk/sdk.generated.d.ts" "$file"
fi
echo "$file"
