package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"portico/internal/browser"
	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/identity/policy"
)

// loginWithin is how long a person may take to allow it.
const loginWithin = 10 * time.Minute

func newLoginCommand() *cobra.Command {
	var address string
	var noBrowser bool
	var scopes []string
	var days int
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Sign in at a portal from this terminal",
		Long: `Sign in at a portal from this terminal: open it in the browser, where you allow what this machine may do
in your name and for how long, and keep the token that it makes. It is in credentials.json, in the folder
portico below the one that the system has for the configuration of programs, for this user alone.

The address is printed, too. Where no browser can open on this machine, as over SSH, give --no-browser:
open the address anywhere, and paste the code that the portal shows.

The portal lists the token among yours, where you may revoke it; ` + "`portico logout`" + ` does so from here.`,
		Example: `  portico login --url https://portico.example.com
  portico login --url https://portico.example.com --no-browser
  portico login --scope catalog:read --days 7`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkLogin(scopes, days); err != nil {
				return err
			}
			before, err := readCredentials()
			if address == "" {
				if err != nil {
					return usageError{errors.New("--url is missing: name the portal, such as https://portico.example.com")}
				}
				address = before.URL
			}
			p, err := openPortal(address)
			if err != nil {
				return err
			}
			if err := p.there(cmd.Context()); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), loginWithin)
			defer cancel()
			l := login{portal: p, out: cmd.ErrOrStderr(), in: cmd.InOrStdin(), verifier: identity.NewSecret(), state: identity.NewSecret(), scopes: scopes, days: days}
			run := l.byBrowser
			if noBrowser {
				run = l.byHand
			}
			made, err := run(ctx)
			if err != nil {
				switch ctx.Err() {
				case context.Canceled:
					return errs.New(errs.Unavailable, "stopped: nothing was allowed, and no token made")
				case context.DeadlineExceeded:
					return errs.WithRemedy(errs.New(errs.Unavailable, "nobody allowed it within %d minutes", int(loginWithin.Minutes())), "run `portico login` again")
				}
				return err
			}
			file, err := credentials{URL: p.url, Token: made.Token, Expires: made.ExpiresAt}.write()
			if err != nil {
				_ = p.call(cmd.Context(), http.MethodDelete, tokenPath, made.Token, nil, nil) // nobody has it
				return err
			}
			if before.URL == p.url { // it is replaced, and would be one that nobody uses
				_ = p.call(cmd.Context(), http.MethodDelete, tokenPath, before.Token, nil, nil)
			}
			who, err := p.whoami(cmd.Context(), made.Token)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\nthe token is in %s\n", who, file)
			return err
		},
	}
	cmd.Flags().StringVar(&address, "url", "", "`address` of the portal, as in the browser (default: the one of the last login)")
	cmd.Flags().BoolVar(&noBrowser, "no-browser", false, "print the address alone, and ask for the code that the portal shows")
	cmd.Flags().StringSliceVar(&scopes, "scope", []string{"catalog:read", "catalog:write"}, "`scopes` to ask for; you may choose others in the browser")
	cmd.Flags().IntVar(&days, "days", 30, "`days` that the token is to last; you may choose others in the browser")
	return cmd
}

// checkLogin refuses what no portal would take, before anybody opens a page for it.
func checkLogin(scopes []string, days int) error {
	const mostDays = 36500
	if days < 1 || days > mostDays {
		return usageError{fmt.Errorf("--days takes a number from 1 to %d, not %d", mostDays, days)}
	}
	if len(scopes) == 0 {
		return usageError{fmt.Errorf("--scope is empty: name what the token is for, such as %s", strings.Join(identity.ScopeNames(), ", "))}
	}
	for i, s := range scopes {
		var perm *httpx.Permission
		if p, ok := policy.ByName(s); ok {
			perm = &p.Permission
		}
		switch {
		case !identity.IsScope(s, perm):
			return usageError{fmt.Errorf("there is no scope %q; there are %s, and the names of permissions", s, strings.Join(identity.ScopeNames(), ", "))}
		case slices.Contains(scopes[:i], s):
			return usageError{fmt.Errorf("the scope %q is given twice", s)}
		}
	}
	return nil
}

