package faulttest

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"
)

// Each script does what its name says, and only while it is played.
func TestScripts(t *testing.T) {
	t.Parallel()
	if len(Scripts) != 16 {
		t.Fatalf("there are %d scripts", len(Scripts))
	}
	fine := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "text/plain", "fine") })
	h := Start(t, fine)
	plain := http.DefaultTransport.(*http.Transport).Clone()
	plain.DisableCompression = true
	client := &http.Client{Transport: h.Transport(plain)}
	get := func(path string) (*http.Response, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		t.Cleanup(cancel)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return client.Do(r)
	}
	status := map[string]int{"429 with Retry-After": 429, "403 secondary limit": 403, "500": 500, "502 HTML": 502, "404 organisation": 404, "401": 401}
	for _, s := range Scripts {
		h.Play(s, func(r *http.Request) bool { return r.URL.Path == "/bad" })
		resp, err := get("/good")
		if err != nil || resp.StatusCode != 200 || h.Asked() != 0 {
			t.Fatalf("%s: a request that it does not concern: %v", s.Name, err)
		}
		resp.Body.Close()
		resp, err = get("/bad")
		if h.Asked() == 0 {
			t.Errorf("%s was not met", s.Name)
		}
		var certificate x509.UnknownAuthorityError
		var dns *net.DNSError
		switch s.Name {
		case "TLS error":
			if !errors.As(err, &certificate) {
				t.Errorf("%s: %v", s.Name, err)
			}
			continue
		case "connection refused":
			if !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%s: %v", s.Name, err)
			}
			continue
		case "DNS failure":
			if !errors.As(err, &dns) {
				t.Errorf("%s: %v", s.Name, err)
			}
			continue
		case "redirect loop":
			if err == nil || h.Asked() != 10 {
				t.Errorf("%s: %v after %d", s.Name, err, h.Asked())
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
			continue
		}
		if want, ok := status[s.Name]; ok && resp.StatusCode != want || !ok && resp.StatusCode != 200 {
			t.Errorf("%s: %s", s.Name, resp.Status)
		}
		switch s.Name {
		case "endless body", "gzip bomb":
			body := io.Reader(resp.Body)
			if resp.Header.Get("Content-Encoding") == "gzip" {
				if body, err = gzip.NewReader(body); err != nil {
					t.Fatal(err)
				}
			}
			if n, _ := io.Copy(io.Discard, io.LimitReader(body, 20<<20)); n != 20<<20 {
				t.Errorf("%s has %d bytes", s.Name, n)
			}
		case "a byte a second":
			one := make([]byte, 2)
			if n, _ := resp.Body.Read(one); n != 1 {
				t.Errorf("%s begins with %d", s.Name, n)
			}
		}
		resp.Body.Close()
	}
	h.Stop()
	if resp, err := get("/bad"); err != nil || resp.StatusCode != 200 {
		t.Errorf("after the scripts: %v", err)
	}
}

// Those who configure an address meet the same.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	h := Start(t, http.NotFoundHandler())
	for _, s := range Scripts {
		if (h.Elsewhere(s) == h.URL) != (s.dial == "") {
			t.Errorf("%s is at %s", s.Name, h.Elsewhere(s))
		}
	}
}
