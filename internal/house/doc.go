// Package house holds the rules that the tree itself keeps, as tests: which package may import which, what each package
// says about itself, words and calls that have no place here, how long a file may get, and which versions of
// dependencies are too old. It has no code of its own; make check runs it.
//
// Each rule is a function from files to faults, and beside each stands a test that feeds it a violation: a rule that
// cannot fail keeps nothing.
package house
