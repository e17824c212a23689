package git

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"portico/internal/errs"
	"portico/internal/outbound"
)

// Credential is what one host is given. GitHub takes x-access-token and a token, GitLab oauth2 and
// a token, Gitea a user name and a token.
type Credential struct {
	Host               string // as in the clone URL, with ":port" when it has one
	Username, Password string
}

// Options configure a client.
type Options struct {
	// Outbound holds the rules for hosts and the address guard. Without it no host is reached.
	Outbound *outbound.Client
	// Credentials by host; the first for a host counts.
	Credentials []Credential
	// Ask is asked for a credential that lasts for a while, before Credentials; it gives nil where it has none for the address.
	// May be nil.
	Ask func(ctx context.Context, u *url.URL) (*Credential, error)
	// CAFile holds further certificate authorities (PEM); the system's alone when empty.
	CAFile string
	// AllowFile opens file:// URLs: for a trial on one's own machine and for tests.
	AllowFile bool
	// Binary is the git command; "git" on PATH when empty.
	Binary string
	// Timeout bounds one operation; 2 minutes when 0.
	Timeout time.Duration
	// MaxTransfer bounds what one operation receives, in bytes; 512 MiB when 0.
	MaxTransfer int64
}

// Client runs git. It is safe for concurrent use. Close it.
type Client struct {
	opts  Options
	guard *guard

	mu     sync.Mutex
	home   string                 // empty, and git's working folder
	issued []Credential           // the last ones of Ask
	locks  map[string]*sync.Mutex // by cache folder: git's own locks fail instead of waiting
}

// New prepares the empty home and the guarding proxy. Errors: errs.Unavailable when there is no git
// command or no place for the home.
func New(opts Options) (*Client, error) {
	if opts.Binary == "" {
		opts.Binary = "git"
	}
	bin, err := exec.LookPath(opts.Binary)
	if err != nil {
		return nil, errs.WithRemedy(errs.Public(errs.Unavailable, "the git command was not found", err), "install git 2.30 or later")
	}
	opts.Binary = bin
	if opts.Timeout <= 0 {
		opts.Timeout = 2 * time.Minute
	}
	if opts.MaxTransfer <= 0 {
		opts.MaxTransfer = 512 << 20
	}
	home, err := makeHome()
	if err != nil {
		return nil, err
	}
	c := &Client{opts: opts, home: home, locks: map[string]*sync.Mutex{}}
	if opts.Outbound != nil {
		if c.guard, err = newGuard(opts.Outbound); err != nil {
			_ = os.RemoveAll(home)
			return nil, err
		}
	}
	return c, nil
}

// Close ends the proxy and removes the home.
func (c *Client) Close() error {
	if c.guard != nil {
		c.guard.close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return os.RemoveAll(c.home)
}

// ownHome is the empty home, made anew where a cleaner of temporary files took it. The old name may by
// then be a folder that somebody else put there, to have git read what it holds.
func (c *Client) ownHome() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if fi, err := os.Lstat(c.home); err == nil && fi.IsDir() && owned(fi) {
		return c.home, nil
	}
	home, err := makeHome()
	if err != nil {
		return "", err
	}
	c.home = home
	return home, nil
}

func makeHome() (string, error) {
	home, err := os.MkdirTemp("", "portico-git-")
	if err != nil {
		return "", errs.WithRemedy(errs.Public(errs.Unavailable, "no folder for the git command could be made in "+os.TempDir(), err),
			"set TMPDIR to a folder that the portal may write")
	}
	return home, nil
}

func (c *Client) lock(dir string) func() {
	c.mu.Lock()
	m := c.locks[dir]
	if m == nil {
		m = &sync.Mutex{}
		c.locks[dir] = m
	}
	c.mu.Unlock()
	m.Lock()
	return m.Unlock
}

// command is one run of git.
type command struct {
	args  []string
	dir   string   // a bare repository, "" for none
	url   *url.URL // the only place it may talk to, nil for none
	limit int64    // of stdout, in bytes
}

// run runs git and returns its output.
func (c *Client) run(ctx context.Context, cmd command) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()

	home, err := c.ownHome()
	if err != nil {
		return nil, err
	}
	env, op, err := c.environment(ctx, cmd, home)
	if err != nil {
		return nil, err
	}
	if op != nil {
		defer c.guard.end(op)
	}
	args := cmd.args
	if cmd.dir != "" {
		args = append([]string{"--git-dir=" + cmd.dir}, args...)
	}
	ex := exec.CommandContext(ctx, c.opts.Binary, args...)
	ex.Env, ex.Dir = env, home
	inOwnGroup(ex)
	ex.WaitDelay = 5 * time.Second
	stdout := &bounded{limit: cmd.limit, full: cancel}
	stderr := &bounded{limit: 64 << 10}
	ex.Stdout, ex.Stderr = stdout, stderr
	err = ex.Run()
	switch {
	case stdout.over:
		return nil, errs.New(errs.TooLarge, "%s holds more than %d bytes, the limit", subject(cmd), cmd.limit)
	case err == nil:
		return stdout.buf.Bytes(), nil
	}
	if op != nil && op.failure() != nil {
		return nil, op.failure()
	}
	if ctx.Err() == context.DeadlineExceeded {
		return nil, errs.Public(errs.Unavailable, fmt.Sprintf("%s did not answer in time", subject(cmd)), err)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, explain(cmd, err, c.redact(stderr.buf.String(), op))
}

func subject(cmd command) string {
	if cmd.url != nil {
		return outbound.Shown(cmd.url.String())
	}
	return "the repository"
}

