package compat

import (
	"os"
	"path/filepath"
	"testing"
)

// small is the configuration of the small catalog of testdata, which every expected answer is worked out from.
const small = `
catalog:
  rules: [{allow: [Component, API, Resource, System, Domain, Group, User, Location, Template]}]
  locations: [{type: file, target: ./catalog/all.yaml}]
`

// startSmall runs a portal on a copy of the small catalog, with more configuration where a test wants it. The copy
// is below the portal's folder, so that a test may change it.
func startSmall(t testing.TB, more string) *portal {
	t.Helper()
	return start(t, smallSetup(t, more))
}

func smallSetup(t testing.TB, more string) setup {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "catalog"), os.DirFS(filepath.Join("testdata", "catalog"))); err != nil {
		t.Fatal(err)
	}
	return setup{dir: dir, config: small + more}
}
