// Package me serves what somebody may see and end of their own: who they are, their sessions, their tokens; the tokens of
// services, to whoever manages them; and the exchange by which `portico login` gets its token.
//
// What a session and a token are, and what may be done with them, is identity's business.
package me
