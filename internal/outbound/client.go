package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"portico/internal/errs"
)

// Options say what the client may reach and how much it takes. The zero value reaches nothing.
type Options struct {
	// Allow opens hosts. The first rule that admits an URL applies.
	Allow []Rule
	// UserAgent is sent with each request; "portico" when empty.
	UserAgent string
	// Timeout bounds a whole request with its redirects and its body; 30 seconds when 0.
	Timeout time.Duration
	// MaxBody bounds a body after decompression, in bytes; 10 MiB when 0.
	MaxBody int64
	// MaxRedirects bounds the hops; 3 when 0, none when negative.
	MaxRedirects int
	// RootCAs are the trusted certificate authorities; the system's when nil.
	RootCAs *x509.CertPool
	// Lookup resolves a host name; the system's resolver when nil. Its answers are not trusted.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

// Client makes guarded requests. It is safe for concurrent use.
type Client struct {
	opts      Options
	transport *http.Transport
}

// New returns a client. Errors: errs.Invalid for a rule that cannot work.
func New(opts Options) (*Client, error) {
	if opts.UserAgent == "" {
		opts.UserAgent = "portico"
	}
	if opts.Timeout <= 0 {
		opts.Timeout = 30 * time.Second
	}
	if opts.MaxBody <= 0 {
		opts.MaxBody = 10 << 20
	}
	if opts.MaxRedirects == 0 {
		opts.MaxRedirects = 3
	}
	if opts.Lookup == nil {
		opts.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	for i, r := range opts.Allow {
		if err := checkRule(r); err != nil {
			name := r.Name
			if name == "" {
				name = fmt.Sprintf("rule %d", i)
			}
			return nil, errs.New(errs.Invalid, "%s: %s", name, errs.Sentence(err))
		}
	}
	c := &Client{opts: opts}
	c.transport = &http.Transport{
		Proxy:                  nil, // a proxy would connect where our guard cannot see
		DialContext:            c.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: opts.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  opts.Timeout,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    4,
		MaxConnsPerHost:        16,
		IdleConnTimeout:        60 * time.Second,
		ForceAttemptHTTP2:      true,
	}
	return c, nil
}

func checkRule(r Rule) error {
	name, _ := splitHostPort(r.Host)
	bare := strings.TrimPrefix(name, "*.")
	if why := oddHost(bare); why != "" || strings.ContainsAny(r.Host, "/@") {
		return errs.New(errs.Invalid, "%q is not a host; write a host name such as git.example.com, or *.example.com", r.Host)
	}
	if bare != name && len(r.Header) > 0 {
		return errs.New(errs.Invalid, "credentials belong to one host, %q names many", r.Host)
	}
	for _, p := range r.PathPrefixes {
		if !strings.HasPrefix(p, "/") || oddPath(p) != "" {
			return errs.New(errs.Invalid, "the path %q must begin with / and have no . or .. segments", p)
		}
	}
	return nil
}

// Close ends idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// RoundTripper sends requests as they are to where the rules lead: no credentials are added, no
// redirect is followed, no body is bounded. It is for those who speak a protocol over HTTP themselves.
func (c *Client) RoundTripper() http.RoundTripper { return roundTripper{c} }

type roundTripper struct{ c *Client }

func (rt roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := rt.c.Check(r.URL.String()); err != nil {
		return nil, err
	}
	return rt.c.transport.RoundTrip(r)
}

// HTTP is a client for libraries that want one. Beside what RoundTripper does, it bounds the time of a request and, by
// cutting it off, the body of an answer, as the options say.
func (c *Client) HTTP() *http.Client {
	return &http.Client{
		Transport: bounded{c.RoundTripper(), c.opts.MaxBody}, Timeout: c.opts.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type bounded struct {
	rt   http.RoundTripper
	most int64
}

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.rt.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, b.most), resp.Body}
	return resp, nil
}

// Request is one request. The zero Method is GET.
type Request struct {
	Method string
	URL    string
	// Header is sent to the first host alone, as the rule's credentials are.
	Header http.Header
	Body   []byte
	// IfNoneMatch is an ETag of an earlier response; the response may then be NotModified.
	IfNoneMatch string
	// Anonymous leaves the rule's credentials out: for addresses that somebody other than the
	// operator chose.
	Anonymous bool
	// MaxBody overrides Options.MaxBody when above 0, in bytes.
	MaxBody int64
}

// Response is what came back with status 2xx, or 304.
type Response struct {
	Status      int
	Header      http.Header
	Body        []byte
	ETag        string // as sent, with its quotes; "" when there is none
	NotModified bool
	URL         string // where the answer came from, after redirects
}

// StatusError is in the chain of every error that stands for a response.
type StatusError struct {
	URL    string // without query
	Status int
	// RetryAfter is how long the other side asks to wait; 0 when it does not say.
	RetryAfter time.Duration
}

// RetryIn is RetryAfter, for those who need not know this package.
func (e *StatusError) RetryIn() time.Duration { return e.RetryAfter }

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s answered %d %s", e.URL, e.Status, http.StatusText(e.Status))
}

