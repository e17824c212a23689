package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"portico/internal/testenv"
)

func TestTypedValues(t *testing.T) {
	cfg := files{"a.yaml": `
app: {title: Ships, baseUrl: 'https://portal.example.com/'}
organization: {name: Marrowby}
backend:
  baseUrl: https://portal.example.com
  listen: {host: 0.0.0.0, port: '8080'}
  reading: {allow: [{host: '*.example.com', paths: [/a/]}, {host: 'h:1'}]}
  cors: {origin: http://localhost:3000, methods: [GET, POST], credentials: true}
  csp:
    img-src: ["'self'", 'https://images.example.com']
    frame-src: https://dash.example.com
  auth:
    externalAccess:
      - type: static
        options: {token: '${CI_TOKEN}', subject: ci}
        accessRestrictions:
          - {plugin: catalog, permission: catalog.entity.read, permissionAttribute: {action: [read]}}
      - {type: legacy, options: {secret: bm90IGEga2V5IGF0IGFsbCE=, subject: old}}
      - {type: jwks, options: {url: 'https://idp/keys', issuer: https://idp, audience: [a, b], subjectPrefix: x}}
auth:
  environment: production
  providers:
    guest: {dangerouslyAllowOutsideDevelopment: true}
    acme: {production: {clientId: id}}
integrations:
  github: [{token: t}, {host: ghe.example.com, apps: [{appId: '12', privateKey: pem}]}]
  gitlab: [{host: gitlab.example.com, baseUrl: 'https://gitlab.example.com/sub/'}]
  gitea: [{host: 'gitea.example.com', username: u, password: p}]
  azure: [{credentials: [{organizations: [o], personalAccessToken: p}]}]
  bitbucketCloud: [{username: u, appPassword: p}]
  bitbucketServer: [{host: bb.example.com, token: t}]
catalog:
  readonly: true
  processingInterval: {minutes: 10}
  orphanStrategy: keep
  rules:
    - allow: [Component, {kind: Resource, spec.type: db}, {kind: API, spec: {type: grpc}}]
    - {allow: [User], locations: [{type: url, pattern: 'https://example.com/**'}]}
  locations:
    - {type: file, target: ./a.yaml, rules: [{allow: [Group]}]}
  providers: {github: {all: {organization: o}}}
portico:
  catalog: {missingGrace: PT1H, retention: {days: 2}, refreshInterval: 30s, history: {maxAge: 90d, maxCount: 5}, registerPaths: [./teams]}
  ownership: {verifyEvery: P90D}
kubernetes: {serviceLocatorMethod: {type: multiTenant}}
proxy:
`}.mustLoad(t, "CI_TOKEN=a-long-token")

	tests := []struct {
		name      string
		got, want any
	}{
		{"app", cfg.App, App{Title: "Ships", BaseURL: "https://portal.example.com"}},
		{"organization", cfg.Organization.Name, "Marrowby"},
		{"listen", cfg.Backend.Listen.Address(), "0.0.0.0:8080"},
		{"reading", cfg.Backend.Reading.Allow, []ReadAllow{{"*.example.com", []string{"/a/"}}, {"h:1", nil}}},
		{"cors", cfg.Backend.CORS, CORS{Origin: StringList{"http://localhost:3000"}, Methods: StringList{"GET", "POST"}, Credentials: true}},
		{"csp", cfg.Backend.CSP, CSP{ImgSrc: []string{"'self'", "https://images.example.com"}, FrameSrc: []string{"https://dash.example.com"}}},
		{"static token", cfg.Backend.Auth.ExternalAccess[0].Static, &StaticToken{NewSecret("a-long-token"), "ci"}},
		{"restrictions", cfg.Backend.Auth.ExternalAccess[0].Restrictions, []AccessRestriction{{"catalog", StringList{"catalog.entity.read"}, PermissionAttribute{StringList{"read"}}}}},
		{"legacy token", cfg.Backend.Auth.ExternalAccess[1].Legacy, &LegacyToken{NewSecret("bm90IGEga2V5IGF0IGFsbCE="), "old"}},
		{"jwks", cfg.Backend.Auth.ExternalAccess[2].JWKS, &JWKS{URL: "https://idp/keys", Issuer: StringList{"https://idp"}, Audience: StringList{"a", "b"}, SubjectPrefix: "x"}},
		{"guest", cfg.Auth.Guest.OwnershipEntityRefs, []string{"user:development/guest"}},
		{"provider", cfg.Auth.Providers["acme"].Get("production").Get("clientId").Text(), "id"},
		{"providers", len(cfg.Auth.Providers), 1},
		{"github.com", cfg.Integrations.GitHub[0], GitHub{Host: "github.com", Token: NewSecret("t"), APIBaseURL: "https://api.github.com", RawBaseURL: "https://raw.githubusercontent.com"}},
		{"github enterprise", cfg.Integrations.GitHub[1], GitHub{Host: "ghe.example.com", APIBaseURL: "https://ghe.example.com/api/v3", Apps: []GitHubApp{{AppID: 12, PrivateKey: NewSecret("pem")}}}},
		{"gitlab", cfg.Integrations.GitLab[0], GitLab{Host: "gitlab.example.com", BaseURL: "https://gitlab.example.com/sub", APIBaseURL: "https://gitlab.example.com/sub/api/v4"}},
		{"gitea", cfg.Integrations.Gitea[0], Gitea{Host: "gitea.example.com", BaseURL: "https://gitea.example.com", Username: "u", Password: NewSecret("p")}},
		{"azure", cfg.Integrations.Azure[0], Azure{Host: "dev.azure.com", Credentials: []AzureCredential{{Organizations: []string{"o"}, PersonalAccessToken: NewSecret("p")}}}},
		{"bitbucket cloud", cfg.Integrations.BitbucketCloud[0], BitbucketCloud{Username: "u", AppPassword: NewSecret("p")}},
		{"bitbucket server", cfg.Integrations.BitbucketServer[0], BitbucketServer{Host: "bb.example.com", APIBaseURL: "https://bb.example.com/rest/api/1.0", Token: NewSecret("t")}},
		{"interval", cfg.Catalog.ProcessingInterval, Interval{Every: 10 * time.Minute}},
		{"ownership", cfg.Portico.Ownership.VerifyEvery, 90 * 24 * time.Hour},
		{"orphans", cfg.Catalog.OrphanStrategy, "keep"},
		{"rules", cfg.Catalog.Rules, []Rule{
			{Allow: []AllowedKind{{"Component", ""}, {"Resource", "db"}, {"API", "grpc"}}},
			{Allow: []AllowedKind{{"User", ""}}, Locations: []RuleLocation{{Type: "url", Pattern: "https://example.com/**"}}}}},
		{"location", cfg.Catalog.Locations, []Location{{Type: "file", Target: "./a.yaml", Rules: []Rule{{Allow: []AllowedKind{{"Group", ""}}}},
			Position: Position{"a.yaml", 40, 7}, Path: "catalog.locations[0]"}}},
		{"catalog provider", cfg.Catalog.Providers["github"].Get("all").Get("organization").Text(), "o"},
		{"ours", cfg.Portico.Catalog, PorticoCatalog{time.Hour, 48 * time.Hour, 30 * time.Second, History{90 * 24 * time.Hour, 5}, []RegisterPath{{"./teams", Position{"a.yaml", 43, 130}}}, nil}},
		{"section", cfg.Sections["kubernetes"].Get("serviceLocatorMethod").Get("type").Text(), "multiTenant"},
		{"sections", len(cfg.Sections), 1},
		{"ignored", ignoredPaths(cfg), []string{
			"backend.csp.frame-src", "auth.providers.acme", "integrations.azure",
			"integrations.bitbucketCloud", "integrations.bitbucketServer", "catalog.processingInterval", "catalog.orphanStrategy", "kubernetes"}},
		{"warnings", fmt.Sprint(cfg.Warnings), "[a.yaml:24:5: auth.providers.acme: there is no such provider, so nobody signs in with it; " +
			"those that there are: guest, oidc, okta, google, gitlab, microsoft, github, oauth2Proxy, proxy]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	cfg, err := Load(Options{Dir: "nowhere", ReadFile: files{}.read})
	if err != nil {
		t.Fatal(err)
	}
	want := PorticoCatalog{24 * time.Hour, 720 * time.Hour, 5 * time.Minute, History{8760 * time.Hour, 1000}, nil, nil}
	if diff := cmp.Diff(want, cfg.Portico.Catalog); diff != "" {
		t.Errorf("portico.catalog (-want +got):\n%s", diff)
	}
	if cfg.App.Title != "Portico" || cfg.Backend.Listen.Address() != "127.0.0.1:7007" || cfg.Backend.Database != nil || cfg.Auth.Guest != nil || cfg.Catalog.HasRules {
		t.Errorf("defaults are %+v", cfg)
	}
}

func TestListen(t *testing.T) {
	for text, want := range map[string]string{
		"':7007'": ":7007", "'[::1]:80'": "[::1]:80", "localhost:1": "localhost:1", "8080": ":8080", "{}": ":7007",
		"{port: 0}": ":0", "{host: '::', port: 1}": "[::]:1", "{port: '${NO}'}": ":7007", "null": "127.0.0.1:7007",
	} {
		cfg := files{"a.yaml": "backend: {listen: " + text + "}"}.mustLoad(t)
		if got := cfg.Backend.Listen.Address(); got != want {
			t.Errorf("listen: %s gives %s, want %s", text, got, want)
		}
	}
}

// The snippets of the deployment guide, as a reader pastes them.
func TestGuideSnippets(t *testing.T) {
	for _, text := range []string{
		"catalog:\n  providers:\n    github:\n      yourOrg:\n        organization: your-org\n        catalogPath: /catalog-info.yaml\n",
		"techdocs:\n  builder: 'external'\n  publisher:\n    type: 'awsS3'\n    awsS3:\n      bucketName: backstage-techdocs\n",
		"kubernetes:\n  serviceLocatorMethod:\n    type: 'multiTenant'\n",
		"search:\n  engine:\n    type: elasticsearch\n",
	} {
		cfg := files{"a.yaml": text}.mustLoad(t)
		for _, i := range cfg.Ignored {
			if !i.Known {
				t.Errorf("%s\n%s counts as unknown", text, i.Path)
			}
		}
		if len(cfg.Warnings) > 0 {
			t.Errorf("%s\nwarnings %v", text, cfg.Warnings)
		}
	}
}

// The example at the head of the documentation page.
func TestDocumentedExample(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(testenv.Repo(t), "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "```yaml\n")
	example, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("docs/configuration.md has no YAML example")
	}
	cfg := files{"a.yaml": example}.mustLoad(t, "PGPASSWORD=p", "CI_TOKEN=12345678", "GITHUB_TOKEN=t")
	if len(cfg.Warnings)+len(cfg.Ignored) > 0 || cfg.Backend.Database == nil || len(cfg.Backend.Auth.ExternalAccess) != 1 || len(cfg.Catalog.Locations) != 1 {
		t.Errorf("warnings %v, ignored %v, loaded %+v", cfg.Warnings, cfg.Ignored, cfg)
	}
}

// What an unset variable takes with it: never more access, never a credential for another host.
func TestUnsetVariablesFailClosed(t *testing.T) {
	tests := []struct {
		name string
		text string
		left func(*Config) int
		want int
		warn string
	}{
		{"static token", "backend: {auth: {externalAccess: [{type: static, options: {token: '${NO}', subject: a}}]}}",
			func(c *Config) int { return len(c.Backend.Auth.ExternalAccess) }, 0, "NO is not set, so backend.auth.externalAccess[0].options is left out"},
		{"jwks issuer", "backend: {auth: {externalAccess: [{type: jwks, options: {url: 'https://h', issuer: '${NO}'}}]}}",
			func(c *Config) int { return len(c.Backend.Auth.ExternalAccess) }, 0, "left out"},
		{"the only restriction", "backend: {auth: {externalAccess: [{type: static, options: {token: 12345678, subject: a}, accessRestrictions: [{plugin: '${NO}'}]}]}}",
			func(c *Config) int { return len(c.Backend.Auth.ExternalAccess) }, 0, "nothing is left of the list"},
		{"restricted permission", "backend: {auth: {externalAccess: [{type: static, options: {token: 12345678, subject: a}, accessRestrictions: [{plugin: catalog, permission: ['${NO}']}]}]}}",
			func(c *Config) int { return len(c.Backend.Auth.ExternalAccess) }, 0, "left out"},
		{"host of a token", "integrations: {github: [{host: '${NO}', token: t}]}",
			func(c *Config) int { return len(c.Integrations.GitHub) }, 0, "left out"},
		{"paths that may be read", "backend: {reading: {allow: [{host: h, paths: ['${NO}']}]}}",
			func(c *Config) int { return len(c.Backend.Reading.Allow) }, 0, "nothing is left of the list"},
		{"where a rule applies", "catalog: {rules: [{allow: [User], locations: [{type: url, exact: '${NO}'}]}]}",
			func(c *Config) int { return len(c.Catalog.Rules) }, 0, "nothing is left of the list"},
		{"rules of a location", "catalog: {locations: [{type: url, target: x, rules: [{allow: '${NO}'}]}]}",
			func(c *Config) int { return len(c.Catalog.Locations) }, 0, "left out"},
		{"the token of an integration only", "integrations: {github: [{token: '${NO}'}]}",
			func(c *Config) int { return len(c.Integrations.GitHub) }, 1, "NO is not set, so this is as if it were not written"},
		{"one of two entries", "catalog: {locations: [{type: url, target: '${NO}'}, {type: url, target: x}]}",
			func(c *Config) int { return len(c.Catalog.Locations) }, 1, "catalog.locations[0] is left out"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := files{"a.yaml": tt.text}.mustLoad(t)
			if got := tt.left(cfg); got != tt.want {
				t.Errorf("%d entries left, want %d", got, tt.want)
			}
			found := false
			for _, w := range cfg.Warnings {
				found = found || strings.Contains(w.String(), tt.warn)
			}
			if !found {
				t.Errorf("warnings %v, want one with %q", cfg.Warnings, tt.warn)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	tests := []struct {
		name string
		text string
		want string
	}{
		{"sqlite", "backend: {database: {client: better-sqlite3, connection: ':memory:'}}",
			`a.yaml:1:30: backend.database.client: "better-sqlite3" is not supported, Portico works with PostgreSQL only; the database is left unset; configure client: pg with a connection, or start with --private-postgres`},
		{"connection unset", "backend: {database: {client: pg, connection: '${DATABASE_URL}'}}",
			"a.yaml:1:46: backend.database.connection: the environment variable DATABASE_URL is not set, so the database is left unset; configure client: pg with a connection, or start with --private-postgres"},
		{"unsafe CSP", "backend: {csp: {img-src: [\"'unsafe-inline'\"]}}",
			"a.yaml:1:26: backend.csp.img-src: 'unsafe-inline' would let injected code run, so it is refused; remove it"},
		{"CSP injection", "backend: {csp: {img-src: ['x;script-src']}}",
			`a.yaml:1:26: backend.csp.img-src: "x;script-src" is not a source, so it is left out; write a host, a scheme such as https:, or 'self'`},
		{"no origin", "backend: {cors: {origin: [other.example.com]}}",
			`a.yaml:1:26: backend.cors.origin: "other.example.com" is not an origin, so it is left out; write for example https://other.example.com, or https://*.example.com for any name below`},
		{"CSP of scripts", "backend: {csp: {script-src: [x]}}",
			"a.yaml:1:29: backend.csp.script-src: only img-src and connect-src can be added to, so this changes nothing; remove it"},
		{"no authentication", "backend: {auth: {dangerouslyDisableDefaultAuthPolicy: true}}",
			"a.yaml:1:55: backend.auth.dangerouslyDisableDefaultAuthPolicy: Portico never serves without authentication, so this changes nothing; remove it; to let everybody in, configure auth.providers.guest"},
		{"misplaced", "backend: {externalAccess: []}",
			"a.yaml:1:11: backend.externalAccess: nothing reads this key here; move it to backend.auth.externalAccess if that is what you mean"},
		{"slip", "backend: {lisen: ':1'}", "a.yaml:1:11: backend.lisen: nothing reads this key; write listen if that is what you mean"},
		{"slip at the top", "kubernets: {}", "a.yaml:1:1: kubernets: nothing reads this key; write kubernetes if that is what you mean"},
		{"guest without a value", "auth: {providers: {guest: }}",
			"a.yaml:1:20: auth.providers.guest: empty, so there is no guest access; write guest: {} to let guests in, or remove the key"},
		{"every origin", "backend: {cors: {origin: '*'}}", "a.yaml:1:26: backend.cors.origin: every origin would be allowed, so * is left out; name the origins"},
		{"a URL for a host", "backend: {reading: {allow: [{host: 'https://h/'}]}}",
			`a.yaml:1:36: backend.reading.allow[0].host: "https://h/" is not a host, so nothing matches it; write the host only, such as example.com or *.example.com`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := files{"a.yaml": tt.text}.mustLoad(t)
			if len(cfg.Warnings) != 1 || cfg.Warnings[0].String() != tt.want {
				t.Errorf("warnings %v\nwant %s", cfg.Warnings, tt.want)
			}
			if d := cfg.Backend.Database; d != nil {
				t.Errorf("the database is %+v", d)
			}
		})
	}
}

func ignoredPaths(cfg *Config) (paths []string) {
	for _, i := range cfg.Ignored {
		paths = append(paths, i.Path)
	}
	return paths
}

func TestOrigins(t *testing.T) {
	cfg := files{"a.yaml": "backend: {cors: {origin: [other.example.com, 'https://Other.example.com:443/', 'https://*.example.com', 'https://a*.example.com', 'https://*', '*', 'http://localhost:3000/', 'https://h/path']}}"}.mustLoad(t)
	if d := cmp.Diff(StringList{"https://other.example.com", "https://*.example.com", "http://localhost:3000"}, cfg.Backend.CORS.Origin); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestLimits(t *testing.T) {
	cfg := files{"a.yaml": "portico: {limits: {streams: 0, requests: 5}}"}.mustLoad(t)
	if got, want := cfg.Portico.Limits, (Limits{Requests: 5, FailedSignIns: 30, SignIns: 120}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	_, err := files{"a.yaml": "portico: {limits: {requests: -1}}"}.load()
	if err == nil || !strings.Contains(err.Error(), "portico.limits.requests: -1 is less than nothing; write 1 or more, or 0 for no limit") {
		t.Errorf("got %v", err)
	}
}

func TestIgnored(t *testing.T) {
	cfg := files{"a.yaml": "costInsights: {a: 1}\nbackend:\n  cache: {store: memory}\n  oddity: 1\nhomepage:\n  clocks: []\nproxy:\n"}.mustLoad(t)
	want := []Ignored{
		{"costInsights", Position{"a.yaml", 1, 1}, false},
		{"backend.cache", Position{"a.yaml", 3, 3}, true},
		{"backend.oddity", Position{"a.yaml", 4, 3}, false},
		{"homepage", Position{"a.yaml", 5, 1}, true},
	}
	if diff := cmp.Diff(want, cfg.Ignored); diff != "" {
		t.Errorf("ignored (-want +got):\n%s", diff)
	}
}

func TestNodeDecode(t *testing.T) {
	cfg := files{"a.yaml": "search:\n  engine: {type: pg}\n  every: {frequency: '*/5 * * * *', timeout: PT1M}\n  pages: 3\n  speling: 1\n"}.mustLoad(t)
	var dst struct {
		Engine struct {
			Type string `config:"type,required,enum=pg|elasticsearch"`
		} `config:"engine"`
		Every Schedule `config:"every"`
		Pages int      `config:"pages"`
		Spell int      `config:"spelling"`
	}
	_, err := cfg.Sections["search"].Decode(&dst)
	want := "the configuration has 1 fault:\n  a.yaml:5:3: search.speling: there is no such key; write spelling"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if dst.Engine.Type != "pg" || dst.Pages != 3 || dst.Every.Cron != "*/5 * * * *" || dst.Every.Timeout != time.Minute {
		t.Errorf("decoded %+v", dst)
	}
	if _, err := (Node{}).Decode(&dst); err != nil {
		t.Errorf("an absent node: %v", err)
	}
}

func TestSchedule(t *testing.T) {
	tests := []struct {
		name string
		text string
		want Schedule
		err  string
	}{
		{"object", "{frequency: {minutes: 30}, timeout: {minutes: 3}, initialDelay: {seconds: 15}}", Schedule{Every: 30 * time.Minute, Timeout: 3 * time.Minute, InitialDelay: 15 * time.Second, Scope: "global"}, ""},
		{"ISO", "{frequency: PT1H, scope: local}", Schedule{Every: time.Hour, Scope: "local"}, ""},
		{"words", "{frequency: 1 hour 30 minutes 5 s}", Schedule{Every: 90*time.Minute + 5*time.Second, Scope: "global"}, ""},
		{"cron", "{frequency: {cron: '0 3 * * MON'}}", Schedule{Cron: "0 3 * * MON", Scope: "global"}, ""},
		{"cron text", "{frequency: ' 0  3 * * MON '}", Schedule{Cron: "0 3 * * MON", Scope: "global"}, ""},
		{"manual", "{frequency: {trigger: manual}}", Schedule{Manual: true, Scope: "global"}, ""},
		{"no frequency", "{timeout: 1m}", Schedule{}, "search.frequency: missing; add it"},
		{"other trigger", "{frequency: {trigger: auto}}", Schedule{}, `search.frequency.trigger: "auto" is not a trigger; write manual`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got Schedule
			_, err := files{"a.yaml": "search: " + tt.text}.mustLoad(t).Sections["search"].Decode(&got)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30m": 30 * time.Minute, "1h30m": 90 * time.Minute, "2 days": 48 * time.Hour, "1d": 24 * time.Hour, "90 minutes": 90 * time.Minute,
		"1.5h": 90 * time.Minute, "10ms": 10 * time.Millisecond, "0s": 0, " 1 week ": 168 * time.Hour,
		"PT30M": 30 * time.Minute, "P1DT2H": 26 * time.Hour, "P1M": 720 * time.Hour, "PT0.5S": 500 * time.Millisecond, "P2W": 336 * time.Hour,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "P", "PT", "P1DT", "30", "-1h", "1 fortnight", "m", "300y", "P300Y", "1e9h", "200y 200y", "* * * * *"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
		}
	}
}

func TestDatabase(t *testing.T) {
	ca, key := certificate(t)
	tests := []struct {
		name     string
		text     string
		host     string
		port     uint16
		user     string
		password string
		database string
		tls      string // "", verified, unverified
	}{
		{"object", "{client: pg, connection: {host: db, port: '5433', user: u, password: \"it's \\\\ odd\", database: d, ssl: false}}", "db", 5433, "u", `it's \ odd`, "d", ""},
		{"URL", "{client: pg, connection: 'postgresql://u:p%40ss@db:5432/d?sslmode=disable'}", "db", 5432, "u", "p@ss", "d", ""},
		{"connectionString", "{connection: {connectionString: 'postgres://u:p@db/d?sslmode=disable'}}", "db", 5432, "u", "p", "d", ""},
		{"keywords", "{client: pg, connection: 'host=db user=u password=p dbname=d sslmode=disable'}", "db", 5432, "u", "p", "d", ""},
		{"no client", "{connection: {host: db, user: u, database: d, ssl: false}}", "db", 5432, "u", "", "d", ""},
		{"TLS", "{client: pg, connection: {host: db, user: u, ssl: true}}", "db", 5432, "u", "", "", "verified"},
		{"TLS with files", "{client: pg, connection: {host: db, user: u, ssl: {ca: {$file: ca.pem}, cert: {$file: ca.pem}, key: {$file: key.pem}}}}", "db", 5432, "u", "", "", "verified"},
		{"TLS of any server", "{client: pg, connection: {host: db, user: u, ssl: {require: true, rejectUnauthorized: 'false'}}}", "db", 5432, "u", "", "", "unverified"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := files{"a.yaml": "backend: {database: " + tt.text + "}", "ca.pem": ca, "key.pem": key}.mustLoad(t)
			db := cfg.Backend.Database
			if db == nil {
				t.Fatalf("no database; warnings %v", cfg.Warnings)
			}
			got, err := pgx.ParseConfig(db.ConnString().Reveal())
			if err != nil {
				t.Fatal(err)
			}
			if got.Host != tt.host || got.Port != tt.port || got.User != tt.user || got.Password != tt.password || got.Database != tt.database {
				t.Errorf("connects to %s:%d as %s/%s, database %s", got.Host, got.Port, got.User, got.Password, got.Database)
			}
			conf, err := db.TLSConfig()
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case tt.tls == "" && (conf != nil || got.TLSConfig != nil):
				t.Error("TLS is on")
			case tt.tls != "" && (conf == nil || got.TLSConfig == nil):
				t.Error("TLS is off")
			case tt.tls != "" && (conf.InsecureSkipVerify != (tt.tls == "unverified") || conf.ServerName != tt.host):
				t.Errorf("TLS for %q, InsecureSkipVerify %v", conf.ServerName, conf.InsecureSkipVerify)
			}
		})
	}
	for _, ssl := range []string{"{ca: x}", "{cert: x, key: y}"} {
		cfg := files{"a.yaml": "backend: {database: {client: pg, connection: {host: h, ssl: " + ssl + "}}}"}.mustLoad(t)
		if _, err := cfg.Backend.Database.TLSConfig(); err == nil || !strings.Contains(err.Error(), "PEM") {
			t.Errorf("ssl: %s: %v", ssl, err)
		}
	}
}

// certificate returns a self-signed certificate and its key, as PEM.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	kder, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return block("CERTIFICATE", der), block("EC PRIVATE KEY", kder)
}
