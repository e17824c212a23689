// Package app composes the portal: it opens the database, plugs the domains into each other and into
// one HTTP server, and starts and stops them. It is the only place that knows all of them.
package app
