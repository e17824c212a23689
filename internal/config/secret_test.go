package config

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"portico/internal/testenv"
)

const canary = "c4n4ry-d0-not-print"

func TestSecretPrintsNowhere(t *testing.T) {
	s := NewSecret(canary)
	type outer struct {
		S      Secret
		P      *Secret
		hidden Secret
		M      map[string]Secret
	}
	o := outer{s, &s, s, map[string]Secret{"k": s}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T", "%b", "%o", "%e"} {
		fmt.Fprintf(&out, verb+"\n"+verb+"\n"+verb+"\n", s, &s, o)
		fmt.Fprintf(&out, verb+"\n", []any{s, o})
	}
	fmt.Fprintln(&out, s, o)
	for _, marshal := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal} {
		b, err := marshal(map[string]any{"s": s, "p": &s})
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
		if !bytes.Contains(b, []byte("‹redacted›")) {
			t.Errorf("marshalled to %s", b)
		}
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "s", s, "o", o)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "s", s, "o", o)
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("printed as %s", form)
		}
	}
	if s.Reveal() != canary || !s.IsSet() || !s.Equal(NewSecret(canary)) || s.Equal(Secret{}) || (Secret{}).String() != "" || NewSecret("").IsSet() {
		t.Error("a secret does not hold its text")
	}
}

