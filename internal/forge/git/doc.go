// Package git runs the git command in a cage, and reads a local working copy without running it.
//
// The command sees an empty home, no system or global configuration, no hooks, no helpers, no
// submodules and no protocol but https (http and file where the caller opens them). Its connections
// go through a proxy of ours on loopback that dials with the rules and the address guard of
// internal/outbound, admits only the host of the operation and counts the bytes. Credentials reach
// it through the environment, bound to their host: never in arguments, never on disk.
//
// [Head] and [RemoteURL] parse the few files they need themselves, so that nothing in the
// configuration of a hostile repository has an effect.
package git
