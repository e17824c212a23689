package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/outbound"
)

// credentials are what `portico login` keeps.
type credentials struct {
	URL     string    `json:"url"` // of the portal, without a slash at its end
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
}

// credentialsFile is where they are: in the folder that the system has for the configuration of programs.
func credentialsFile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", errs.WithRemedy(errs.Public(errs.Invalid, "this user has no folder for the configuration of programs", err), "set HOME, or XDG_CONFIG_HOME")
	}
	return filepath.Join(dir, "portico", "credentials.json"), nil
}

// readCredentials returns what login wrote. Errors: errs.NotFound where nobody has signed in, errs.Invalid for a file that
// others may read.
func readCredentials() (c credentials, err error) {
	file, err := credentialsFile()
	if err != nil {
		return c, err
	}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return c, errs.WithRemedy(errs.New(errs.NotFound, "you are signed in at no portal"), "run `portico login --url URL` first")
	}
	if err != nil {
		return c, errs.Public(errs.Invalid, fmt.Sprintf("%s cannot be read: %s", file, reason(err)), err)
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err == nil && runtime.GOOS != "windows" && st.Mode().Perm()&0o077 != 0 {
		return c, errs.WithRemedy(errs.New(errs.Invalid, "%s may be read by others, and has a token", file),
			"revoke the token in the portal if others use this machine; then run `chmod 600` on the file, or `portico login` again")
	}
	if err == nil {
		err = json.NewDecoder(f).Decode(&c)
	}
	if err == nil && (c.URL == "" || c.Token == "") {
		err = errors.New("it has no url or no token")
	}
	if err != nil {
		return c, errs.WithRemedy(errs.Public(errs.Invalid, file+" is not what `portico login` writes", err), "remove it, and run `portico login` again")
	}
	return c, nil
}

// write keeps the credentials for this user alone. A file that is there is replaced as a whole.
func (c credentials) write() (file string, err error) {
	if file, err = credentialsFile(); err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errs.WithRemedy(errs.Public(errs.Invalid, fmt.Sprintf("%s cannot be written: %s", file, reason(err)), err), "make the folder yours, and run `portico login` again")
		}
	}()
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return file, err
	}
	if err := os.Chmod(dir, 0o700); err != nil { // it may have been there
		return file, err
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return file, err
	}
	part, err := os.CreateTemp(dir, ".credentials-*") // 0600
	if err != nil {
		return file, err
	}
	_, err = part.Write(append(text, '\n'))
	if err = errors.Join(err, part.Close()); err == nil {
		err = os.Rename(part.Name(), file)
	}
	if err != nil {
		_ = os.Remove(part.Name())
	}
	return file, err
}

// forget removes the file.
func forget() error {
	file, err := credentialsFile()
	if err != nil {
		return err
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errs.Public(errs.Invalid, fmt.Sprintf("%s cannot be removed: %s", file, reason(err)), err)
	}
	return nil
}

// portal is a running portal that a command talks to.
type portal struct {
	url    string // without a slash at its end
	client *http.Client
}

// openPortal checks an address. A token must not travel where everybody reads along, so plain http is for one's own machine.
func openPortal(address string) (*portal, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usageError{fmt.Errorf("--url takes the address of a portal, such as https://portico.example.com, not %q", address)}
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s is not encrypted: whoever is between here and there would have the token", address), "use the https:// address of the portal")
	}
	guard, err := outbound.New(outbound.Options{
		Allow: []outbound.Rule{{Host: u.Host, HTTP: u.Scheme == "http", AllowPrivate: true, Name: "--url"}}, UserAgent: "portico/" + version, Timeout: 20 * time.Second, MaxBody: 1 << 20,
	})
	if err != nil {
		return nil, err
	}
	return &portal{url: strings.TrimRight(u.String(), "/"), client: guard.HTTP()}, nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// call sends a request with a token, where there is one, and decodes the answer into into, where that is not nil. Errors are
// in the portal's words, with its remedy.
func (p *portal) call(ctx context.Context, method, path, token string, body, into any) error {
	var send io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		send = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, p.url+path, send)
	if err != nil {
		return err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := p.client.Do(r)
	if err != nil {
		return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("no portal answers at %s: %s", p.url, visible(reason(err))), err), "check the address, and whether this machine reaches it")
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return errs.Public(errs.Unavailable, "the answer of "+p.url+" broke off", err)
	}
	if resp.StatusCode >= 300 {
		return refusal(p.url, resp.StatusCode, text)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return noPortal(p.url, err)
	}
	return nil
}

func noPortal(url string, cause error) error {
	return errs.WithRemedy(errs.Public(errs.Invalid, "what answers at "+url+" is no Portico", cause), "check the address: it is the one that you open in the browser, without a path")
}

// refusal is the portal's error as one of ours.
func refusal(url string, status int, text []byte) error {
	var body httpx.ErrorBody
	if json.Unmarshal(text, &body) != nil || body.Error.Message == "" {
		return noPortal(url, fmt.Errorf("status %d", status))
	}
	kind := errs.Invalid
	switch status {
	case http.StatusUnauthorized:
		kind = errs.Unauthenticated
	case http.StatusForbidden:
		kind = errs.Forbidden
	case http.StatusNotFound:
		kind = errs.NotFound
	}
	if status >= 500 {
		kind = errs.Unavailable
	}
	return errs.WithRemedy(errs.New(kind, "%s says: %s", url, visible(body.Error.Message)), visible(body.Error.Remedy))
}

// visible is a text of somebody else as a terminal may show it: what would move the cursor, change colours or hide a part
// is written out, as are characters that turn the direction of what follows.
func visible(text string) string {
	var b strings.Builder
	for _, c := range text {
		if !unicode.IsGraphic(c) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(c), "'"))
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}
