// Package web carries the built user interface inside the binary.
//
// The folder dist is written by `npm run build`. Only its placeholder is committed, so that the Go code builds and is
// tested on a machine without Node; such a binary serves the API and says that it has no pages.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var embedded embed.FS

// Placeholder is the page that stands in dist when the user interface was not built.
const Placeholder = "placeholder.html"

// NonceMark is what index.html carries where the server writes the nonce of the response's content security policy.
const NonceMark = "__PORTICO_NONCE__"

// Dist returns the built user interface: index.html at its root and hashed files below assets/.
// Without a build it holds Placeholder alone.
func Dist() fs.FS {
	sub, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic("web: the embedded folder dist is gone: " + err.Error())
	}
	return sub
}

// Built reports whether the user interface is in the binary.
func Built() bool {
	_, err := fs.Stat(embedded, "dist/index.html")
	return err == nil
}
