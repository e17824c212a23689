package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"portico/internal/config"
	"portico/internal/discovery"
	"portico/internal/errs"
	"portico/internal/forge/git"
	"portico/internal/pg"
	"portico/internal/pg/private"
	"portico/internal/secret"
	"portico/internal/secret/keyring"
)

// Check is one thing that Doctor looked at.
type Check struct {
	Name    string `json:"name"`
	State   string `json:"state"` // CheckOK, CheckWarning or CheckFailed
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

// The states of a check.
const (
	CheckOK      = "ok"
	CheckWarning = "warn"
	CheckFailed  = "fail"
)

// Doctor looks for what keeps a portal from running well. cfgErr is the error of loading the
// configuration, if any.
func Doctor(ctx context.Context, o Options, cfgErr error) []Check {
	var out []Check
	add := func(name, state, message, remedy string) { out = append(out, Check{name, state, message, remedy}) }
	fail := func(name string, err error) {
		text := errs.Sentence(err)
		if text == "" {
			text = err.Error()
		}
		add(name, CheckFailed, text, errs.Remedy(err))
	}
	var faults *config.Faults
	switch {
	case errors.As(cfgErr, &faults):
		for _, p := range faults.Items {
			remedy := p.Remedy
			p.Remedy = ""
			add("configuration", CheckFailed, p.String(), remedy)
		}
		return out
	case cfgErr != nil:
		fail("configuration", cfgErr)
		return out
	}
	cfg := o.Config
	switch {
	case len(cfg.Files) == 0:
		add("configuration", CheckOK, "no file; defaults are used", "")
	default:
		add("configuration", CheckOK, strings.Join(cfg.Files, ", "), "")
	}
	for _, w := range cfg.Notices() {
		add("configuration", CheckWarning, w.String(), "")
	}

	if p := cfg.Portico.Policies; len(p.Paths)+len(p.Roles)+len(p.SignedIn)+len(p.Guest) > 0 {
		if e, err := LoadPolicies(cfg); err != nil {
			fail("policies", err)
		} else if len(p.Paths) > 0 {
			add("policies", CheckOK, strings.Join(e.Status().Files, ", "), "")
		}
	}

	var sealedIn *keyring.Keyring // of the database, if it could be asked
	bins, err := private.Find(ctx, private.Search{}, 0)
	configured := cfg.Backend.Database != nil || o.DatabaseURL != ""
	switch {
	case err == nil:
		add("PostgreSQL binaries", CheckOK, bins.String(), "")
	case configured && o.PrivatePostgres == "":
		add("PostgreSQL binaries", CheckOK, "none found; none needed, a database is configured", "")
	default:
		fail("PostgreSQL binaries", err)
	}
	switch {
	case o.PrivatePostgres != "":
		st, perr := private.Check(ctx, private.Options{Dir: o.PrivatePostgres, Program: "portico"})
		switch {
		case perr != nil && err != nil && errs.Sentence(perr) == errs.Sentence(err):
			// There are no binaries at all, as was said.
		case perr != nil:
			fail("database", perr)
		case st.Major == 0:
			add("database", CheckOK, "the portal's own, in "+o.PrivatePostgres+"; it is made at the first start", "")
		default:
			add("database", CheckOK, fmt.Sprintf("the portal's own, in %s; its data is of PostgreSQL %d", o.PrivatePostgres, st.Major), "")
		}
	case !configured:
		add("database", CheckFailed, "no database is configured", "name yours in backend.database or DATABASE_URL, or serve with --private-postgres")
	default:
		a := &App{o: o}
		if a.o.Progress == nil {
			a.o.Progress = func(string) {}
		}
		pool, err := a.connect(ctx)
		if err != nil {
			fail("database", err)
			break
		}
		defer pool.Close()
		var version string
		if err := pool.QueryRow(ctx, `SHOW server_version`).Scan(&version); err != nil {
			fail("database", err)
			break
		}
		add("database", CheckOK, "PostgreSQL "+version, "")
		if err := pg.Check(ctx, pool); err != nil {
			add("schema", CheckWarning, errs.Sentence(err), errs.Remedy(err))
		} else {
			add("schema", CheckOK, "up to date", "")
			sealedIn = &keyring.Keyring{DB: pool}
		}
	}
	out = append(out, checkKey(ctx, o, sealedIn))

	if v, err := git.Version(ctx); err != nil {
		add("git", CheckWarning, errs.Sentence(err), errs.Remedy(err))
	} else {
		add("git", CheckOK, v, "")
	}

	addr := cfg.Backend.Listen.Address()
	if l, err := net.Listen("tcp", addr); err != nil {
		add("listen", CheckFailed, addr+": "+cause(err), "a portal may be running there already; else set backend.listen or --listen")
	} else {
		_ = l.Close()
		add("listen", CheckOK, addr, "")
	}

	if proxied(cfg) && !cfg.Node("backend.trustProxy").Exists() {
		add("proxy", CheckWarning, "a proxy that speaks TLS seems to be elsewhere, and its X-Forwarded-For is not believed: all who come through it are one caller",
			"list the proxy's addresses in backend.trustProxy, such as [10.42.7.0/24] and never a network that your people are in, or write false where it is on this machine")
	}

	declared, unsupported, err := configSources(cfg)
	if err != nil {
		fail("catalog.locations", err)
	}
	for _, l := range unsupported {
		add("catalog.locations", CheckWarning, fmt.Sprintf("%s: type %s is not read by this release", l.Position, l.Type), "use the types file, url, git or folder")
	}
	for _, d := range declared {
		if d.Location.Type != "file" && d.Location.Type != "folder" {
			continue
		}
		if _, err := discovery.RootOf(d.Location.Target); err != nil {
			fail("catalog.locations", err)
			continue
		}
		if !exists(d.Location.Target) {
			add("catalog.locations", CheckWarning, d.Location.Target+" is not there", "mend the target in catalog.locations, or add the file")
		} else if _, err := os.Stat(d.Location.Target); err == nil {
			add("catalog.locations", CheckOK, d.Location.Target, "")
		}
	}
	if cfg.Auth.Guest == nil && len(cfg.Auth.SignIn) == 0 && len(cfg.Backend.Auth.ExternalAccess)+len(cfg.Backend.Auth.Keys) == 0 {
		add("sign-in", CheckWarning, "nobody can get in: no sign-in, no guest and no token is configured", "configure auth.providers, or backend.auth.externalAccess for scripts")
	} else {
		add("sign-in", CheckOK, fmt.Sprintf("providers: %d, guest: %t, ways in for programs: %d", len(cfg.Auth.SignIn), cfg.Auth.Guest != nil, len(cfg.Backend.Auth.ExternalAccess)+len(cfg.Backend.Auth.Keys)), "")
	}
	return out
}

// checkKey looks for the operator's keys, and whether they open what is sealed. k is nil where that cannot be asked.
func checkKey(ctx context.Context, o Options, k *keyring.Keyring) Check {
	const name = "key"
	failed := func(err error) Check { return Check{name, CheckFailed, errs.Sentence(err), errs.Remedy(err)} }
	keys, err := (&App{o: o}).operatorKeys(false)
	switch {
	case err != nil:
		return failed(err)
	case !keys.IsSet() && o.PrivatePostgres != "":
		return Check{name, CheckOK, "it is made at the first start, in " + filepath.Join(o.PrivatePostgres, keyFile), ""}
	case k != nil:
		k.Keys = keys
		if err := k.Check(ctx); err != nil {
			return failed(err)
		}
	}
	if !keys.IsSet() {
		return Check{name, CheckWarning, "none is given: there are no tokens for Backstage's clients", secret.HowToKey}
	}
	return Check{name, CheckOK, strings.Join(keys.IDs(), ", "), ""}
}

// Migrate brings the schema of the configured database up to date, or only plans to.
func Migrate(ctx context.Context, o Options, plan bool) ([]pg.Migration, error) {
	a := &App{o: o}
	a.o.Progress = func(string) {}
	pool, err := a.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	if plan {
		return pg.Plan(ctx, pool)
	}
	return pg.Migrate(ctx, pool)
}

// proxied reports whether something else than the portal answers at its https address, and may be on another machine.
func proxied(cfg *config.Config) bool {
	host := cfg.Backend.Listen.Host
	ip, err := netip.ParseAddr(host)
	return !slices.Contains(loopbackNames, host) && (err != nil || !ip.IsLoopback()) &&
		(strings.HasPrefix(cfg.App.BaseURL, "https://") || strings.HasPrefix(cfg.Backend.BaseURL, "https://"))
}
