// Package infer finds what a repository holds from its tree alone: Components, of monorepos several, the APIs they provide
// and use, the databases, queues and buckets they need, and the System they form. Each field carries its evidence: file,
// line, what is said there, and how sure that is.
//
// Finders, one a subject, look at the tree and know nothing of each other; a fact that none can point at is not made. What
// becomes of facts is decided in one place: part.go (what belongs together), rule.go (what is a component, and of which
// type), relate.go (who uses whom), describe.go and write.go (fields).
//
// It is pure: it executes nothing, fetches nothing and knows no clock. Everything in a tree is somebody else's text, so all
// of it is bounded: 50,000 files known by name, 2,000 considered, 200 read, 256 KiB of each.
package infer
