package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	for name, tt := range map[string]struct{ document, want string }{
		"the least":           {`{"bomFormat":"CycloneDX","specVersion":"1.6"}`, ""},
		"another format":      {`{"bomFormat":"SPDX","specVersion":"1.6"}`, "bomFormat"},
		"a part without name": {`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library"}]}`, "name"},
		"a digest of nothing": {`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"x","hashes":[{"alg":"SHA-512","content":"x"}]}]}`, "content"},
		"a key nobody knows":  {`{"bomFormat":"CycloneDX","specVersion":"1.6","wall":1}`, "wall"},
	} {
		err := check([]byte(tt.document))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProduction(t *testing.T) {
	const digest = `"integrity":"sha512-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="`
	for name, tt := range map[string]struct{ packages, refs, fault string }{
		"what ships":          {`"":{"version":"0"},"node_modules/@a/b":{"version":"1.0.0",` + digest + `},"node_modules/c":{"version":"2.0.0","dev":true},"node_modules/@a/b/node_modules/c":{"version":"1.0.0",` + digest + `}`, "pkg:npm/%40a/b@1.0.0 pkg:npm/c@1.0.0", ""},
		"without a digest":    {`"node_modules/a":{"version":"1.0.0"}`, "", "has no SHA-512"},
		"another digest":      {`"node_modules/a":{"version":"1.0.0","integrity":"sha1-AAAA"}`, "", "has no SHA-512"},
		"nothing but tools":   {`"node_modules/a":{"version":"1.0.0","dev":true}`, "", "no package"},
		"twice the same part": {`"node_modules/a":{"version":"1.0.0",` + digest + `},"node_modules/b/node_modules/a":{"version":"1.0.0",` + digest + `}`, "pkg:npm/a@1.0.0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "lock.json")
			if err := os.WriteFile(file, []byte(`{"lockfileVersion":3,"packages":{`+tt.packages+`}}`), 0o600); err != nil {
				t.Fatal(err)
			}
			list, err := production(file)
			if tt.fault == "" && err != nil || tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault)) {
				t.Fatalf("%v", err)
			}
			var refs []string
			for _, p := range list {
				refs = append(refs, p.PackageURL)
			}
			if got := strings.Join(refs, " "); got != tt.refs {
				t.Errorf("%s, want %s", got, tt.refs)
			}
		})
	}
}
