// Package policy decides who may do what, by Cedar policies.
//
// The policies are those that ship with the portal, which give the roles their meaning, and those of the operator's
// files; a forbid of any of them wins. They are asked three questions: whether somebody may use a permission on one
// resource ([Engine.Decide]), whether there can be any resource on which they may ([Engine.Allow]), and which entities
// they may read ([Engine.View]), as a filter of the read model. The third is worked out from the policies exactly: one
// that cannot be is refused when it is loaded.
//
// Refs, kinds, names and values are compared without regard to case, as the catalog does. The package knows neither
// the catalog nor HTTP: who belongs to which group, it asks a [Directory].
package policy
