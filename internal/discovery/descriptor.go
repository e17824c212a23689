package discovery

import (
	"path"
	"strings"
)

// maxDescriptorDepth is how deep in a repository descriptors are looked for: 5 is four folders down.
const maxDescriptorDepth = 5

// isDescriptor reports whether p, a path in a repository, is a descriptor of it or of one of its
// parts. filename is what descriptors are called; "" is catalog-info.yaml or catalog-info.yml.
func isDescriptor(p, filename string) bool {
	if p == "" || strings.Count(p, "/") >= maxDescriptorDepth {
		return false
	}
	if base := path.Base(p); filename == "" && base != "catalog-info.yaml" && base != "catalog-info.yml" || filename != "" && base != filename {
		return false
	}
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if holdsNoDescriptors(dir) {
			return false
		}
	}
	return true
}

// IsDescriptor reports whether p, a path in a repository, is a descriptor of it or of one of its parts.
func IsDescriptor(p string) bool { return isDescriptor(p, "") }

// holdsNoDescriptors is true for folders in which a catalog-info.yaml means something else: it
// belongs to a dependency, is the product of a build, test data, or the skeleton of a template.
func holdsNoDescriptors(dir string) bool {
	base := path.Base(dir)
	switch base {
	case ".backstage":
		return false
	case "node_modules", "vendor", "third_party", "dist", "build", "target", "out", "testdata", "fixtures", "__fixtures__", "__tests__", "skeleton", "skeletons":
		return true
	}
	return strings.HasPrefix(base, ".") || strings.Contains(base, "{{")
}
