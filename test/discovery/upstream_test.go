package discovery

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/app/apptest"
	"portico/internal/forge/faulttest"
	"portico/internal/forge/githubtest"
	"portico/internal/pg/pgtest"
)

// account is an organisation of a host whose API goes wrong when it is told to, and the provider that reads it.
type account struct {
	id, host string
	api      *faulttest.Host

	mu    sync.Mutex
	asked []time.Time // requests that came through
}

func newAccount(t *testing.T, g *githubtest.GitHub, id string) *account {
	t.Helper()
	a := &account{id: id, host: secure(t, g)}
	a.api = faulttest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.asked = append(a.asked, time.Now())
		a.mu.Unlock()
		g.ServeHTTP(w, r)
	}))
	for i := range 25 {
		name := fmt.Sprintf("%s-%02d", id, i)
		files := map[string]string{"README.md": "# It\n\nIs there.\n", "go.mod": "module it\n\ngo 1.26\n"}
		if i%2 == 0 {
			files["catalog-info.yaml"] = descriptor(name, "declared")
		}
		g.AddRepository(githubtest.Repository{Owner: id, Name: name, Files: files})
	}
	return a
}

// since is the first request that came through after at, zero where none did.
func (a *account) since(at time.Time) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, t := range a.asked {
		if t.After(at) {
			return t
		}
	}
	return time.Time{}
}

func (a *account) end() string { return "/" + a.id + "#" + a.id }

// rows is a digest of what the catalog has of the account, with every column.
func (a *account) rows(p *portal) string {
	p.t.Helper()
	return sql[string](p, `SELECT count(*) || ' ' || md5(string_agg(e::text, '|' ORDER BY uid)) FROM catalog_entities AS e WHERE location LIKE '%' || $1 || '%'`, a.host)
}

// fails has the account read while its host goes wrong: the source says so, and nothing becomes of what was there.
func (a *account) fails(p *portal, script faulttest.Script, limit time.Duration) source {
	p.t.Helper()
	before := a.rows(p)
	s := p.reread(a.end(), limit)
	if s.State != "failed" && s.State != "degraded" || s.Message == "" || strings.Contains(s.Message, "<") {
		p.t.Errorf("%s: the source is %s: %q", script.Name, s.State, s.Message)
	}
	p.t.Logf("%s: %s: %s", script.Name, s.State, s.Message)
	if after := a.rows(p); after != before {
		p.t.Errorf("%s: entities were altered: %s, and then %s", script.Name, before, after)
	}
	return s
}

// recovers has it read when the host is well again.
func (a *account) recovers(p *portal, what string) {
	p.t.Helper()
	before := a.rows(p)
	if s := p.reread(a.end(), time.Minute); s.State != "current" || s.Message != "" {
		p.t.Errorf("after %s the source is %s: %q", what, s.State, s.Message)
	}
	if after := a.rows(p); after != before {
		p.t.Errorf("after %s entities were altered: %s, and then %s", what, before, after)
	}
}