// environment is all that git sees: nothing is inherited but PATH.
func (c *Client) environment(ctx context.Context, cmd command, home string) ([]string, *operation, error) {
	protocol := "none"
	config := [][2]string{
		{"protocol.allow", "never"},
		{"core.hooksPath", "/dev/null"},
		{"core.fsmonitor", "false"},
		{"core.askPass", ""},
		{"core.sshCommand", "false"},
		{"credential.helper", ""},
		{"submodule.recurse", "false"},
		{"fetch.recurseSubmodules", "false"},
		{"transfer.fsckObjects", "true"},
		{"gc.auto", "0"},
		{"maintenance.auto", "false"},
		{"core.sharedRepository", "0600"}, // clones of private repositories are for our user alone
		{"safe.directory", "*"},
		{"http.followRedirects", "initial"},
		{"http.lowSpeedLimit", "1000"},
		{"http.lowSpeedTime", "30"},
	}
	var op *operation
	if u := cmd.url; u != nil {
		protocol = u.Scheme
		config = append(config, [2]string{"protocol." + u.Scheme + ".allow", "always"})
		if u.Scheme != "file" {
			op = c.guard.begin(u, c.opts.MaxTransfer)
			config = append(config,
				[2]string{"http.proxy", c.guard.address(op)},
				[2]string{"http.proxyAuthMethod", "basic"})
			if c.opts.CAFile != "" {
				config = append(config, [2]string{"http.sslCAInfo", c.opts.CAFile})
			}
			cred, err := c.credential(ctx, u)
			if err != nil {
				c.guard.end(op)
				return nil, nil, err
			}
			if cred != nil {
				config = append(config, [2]string{"http." + u.Scheme + "://" + u.Host + "/.extraHeader", "Authorization: Basic " + cred.basic()})
			}
		}
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + home, "XDG_CONFIG_HOME=" + home, "TMPDIR=" + home,
		"LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=false", "SSH_ASKPASS=false", "GIT_SSH_COMMAND=false",
		"GIT_OPTIONAL_LOCKS=0", "GIT_LITERAL_PATHSPECS=1", "GIT_ALLOW_PROTOCOL=" + protocol,
		"GIT_CONFIG_COUNT=" + fmt.Sprint(len(config)),
	}
	for i, kv := range config {
		env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, kv[0]), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, kv[1]))
	}
	return env, op, nil
}

// credential is what the host of u is given; nil is none.
func (c *Client) credential(ctx context.Context, u *url.URL) (*Credential, error) {
	if c.opts.Ask != nil {
		cred, err := c.opts.Ask(ctx, u)
		if err != nil {
			return nil, err
		}
		if cred != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			if !slices.Contains(c.issued, *cred) {
				c.issued = append(c.issued[max(0, len(c.issued)-mostIssued+1):], *cred)
			}
			return cred, nil
		}
	}
	for i := range c.opts.Credentials {
		if strings.EqualFold(c.opts.Credentials[i].Host, u.Host) {
			return &c.opts.Credentials[i], nil
		}
	}
	return nil, nil
}

// mostIssued bounds the credentials of Ask that are remembered, so that they are taken out of what git says.
const mostIssued = 256

func (c Credential) basic() string {
	return base64.StdEncoding.EncodeToString([]byte(c.Username + ":" + c.Password))
}

// redact takes every secret that git was given out of its output.
func (c *Client) redact(s string, op *operation) string {
	c.mu.Lock()
	all := slices.Concat(c.opts.Credentials, c.issued)
	c.mu.Unlock()
	for _, cred := range all {
		for _, secret := range []string{cred.Password, url.QueryEscape(cred.Password), cred.basic()} {
			if secret != "" {
				s = strings.ReplaceAll(s, secret, "[redacted]")
			}
		}
	}
	if op != nil {
		s = strings.ReplaceAll(s, op.token, "[redacted]")
	}
	return s
}

// explain gives git's failure a kind and a sentence. git has no codes for it: with LC_ALL=C its
// texts are stable, and tests against real servers hold them.
func explain(cmd command, err error, stderr string) error {
	cause := fmt.Errorf("git %s: %w: %s", cmd.args[0], err, strings.TrimSpace(stderr))
	where := subject(cmd)
	has := func(texts ...string) bool {
		for _, t := range texts {
			if strings.Contains(stderr, t) {
				return true
			}
		}
		return false
	}
	switch {
	case has("could not read Username", "could not read Password", "Authentication failed", "error: 401", "error: 403"):
		return errs.WithRemedy(errs.Public(errs.Forbidden, fmt.Sprintf("%s refuses to be read", where), cause),
			"check the address, and give the host's entry under integrations a token that may read it")
	case has("not found", "does not appear to be a git repository", "does not exist", "error: 404", "couldn't find remote ref"):
		return errs.WithRemedy(errs.Public(errs.NotFound, fmt.Sprintf("%s is not there, or not visible to us", where), cause),
			"check the address; if it is private, give the host's entry under integrations a token")
	case has("certificate", "SSL"):
		return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("the certificate of %s is not trusted", where), cause),
			"add the authority that signed it to the system's certificates")
	}
	return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s could not be read by git", where), cause), "it is tried again")
}

// bounded keeps at most limit bytes; past it, it says so and calls full.
type bounded struct {
	buf   bytes.Buffer
	limit int64
	over  bool
	full  func()
}

var _ io.Writer = (*bounded)(nil)

func (b *bounded) Write(p []byte) (int, error) {
	room := b.limit - int64(b.buf.Len())
	if int64(len(p)) <= room {
		return b.buf.Write(p)
	}
	b.buf.Write(p[:max(room, 0)])
	if b.full != nil {
		b.over = true
		b.full()
	}
	return len(p), nil
}
