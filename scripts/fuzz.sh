#!/usr/bin/env bash
# Fuzzes every target of the tree in turn, FUZZTIME each (30s when not given); what it finds go keeps in testdata/fuzz of
# the package, to be committed with the repair. FUZZ names the targets that are meant, as a pattern of grep -E.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

count=0
while IFS=: read -r file _ line; do
  name=$(sed -E 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/' <<<"$line")
  [[ $name =~ ${FUZZ:-.} ]] || continue
  count=$((count + 1))
  say "fuzz: $name of ./$(dirname "$file")"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-30s}" "./$(dirname "$file")"
done < <(grep -rn --include='*_test.go' '^func Fuzz' cmd internal test)
[ "$count" -gt 0 ] || die "no target is called ${FUZZ:-Fuzz…}" "grep -rn '^func Fuzz' internal lists them."
say "fuzz: $count targets, ${FUZZTIME:-30s} each"
