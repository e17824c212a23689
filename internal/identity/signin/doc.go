// Package signin leads a browser to a provider that knows people, and back with a session.
//
// It owns providers (OpenID Connect, GitHub, a trusted proxy), flows, which are sign-ins under way, and resolvers, which
// say whom of the catalog's users a provider's account is. What a session is, and what may be done in it, is identity's
// business.
package signin
