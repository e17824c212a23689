// Package secret holds what must not be seen: texts that print as nothing ([Text]), values that are sealed before they
// are stored ([Ring], with keys that an operator holds, [Keys]), and the net under both, which takes known secrets out of
// what is logged and answered ([Net]).
//
// It knows no database; the package keyring keeps data keys in one.
package secret
