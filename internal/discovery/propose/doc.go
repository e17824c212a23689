// Package propose writes what is known of an entity into the file that declares it, or that is to declare it, and sends that
// to its repository as a pull request. What a file declares already stays as people wrote it; what was only inferred becomes a
// document of its own.
package propose
