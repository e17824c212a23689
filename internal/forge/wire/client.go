package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"portico/internal/errs"
	"portico/internal/outbound"
)

const (
	callTime = 30 * time.Second // of one request with its answer
	maxBody  = 10 << 20         // bytes of an answer
	maxError = 64 << 10         // bytes of an answer that is no success
)

// ErrTooLarge is in the chain where an answer is past the limit: asking for less may help.
var ErrTooLarge = errors.New("the answer is past the limit")

// Client asks one API. It is safe for concurrent use.
type Client struct {
	http *http.Client
	base string
	host string
	// entry is where the operator wrote the credentials, for remedies.
	entry  string
	header http.Header
}

// New returns a client of the API below base, an address without a slash at the end. Requests go through c, whose
// redirects are not followed here: an API that sends elsewhere is a repository or an account that was renamed, or a wrong
// address, and neither is to be taken for an answer. header is sent with each request: the credentials, where c does not
// bring them. entry is where the operator wrote them. Errors: errs.Invalid.
func New(c *http.Client, base, entry string, header http.Header) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errs.New(errs.Invalid, "%s is not the http or https address of an API", outbound.Shown(base))
	}
	if c == nil {
		return nil, errs.New(errs.Invalid, "%s: no HTTP client was given", u.Host)
	}
	own := *c
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if entry == "" {
		entry = "the entry for " + u.Host + " under integrations"
	}
	return &Client{http: &own, base: strings.TrimRight(base, "/"), host: u.Host, entry: entry, header: header}, nil
}

// Host is the API's host, for messages.
func (c *Client) Host() string { return c.host }

// Get asks for path, which begins with a slash and is escaped, and reads the answer into out.
func (c *Client) Get(ctx context.Context, path string, out any) (http.Header, error) {
	return c.Do(ctx, http.MethodGet, path, nil, out)
}

// Do sends in, if it is not nil, and reads the answer into out, if that is not nil. Errors: errs.Forbidden for 401 and 403;
// errs.NotFound for 404 and 410; errs.Conflict for 409; errs.Unavailable for redirects, 429, an exhausted rate limit, 5xx,
// an answer that is no JSON, was cut short or is past the limit, and a host that does not answer; errs.Invalid for any other
// status. Where a status came, *outbound.StatusError is in the chain.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) (_ http.Header, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, errs.Public(errs.Invalid, fmt.Sprintf("the request to %s could not be made", c.host), err)
	}
	for k, v := range c.header {
		req.Header[k] = v
	}
	req.Header.Set("Accept", "application/json")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, c.refused(method, req.URL, resp)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err == nil {
		// A body that the deadline cut short can look complete.
		err = ctx.Err()
	}
	switch {
	case err != nil:
		return nil, c.unreachable(err)
	case len(text) >= maxBody: // a client may have cut it off there
		return nil, errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s answered with %d bytes or more, the limit", c.host, maxBody), ErrTooLarge),
			"check that the address is the API's")
	case out == nil:
		return resp.Header, nil
	}
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || !strings.HasSuffix(kind, "json") {
		return nil, errs.WithRemedy(errs.New(errs.Unavailable, "%s answered with something that is no JSON", c.host),
			"check that the address is the API's, and that no sign-in page or proxy stands before it")
	}
	if err := json.Unmarshal(text, out); err != nil {
		return nil, errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s gave an answer that cannot be read", c.host), err), "it is tried again")
	}
	return resp.Header, nil
}

// unreachable gives a request without an answer its sentence; a refusal of a guard keeps its own.
func (c *Client) unreachable(err error) error {
	var refused *errs.Error
	switch {
	case errors.As(err, &refused):
		// Only from there on: what wraps it repeats the address with its query. What says when to try again stays.
		return refused
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s did not answer in time", c.host), context.DeadlineExceeded), "it is tried again")
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var waits interface{ RetryIn() time.Duration }
	if errors.As(err, &waits) {
		return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("no request to %s may be made now", c.host), err), "it is tried again later")
	}
	return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s does not answer", c.host), err),
		"it is tried again; if it stays so, check that the host can be reached from the portal's machine")
}

