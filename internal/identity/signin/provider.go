package signin

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"portico/internal/outbound"
)

// Provider is a place that people sign in at.
type Provider struct {
	ID, Title string
	Protocol  Protocol
	Resolvers []Resolver
	Create    *Creation // nil: whom they do not find is not let in
}

// Protocol is how a provider is asked who somebody is: [OIDC], [GitHub], or [Proxy].
type Protocol interface {
	// callback is where the provider sends the browser back to; "" where that is the portal itself.
	callback() string
	// authorize returns where the browser goes to be let in.
	authorize(ctx context.Context, f flow) (string, error)
	// redeem returns whom the provider let in, from the request by which the browser came back. That has one code.
	redeem(r *http.Request, f flow) (Person, error)
}

const (
	answerWithin = 10 * time.Second
	answerMost   = 1 << 20
)

// reach returns a client for the hosts of the addresses and nothing else. It follows no redirect: none of the endpoints
// that sign-in asks has one. setting is where the operator wrote the provider, for what is logged.
func reach(addresses []string, private func(host string) bool, setting string, within time.Duration) (*outbound.Client, error) {
	var rules []outbound.Rule
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil {
			return nil, err
		}
		rules = append(rules, outbound.Rule{Host: u.Host, HTTP: u.Scheme == "http", AllowPrivate: private != nil && private(u.Host), Name: setting})
	}
	return outbound.New(outbound.Options{Allow: rules, Timeout: within, MaxBody: answerMost, MaxRedirects: -1})
}
