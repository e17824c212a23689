package config

import (
	"slices"
	"strings"
)

// unhonoured are the keys that are read and checked although nothing acts on them yet: whoever wrote one is told, as of
// a key that is not read at all. [] stands for every entry of a list, * for every key.
var unhonoured = []string{
	"auth.providers.*", "backend.csp.frame-src", "catalog.import", "catalog.orphanStrategy", "catalog.processingInterval",
	"catalog.providers.*", "integrations.azure", "integrations.bitbucketCloud", "integrations.bitbucketServer",
}

// honoured are keys that a pattern of unhonoured would take along.
var honoured = func() []string {
	list := []string{"auth.providers.guest", "events.modules", "events.http"}
	for _, kind := range providerKinds {
		list = append(list, "catalog.providers."+kind)
	}
	for _, id := range signInIDs() {
		list = append(list, "auth.providers."+id)
	}
	return list
}()

func (rep *report) ignoreUnhonoured(root Node) {
	sections := slices.Clone(SectionNames)
	sections[slices.Index(sections, "events")] = "events.*" // of which the secrets of webhooks are honoured
	for _, pattern := range slices.Concat(unhonoured, sections) {
		rep.ignoreBelow(root, strings.Split(strings.ReplaceAll(pattern, "[]", ".[]"), "."))
	}
}

func (rep *report) ignoreBelow(parent Node, keys []string) {
	names := []string{keys[0]}
	switch {
	case keys[0] == "[]":
		for _, n := range parent.Items() {
			rep.ignoreBelow(n, keys[1:])
		}
		return
	case keys[0] == "*":
		names = parent.Keys()
	}
	for _, name := range names {
		n := parent.Get(name)
		switch {
		case !n.Exists() || slices.Contains(honoured, n.path):
		case len(keys) > 1:
			rep.ignoreBelow(n, keys[1:])
		default:
			rep.ignored = append(rep.ignored, Ignored{n.path, keyPosition(parent, name), true})
		}
	}
}