// backstageSecrets are the keys that Backstage's schemas mark as secret.
func backstageSecrets(t *testing.T) []string {
	t.Helper()
	f, err := os.Open(testenv.Shared(t, "backstage", "config-keys.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var keys []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, rest, ok := strings.Cut(strings.TrimSpace(lines.Text()), " : ")
		if ok && strings.Contains(rest, "[secret]") {
			keys = append(keys, key)
		}
	}
	if len(keys) < 60 {
		t.Fatalf("only %d secret keys in the table: its form has changed", len(keys))
	}
	return keys
}

// document nests text under a path such as a.<key>[].b.
func document(path string, text any) any {
	keys := strings.Split(path, ".")
	for i := len(keys) - 1; i >= 0; i-- {
		key, list := strings.CutSuffix(keys[i], "[]")
		if list {
			text = []any{text}
		}
		if key == "<key>" {
			key = "any"
		}
		text = map[string]any{key: text}
	}
	return text
}

// printed renders a tree as Print does, in both formats, whether or not it would decode.
func printed(t *testing.T, f files, environ ...string) string {
	t.Helper()
	l := &loader{rep: &report{}, env: environment(environ), read: f.read, values: maxValues}
	root := l.file("a.yaml")
	if err := l.rep.err(); err != nil {
		t.Fatal(err)
	}
	cfg := withDefaults()
	cfg.root = Node{v: root}
	var out bytes.Buffer
	for _, format := range []string{YAML, JSON} {
		if err := cfg.Print(&out, format); err != nil {
			t.Fatal(err)
		}
	}
	b, err := json.Marshal(cfg.root)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(b)
	return out.String()
}

func TestEverySecretKeyOfBackstageIsRedacted(t *testing.T) {
	for _, key := range backstageSecrets(t) {
		for name, seed := range map[string]any{
			"text":     canary,
			"variable": "${HARMLESS}",
			"part":     "prefix ${HARMLESS} suffix",
			"$env":     map[string]any{"$env": "HARMLESS"},
			"$file":    map[string]any{"$file": "s.txt"},
			"object":   map[string]any{"inner": canary},
		} {
			if name == "object" && !strings.Contains(key, "authMetadata") && !strings.HasSuffix(key, ".defaults") {
				continue
			}
			text, err := yaml.Marshal(document(key, seed))
			if err != nil {
				t.Fatal(err)
			}
			got := printed(t, files{"a.yaml": string(text), "s.txt": canary + "\n"}, "HARMLESS="+canary)
			if strings.Contains(got, canary) || !strings.Contains(got, Redacted) {
				t.Errorf("%s given as %s prints\n%s", key, name, got)
			}
		}
	}
}

func TestRedaction(t *testing.T) {
	tests := []struct {
		name    string
		text    string
		environ string
		hidden  bool
	}{
		{"a plugin's key", "jira: {instances: [{apiToken: %s}]}", "", true},
		{"a plugin's password", "x: {db_password: %s}", "", true},
		{"a list of tokens", "x: {serviceTokens: [%s]}", "", true},
		{"a bag of secrets", "scaffolder: {defaultEnvironment: {secrets: {A: %s}}}", "", true},
		{"a proxy's header", "proxy: {endpoints: {/x: {headers: {X-Whatever: %s}}}}", "", true},
		{"a legacy proxy's header", "proxy: {/x: {headers: {Authorization: Bearer %s}}}", "", true},
		{"a telling variable under a harmless key", "x: {y: '${MY_KEY}'}", "MY_KEY", true},
		{"$env of a telling variable", "x: {y: {$env: MY_TOKEN}}", "MY_TOKEN", true},
		{"a telling variable in a URL", "x: {y: 'http://h/?a=${API_TOKEN}'}", "API_TOKEN", true},
		{"any file", "x: {y: {$file: s.txt}}", "", true},
		{"a database URL", "backend: {database: {connection: 'postgresql://u:%s@h/d'}}", "", true},
		{"a database URL with odd letters", "backend: {database: {connection: 'postgresql://u:a/b@%s@h/d'}}", "", true},
		{"a database URL in a variable", "backend: {database: {connection: '${DATABASE_URL}'}}", "DATABASE_URL", true},
		{"keywords", "x: {y: \"host=h password=%s\"}", "", true},
		{"quoted keywords", "x: {y: \"password = 'a b %s'\"}", "", true},
		{"user information", "x: {y: 'https://u:%s@h/p'}", "", true},
		{"a token as user", "x: {y: 'https://%s@h/p'}", "", true},
		{"a query", "x: {y: 'https://h/p?a=1&access_token=%s&b=2'}", "", true},
		{"a bearer text", "x: {y: 'Authorization: Bearer %s'}", "", true},
		{"a key", "x: {y: \"-----BEGIN RSA PRIVATE KEY-----\\n%s\"}", "", true},
		{"a key of an object", "x: {'https://u:%s@h': 1}", "", true},
		{"the same secret under a harmless key", "x: {password: %[1]s, y: 'see %[1]s'}", "", true},
		{"a number", "x: {password: 314159265358979}\ny: %s", "", false},

		{"a harmless key", "x: {y: %s}", "", false},
		{"a harmless variable", "x: {y: '${HOST}'}", "HOST", false},
		{"a client id", "auth: {providers: {github: {production: {clientId: %s}}}}", "", false},
		{"the host of a database", "backend: {database: {connection: 'postgresql://u:p@%s/d'}}", "", false},
		{"a harmless header", "proxy: {endpoints: {/x: {headers: {Accept: %s}}}}", "", false},
		{"ids among credentials", "integrations: {azure: [{credentials: [{organizations: [%s]}]}]}", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.text
			if strings.Contains(text, "%") {
				text = fmt.Sprintf(text, canary)
			}
			got := printed(t, files{"a.yaml": text, "s.txt": canary}, tt.environ+"="+canary)
			if strings.Contains(got, canary) == tt.hidden {
				t.Errorf("hidden should be %v:\n%s", tt.hidden, got)
			}
			if strings.Contains(got, "314159265358979") {
				t.Errorf("a secret number is printed:\n%s", got)
			}
		})
	}
}

// Wrong values are quoted in faults and warnings, except where they may be secret.
func TestProblemsShowNoSecret(t *testing.T) {
	text := strings.ReplaceAll(`
backend:
  baseUrl: ftp://u:@@@h
  listen: http://u:@@@h
  database: {client: pg, connection: 'mysql://u:@@@h'}
  auth:
    externalAccess:
      - {type: static, options: {token: 'a @@', subject: x}}
      - {type: static, options: {token: [@@], subject: x, secert: @@}}
  reading: {allow: [{host: 'https://u:@@@h/'}]}
integrations: {github: [{apps: [{appId: '@@', privateKey: {a: @@}}]}]}
portico: {'https://u:@@@h': 1, catalog: {retention: 'password=@@'}}
`, "@@", canary)
	_, err := files{"a.yaml": text}.load("APP_CONFIG_portico_catalog_missingGrace=token=" + canary)
	if err == nil {
		t.Fatal("no faults")
	}
	if n := strings.Count(err.Error(), "\n"); n < 8 {
		t.Errorf("only %d faults:\n%v", n, err)
	}
	for line := range strings.Lines(err.Error()) {
		if strings.Contains(line, canary) && !strings.Contains(line, "appId") {
			t.Errorf("leaks: %s", line)
		}
	}
}

