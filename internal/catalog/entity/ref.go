package entity

import (
	"strings"

	"portico/internal/errs"
)

// DefaultNamespace is the namespace of entities and refs that name none.
const DefaultNamespace = "default"

// Ref names an entity. Two refs are the same when their String is: case does not count.
type Ref struct{ Kind, Namespace, Name string }

// String is the canonical form, lower case: "kind:namespace/name". An empty namespace is "default".
func (r Ref) String() string {
	ns := r.Namespace
	if ns == "" {
		ns = DefaultNamespace
	}
	return strings.ToLower(r.Kind + ":" + ns + "/" + r.Name)
}

// IsZero reports whether r names nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

// ValidRef reports whether an entity can have the ref.
func ValidRef(r Ref) bool {
	return validKind(r.Kind) && validLabel(strings.ToLower(r.Namespace)) && validName(r.Name)
}

// ParseRef reads "[kind:][namespace/]name". What s leaves out comes from def: an empty def.Kind means
// that s must name the kind, an empty def.Namespace means "default". Case is kept as written. The
// error is errs.Invalid.
func ParseRef(s string, def Ref) (Ref, error) {
	colon, slash := strings.IndexByte(s, ':'), strings.IndexByte(s, '/')
	if slash >= 0 && slash < colon {
		colon = -1 // "a/b:c" has no kind: the colon belongs to the name
	}
	r := Ref{Kind: def.Kind, Namespace: def.Namespace, Name: s[max(colon, slash)+1:]}
	if colon >= 0 {
		r.Kind = s[:colon]
	}
	if slash >= 0 {
		r.Namespace = s[colon+1 : slash]
	} else if r.Namespace == "" {
		r.Namespace = DefaultNamespace
	}
	switch {
	case s == "":
		return Ref{}, refError("the entity reference is empty")
	case r.Name == "" || r.Namespace == "" || colon == 0:
		return Ref{}, refError("the entity reference %q is not of the form [kind:][namespace/]name", s)
	case r.Kind == "":
		return Ref{}, refError("the entity reference %q does not say which kind it means", s)
	}
	return r, nil
}

func refError(format string, args ...any) error {
	return errs.WithRemedy(errs.New(errs.Invalid, format, args...), "write it as component:default/my-service")
}
