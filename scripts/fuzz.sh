#!/usr/bin/env bash
# Fuzzes every target of the tree in turn, FUZZTIME each (30s when not given); what it finds go keeps in testdata/fuzz of
# the package, to be committed with the repair. FUZZ names the targets that are meant, as a pattern of grep -E; with TODAY=n
# it is n of them a day, in turn. A target that fails does not hide those after it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

mapfile -t targets < <(grep -rn --include='*_test.go' '^func Fuzz' cmd internal test | sort |
  sed -nE 's/^([^:]*)\/[^/:]*:[0-9]+:func (Fuzz[A-Za-z0-9_]*)\(.*/\1 \2/p' | grep -E " [^ ]*(${FUZZ:-.})" || true)
[ "${#targets[@]}" -gt 0 ] || die "no target is called ${FUZZ:-Fuzz…}" "grep -rn '^func Fuzz' internal lists them."
if [ -n "${TODAY:-}" ] && [ "$TODAY" -lt "${#targets[@]}" ]; then
  from=$(($(date +%s) / 86400 * TODAY % ${#targets[@]}))
  targets=("${targets[@]:from}" "${targets[@]:0:from}")
  targets=("${targets[@]:0:TODAY}")
fi

failed=
said=$(mktemp)
trap 'rm -f "$said"' EXIT
for target in "${targets[@]}"; do
  read -r folder name <<<"$target"
  say "fuzz: $name of ./$folder"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-30s}" "./$folder" 2>&1 | tee "$said" && continue
  # go calls it a failure when the time is up between two inputs of a worker that it waits for; it has found nothing then.
  if grep -q '^ *context deadline exceeded$' "$said" && ! grep -q 'Failing input\|panic\|--- FAIL: [^ ]*/' "$said"; then
    say "fuzz: the time was up"
    continue
  fi
  failed="$failed $name"
done
[ -z "$failed" ] || die "of ${#targets[@]} targets these fail:$failed" "Each has written what it failed on to testdata/fuzz of its package: mend the cause, and commit the file."
say "fuzz: ${#targets[@]} targets, ${FUZZTIME:-30s} each"
