// Command sbom writes, as CycloneDX JSON, what a built portico consists of: the Go modules that the binary says it was
// built from, and the npm packages that the lock file has for the user interface inside it. It reads nothing else, and
// the same binary and lock file give the same bytes.
//
//	go -C test/tools/sbom run . -binary ../../../bin/portico -lock ../../../web/package-lock.json >bin/portico.cdx.json
//
// What it writes is valid by the schema of the specification, or it exits 1 and writes nothing.
package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const version = cyclonedx.SpecVersion1_6

func main() {
	binary := flag.String("binary", "bin/portico", "the built binary")
	lock := flag.String("lock", "web/package-lock.json", "npm's lock file of the user interface")
	name := flag.String("version", "", "what the binary calls itself")
	flag.Parse()
	text, err := run(*binary, *lock, *name)
	if err == nil {
		_, err = os.Stdout.Write(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(binary, lock, name string) ([]byte, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, fmt.Errorf("%s does not say what it was built from (make build first): %w", binary, err)
	}
	bom := &cyclonedx.BOM{BOMFormat: cyclonedx.BOMFormat, SpecVersion: version, Version: 1, JSONSchema: "http://cyclonedx.org/schema/bom-1.6.schema.json"}
	bom.Metadata = &cyclonedx.Metadata{Component: &cyclonedx.Component{BOMRef: "portico", Type: cyclonedx.ComponentTypeApplication, Name: "portico", Version: name}}
	parts := modules(info)
	packages, err := production(lock)
	if err != nil {
		return nil, err
	}
	parts = append(parts, packages...)
	slices.SortFunc(parts, func(a, b cyclonedx.Component) int { return strings.Compare(a.BOMRef, b.BOMRef) })
	var refs []string
	for _, p := range parts {
		refs = append(refs, p.BOMRef)
	}
	bom.Components, bom.Dependencies = &parts, &[]cyclonedx.Dependency{{Ref: "portico", Dependencies: &refs}}
	var out bytes.Buffer
	if err := cyclonedx.NewBOMEncoder(&out, cyclonedx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, version); err != nil {
		return nil, err
	}
	return out.Bytes(), check(out.Bytes())
}

// modules are those of the binary, and Go itself.
func modules(info *debug.BuildInfo) (list []cyclonedx.Component) {
	add := func(path, version, sum string) {
		ref := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
		c := cyclonedx.Component{BOMRef: ref, Type: cyclonedx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: ref}
		if sum != "" { // of the module's tree, as go.sum has it: no digest of a file
			c.Properties = &[]cyclonedx.Property{{Name: "go.sum", Value: sum}}
		}
		list = append(list, c)
	}
	add("std", strings.TrimPrefix(info.GoVersion, "go"), "")
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		add(m.Path, m.Version, m.Sum)
	}
	return list
}

// production are the packages of the lock file that are not there for building and testing alone.
func production(file string) (list []cyclonedx.Component, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var lock struct {
		LockfileVersion int
		Packages        map[string]struct {
			Version, Integrity, License string
			Dev, DevOptional, Link      bool
		}
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if lock.LockfileVersion != 3 {
		return nil, fmt.Errorf("%s is of version %d, which nobody here knows", file, lock.LockfileVersion)
	}
	seen := map[string]bool{}
	for _, at := range slices.Sorted(maps.Keys(lock.Packages)) {
		p := lock.Packages[at]
		_, name, found := cutLast(at, "node_modules/")
		ref := "pkg:npm/" + strings.Replace(name, "@", "%40", 1) + "@" + p.Version
		if !found || p.Dev || p.DevOptional || p.Link || seen[ref] {
			continue
		}
		seen[ref] = true
		c := cyclonedx.Component{BOMRef: ref, Type: cyclonedx.ComponentTypeLibrary, Name: name, Version: p.Version, PackageURL: ref}
		if group, rest, scoped := strings.Cut(name, "/"); scoped {
			c.Group, c.Name = group, rest
		}
		if p.License != "" {
			c.Licenses = &cyclonedx.Licenses{{Expression: p.License}}
		}
		digest, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(p.Integrity, "sha512-"))
		if err != nil || len(digest) != 64 {
			return nil, fmt.Errorf("%s: %s has no SHA-512 (%q)", file, name, p.Integrity)
		}
		c.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA512, Value: hex.EncodeToString(digest)}}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s has no package of the user interface: nobody would believe that", file)
	}
	return list, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// check holds a document against the schema that the module of CycloneDX brings.
func check(document []byte) error {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		return fmt.Errorf("the schema is looked for beside the module of CycloneDX, from test/tools/sbom: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for id, file := range map[string]string{"bom-1.6": "bom-1.6.schema.json", "spdx": "spdx.schema.json", "jsf-0.82": "jsf-0.82.schemax.json"} {
		text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "schema", file))
		if err != nil {
			return err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := c.AddResource("http://cyclonedx.org/schema/"+id+".schema.json", doc); err != nil {
			return err
		}
	}
	schema, err := c.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return err
	}
	var fault *jsonschema.ValidationError
	if err := schema.Validate(doc); errors.As(err, &fault) {
		return fmt.Errorf("the list is not valid CycloneDX: %w", fault)
	} else if err != nil {
		return err
	}
	return nil
}
