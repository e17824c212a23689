// Package budget keeps what a credential may still ask of its host, as the host's own headers say, for all replicas. Requests
// of rooms go through a [Budget], which makes those that matter less wait or fail before those that matter more would have to:
// a person, then webhooks, then crawls.
package budget
