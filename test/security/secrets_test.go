package security

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"portico/internal/config"
	"portico/internal/pg"
)

// canary is the n-th secret: long, and with characters that every encoding writes in its own way.
func canary(n int) string { return fmt.Sprintf("Wall%02d/+~<&>sEcret%02d", n, n) }

// needles are the ways to write a secret that somebody could read it from.
func needles(secret string) map[string]string {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(secret))
	_ = z.Close()
	quoted, _ := json.Marshal(secret)
	backwards := []byte(secret)
	slices.Reverse(backwards)
	return map[string]string{
		"raw": secret, "base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "="), "base64url": base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"hex": hex.EncodeToString([]byte(secret)), "URL": url.QueryEscape(secret), "JSON": string(quoted[1 : len(quoted)-1]), "HTML": html.EscapeString(secret),
		"reversed": string(backwards), "split": secret[:len(secret)/2] + "\n" + secret[len(secret)/2:], "upper case": strings.ToUpper(secret),
		"gzip": zipped.String()[10 : zipped.Len()-8], "a character at a time": strings.Join(strings.Split(secret, ""), " "),
	}
}

// seeded is a configuration with a canary in every key for a secret that the portal knows, and in some that it does not.
const seeded = `
backend:
  auth:
    externalAccess:
      - {type: static, options: {token: 'CANARY00', subject: wide}}
      - {type: static, options: {token: '${WALL_TOKEN_01}', subject: env}}
      - {type: static, options: {token: {$file: ./secret-02.txt}, subject: file}}
      - {type: legacy, options: {secret: 'CANARY03', subject: old}}
    keys: [{secret: 'CANARY04'}]
auth:
  session: {secret: 'CANARY05'}
  providers:
    oidc: {development: {clientSecret: '${WALL_TOKEN_06}'}}
    github: {development: {clientId: wall, clientSecret: 'CANARY07'}}
integrations:
  github:
    - {host: ghe.invalid, apiBaseUrl: "https://ghe.invalid/api/v3", token: 'CANARY08'}
    - {host: ghe2.invalid, apiBaseUrl: "https://ghe2.invalid/api/v3", token: '${WALL_TOKEN_09}'}
  gitlab: [{host: gitlab.invalid, token: 'CANARY10'}]
  gitea: [{host: gitea.invalid, username: bot, password: 'CANARY11'}]
  bitbucketCloud: [{username: bot, appPassword: 'CANARY12'}]
techdocs: {publisher: {type: awsS3, awsS3: {credentials: {secretAccessKey: 'CANARY13'}}}}
kubernetes: {clusterLocatorMethods: [{type: config, clusters: [{name: c, url: "https://k.invalid", authProvider: serviceAccount, serviceAccountToken: 'CANARY14'}]}]}
proxy: {endpoints: {/x: {target: "https://x.invalid", headers: {Authorization: 'Bearer CANARY15'}}}}
scaffolder: {defaultEnvironment: {secrets: {TOKEN: 'CANARY16'}}}
sentry: {organization: o, authToken: '${WALL_TOKEN_17}'}
jenkins: {apiKey: 'CANARY18'}
somePlugin: {deep: [{webhookSecret: 'CANARY19'}]}
catalog:
  locations:
    - {type: file, target: ./catalog.yaml}
    - {type: url, target: "https://ghe.invalid/o/r/blob/main/catalog-info.yaml"}
    - {type: url, target: "https://gitlab.invalid/o/r/-/blob/main/catalog-info.yaml"}
    - {type: url, target: "https://gitea.invalid/o/r/src/branch/main/catalog-info.yaml"}
`

const canaries = 20

