// Package github is the room of GitHub: github.com and Enterprise Server, organisations and personal accounts, by a token
// or as a GitHub App.
//
// Repositories come by GraphQL, a page of them with their heads, topics, languages and the few files that say most in one
// request. REST is asked only for what GraphQL has not: the installations of an App and their tokens.
//
// GraphQL answers 200 where it refuses. So an answer counts only if it has no errors and holds what was asked for; all
// else is an error, and never a shorter list.
package github
