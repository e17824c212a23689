package outbound

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"portico/internal/errs"
)

// statusError turns a response that is not a success into an error of the right kind.
func statusError(u *url.URL, rule *Rule, resp *http.Response) error {
	e := &StatusError{URL: Shown(u.String()), Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header, time.Now())}
	entry := rule.Name
	if entry == "" {
		entry = "the entry for " + u.Host + " under integrations"
	}
	switch status := resp.StatusCode; {
	case status == http.StatusNotFound || status == http.StatusGone:
		err := errs.Public(errs.NotFound, fmt.Sprintf("%s is not there: %s answered %d", e.URL, u.Host, status), e)
		if len(rule.Header) == 0 {
			return errs.WithRemedy(err, fmt.Sprintf("check the address; if it is private, give %s a token", entry))
		}
		return errs.WithRemedy(err, fmt.Sprintf("check the address, and that the token of %s may read it", entry))
	case status == http.StatusForbidden && resp.Header.Get("X-RateLimit-Remaining") == "0",
		status == http.StatusTooManyRequests:
		return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s limits our requests", u.Host), e),
			fmt.Sprintf("it is tried again later; a token in %s raises the limit", entry))
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		err := errs.Public(errs.Forbidden, fmt.Sprintf("%s refuses to show %s: it answered %d", u.Host, e.URL, status), e)
		if len(rule.Header) == 0 {
			return errs.WithRemedy(err, fmt.Sprintf("give %s a token that may read it", entry))
		}
		return errs.WithRemedy(err, fmt.Sprintf("check that the token of %s is valid and may read it", entry))
	case status >= 500 || status == http.StatusRequestTimeout:
		return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s answered %d", u.Host, status), e), "it is tried again")
	default:
		return errs.Public(errs.Invalid, fmt.Sprintf("%s answered %d for %s", u.Host, status, e.URL), e)
	}
}

// retryAfter reads Retry-After (seconds or a date) and GitHub's X-RateLimit-Reset (Unix seconds),
// bounded to an hour: the other side does not get to switch us off.
func retryAfter(h http.Header, now time.Time) time.Duration {
	var d time.Duration
	if v := h.Get("Retry-After"); v != "" {
		if secs, err := strconv.Atoi(v); err == nil {
			d = time.Duration(min(max(secs, 0), 3600)) * time.Second
		} else if at, err := http.ParseTime(v); err == nil {
			d = at.Sub(now)
		}
	} else if h.Get("X-RateLimit-Remaining") == "0" {
		if at, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil {
			d = time.Unix(at, 0).Sub(now)
		}
	}
	return min(max(d, 0), time.Hour)
}