// dump is every row of the portal's database.
func (p *portal) dump() string {
	p.t.Helper()
	tables, err := pg.Collect(p.t.Context(), p.pool, pgx.RowTo[string], `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)
	if err != nil {
		p.t.Fatal(err)
	}
	var all strings.Builder
	for _, table := range tables {
		rows, err := pg.Collect(p.t.Context(), p.pool, pgx.RowTo[string], `SELECT to_jsonb(x)::text FROM `+pgx.Identifier{table}.Sanitize()+` x`)
		if err != nil {
			p.t.Fatal(err)
		}
		all.WriteString(strings.Join(rows, "\n"))
	}
	return all.String()
}

// S8: no secret of the configuration comes out again, written in whatever way: not in an answer, a log, the audit log,
// nor anywhere in the database.
func TestS8NoSecretComesOut(t *testing.T) {
	text := strings.Replace(base, "token: "+wideToken, "token: another-wide-token", 1)
	var secret []string
	more := seeded
	for n := range canaries {
		secret = append(secret, canary(n))
		more = strings.ReplaceAll(more, fmt.Sprintf("CANARY%02d", n), canary(n))
	}
	files := map[string]string{"catalog.yaml": catalogText, "secret-02.txt": secret[2]}
	var printed bytes.Buffer
	p := start(t, setup{
		bare: true, config: []string{text, more}, files: files,
		settings: func(t *testing.T, o *config.Options) {
			for _, n := range []int{1, 6, 9, 17} {
				o.Environ = append(o.Environ, fmt.Sprintf("WALL_TOKEN_%02d=%s", n, secret[n]))
			}
			cfg, err := config.Load(*o)
			if err != nil {
				t.Fatal(err)
			}
			for _, format := range []string{config.YAML, config.JSON} {
				if err := cfg.Print(&printed, format); err != nil {
					t.Fatal(err)
				}
			}
			fmt.Fprintf(&printed, "%v %+v %#v", cfg, cfg, cfg)
		},
	})
	p.until("every source was tried", func() bool {
		return p.value(`SELECT count(*)::text FROM catalog_sources WHERE last_attempt_at IS NULL OR state = 'reading'`) == "0"
	})
	looked := map[string]*bytes.Buffer{"the printed configuration": &printed, "an answer": {}, "the log": {}, "the database": {}}
	answers := 0
	look := func(r *reply) {
		answers++
		_ = r.header.Write(looked["an answer"])
		looked["an answer"].Write(r.body)
	}
	// The tokens are tokens, or nothing here is a secret.
	for _, n := range []int{0, 1, 2} {
		r := p.do("GET", "/api/catalog/sources", "", bearer(secret[n]))
		if r.status != http.StatusOK {
			t.Fatalf("the token %d is none: %d %s", n, r.status, r.body)
		}
		look(r)
	}
	ways := []option{as()(p), sameOrigin, bearer(secret[0]), bearer(secret[1] + "x"), with("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("bot:"+secret[11]))), with("Authorization", secret[0]), session("ann", "")(p)}
	for _, q := range questions() {
		for _, o := range ways {
			for _, body := range []string{q.body, "{", `{"type":"url","target":"https://ghe.invalid/o/r/blob/main/x.yaml"}`, `{"type":"git","target":"https://gitea.invalid/o/r.git"}`, `{"location":{"type":"url","target":"https://ghe2.invalid/o/r"}}`} {
				if q.body == "" && body != "" {
					continue
				}
				look(p.do(q.method, q.path, body, o))
			}
		}
	}
	for _, at := range []string{"/", "/api/app/config", "/api/config", "/config", "/env", "/.env", "/debug/vars", "/metrics", "/api/portico/config"} {
		look(p.do("GET", at, "", bearer(secret[0])))
	}
	p.until("what was registered was tried", func() bool {
		return p.value(`SELECT count(*)::text FROM catalog_sources WHERE last_attempt_at IS NULL`) == "0"
	})
	looked["the log"].WriteString(p.log.String())
	looked["the database"].WriteString(p.dump())
	hits, bytesLooked := 0, 0
	for where, b := range looked {
		bytesLooked += b.Len()
		for n, s := range secret {
			for how, needle := range needles(s) {
				if i := bytes.Index(b.Bytes(), []byte(needle)); i >= 0 {
					hits++
					t.Errorf("%s holds the secret %d, %s: …%q…", where, n, how, b.Bytes()[max(0, i-100):min(b.Len(), i+len(needle)+20)])
				}
			}
		}
	}
	if len(needles("x")) != 12 || !bytes.Contains(looked["the printed configuration"].Bytes(), []byte(config.Redacted)) {
		t.Error("nothing was looked for, or nothing was redacted")
	}
	count(t, "S8", "canaries × encodings", canaries*12)
	count(t, "S8", "answers looked through", answers)
	count(t, "S8", "KiB looked through", bytesLooked>>10)
	count(t, "S8", "hits", hits)
}
