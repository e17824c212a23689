#!/usr/bin/env bash
# Prints the path of the examples of webhooks that are published for GitHub, all of which have to be understood.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
version=7.6.1
npm_file @octokit/webhooks-examples $version \
  0dee94dd707a3b70ed09aedb2a008ccd31dd7a8a6aa99e92362bcc6099caeb989eaca2f5027348034b644580914bb970193efdd9df8fb3559b7c796ca3a3329d \
  api.github.com/index.json "webhooks-$version.json"