// Check says whether raw may be requested. The error is errs.Forbidden.
func (c *Client) Check(raw string) error {
	_, _, err := c.admit(raw)
	return err
}

func (c *Client) admit(raw string) (*url.URL, *Rule, error) {
	u, err := parse(raw)
	if err != nil {
		return nil, nil, err
	}
	for i := range c.opts.Allow {
		if c.opts.Allow[i].admits(u) {
			return u, &c.opts.Allow[i], nil
		}
	}
	return nil, nil, c.refusal(u)
}

// refusal names what is missing: the host, the path or the scheme.
func (c *Client) refusal(u *url.URL) error {
	for i := range c.opts.Allow {
		r := c.opts.Allow[i]
		if !r.matchesHost(u.Hostname(), portOf(u)) {
			continue
		}
		if u.Scheme == "http" && !r.HTTP {
			break
		}
		return errs.WithRemedy(errs.New(errs.Forbidden, "%s is not read: no rule opens this path of %s", Shown(u.String()), u.Host),
			"add the path to the host's entry under backend.reading.allow")
	}
	if u.Scheme == "http" {
		return errs.WithRemedy(errs.New(errs.Forbidden, "%s is not read: plain http is not open for %s", Shown(u.String()), u.Host),
			"use https")
	}
	return errs.WithRemedy(errs.New(errs.Forbidden, "%s is not read: no rule opens the host %s", Shown(u.String()), u.Host),
		"add the host to backend.reading.allow, or an entry for it under integrations")
}

// Get requests url with the rule's credentials.
func (c *Client) Get(ctx context.Context, url string) (*Response, error) {
	return c.Do(ctx, Request{URL: url})
}

// Do makes a request. Redirects are followed for GET and HEAD alone. Errors: errs.Forbidden when no
// rule or address guard admits it and for 401 and 403; errs.NotFound for 404 and 410; errs.TooLarge
// for a body past the limit; errs.Unavailable for 429, 5xx, an exhausted rate limit and a host that
// does not answer; errs.Invalid for any other status. Where a response came, *StatusError is in
// the chain.
func (c *Client) Do(ctx context.Context, req Request) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	if req.Method == "" {
		req.Method = http.MethodGet
	}
	next, secret := req.URL, true
	var origin *url.URL
	for hop := 0; ; hop++ {
		u, rule, err := c.admit(next)
		if err != nil {
			return nil, err
		}
		if origin == nil {
			origin = u
		} else if u.Host != origin.Host || u.Scheme != origin.Scheme {
			// For good: a hop back to the first host was chosen by another one.
			secret = false
		}
		resp, location, err := c.once(ctx, u, rule, req, secret)
		if err != nil || location == "" {
			return resp, err
		}
		if req.Method != http.MethodGet && req.Method != http.MethodHead {
			return nil, errs.New(errs.Unavailable, "%s redirects a %s request, which is not followed", Shown(next), req.Method)
		}
		if hop >= max(c.opts.MaxRedirects, 0) {
			return nil, errs.New(errs.Unavailable, "%s redirects more than %d times", Shown(req.URL), max(c.opts.MaxRedirects, 0))
		}
		target, err := u.Parse(location)
		if err != nil {
			return nil, errs.New(errs.Unavailable, "%s redirects to something that is not an URL", Shown(next))
		}
		next = target.String()
	}
}