// untrusted serves a host with a certificate that no authority signed.
func untrusted(t *testing.T, h http.Handler) (host string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // each refused handshake is one line
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// Whatever a host does wrong, nothing is removed or altered, the source says what is wrong, other sources are read meanwhile,
// and it recovers. What asks to be left alone is.
func TestUpstream(t *testing.T) {
	t.Parallel()
	g := githubtest.New()
	t.Cleanup(g.Close)
	accounts := map[string]*account{}
	for _, id := range []string{"answers", "limited", "secondary", "slow"} {
		accounts[id] = newAccount(t, g, id)
	}
	tokens := map[string]string{}
	for id := range accounts {
		tokens[id] = g.Token("repo", "read:org")
	}
	file := filepath.Join(t.TempDir(), "beside.yaml")
	save := func(t *testing.T, text string) {
		t.Helper()
		if err := os.WriteFile(file+".new", []byte(descriptor("beside", text)), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	save(t, "first")
	config := func(elsewhere string) string {
		integrations, providers, private := "", "", ""
		for id, a := range accounts {
			api := a.api.URL
			if id == "answers" && elsewhere != "" {
				api = elsewhere
			}
			integrations += fmt.Sprintf("    - {host: '%s', apiBaseUrl: '%s/api/v3', token: %s}\n", a.host, api, tokens[id])
			providers += fmt.Sprintf("      %s: {host: '%s', organization: %[1]s, catalogPath: /catalog-info.yaml}\n", id, a.host)
			private += "'" + a.host + "', "
		}
		return "integrations:\n  github:\n" + integrations + "catalog:\n  locations: [{type: file, target: '" + file + "'}]\n  providers:\n    github:\n" + providers +
			"portico: {reading: {allowPrivateHosts: [" + private + "]}}\n"
	}
	dsn := pgtest.DSN(t)
	p := start(t, dsn, config(""))
	for id, a := range accounts {
		apptest.Until(t, time.Minute, id+" is read", func() bool { return p.source(a.end()).State == "current" && !p.reading(p.source(a.end()).ID) })
	}

	// Those that ask to be left alone are, and recover by themselves; below it is looked after the time.
	asking := map[string]faulttest.Script{"limited": faulttest.Named(t, "429 with Retry-After"), "secondary": faulttest.Named(t, "403 secondary limit")}
	begun := map[string]time.Time{}
	for id, script := range asking {
		a := accounts[id]
		a.api.Play(script, nil)
		begun[id] = time.Now()
		s := a.fails(p, script, time.Minute)
		if at := s.NextAt.Sub(begun[id]); at < script.RetryIn-time.Second || at > script.RetryIn+10*time.Second {
			t.Errorf("%s: it is looked at again after %s, and the host asked for %s", script.Name, at, script.RetryIn)
		}
		met := a.api.Asked()
		a.fails(p, script, time.Minute) // whoever asks for it meanwhile learns that it waits
		if n := a.api.Asked() - met; n > 0 {
			t.Errorf("%s: %d requests came before the time that the host asked for", script.Name, n)
		}
		a.api.Stop()
	}

	// One host keeps a request open while another one goes through all that an answer can be.
	slow, drip := accounts["slow"], faulttest.Named(t, "a byte a second")
	slowly := slow.rows(p)
	slow.api.Play(drip, nil)
	opened := time.Now()
	p.refresh(p.source(slow.end()))
	a, n := accounts["answers"], 0
	for _, script := range faulttest.Scripts {
		if script.RetryIn > 0 || script.Deadline || a.api.Elsewhere(script) != a.api.URL {
			continue
		}
		n++
		a.api.Play(script, nil)
		p.refresh(p.source(a.end()))
		save(t, script.Name)
		took := apptest.Until(t, 10*time.Second, "a file is read while a host answers with "+script.Name, func() bool {
			return p.entity("component/beside").Metadata.Description == script.Name
		})
		t.Logf("%s: a file is shown after %s meanwhile", script.Name, took.Round(time.Millisecond))
		a.fails(p, script, time.Minute)
		a.api.Stop()
		a.recovers(p, script.Name)
	}
	if n != 10 {
		t.Errorf("%d scripts were played, not 10", n)
	}
	apptest.Until(t, time.Minute, "the slow one is given up", func() bool { return p.source(slow.end()).State == "failed" })
	t.Logf("%s: failed: %s", drip.Name, p.source(slow.end()).Message)
	if took := time.Since(opened); took > 40*time.Second {
		t.Errorf("a request was given up after %s", took)
	}
	if after := slow.rows(p); after != slowly {
		t.Errorf("%s: entities were altered: %s, and then %s", drip.Name, slowly, after)
	}
	slow.api.Stop()
	slow.recovers(p, drip.Name)

	for id, script := range asking {
		a := accounts[id]
		apptest.Until(t, script.RetryIn+30*time.Second, "it recovers by itself", func() bool { return p.source(a.end()).State == "current" })
		after := a.since(begun[id]).Sub(begun[id])
		t.Logf("%s: the next request came after %s", script.Name, after.Round(10*time.Millisecond))
		if after < script.RetryIn-time.Second {
			t.Errorf("%s: the next request came after %s, and the host asked for %s", script.Name, after, script.RetryIn)
		}
		a.recovers(p, script.Name)
	}

	// Where no connection comes about: the address of the API is another one.
	n = 0
	for _, script := range faulttest.Scripts {
		elsewhere := a.api.Elsewhere(script)
		if elsewhere == a.api.URL {
			continue
		}
		if script.Name == "TLS error" {
			elsewhere = "https://" + untrusted(t, g)
		}
		n++
		p.stop()
		p = start(t, dsn, config(elsewhere))
		a.fails(p, script, time.Minute)
		p.stop()
		p = start(t, dsn, config(""))
		a.recovers(p, script.Name)
	}
	if n != 3 {
		t.Errorf("%d faults of the connection were played, not 3", n)
	}
}