// there finds out whether a portal answers. Errors: errs.Unavailable where nothing does, errs.Invalid where something else does.
func (p *portal) there(ctx context.Context) error {
	var answer struct {
		SignedIn *bool `json:"signedIn"`
	}
	if err := p.call(ctx, http.MethodGet, "/api/portico/session", "", nil, &answer); err != nil {
		return err
	}
	if answer.SignedIn == nil {
		return noPortal(p.url, errors.New("it does not say who is signed in"))
	}
	return nil
}

const tokenPath = "/api/portico/token"

// login is one under way.
type login struct {
	portal *portal
	out    io.Writer // for the person
	in     io.Reader
	// The proof that whoever exchanges the code is who asked for it. The portal sees its digest first.
	verifier string
	state    string // tells the browser that we sent away from others that come
	scopes   []string
	days     int
}

// madeToken is the portal's answer.
type madeToken struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// address is the page of the portal that asks for consent. port is 0 where the code comes by hand.
func (l *login) address(port int) string {
	proof := sha256.Sum256([]byte(l.verifier))
	q := url.Values{"challenge": {base64.RawURLEncoding.EncodeToString(proof[:])}, "days": {strconv.Itoa(l.days)}, "scope": l.scopes}
	if host, err := os.Hostname(); err == nil {
		q.Set("host", host)
	}
	if port != 0 {
		q.Set("port", strconv.Itoa(port))
		q.Set("state", l.state)
	}
	return l.portal.url + "/settings/login?" + q.Encode()
}

func (l *login) redeem(ctx context.Context, code string) (made madeToken, err error) {
	if !codeForm.MatchString(code) {
		return made, errs.WithRemedy(errs.New(errs.Invalid, "this is not the code that the portal shows"), "copy it from its first letter to its last, and run `portico login` again")
	}
	err = l.portal.call(ctx, http.MethodPost, tokenPath, code, map[string]string{"verifier": l.verifier}, &made)
	if err == nil && made.Token == "" {
		err = noPortal(l.portal.url, errors.New("no token came"))
	}
	return made, err
}

var codeForm = regexp.MustCompile(`^portico_code_[a-z2-7]{58}$`)

// byHand has the person carry the code over.
func (l *login) byHand(ctx context.Context) (made madeToken, err error) {
	fmt.Fprintf(l.out, "Open this address in a browser, on any machine:\n\n  %s\n\nThen paste the code that it shows: ", l.address(0))
	type typed struct {
		code  string
		ended bool
	}
	line := make(chan typed, 1)
	go func() { // it ends with the process where nobody types
		text, err := bufio.NewReader(l.in).ReadString('\n')
		line <- typed{strings.TrimSpace(text), err != nil}
	}()
	select {
	case got := <-line:
		fmt.Fprintln(l.out)
		if got.code == "" && got.ended {
			return made, errs.WithRemedy(errs.New(errs.Invalid, "the input ended before a code came"), "run `portico login --no-browser` in a terminal, where the code can be pasted")
		}
		return l.redeem(ctx, got.code)
	case <-ctx.Done():
		return made, ctx.Err()
	}
}

// byBrowser waits on this machine for the browser to bring the code.
func (l *login) byBrowser(ctx context.Context) (made madeToken, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return made, errs.WithRemedy(errs.Public(errs.Unavailable, "no port of this machine can be listened on", err), "give --no-browser")
	}
	type end struct {
		made madeToken
		err  error
	}
	ended := make(chan end, 1)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code, ok := l.broughtBy(r, listener.Addr().String())
		if !ok {
			answer(w, http.StatusNotFound, "This is not what portico login waits for.")
			return
		}
		made, err := l.redeem(ctx, code)
		if err != nil {
			answer(w, http.StatusBadGateway, "You are not signed in. The terminal says why.")
		} else {
			answer(w, http.StatusOK, "You are signed in. Go back to the terminal; this page can be closed.")
		}
		select {
		case ended <- end{made, err}:
		default: // the first counts
		}
	})}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener)
	}()
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_ = server.Shutdown(stop) // the page that says so is on its way
		<-served
	}()
	address := l.address(listener.Addr().(*net.TCPAddr).Port)
	fmt.Fprintf(l.out, "Allow it in the browser. If none opened, open this address on this machine:\n\n  %s\n\n", address)
	browser.Open(ctx, address)
	select {
	case e := <-ended:
		return e.made, e.err
	case <-ctx.Done():
		return made, ctx.Err()
	}
}

