#!/usr/bin/env bash
# Fuzzes every target of the tree in turn, FUZZTIME each (30s when not given); what it finds go keeps in testdata/fuzz of
# the package, to be committed with the repair. FUZZ names the targets that are meant, as a pattern of grep -E. A target
# that fails does not hide those after it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

count=0
failed=
said=$(mktemp)
trap 'rm -f "$said"' EXIT
while IFS=: read -r file _ line; do
  name=$(sed -E 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/' <<<"$line")
  [[ $name =~ ${FUZZ:-.} ]] || continue
  count=$((count + 1))
  say "fuzz: $name of ./$(dirname "$file")"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-30s}" "./$(dirname "$file")" 2>&1 | tee "$said" && continue
  # go calls it a failure when the time is up between two inputs of a worker that it waits for; it has found nothing then.
  if grep -q '^ *context deadline exceeded$' "$said" && ! grep -q 'Failing input\|panic\|--- FAIL: [^ ]*/' "$said"; then
    say "fuzz: the time was up"
    continue
  fi
  failed="$failed $name"
done < <(grep -rn --include='*_test.go' '^func Fuzz' cmd internal test)
[ "$count" -gt 0 ] || die "no target is called ${FUZZ:-Fuzz…}" "grep -rn '^func Fuzz' internal lists them."
[ -z "$failed" ] || die "of $count targets these fail:$failed" "Each has written what it failed on to testdata/fuzz of its package: mend the cause, and commit the file."
say "fuzz: $count targets, ${FUZZTIME:-30s} each"
