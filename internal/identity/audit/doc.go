// Package audit keeps the record of who did what, and of who was not let.
//
// A record is written in the transaction of the change that it is of, so there is neither without the other. Each carries
// the digest of the one before: whoever edits, deletes or moves a row breaks the chain where [Store.Verify] finds it. That
// holds against everyone who cannot also compute all later digests anew and rewrite the head; against whoever owns the
// database, only a copy elsewhere helps: the export. What
// retention removes is recorded too, so that a beginning which is missing and did not expire is found.
//
// The package decides nothing: who may do what is identity's, and what a change is belongs to the domain that makes it.
package audit
