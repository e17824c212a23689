package config

import (
	"bufio"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"portico/internal/testenv"
)

// Every key of Backstage's core is read, belongs to a section that is kept, or is listed as one of
// Backstage's: none is taken for a slip.
func TestEveryKeyOfBackstageIsKnown(t *testing.T) {
	f, err := os.Open(testenv.Shared(t, "backstage", "config-keys.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, _, ok := strings.Cut(strings.TrimSpace(lines.Text()), " : ")
		if !ok || strings.HasPrefix(key, "#") {
			continue
		}
		n++
		if at := unknownFrom(key); at != "" {
			t.Errorf("%s is unknown from %s on", key, at)
		}
	}
	if n < 500 {
		t.Errorf("only %d keys in the table: its form has changed", n)
	}
	if unknownFrom("backend.nothing.x") != "backend.nothing" || unknownFrom("nothing") != "nothing" {
		t.Error("a key that is in no table counts as known")
	}
}

// unknownFrom walks the types of Config along a path and returns the first part that nothing knows.
func unknownFrom(path string) string {
	at, parent := reflect.TypeFor[Config](), ""
	for i, key := range strings.Split(strings.ReplaceAll(path, "[]", ""), ".") {
		if i == 0 && slices.Contains(SectionNames, key) {
			return ""
		}
		next := fieldFor(at, key)
		if next == nil {
			if knownKey(parent, key) {
				return ""
			}
			return joinPath(parent, key)
		}
		for next.Kind() == reflect.Pointer || next.Kind() == reflect.Slice {
			next = next.Elem()
		}
		if next.Kind() != reflect.Struct || reflect.PointerTo(next).Implements(reflect.TypeFor[configDecoder]()) {
			return "" // a leaf, or a type whose own tests say what it reads
		}
		at, parent = next, joinPath(parent, key)
	}
	return ""
}

func fieldFor(t reflect.Type, key string) reflect.Type {
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("config"), ","); name == key {
			return t.Field(i).Type
		}
	}
	return nil
}

// What the types with a decoder of their own read is checked on whole sections.
func TestKeysOfOwnDecodersAreKnown(t *testing.T) {
	cfg := files{"a.yaml": `
backend:
  listen: {host: h, port: 1, address: a}
  cors: {origin: 'https://o', methods: [m], allowedHeaders: [a], exposedHeaders: [e], credentials: true, maxAge: 1, preflightContinue: false, optionsSuccessStatus: 204}
  database:
    client: pg
    connection: {type: default, host: h, port: 1, user: u, password: p, database: d, ssl: {ca: x, require: true}, application_name: a}
    prefix: p
    schemaPrefix: s
    ensureExists: true
    ensureSchemaExists: true
    pluginDivisionMode: schema
    role: r
    knexConfig: {}
    skipMigrations: false
    plugin: {catalog: {client: pg}}
  auth:
    externalAccess:
      - {type: static, options: {token: 12345678, subject: s}, accessRestrictions: [{plugin: p, permission: [a], permissionAttribute: {action: read}}]}
      - {type: legacy, options: {secret: bm90IGEga2V5IGF0IGFsbCE=, subject: s}}
      - {type: jwks, options: {url: 'https://h', algorithm: [RS256], issuer: i, audience: a, subjectPrefix: s}}
`}.mustLoad(t)
	for _, i := range cfg.Ignored {
		if !i.Known {
			t.Errorf("%s counts as unknown", i.Path)
		}
	}
	if len(cfg.Warnings) > 0 {
		t.Errorf("warnings %v", cfg.Warnings)
	}
}
