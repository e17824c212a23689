#!/usr/bin/env bash
# Prints the path of GitHub's published OpenAPI document, which the answers of its stand-in are held against. The package
# has other documents beside it: all of them together have 385 MB.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
version=23.0.2
npm_file @octokit/openapi $version \
  a55f0cecbf46636dc0c9b36f4e6a369f28e6a669edebedac444fedaabd192d070f4b8967c3bbb979918d9b044d9010b70fb8195db171e401f32d455105718386 \
  generated/api.github.com.json "api.github.com-$version.json"
