package app

import (
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"portico/internal/httpx"
	"portico/internal/identity"
)

// gate admits the tokens of the configuration, and a guest where one may come in.
func (a *App) gate() (*identity.Gate, error) {
	cfg := a.o.Config
	var tokens []identity.StaticToken
	for _, e := range cfg.Backend.Auth.ExternalAccess {
		if e.Static == nil {
			continue // the bearers know it
		}
		tokens = append(tokens, identity.StaticToken{Token: e.Static.Token.Reveal(), Subject: e.Static.Subject, Restrictions: restrictionsOf(e.Restrictions)})
	}
	var sessions *identity.Sessions
	if len(a.signIn.Providers) > 0 {
		sessions = a.signIn.Sessions
	}
	bearers, err := a.bearers()
	if err != nil {
		return nil, err
	}
	return identity.NewGate(a.guest(), tokens, sessions, append([]identity.Bearer{a.tokens}, bearers...)...)
}

// guest says who comes in without signing in. A guest reads. One who sits at the machine may do everything where
// that was asked for, by `portico try` or in so many words, and only this machine can reach the portal.
func (a *App) guest() *identity.Guest {
	cfg, trial := a.o.Config, len(a.o.Trial) > 0
	ref := a.guestRef()
	if ref == "" {
		return nil
	}
	asked := trial || cfg.Portico.Guest.Operator
	operator := asked && a.onlyHere()
	if asked && !operator {
		a.o.Log.Warn("guests only read: others can reach this portal", "listen", a.o.Listener.Addr().String(), "app.baseUrl", cfg.App.BaseURL, "backend.baseUrl", cfg.Backend.BaseURL)
	}
	return &identity.Guest{Ref: ref, Operator: operator}
}

// guestRef is the entity that stands for whoever comes in without signing in, "" where nobody does.
func (a *App) guestRef() string {
	switch {
	case a.o.Config == nil: // only the list of routes is asked for
		return ""
	case a.o.Config.Auth.Guest != nil:
		return a.o.Config.Auth.Guest.UserEntityRef
	case len(a.o.Trial) > 0:
		return "user:default/guest"
	}
	return ""
}

// onlyHere reports whether the portal can be reached from this machine alone, as far as can be told from here: it
// listens on loopback and no public address is said to lead to it. A proxy that nobody told us of shows in the headers
// of its requests, which identity looks at.
func (a *App) onlyHere() bool {
	host, _, err := net.SplitHostPort(a.o.Listener.Addr().String())
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() && len(namesElsewhere(a.bases())) == 0
}

func (a *App) bases() []string { return []string{a.o.Config.App.BaseURL, a.o.Config.Backend.BaseURL} }

var loopbackNames = []string{"localhost", "127.0.0.1", "::1"}

// namesElsewhere are the hosts in URLs that are not names of one's own machine.
func namesElsewhere(bases []string) (names []string) {
	for _, base := range bases {
		if base == "" {
			continue
		}
		u, err := url.Parse(base)
		if err != nil {
			continue // the configuration was refused
		}
		if name := strings.ToLower(u.Hostname()); !slices.Contains(loopbackNames, name) {
			names = append(names, name)
		}
	}
	return names
}

// hosts are the names by which the portal may be called without a token.
func (a *App) hosts() httpx.Hosts {
	machine, _ := os.Hostname() // a machine without a name has none to be called by
	return knownHosts(a.bases(), a.o.Listener.Addr(), machine)
}

// knownHosts are this machine's loopback names, what the URLs of the configuration name, and the address that is
// listened on. Where that is every interface and no URL says how people come here, any address will do, and the
// machine's own name: no other site's name leads to those by a lie in the DNS.
func knownHosts(bases []string, listens net.Addr, machine string) httpx.Hosts {
	named := namesElsewhere(bases)
	h := httpx.Hosts{Names: append(slices.Clone(loopbackNames), named...)}
	host, _, err := net.SplitHostPort(listens.String())
	if err != nil {
		return h
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.IsUnspecified() {
		h.Names = append(h.Names, host)
		return h
	}
	if len(named) == 0 {
		h.Addresses = true
		if machine = strings.ToLower(strings.TrimSuffix(machine, ".")); machine != "" {
			short, _, _ := strings.Cut(machine, ".")
			h.Names = append(h.Names, machine, short)
		}
	}
	return h
}
