package budget

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// said is what an answer says of limits.
type said struct {
	resource  string
	quota     int
	remaining int
	known     bool // quota and remaining
	resetsAt  time.Time
	retryAt   time.Time // the host asks to be left alone until then
}

// longestAsked bounds what a host may ask for: a header that names a year is a slip.
const longestAsked = 2 * time.Hour

// unsaid is how long a host is left alone that refuses for how often it was asked, and does not say for how long.
const unsaid = time.Minute

// read reads the headers of GitHub and GitLab, and what all hosts say who refuse.
func read(resp *http.Response, resource string, now time.Time) said {
	h := resp.Header
	s := said{resource: resource}
	if r := h.Get("X-Ratelimit-Resource"); r != "" && len(r) <= 40 {
		s.resource = r
	}
	for _, prefix := range []string{"X-Ratelimit-", "Ratelimit-"} {
		limit, err := strconv.Atoi(h.Get(prefix + "Limit"))
		remaining, err2 := strconv.Atoi(h.Get(prefix + "Remaining"))
		if err != nil || err2 != nil || limit <= 0 || remaining < 0 {
			continue
		}
		s.quota, s.remaining, s.known = limit, min(remaining, limit), true
		if at, err := strconv.ParseInt(h.Get(prefix+"Reset"), 10, 64); err == nil {
			s.resetsAt = bounded(time.Unix(at, 0), now)
		}
		break
	}
	refused := resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusServiceUnavailable
	if !refused {
		return s
	}
	switch after := strings.TrimSpace(h.Get("Retry-After")); {
	case after != "":
		if n, err := strconv.Atoi(after); err == nil && n >= 0 {
			s.retryAt = now.Add(min(time.Duration(min(n, 1<<30))*time.Second, longestAsked))
		} else if at, err := http.ParseTime(after); err == nil {
			s.retryAt = bounded(at, now)
		}
	case s.known && s.remaining == 0 && !s.resetsAt.IsZero():
		s.retryAt = s.resetsAt
	case resp.StatusCode == http.StatusTooManyRequests:
		s.retryAt = now.Add(unsaid)
	}
	return s
}

func bounded(at, now time.Time) time.Time {
	if last := now.Add(longestAsked); at.After(last) {
		return last
	}
	return at
}

// resourceOf guesses which of a host's limits a request counts against, before its answer says so.
func resourceOf(r *http.Request) string {
	switch {
	case strings.HasSuffix(r.URL.Path, "/graphql"):
		return "graphql"
	case strings.Contains(r.URL.Path, "/search/"):
		return "search"
	}
	return "core"
}
