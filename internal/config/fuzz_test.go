package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

// FuzzLoad: whatever is in a file, Load ends soon, either with faults that have places or with a
// configuration that prints.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"", "app: {title: x}", "a: &a [*a]", "<<: {a: 1}", "x: {$include: 'a.yaml#x'}", "x: {$file: a.yaml}", "x: {$env: A}",
		"x: ${A:-${B}}", "backend: {listen: ':7007', database: {client: pg, connection: {host: '${A}', ssl: {}}}}",
		"backend:\n  auth:\n    externalAccess:\n      - {type: static, options: {token: '${A}${A}', subject: x}}\n",
		"integrations: {github: [{host: h, apps: [{appId: 1, privateKey: k}]}], azure: [{credentials: []}]}",
		"catalog: {rules: [{allow: [{kind: A, spec.type: b}]}], locations: [{type: file, target: x}], processingInterval: false}",
		"portico: {catalog: {retention: P1D, history: {maxCount: 1}}}", "auth: {providers: {guest: {}}}",
		"x: !!binary aGk=", "x: !!python/name:a b", "? {a: b}\n: c", "---\na: 1\n---\nb: 2", "x: 0x1F\ny: .inf\nz: 1e400", "x: \"\\ud800\"", "{", "\xff\xfe",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		cfg, err := Load(Options{
			Files:   []string{"a.yaml"},
			Environ: []string{"A=one two", "APP_CONFIG_x_y=" + strings.ToValidUTF8(text, "?")},
			ReadFile: func(string) ([]byte, error) {
				return []byte(text), nil
			},
		})
		if err != nil {
			var faults *Faults
			if !errors.As(err, &faults) || len(faults.Items) == 0 {
				t.Fatalf("error %v, want *Faults", err)
			}
			for _, p := range faults.Items {
				if p.Position.File == "" || p.Message == "" {
					t.Errorf("fault without a place or a message: %+v", p)
				}
			}
		} else {
			var yaml, js bytes.Buffer
			if err := errors.Join(cfg.Print(&yaml, YAML), cfg.Print(&js, JSON)); err != nil {
				t.Fatal(err)
			}
			if !json.Valid(js.Bytes()) {
				t.Errorf("printed JSON is not JSON:\n%s", js.String())
			}
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
