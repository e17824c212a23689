// Package layer composes an entity of what is known of it: what was inferred from its repository, what people set in the
// portal, and what a file declares. It is pure.
//
// A field is taken from the highest layer that has it, lowest first: inferred, overlay, declared; null and "" are nothing. Maps
// (metadata.annotations, metadata.labels, spec) are joined key by key, tags and links are joined, other lists are taken whole.
// Tags and links that people set stand in for those that were inferred, for whoever sets them has seen these. Which entity it
// is, and which file it comes from, is the base's alone.
package layer

import "encoding/json"

// The layers, lowest first.
const (
	Inferred = "inferred"
	Overlay  = "overlay"
	Declared = "declared"
)

// Layer is what one layer says of an entity.
type Layer struct {
	Ref string // "component:default/payments"
	// Entity is a part of an entity: an object with metadata and spec of which any field may be absent.
	Entity   json.RawMessage
	Evidence []Evidence
}

// How sure a piece of evidence is.
const (
	Stated = "stated" // somebody wrote exactly that: a CODEOWNERS line, a package's description
	Likely = "likely" // it follows by a rule that is seldom wrong: a Dockerfile and a main package are a service
	Guess  = "guess"  // there is a hint and no more
)

// Evidence says where one field comes from.
type Evidence struct {
	Field string `json:"field"`           // "spec.owner", "metadata.annotations.backstage.io/techdocs-ref", "spec.dependsOn[resource:default/orders-db]"
	Value string `json:"value,omitempty"` // as shown, where the field is a list or long
	As    string `json:"as,omitempty"`    // how it is written there, where the value was made of it: "@acme/payments"
	File  string `json:"file,omitempty"`  // path in the repository; "" where the host says it
	Line  int    `json:"line,omitempty"`  // from 1; 0 for the file as a whole
	Says  string `json:"says"`            // a sentence part for people: "has a main package and a Dockerfile"
	Sure  string `json:"sure"`            // Stated, Likely or Guess
}
