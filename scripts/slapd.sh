#!/usr/bin/env bash
# Prints the path of slapd, the LDAP server that tests of the people of a directory read from. The system's packages are
# taken apart into a folder of ours and not installed: an installed slapd is a service, and confined to the system's folders.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"

folder="$PWD/.cache/slapd"
binary="$folder/usr/sbin/slapd"
mkdir -p "$PWD/.cache"
exec 9>"$PWD/.cache/slapd.lock"
if command -v flock >/dev/null; then flock 9; fi
if [ ! -x "$binary" ]; then
	if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-deb >/dev/null 2>&1; then
		installed=$(PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v slapd) || die 'slapd, which the tests of LDAP read from, is not here' \
			"install the package that has it: openldap or slapd, by your system's name"
		echo "$installed"
		exit 0
	fi
	say "fetching slapd from the system's packages"
	if [ "$(id -u)" = 0 ]; then
		# As in apt_install: an update that fails for one source of several is no reason to stop.
		DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null >/dev/null 2>&1 || true
	fi
	# With the libraries that this system lacks, and no others.
	missing=$(apt-get install -s --no-install-recommends slapd 2>/dev/null | awk '$1 == "Inst" && $2 != "slapd" && $2 ~ /^lib/ { print $2 }')
	rm -rf "$folder.new"
	mkdir -p "$folder.new/packages"
	# shellcheck disable=SC2086 # a list of names
	(cd "$folder.new/packages" && apt-get download -q slapd $missing </dev/null >download.log 2>&1) || {
		tail -n 15 "$folder.new/packages/download.log" >&2
		die "slapd cannot be fetched from the system's packages" 'run apt-get update as root, then this again'
	}
	for package in "$folder.new"/packages/*.deb; do dpkg-deb -x "$package" "$folder.new"; done
	rm -rf "$folder.new/packages" "$folder"
	mv "$folder.new" "$folder"
fi
echo "$binary"
