// Package infer makes a first guess at the Component that a repository without a descriptor is,
// from what can be seen at a glance: names of files, README, CODEOWNERS, a few manifests. Every
// guessed field carries its evidence, a file and, where there is one, a line.
//
// It executes nothing, fetches nothing and reads a handful of small files. Ownership from history,
// APIs, dependencies and deployments are not its business.
package infer
