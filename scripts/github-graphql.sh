#!/usr/bin/env bash
# Prints the path of GitHub's published GraphQL schema, which the schema of its stand-in is held against.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
version=15.26.1
npm_file @octokit/graphql-schema $version \
  4450c2d8ca5105de00c5246f51e04855e054ee88cdfd2c437c02d477b89560e49e10ade065aa91d8c18ecac8f8661db18f6458e5f400513f8eaaaee1593ada30 \
  schema.graphql "schema-$version.graphql"
