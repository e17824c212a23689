package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFaults(t *testing.T) {
	tests := []struct {
		name    string
		files   files
		environ []string
		want    []string
	}{
		{"missing file", files{}, nil, []string{"a.yaml: cannot read the file: it does not exist; check the path given to --config"}},
		{"duplicate key", files{"a.yaml": "app: {}\nbackend: {}\napp:\n  title: x\n"}, nil,
			[]string{`a.yaml:3:1: the key "app" is already written at line 1, column 1; keep one of the two, or put their contents together`}},
		{"duplicate key below", files{"a.yaml": "app:\n  title: a\n  title: b\n"}, nil,
			[]string{`a.yaml:3:3: the key "title" is already written at line 2, column 3; keep one of the two, or put their contents together`}},
		{"not a mapping", files{"a.yaml": "- a\n"}, nil, []string{"a.yaml:1:1: a list where an object was expected; write keys such as app: and backend:"}},
		{"two documents", files{"a.yaml": "app: {}\n---\napp: {}\n"}, nil,
			[]string{"a.yaml:2:1: a second YAML document in one file; keep one document in each file, without a --- line between"}},
		{"key that is a list", files{"a.yaml": "? [a]\n: 1\n"}, nil, []string{"a.yaml:1:3: a key that is itself a list or an object; write a plain key"}},
		{"$file with company", files{"a.yaml": "x: {$file: a, b: 1}"}, nil,
			[]string{"a.yaml:1:5: x: $file has other keys beside it; move the other keys into the file, or write them out here"}},
		{"$include of a list", files{"a.yaml": "x: {$include: [a]}"}, nil, []string{"a.yaml:1:15: x: $include needs a string; write a name or a path"}},
		{"$include of a text", files{"a.yaml": "x: {$include: a.txt}", "a.txt": ""}, nil,
			[]string{"a.yaml:1:15: x: $include cannot read a.txt; name a .yaml, .yml or .json file, or use $file for a text"}},
		{"$include without the fragment", files{"a.yaml": "x: {$include: 'p.yaml#a.b'}", "p.yaml": "a: 1"}, nil,
			[]string{"a.yaml:1:15: x: p.yaml holds nothing at a.b; correct the part after #"}},
		{"$include in a circle", files{"a.yaml": "x: {$include: p.yaml}", "p.yaml": "y:\n  - $include: q.yaml", "q.yaml": "$include: p.yaml"}, nil,
			[]string{"q.yaml:1:11: x.y[0]: $include comes back to p.yaml, which is being read; break the circle"}},
		{"$include of itself", files{"a.yaml": "x: {$include: ./a.yaml}"}, nil,
			[]string{"a.yaml:1:15: x: $include comes back to a.yaml, which is being read; break the circle"}},
		{"broken YAML in an include", files{"a.yaml": "x: {$include: p.yaml}", "p.yaml": "a: 1\na: 2\n"}, nil,
			[]string{`p.yaml:2:1: the key "a" is already written at line 1, column 1; keep one of the two, or put their contents together`}},
		{"broken JSON in an include", files{"a.yaml": "x: {$include: p.json}", "p.json": "{\n  \"a\": b\n}"}, nil,
			[]string{"p.json:2:8: x: not JSON: invalid character 'b' looking for beginning of value; correct the file at this place"}},
		{"override above another", files{"a.yaml": ""}, []string{"APP_CONFIG_a=1", "APP_CONFIG_a_b=2"},
			[]string{"environment variable APP_CONFIG_a_b: a.b: another APP_CONFIG_ variable sets a value above this key; set the whole object in one variable, or its keys in several"}},
		{"override of nothing", files{"a.yaml": ""}, []string{"APP_CONFIG_a__b=1"},
			[]string{`environment variable APP_CONFIG_a__b: "" is not a key; name it APP_CONFIG_ and the keys of one value, joined by _`}},
		{"override of null", files{"a.yaml": ""}, []string{"APP_CONFIG_a=null"},
			[]string{"environment variable APP_CONFIG_a: a: an override may not be null; remove the variable, or write null in a file"}},

		{"wrong types", files{"a.yaml": "app: 1\norganization:\n  name: [a]\nbackend:\n  baseUrl: localhost:7007\nsearch: x\n"}, nil, []string{
			"a.yaml:1:6: app: a number where an object was expected; write keys below it",
			"a.yaml:3:9: organization.name: a list where a string was expected; write a string",
			`a.yaml:5:12: backend.baseUrl: "localhost:7007" is not an absolute http or https URL; write for example https://portal.example.com`,
			"a.yaml:6:9: search: a string where an object was expected; write keys below it"}},
		{"listen", files{"a.yaml": "backend:\n  listen: {port: http, hots: x}\n"}, nil, []string{
			`a.yaml:2:18: backend.listen.port: "http" is not a number; write a number, in digits`,
			"a.yaml:2:24: backend.listen.hots: there is no such key; write host"}},
		{"listen out of range", files{"a.yaml": "backend: {listen: ':70070'}"}, nil,
			[]string{`a.yaml:1:19: backend.listen: ":70070" is not an address to listen on; write for example :7007, 127.0.0.1:7007 or {host: 127.0.0.1, port: 7007}`}},
		{"database", files{"a.yaml": "backend:\n  database:\n    client: pg\n    connection: mysql://u:hunter2@h/d\n"}, nil,
			[]string{"a.yaml:4:17: backend.database.connection: not a PostgreSQL connection string; write postgresql://user:${PASSWORD}@host:5432/database"}},
		{"database port", files{"a.yaml": "backend: {database: {client: pg, connection: {port: '${P}'}}}"}, []string{"P=abc"},
			[]string{`a.yaml:1:53: backend.database.connection.port: "abc" is not a number; write a number, in digits`}},
		{"tokens", files{"a.yaml": strings.Join([]string{
			"backend:", "  auth:", "    externalAccess:",
			"      - {type: static, options: {token: short12, subject: a}}",
			"      - {type: statik, options: {}}",
			"      - {type: static, options: {token: long enough, subject: a}}",
			"      - {type: static, options: {token: longenough}}",
			"      - {type: static, options: {token: longenough, subject: a b}}",
			"      - {type: jwks, options: {url: x}, accessRestrictions: [{plugin: catalog, permision: a}]}"}, "\n")}, nil, []string{
			"a.yaml:4:41: backend.auth.externalAccess[0].options.token: the token has 7 characters, fewer than 8; write a longer one, for example the output of: openssl rand -base64 24",
			`a.yaml:5:16: backend.auth.externalAccess[1].type: "statik" is not one of the values; write static or legacy or jwks`,
			"a.yaml:6:41: backend.auth.externalAccess[2].options.token: the token holds white space; write one without",
			"a.yaml:7:33: backend.auth.externalAccess[3].options.subject: missing; add it",
			`a.yaml:8:62: backend.auth.externalAccess[4].options.subject: the subject holds white space; write a name such as ci-pipeline`,
			`a.yaml:9:37: backend.auth.externalAccess[5].options.url: "x" is not an absolute http or https URL; write for example https://portal.example.com`,
			"a.yaml:9:80: backend.auth.externalAccess[5].accessRestrictions[0].permision: there is no such key; write permission"}},
		{"catalog", files{"a.yaml": strings.Join([]string{
			"catalog:",
			"  readonly: maybe",
			"  orphanStrategy: keeep",
			"  processingInterval: 30",
			"  locations:",
			"    - {type: file}",
			"    - {type: file, target: x, targt: y}",
			"  rules:",
			"    allow: [Component]"}, "\n")}, nil, []string{
			`a.yaml:2:13: catalog.readonly: "maybe" is not a boolean; write true or false`,
			`a.yaml:3:19: catalog.orphanStrategy: "keeep" is not one of the values; write delete or keep`,
			"a.yaml:4:23: catalog.processingInterval: a number without a unit of time; write for example 30m, PT30M or {minutes: 30}",
			"a.yaml:6:7: catalog.locations[0].target: missing; add it",
			"a.yaml:7:31: catalog.locations[1].targt: there is no such key; write target",
			"a.yaml:9:5: catalog.rules: an object where a list was expected; begin each entry on a line of its own with a dash"}},
		{"ours", files{"a.yaml": "portico:\n  catalog:\n    mising_grace: 1h\n    retention: {days: x}\n    history:\n      maxcount: 5\n      maxAge: soon\n  colour: red\n"}, nil, []string{
			"a.yaml:3:5: portico.catalog.mising_grace: there is no such key; write missingGrace",
			`a.yaml:4:23: portico.catalog.retention.days: "x" is not an amount of days ("x" is not a number); write for example 30m, PT30M or {minutes: 30}`,
			"a.yaml:6:7: portico.catalog.history.maxcount: there is no such key; write maxCount",
			`a.yaml:7:15: portico.catalog.history.maxAge: "soon" is not a duration (not a duration); write for example 30m, PT30M or {minutes: 30}`,
			"a.yaml:8:3: portico.colour: there is no such key; remove it; the keys here are catalog, reading, guest, limits, audit, tokens, ownership, secrets, policies, apis, sampleData"}},
		{"policies", files{"a.yaml": "portico:\n  policies:\n    paths: ['${NOT_SET}', '']\n    roles:\n      Boss: [user:default/ana]\n      admin: [ana]\n    signedIn: [a b]\n    guest: ${NOT_SET}\n"}, nil, []string{
			"a.yaml:3:13: portico.policies.paths[0]: the environment variable NOT_SET is not set, so these policies would not count; set it, or take the entry out",
			"a.yaml:3:27: portico.policies.paths[1]: an empty path; write a file, or a folder with files called *.cedar",
			`a.yaml:5:13: portico.policies.roles.Boss: "Boss" is no name of a role; write small letters, digits and dashes`,
			`a.yaml:6:14: portico.policies.roles.admin: entry 1, "ana", names nobody; write for example user:default/ana or group:default/ana`,
			`a.yaml:7:15: portico.policies.signedIn: "a b" is no name of a role; write viewer, author, owner, operator or admin, or a role that your policies name`,
			"a.yaml:8:12: portico.policies.guest: the environment variable NOT_SET is not set, and what counts without it would not be what was meant; set it, or take the key out"}},
		{"ours, out of range", files{"a.yaml": "portico: {catalog: {retention: 1m, refreshInterval: 5ms, history: {maxCount: 0}, registerPaths: ['', './*', ok]}}"}, nil, []string{
			"a.yaml:1:32: portico.catalog.retention: removed entities could not be restored; write at least 1h",
			"a.yaml:1:53: portico.catalog.refreshInterval: sources would be read all the time; write at least 1s",
			"a.yaml:1:78: portico.catalog.history.maxCount: no change would be kept; write 1 or more",
			`a.yaml:1:98: portico.catalog.registerPaths[0]: "" is not the path of a folder; write a folder; what is below it may be registered`,
			`a.yaml:1:102: portico.catalog.registerPaths[1]: "./*" is not the path of a folder; write a folder; what is below it may be registered`}},
		{"integrations", files{"a.yaml": "integrations:\n  gitea:\n    - password: x\n  gitlab:\n    - apiBaseUrl: gitlab/api\n  github:\n    - apps: [{appId: one, privateKey: k}]\n"}, nil, []string{
			"a.yaml:3:7: integrations.gitea[0].host: missing; add it",
			`a.yaml:5:19: integrations.gitlab[0].apiBaseUrl: "gitlab/api" is not an absolute http or https URL; write for example https://portal.example.com`,
			`a.yaml:7:22: integrations.github[0].apps[0].appId: "one" is not a number; write a number, in digits`}},
		{"guest", files{"a.yaml": "auth: {providers: {guest: {userEntityRef: 'user guest', ownershipEntityRefs: [a b]}}}"}, nil, []string{
			`a.yaml:1:43: auth.providers.guest.userEntityRef: "user guest" is not an entity reference; write for example user:default/guest`,
			`a.yaml:1:79: auth.providers.guest.ownershipEntityRefs[0]: "a b" is not an entity reference; write for example user:default/guest`}},
		{"faults of two files", files{"a.yaml": "app: {title: []}", "b.yaml": "backend: {listen: []}"}, nil, []string{
			"a.yaml:1:14: app.title: a list where a string was expected; write a string",
			"b.yaml:1:19: backend.listen: a list where a string was expected; write a string"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.files.load(tt.environ...)
			var faults *Faults
			if !errors.As(err, &faults) {
				t.Fatalf("error %v, want *Faults", err)
			}
			var got []string
			for _, p := range faults.Items {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// The wording of the YAML library is its own; the place and the file are ours to promise.
func TestBrokenYAMLNamesThePlace(t *testing.T) {
	tests := []struct {
		name string
		text string
		want string
	}{
		{"unclosed flow", "app:\n  title: [a\nbackend: {}\n", "a.yaml:3:"},
		{"bad indentation", "app:\n  title: a\n baseUrl: b\n", "a.yaml:3:"},
		{"tab", "app:\n\ttitle: a\n", "a.yaml:2:"},
		{"unknown anchor", "app: {}\nbackend: *nowhere\n", "a.yaml:2:"},
		{"marker left in", "app:\n  title: x\n{{ host }}: a\n", "a.yaml:3:"},
		{"not text at all", "\x00\x01", "a.yaml:1:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := files{"a.yaml": tt.text}.load()
			var faults *Faults
			if !errors.As(err, &faults) {
				t.Fatalf("error %v, want *Faults", err)
			}
			if got := faults.Items[0].String(); !strings.HasPrefix(got, tt.want) {
				t.Errorf("fault %q, want it to begin with %q", got, tt.want)
			}
		})
	}
}

func TestFaultsErrorIsOneLineEach(t *testing.T) {
	_, err := files{"a.yaml": "app: 1\nbackend: 2\n"}.load()
	want := "the configuration has 2 faults:\n  a.yaml:1:6: app: a number where an object was expected; write keys below it\n" +
		"  a.yaml:2:10: backend: a number where an object was expected; write keys below it"
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v\nwant\n%s", err, want)
	}
}

func TestBounds(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x]\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i-1, i-1, i-1)
	}
	many := files{"a.yaml": "x: {$include: p.yaml}", "q.yaml": "1"}
	many["p.yaml"] = strings.Repeat("- {$include: q.yaml}\n", maxIncludes+10)
	tests := []struct {
		name  string
		files files
		want  string
	}{
		{"aliases", files{"a.yaml": bomb.String()}, "more than 200000 values"},
		{"long aliases", files{"a.yaml": "a: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.Repeat("*a, ", 100) + "]"}, "more than 200000 values"},
		{"depth", files{"a.yaml": "x: " + strings.Repeat("[", 500) + strings.Repeat("]", 500)}, "nested more than 64 levels deep"},
		{"includes", many, "more than 500 files are included"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.files.load()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %.300v, want %q", err, tt.want)
			}
		})
	}
}