// refused turns an answer that is no success into an error of the right kind. What the host says about it is for the log.
func (c *Client) refused(method string, u *url.URL, resp *http.Response) error {
	e := &outbound.StatusError{URL: outbound.Shown(u.String()), Status: resp.StatusCode, RetryAfter: RetryAfter(resp.Header, time.Now())}
	cause := error(e)
	if said := said(resp); said != "" {
		cause = fmt.Errorf("%w, and says: %s", e, said)
	}
	limited := e.RetryAfter > 0 || resp.Header.Get("RateLimit-Remaining") == "0" || resp.Header.Get("X-RateLimit-Remaining") == "0"
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests, status == http.StatusForbidden && limited:
		return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s limits our requests", c.host), cause),
			"it is tried again later; a host of one's own may raise the limit for the account of "+c.entry)
	case status == http.StatusUnauthorized:
		return errs.WithRemedy(errs.Public(errs.Forbidden, fmt.Sprintf("%s does not accept the credentials: it answered 401", c.host), cause),
			fmt.Sprintf("check that the token of %s is there, is valid and has not expired", c.entry))
	case status == http.StatusForbidden:
		return errs.WithRemedy(errs.Public(errs.Forbidden, fmt.Sprintf("%s refuses %s %s: it answered 403", c.host, method, e.URL), cause),
			fmt.Sprintf("check the scopes of the token of %s, and what its account may do", c.entry))
	case status == http.StatusNotFound, status == http.StatusGone:
		return errs.WithRemedy(errs.Public(errs.NotFound, fmt.Sprintf("%s is not there: %s answered %d", e.URL, c.host, status), cause),
			fmt.Sprintf("check the name, and that the token of %s may read it", c.entry))
	case status >= 300 && status < 400:
		return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s is somewhere else now: %s answered %d", e.URL, c.host, status), cause),
			"it was probably renamed: write the new name, or the address of the API itself")
	case status == http.StatusConflict:
		return errs.WithRemedy(errs.Public(errs.Conflict, fmt.Sprintf("%s says that something changed meanwhile", c.host), cause), "try again")
	case status >= 500, status == http.StatusRequestTimeout:
		return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s answered %d", c.host, status), cause), "it is tried again")
	default:
		return errs.Public(errs.Invalid, fmt.Sprintf("%s answered %d for %s %s", c.host, status, method, e.URL), cause)
	}
}

// said is the message of an error's answer.
func said(resp *http.Response) string {
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxError))
	if err != nil {
		return ""
	}
	var answer struct {
		Message json.RawMessage `json:"message"`
		Error   json.RawMessage `json:"error"`
	}
	if json.Unmarshal(text, &answer) != nil {
		return ""
	}
	for _, raw := range []json.RawMessage{answer.Message, answer.Error} {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			s = string(raw)
		}
		if s = Line(s, 300); s != "" && s != "null" {
			return s
		}
	}
	return ""
}

// RetryAfter reads Retry-After (seconds or a date), and where a limit is used up when it begins anew. It is bounded to an
// hour: the other side does not get to switch us off.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	var d time.Duration
	at := func(unix string) time.Duration {
		seconds, err := strconv.ParseInt(unix, 10, 64)
		if err != nil || seconds <= 0 {
			return 0
		}
		return time.Duration(min(seconds-now.Unix(), 3600)) * time.Second
	}
	switch v := h.Get("Retry-After"); {
	case v != "":
		if seconds, err := strconv.Atoi(v); err == nil {
			d = time.Duration(min(max(seconds, 0), 3600)) * time.Second
		} else if when, err := http.ParseTime(v); err == nil {
			d = when.Sub(now)
		}
	case h.Get("RateLimit-Remaining") == "0":
		d = at(h.Get("RateLimit-Reset"))
	case h.Get("X-RateLimit-Remaining") == "0":
		d = at(h.Get("X-RateLimit-Reset"))
	}
	return min(max(d, 0), time.Hour)
}
