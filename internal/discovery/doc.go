// Package discovery reads what locations hold: files and globs, URLs, files and trees at Git hosts,
// Git repositories, folders of repositories. It implements catalog.Reader, catalog.Watcher and
// catalog.Analyzer, and knows nothing of how the catalog keeps what it read.
//
// # Locations
//
//   - file:/srv/catalog/all.yaml, file:/srv/catalog/**/*.yaml
//   - url:https://github.com/o/r/blob/main/catalog-info.yaml, read through the host's API; with * in
//     the path, the files of the repository that match; any other URL is read as it is
//   - git:https://host/o/r.git — a repository; #ref names a branch, a tag or a commit;
//     #ref:path one file in it, #:path the same on the default branch, and path may have *
//   - folder:/srv/repos — a Git repository, or a tree of them, on this machine
//   - inferred:/srv/repos/x — a repository without a descriptor, as [portico/internal/discovery/infer] sees it
//   - github-org:production, gitlab-org:…, gitea-org:…, ldap-org:… — teams and people, by [portico/internal/discovery/org]
//
// # What may be read
//
// Local files lie below the roots of what the operator configured, or, of what others registered, below
// the folders that are open for that: see [Reader.Below]. A descriptor reaches only its own repository. Hosts are opened by the rules of internal/outbound. Credentials of a Git host are used
// for the repository that a location names, and for what its descriptors refer to in that same
// repository.
package discovery
