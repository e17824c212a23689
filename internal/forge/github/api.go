package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"portico/internal/errs"
	"portico/internal/outbound"
)

// maxBody is the largest answer that is read, after decompression.
const maxBody = 10 << 20

// maxSaid is how much of a refusal is read: a sentence.
const maxSaid = 64 << 10

// api sends requests and turns everything that is no answer into an error.
type api struct {
	pages, rest, graphql string
	client               *http.Client
	timeout              time.Duration
	now                  func() time.Time
}

func newAPI(base, apiBase string, client *http.Client, timeout time.Duration, now func() time.Time) (api, error) {
	if client == nil {
		return api{}, errs.New(errs.Invalid, "github: Options.Client is missing")
	}
	if timeout <= 0 {
		timeout = defaultLimit
	}
	a := api{client: client, timeout: timeout, now: now}
	var err error
	a.pages, a.rest, a.graphql, err = endpoints(base, apiBase)
	return a, err
}

// answer is what came with status 2xx.
type answer struct {
	header http.Header
	body   []byte
}

// errTooLarge is in the chain where an answer passed maxBody.
var errTooLarge = errors.New("the answer is larger than 10 MiB")

// send makes one request. authorization is "" where the client adds what is needed. Errors: as [forge.Forge] has them.
func (a *api) send(ctx context.Context, method, address, authorization string, body []byte) (_ *answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, errs.Public(errs.Invalid, "a request to GitHub could not be made", err)
	}
	r.Header.Set("Accept", "application/vnd.github+json")
	r.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	r.Header.Set("User-Agent", "portico")
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	resp, err := a.client.Do(r)
	if err != nil {
		return nil, a.unreachable(ctx, r, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, maxSaid))
		return nil, a.refused(address, resp.StatusCode, resp.Header, said)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err == nil {
		err = ctx.Err() // a body that the deadline cut short can look complete
	}
	if err != nil {
		return nil, a.unreachable(ctx, r, err)
	}
	if len(text) >= maxBody {
		return nil, errs.Public(errs.Unavailable, fmt.Sprintf("%s answered with more than 10 MiB, which is not read", r.URL.Host), errTooLarge)
	}
	return &answer{resp.Header, text}, nil
}

// errTime is in the chain where GitHub, or a proxy before it, took too long over a request; errDeadline where we did not
// wait for its end.
var (
	errTime     = errors.New("GitHub did not finish in time")
	errDeadline = fmt.Errorf("no answer within the deadline: %w", errTime)
)

// unreachable gives a request that had no answer its sentence. A refusal of the guard before us keeps its own.
func (a *api) unreachable(ctx context.Context, r *http.Request, err error) error {
	var e *errs.Error
	if errors.As(err, &e) {
		return err
	}
	if errors.Is(err, context.Canceled) && ctx.Err() == context.Canceled {
		return context.Canceled
	}
	if errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s did not answer in time", r.URL.Host), errDeadline), "it is tried again")
	}
	// The texts of net/http hold the address, which has no secret here, and whatever a redirect named, which may.
	return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s does not answer", r.URL.Host), errors.New(shown(innermost(err).Error()))),
		"it is tried again; if it stays so, check that the host can be reached from the portal's machine")
}

func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// refused turns a response that is no success into an error.
func (a *api) refused(address string, status int, h http.Header, said []byte) error {
	var m struct{ Message string }
	_ = json.Unmarshal(said, &m)
	e := &outbound.StatusError{URL: outbound.Shown(address), Status: status, RetryAfter: a.wait(h)}
	host := hostOf(address)
	low := strings.ToLower(m.Message)
	switch {
	case status == http.StatusTooManyRequests,
		status == http.StatusForbidden && (h.Get("X-Ratelimit-Remaining") == "0" || h.Get("Retry-After") != "" || strings.Contains(low, "rate limit")):
		if e.RetryAfter == 0 {
			e.RetryAfter = time.Minute // what GitHub asks for where it gives no time
		}
		return limited(host, e)
	case status == http.StatusUnauthorized:
		return errs.WithRemedy(errs.Public(errs.Forbidden, host+" does not accept our credentials", because(e, m.Message)),
			"give the integration a token that is valid, or check the App's id and key")
	case status == http.StatusForbidden:
		return forbidden(host, m.Message, e)
	case status == http.StatusNotFound || status == http.StatusGone:
		return errs.WithRemedy(errs.Public(errs.NotFound, fmt.Sprintf("%s has no %s, or does not show it to us", host, e.URL), e),
			"check the name, and that the token or App may see it")
	case status >= 300 && status < 400:
		return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s sends us elsewhere (%d), which is not followed", host, status), e),
			"check apiBaseUrl of the integration")
	case status >= 500 || status == http.StatusRequestTimeout:
		var cause error = e
		if status != http.StatusInternalServerError {
			cause = fmt.Errorf("%w: %w", errTime, e)
		}
		return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s answered %d", host, status), cause), "it is tried again")
	}
	return errs.Public(errs.Invalid, fmt.Sprintf("%s answered %d: %s", host, status, shown(m.Message)), e)
}

func because(err error, said string) error { return fmt.Errorf("%w: %s", err, shown(said)) }

func limited(host string, e *outbound.StatusError) error {
	return errs.WithRemedy(errs.Public(errs.Unavailable, host+" limits our requests", e), "it goes on by itself when the limit is reset")
}

func forbidden(host, said string, cause error) error {
	remedy := "check what the token or App may do: docs/discovery.md lists it"
	switch low := strings.ToLower(said); {
	case strings.Contains(low, "saml"):
		remedy = "authorise the token for the organisation's single sign-on, or use a GitHub App"
	case strings.Contains(low, "ip allow list"):
		remedy = "add the portal's address to the organisation's IP allow list"
	}
	return errs.WithRemedy(errs.Public(errs.Forbidden, fmt.Sprintf("%s refuses: %s", host, shown(said)), cause), remedy)
}

func hostOf(address string) string {
	rest := outbound.Shown(address)
	if _, after, ok := strings.Cut(rest, "//"); ok {
		rest = after
	}
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// wait is how long GitHub asks to wait: Retry-After, else the reset of a quota that is used up. The other side does not
// get to switch us off: an hour is the most, which is also the length of GitHub's window.
func (a *api) wait(h http.Header) time.Duration {
	var d time.Duration
	if v := h.Get("Retry-After"); v != "" {
		if secs, err := strconv.Atoi(v); err == nil {
			d = time.Duration(min(max(secs, 0), 3600)) * time.Second
		} else if at, err := http.ParseTime(v); err == nil {
			d = at.Sub(a.now())
		}
	} else if h.Get("X-Ratelimit-Remaining") == "0" {
		if at, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64); err == nil {
			d = time.Unix(at, 0).Sub(a.now())
		}
	}
	return min(max(d, 0), time.Hour)
}
