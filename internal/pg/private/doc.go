// Package private runs a PostgreSQL server of the portal's own, for those who have not configured
// one: `portico try`, `make run`, `portico serve --private-postgres` and the tests.
//
// A directory holds all of it:
//
//	data/          the server's data, of the server's user, mode 0700
//	run/           the socket, where the path is short enough; else a folder under the temporary one
//	postgres.log   what the server says; postgres.log.1 is the one before
//	portico.lock   held as long as a portal uses the directory; names it
//
// The server binaries are the system's, or those of an npm package: see [Find]. The server listens
// on a unix socket alone, in a folder that only the server's user may enter (and root), so that
// nobody else on the machine needs to be kept out by a password. Started by root it runs as the user
// postgres or nobody, because PostgreSQL refuses to be root.
//
// The server ends with the program that started it, also when that is killed: on Linux by the
// parent-death signal, elsewhere by a small watcher. What a crash left behind, [Start] clears up:
// rows that were acknowledged are there again. While the program lives, a server that dies is
// started again.
package private
