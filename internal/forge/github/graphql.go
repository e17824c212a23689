package github

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"portico/internal/errs"
	"portico/internal/outbound"
)

// limits is asked with each query: it costs nothing.
const limits = ` rateLimit { cost limit remaining resetAt }`

// problem is one entry of a GraphQL answer's errors.
type problem struct {
	Type    string
	Message string
	Path    []any
}

// at reports whether the problem's path ends with these names.
func (p problem) at(names ...string) bool {
	if len(p.Path) == 0 {
		return false
	}
	last, ok := p.Path[len(p.Path)-1].(string)
	for _, n := range names {
		if ok && last == n {
			return true
		}
	}
	return false
}

// queryError is in the chain of an error that GraphQL answered 200 with.
type queryError struct{ problem }

func (e *queryError) Error() string {
	return fmt.Sprintf("GraphQL: %s: %s", shown(e.Type), shown(e.Message))
}

// authorization is what a request of this account carries.
func (f *Forge) authorization(ctx context.Context) (string, error) {
	switch {
	case f.o.App == nil && f.o.Token == "":
		return "", nil
	case f.o.App == nil:
		return "Bearer " + f.o.Token, nil
	}
	token, err := f.o.App.Token(ctx, f.o.Organization)
	if err != nil {
		return "", err
	}
	return "Bearer " + token, nil
}

// query sends a GraphQL query and reads its data into into. Problems that may, reported as harmless, are left out; any
// other is an error.
func (f *Forge) query(ctx context.Context, text string, variables map[string]any, into any, harmless func(problem) bool) error {
	body, err := json.Marshal(map[string]any{"query": text, "variables": variables})
	if err != nil {
		return errs.Public(errs.Internal, "a query for GitHub could not be written", err)
	}
	got, err := f.authorized(ctx, http.MethodPost, f.api.graphql, body)
	if err != nil {
		return err
	}
	host := hostOf(f.api.graphql)
	var said struct {
		Data   json.RawMessage
		Errors []problem
		// Message is of an answer that is REST's, from a proxy or a gate before GraphQL.
		Message string
	}
	if err := json.Unmarshal(got.body, &said); err != nil {
		return garbled(host, err)
	}
	data := bytes.TrimSpace(said.Data)
	var quota struct {
		RateLimit *Cost
	}
	if len(data) > 0 && json.Unmarshal(data, &quota) == nil && quota.RateLimit != nil && f.o.Observe != nil {
		f.o.Observe(*quota.RateLimit)
	}
	for _, p := range said.Errors {
		if harmless == nil || !harmless(p) {
			return f.failed(host, got.header, p)
		}
	}
	if len(data) == 0 || bytes.Equal(data, []byte("null")) {
		return garbled(host, fmt.Errorf("no data; it says %q", shown(said.Message)))
	}
	if err := json.Unmarshal(data, into); err != nil {
		return garbled(host, err)
	}
	return nil
}

// authorized sends a request in this account's name. A token of an App that GitHub no longer takes is exchanged once.
func (f *Forge) authorized(ctx context.Context, method, address string, body []byte) (*answer, error) {
	for again := false; ; again = true {
		auth, err := f.authorization(ctx)
		if err != nil {
			return nil, err
		}
		got, err := f.api.send(ctx, method, address, auth, body)
		if status(err) == http.StatusUnauthorized && f.o.App != nil && !again {
			f.o.App.forget(f.o.Organization, strings.TrimPrefix(auth, "Bearer "))
			continue
		}
		return got, err
	}
}

func garbled(host string, cause error) error {
	return errs.WithRemedy(errs.Public(errs.Unavailable, host+" gave an answer that cannot be read", cause),
		"it is tried again; if it stays so, check apiBaseUrl of the integration, and what stands before the host")
}

// failed turns a problem that GraphQL answered 200 with into an error.
func (f *Forge) failed(host string, h http.Header, p problem) error {
	cause := &queryError{p}
	low := strings.ToLower(p.Message)
	switch {
	case p.Type == "RATE_LIMITED" || p.Type == "RATE_LIMIT" || strings.Contains(low, "rate limit"):
		wait := f.api.wait(h)
		if wait == 0 {
			wait = time.Minute
		}
		return limited(host, &outbound.StatusError{URL: f.api.graphql, Status: http.StatusOK, RetryAfter: wait})
	case p.Type == "FORBIDDEN" || p.Type == "INSUFFICIENT_SCOPES" || p.Type == "SAML_ENFORCEMENT" || p.Type == "IP_ALLOW_LIST",
		strings.Contains(low, "saml enforcement"), strings.Contains(low, "ip allow list"):
		return forbidden(host, p.Message, cause)
	case p.Type == "NOT_FOUND":
		return errs.WithRemedy(errs.Public(errs.NotFound, fmt.Sprintf("%s: %s", host, shown(p.Message)), cause),
			"check the name, and that the token or App may see it")
	}
	return errs.WithRemedy(errs.Public(errs.Unavailable, host+" could not answer in full: "+shown(p.Message), cause), "it is tried again")
}