// once makes one hop. location is set when the answer is a redirect.
func (c *Client) once(ctx context.Context, u *url.URL, rule *Rule, req Request, secret bool) (_ *Response, location string, err error) {
	r, err := http.NewRequestWithContext(ctx, req.Method, u.String(), bytes.NewReader(req.Body))
	if err != nil {
		return nil, "", errs.Public(errs.Invalid, "the request could not be made", err)
	}
	if secret {
		headers := []http.Header{req.Header}
		if !req.Anonymous {
			headers = append(headers, rule.Header)
		}
		for _, h := range headers {
			for k, v := range h {
				r.Header[http.CanonicalHeaderKey(k)] = v
			}
		}
	} else if accept := req.Header.Get("Accept"); accept != "" {
		r.Header.Set("Accept", accept)
	}
	r.Header.Set("User-Agent", c.opts.UserAgent)
	r.Header.Del("Accept-Encoding") // the transport asks for gzip and undoes it; the limit counts after that
	if req.IfNoneMatch != "" {
		r.Header.Set("If-None-Match", req.IfNoneMatch)
	}
	resp, err := c.transport.RoundTrip(r)
	if err != nil {
		return nil, "", unreachable(u, err)
	}
	defer resp.Body.Close()

	switch {
	case resp.StatusCode == http.StatusNotModified && req.IfNoneMatch != "":
		return &Response{Status: resp.StatusCode, Header: resp.Header, ETag: req.IfNoneMatch, NotModified: true, URL: u.String()}, "", nil
	case isRedirect(resp.StatusCode) && resp.Header.Get("Location") != "":
		return nil, resp.Header.Get("Location"), nil
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, "", statusError(u, rule, resp)
	}
	limit := c.opts.MaxBody
	if req.MaxBody > 0 {
		limit = req.MaxBody
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err == nil {
		// A body that the deadline cut short can look complete: the server ends it when it sees us go.
		err = ctx.Err()
	}
	if err != nil {
		return nil, "", unreachable(u, err)
	}
	if int64(len(body)) > limit {
		return nil, "", errs.New(errs.TooLarge, "%s is larger than %d bytes, the limit", Shown(u.String()), limit)
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body, ETag: resp.Header.Get("ETag"), URL: u.String()}, "", nil
}

func isRedirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// unreachable gives a failed connection its sentence; a refusal of the guard keeps its own.
func unreachable(u *url.URL, err error) error {
	var refused *errs.Error
	if errors.As(err, &refused) {
		return refused
	}
	// Only the innermost text: *url.Error and friends repeat the URL with its query.
	cause := errors.New(strings.ReplaceAll(err.Error(), u.String(), Shown(u.String())))
	var unknown x509.UnknownAuthorityError
	var verify *tls.CertificateVerificationError
	switch {
	case errors.As(err, &unknown) || errors.As(err, &verify):
		return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("the certificate of %s is not trusted", u.Host), cause),
			"add the authority that signed it to the system's certificates")
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return errs.Public(errs.Unavailable, fmt.Sprintf("%s did not answer in time", u.Host), cause)
	}
	return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s does not answer", u.Host), cause),
		"it is tried again; if it stays so, check that the host can be reached from the portal's machine")
}
