// Package org makes Group and User entities of the teams and people that somebody else keeps: a Git host, or, in
// [portico/internal/discovery/org/ldap], a directory.
//
// A [Source] says who is there, as a [Directory]. What they are called and how they hang together is decided here, the same
// way for all of them, and is pure: [Directory.Entities]. A [Reader] hands the entities to the catalog as files of stable
// parts, so that one new colleague is one small file that changed.
//
// # Names
//
// A name that an entity may have is taken as it is. Any other is cleaned: what may not be in a name becomes "-". Where two
// end up with one name, the older keeps it and the other gets a few letters of a digest. Names that people choose for
// themselves get the digest whenever they had to be cleaned, and never come before others: nobody becomes a colleague by
// choosing a name that looks like theirs once it is cleaned.
//
// # Refusal is not absence
//
// An organisation without anybody is an answer that a credential too weak gets. It is an error here, as every failure is,
// and no error of this package says that something is not there.
package org