func TestConfigItselfPrintsNoSecret(t *testing.T) {
	cfg := files{"a.yaml": strings.ReplaceAll(`
backend:
  database: {client: pg, connection: {host: h, password: @@, ssl: {key: @@}}}
  auth: {externalAccess: [{type: static, options: {token: @@, subject: x}}, {type: legacy, options: {secret: @@@@, subject: y}}]}
auth: {providers: {github: {production: {clientId: a, clientSecret: @@}}}}
integrations:
  github: [{token: @@, apps: [{appId: 1, privateKey: @@, webhookSecret: @@, clientSecret: @@}]}]
catalog: {providers: {okta: [{token: @@}]}}
proxy: {endpoints: {/a: {target: 'http://h', headers: {Authorization: '@@'}}}}
`, "@@", canary)}.mustLoad(t)
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %+v\n", cfg, cfg, *cfg, cfg.Backend.Database)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "cfg", cfg)
	b, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(b)
	if b, err = yaml.Marshal(cfg.Sections); err != nil {
		t.Fatal(err)
	}
	out.Write(b)
	for _, format := range []string{YAML, JSON} {
		if err := cfg.Print(&out, format); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(out.String(), canary) {
		t.Errorf("leaks:\n%s", out.String())
	}
	if got := cfg.Backend.Database.ConnString().Reveal(); !strings.Contains(got, canary) {
		t.Errorf("the connection string %q lacks the password", got)
	}
}

func TestPrint(t *testing.T) {
	cfg := files{"a.yaml": "app: {title: '007', baseUrl: 'http://h'}\nx: {n: 0x10, f: .5, t: 'true', s: \"a\\nb\", e: '', l: [], o: {}, gone: null}\nintegrations: {github: [{token: t}]}\nportico: {catalog: {missingGrace: {hours: 1}}}\n"}.mustLoad(t)
	var got bytes.Buffer
	if err := cfg.Print(&got, JSON); err != nil {
		t.Fatal(err)
	}
	var flat bytes.Buffer
	if err := json.Compact(&flat, got.Bytes()); err != nil {
		t.Fatal(err)
	}
	want := `{"app":{"title":"007","baseUrl":"http://h"},"x":{"n":16,"f":0.5,"t":"true","s":"a\nb","e":"","l":[],"o":{}},` +
		`"integrations":{"github":[{"token":"‹redacted›"}]},` +
		`"portico":{"catalog":{"missingGrace":{"hours":1},"retention":"720h0m0s","refreshInterval":"5m0s","history":{"maxAge":"8760h0m0s","maxCount":1000}},"ownership":{"verifyEvery":"4320h0m0s"},"tokens":{"maxAge":"2160h0m0s"},"limits":{"requests":64,"streams":16,"failedSignIns":30,"signIns":120}},` +
		`"backend":{"listen":{"host":"127.0.0.1","port":7007}},"catalog":{"orphanStrategy":"delete","import":{"entityFilename":"catalog-info.yaml","pullRequestBranchName":"backstage-integration"}}}`
	if flat.String() != want {
		t.Errorf("JSON is\n%s\nwant\n%s", flat.String(), want)
	}

	// What is printed as YAML reads back as the same configuration.
	got.Reset()
	if err := cfg.Print(&got, YAML); err != nil {
		t.Fatal(err)
	}
	again := files{"a.yaml": got.String()}.mustLoad(t)
	got.Reset()
	if err := again.Print(&got, JSON); err != nil {
		t.Fatal(err)
	}
	flat.Reset()
	if err := json.Compact(&flat, got.Bytes()); err != nil {
		t.Fatal(err)
	}
	if flat.String() != want {
		t.Errorf("the printed YAML reads back as\n%s\nwant\n%s", flat.String(), want)
	}
	if err := cfg.Print(&got, "toml"); err == nil || !strings.Contains(err.Error(), "yaml or json") {
		t.Errorf("an unknown format: %v", err)
	}
}
