// Package ownership owns who owns what: how well an entity's owner is known, the claims that ask a team whether something is
// theirs, their decisions, asking again after a time, and the findings where an owner does not hold.
//
// How an owner comes to be an entity's is the catalog's business: a file declares it, or an overlay that a confirmed claim
// writes, or it is inferred. This package states what it needs for that as [Overlays].
package ownership