// broughtBy returns the code of the browser that we sent away: it comes to the address that we listen on under that very
// name, with our state. Others may come, too: what listens on 127.0.0.1 is for all pages of all browsers here.
func (l *login) broughtBy(r *http.Request, address string) (code string, ok bool) {
	q := r.URL.Query()
	if r.Method != http.MethodGet || r.URL.Path != "/callback" || r.Host != address || len(q["code"]) != 1 ||
		subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(l.state)) == 0 {
		return "", false
	}
	return q.Get("code"), true
}

// answer shows the browser one of our own sentences. The icon is named so that it does not ask for one.
func answer(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src data:; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Connection", "close")
	w.WriteHeader(status)
	// The browser may be gone.
	_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><title>portico login</title><p>%s</p></html>`+"\n", text)
}

// me is what the portal says of a token.
type me struct {
	SignedIn  bool `json:"signedIn"`
	Principal struct {
		Ref         string `json:"ref"`
		DisplayName string `json:"displayName"`
	} `json:"principal"`
	Token *struct {
		Name      string    `json:"name"`
		Scopes    []string  `json:"scopes"`
		ExpiresAt time.Time `json:"expiresAt"`
	} `json:"token,omitempty"`
	Portal string `json:"portal"` // its address; set here
}

func (m me) String() string {
	text := fmt.Sprintf("%s (%s) at %s", m.Principal.DisplayName, m.Principal.Ref, m.Portal)
	if m.Token != nil {
		text += fmt.Sprintf("\nwith the scopes %s, until %s", strings.Join(m.Token.Scopes, ", "), m.Token.ExpiresAt.Local().Format("2 January 2006 15:04"))
	}
	return text
}

// whoami asks the portal whom a token stands for. Errors: errs.Unauthenticated where it is none any more.
func (p *portal) whoami(ctx context.Context, token string) (m me, err error) {
	var answer struct {
		me
		Portal struct{} `json:"portal"` // its names, of no use here
	}
	if err := p.call(ctx, http.MethodGet, "/api/portico/session", token, nil, &answer); err != nil {
		return m, err
	}
	m = answer.me
	for _, text := range []*string{&m.Principal.Ref, &m.Principal.DisplayName} {
		*text = visible(*text)
	}
	if m.Token != nil {
		m.Token.Name = visible(m.Token.Name)
		for i, s := range m.Token.Scopes {
			m.Token.Scopes[i] = visible(s)
		}
	}
	if m.Portal = p.url; !m.SignedIn {
		return m, errs.WithRemedy(errs.New(errs.Unauthenticated, "you are no longer signed in at %s: the token expired or was revoked", p.url), "run `portico login` again")
	}
	return m, nil
}

func newWhoamiCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "whoami",
		Short: "Say who you are signed in as, and where",
		Long: `Ask the portal of the last ` + "`portico login`" + ` whom the token of this machine stands for, what it may do, and
until when. Where it holds no more, the exit code is 1.`,
		Example: `  portico whoami
  portico whoami --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := readCredentials()
			if err != nil {
				return err
			}
			p, err := openPortal(c.URL)
			if err != nil {
				return err
			}
			m, err := p.whoami(cmd.Context(), c.Token)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd, m)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), m)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newLogoutCommand() *cobra.Command {
	var local bool
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "Revoke the token of this machine, and forget it",
		Long: `Revoke the token that ` + "`portico login`" + ` keeps on this machine, and remove it from here. Where the portal
does not answer, nothing is removed, so that it can be revoked later; with --local it is removed all
the same.`,
		Example: `  portico logout
  portico logout --local`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := readCredentials()
			if err != nil && (!local || errs.Is(err, errs.NotFound)) {
				return err
			}
			said := "the token is removed from this machine; the portal takes it until it is revoked there, or expires"
			if !local {
				p, err := openPortal(c.URL)
				if err == nil {
					err = p.call(cmd.Context(), http.MethodDelete, tokenPath, c.Token, nil, nil)
				}
				if err != nil && !errs.Is(err, errs.Unauthenticated) { // that it is none any more is what was wanted
					return err
				}
				said = "the token is revoked at " + c.URL + ", and removed from this machine"
			}
			if err := forget(); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), said)
			return err
		},
	}
	cmd.Flags().BoolVar(&local, "local", false, "remove the token from this machine without asking the portal")
	return cmd
}
