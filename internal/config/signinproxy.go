package config

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// TrustedProxy is a proxy before the portal that lets people in and says in headers who they are.
type TrustedProxy struct {
	Peers        []netip.Prefix // where its requests come from
	Secret       Secret         // that they carry
	SecretHeader string
	// The headers that name who was let in, in the form that net/http gives them.
	UserHeader, UsernameHeader, EmailHeader string
	SignOutURL                              string // a path of the portal's host or an https URL; "" when not said
}

const minProxySecret = 16

func decodeProxy(d *decoder, id string, n Node) (SignInProvider, bool) {
	raw := struct {
		Peers        StringList `config:"trustedPeers,narrows"`
		Secret       Secret     `config:"secret,narrows"`
		SecretHeader string     `config:"secretHeader"`
		Names        struct {
			User     string `config:"user"`
			Username string `config:"preferredUsername"`
			Email    string `config:"email"`
		} `config:"headerNames"`
		SignOutURL string `config:"signOutUrl"`
		SignIn     struct {
			Resolvers []SignInResolver `config:"resolvers"`
			Create    CreateUser       `config:"createUser"`

			_ struct{} `config:",open"`
		} `config:"signIn"`

		_ struct{} `config:",open"`
	}{SecretHeader: "X-Portico-Proxy-Secret"}
	raw.Names.User, raw.Names.Username, raw.Names.Email = "X-Forwarded-User", "X-Forwarded-Preferred-Username", "X-Forwarded-Email"
	if !d.into(n, &raw) {
		return SignInProvider{}, false
	}
	proxy := &TrustedProxy{Secret: raw.Secret, SignOutURL: raw.SignOutURL}
	p := SignInProvider{ID: id, Title: signInTitles[id], Protocol: ByProxy, Proxy: proxy, Position: n.pos}
	ok := true
	for _, text := range raw.Peers {
		peer, err := netip.ParsePrefix(text)
		if addr, is := netip.ParseAddr(text); is == nil {
			peer, err = addr.Prefix(addr.BitLen())
		}
		switch {
		case err != nil:
			d.fault(n.Get("trustedPeers"), "write an address such as 10.0.3.7, or a range such as 10.0.3.0/24", "%q is not an address", text)
			ok = false
		case peer.Bits() == 0:
			d.fault(n.Get("trustedPeers"), "write the addresses of the proxy alone", "%q is everybody", text)
			ok = false
		default:
			proxy.Peers = append(proxy.Peers, peer.Masked())
		}
	}
	var all []string
	for _, h := range []struct {
		key, name string
		to        *string
	}{
		{"secretHeader", raw.SecretHeader, &proxy.SecretHeader}, {"headerNames", raw.Names.User, &proxy.UserHeader},
		{"headerNames", raw.Names.Username, &proxy.UsernameHeader}, {"headerNames", raw.Names.Email, &proxy.EmailHeader},
	} {
		*h.to = http.CanonicalHeaderKey(h.name)
		if !headerName.MatchString(h.name) || slices.Contains(takenHeaders, *h.to) || slices.Contains(all, *h.to) {
			d.fault(n.Get(h.key), "write a header of the proxy's own, with - and without _, each another", "%q cannot be such a header", h.name)
			ok = false
		}
		all = append(all, *h.to)
	}
	if to := raw.SignOutURL; to != "" {
		u, err := url.Parse(to)
		path := strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.Contains(to, "\\")
		if err != nil || !path && (u.Scheme != "https" || u.Host == "") {
			d.fault(n.Get("signOutUrl"), "write a path such as /oauth2/sign_out, or an address that begins with https://", "%q is not where a proxy signs people out", to)
			ok = false
		}
	}
	if !ok {
		return p, false
	}
	if len(proxy.Peers) == 0 {
		d.warn(n, "list the addresses of the proxy in trustedPeers", "everybody can write the headers of a proxy, so nobody signs in with it")
		return p, false
	}
	if len(proxy.Secret.Reveal()) < minProxySecret {
		d.warn(n, "write into secret the output of `openssl rand -hex 32`, and let the proxy send it in the header "+proxy.SecretHeader,
			"without a secret of %d characters or more, whoever shares an address with the proxy could write its headers, so nobody signs in with it", minProxySecret)
		return p, false
	}
	return p, p.decodeSignIn(d, n, raw.SignIn.Resolvers, raw.SignIn.Create)
}

var headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,100}$`)

// takenHeaders mean something else, and stay in the request.
var takenHeaders = []string{
	"Accept", "Authorization", "Connection", "Content-Length", "Content-Type", "Cookie", "Forwarded", "Host", "Origin", "Referer", "Sec-Fetch-Site", "Upgrade",
	"User-Agent", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "X-Requested-With",
}
