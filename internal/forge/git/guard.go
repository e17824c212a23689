package git

import (
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"portico/internal/errs"
	"portico/internal/outbound"
)

// guard is a proxy on loopback for the git command alone. libcurl knows nothing of our rules, so
// it is given no other way out: the guard dials.
type guard struct {
	out *outbound.Client
	ln  net.Listener
	srv *http.Server

	mu  sync.Mutex
	ops map[string]*operation // by token
}

// operation is one run of git: the token that it was given, the one host that it may reach, and how
// many bytes it may still receive.
type operation struct {
	token string
	host  string // host:port
	left  atomic.Int64

	mu  sync.Mutex
	err error
}

func (o *operation) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = err
	}
}

func (o *operation) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

func newGuard(out *outbound.Client) (*guard, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errs.Public(errs.Unavailable, "no port on loopback could be opened for the git command", err)
	}
	g := &guard{out: out, ln: ln, ops: map[string]*operation{}}
	g.srv = &http.Server{Handler: g, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	go func() { _ = g.srv.Serve(ln) }()
	return g, nil
}

func (g *guard) close() { _ = g.srv.Close() }

func (g *guard) begin(u *url.URL, limit int64) *operation {
	host := u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), map[string]string{"https": "443", "http": "80"}[u.Scheme])
	}
	op := &operation{token: rand.Text(), host: strings.ToLower(host)}
	op.left.Store(limit)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ops[op.token] = op
	return op
}

func (g *guard) end(op *operation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.ops, op.token)
}

func (g *guard) address(op *operation) string {
	return "http://git:" + op.token + "@" + g.ln.Addr().String()
}

// operationOf finds the operation by Proxy-Authorization. Only our own git knows a token: other
// users of the machine get nothing here.
func (g *guard) operationOf(r *http.Request) *operation {
	probe := http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
	_, token, _ := probe.BasicAuth()
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ops[token]
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := g.operationOf(r)
	if op == nil {
		w.Header().Set("Proxy-Authenticate", `Basic realm="portico"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	if r.Method == http.MethodConnect {
		g.tunnel(w, r, op)
		return
	}
	g.forward(w, r, op)
}

// tunnel serves https: git and the host speak TLS with one another, we see bytes.
func (g *guard) tunnel(w http.ResponseWriter, r *http.Request, op *operation) {
	if strings.ToLower(r.Host) != op.host {
		op.fail(errs.New(errs.Forbidden, "%s sends git on to another host, %s, which is not followed", op.host, r.Host))
		w.WriteHeader(http.StatusForbidden)
		return
	}
	up, err := g.out.DialContext(r.Context(), "tcp", op.host)
	if err != nil {
		op.fail(unreachable(op.host, err))
		w.WriteHeader(http.StatusForbidden)
		return
	}
	defer up.Close()
	down, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer down.Close()
	if _, err := io.WriteString(down, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(up, buf)
		_ = up.(interface{ CloseWrite() error }).CloseWrite()
	}()
	_, _ = io.Copy(down, &counted{Reader: up, op: op})
}

// forward serves plain http, for hosts that the rules open so.
func (g *guard) forward(w http.ResponseWriter, r *http.Request, op *operation) {
	host := strings.ToLower(r.URL.Host)
	if r.URL.Port() == "" {
		host = net.JoinHostPort(host, "80")
	}
	if host != op.host {
		op.fail(errs.New(errs.Forbidden, "%s sends git on to another host, %s, which is not followed", op.host, host))
		w.WriteHeader(http.StatusForbidden)
		return
	}
	proxy := httputil.ReverseProxy{
		Rewrite:   func(*httputil.ProxyRequest) {},
		Transport: g.out.RoundTripper(),
		ModifyResponse: func(resp *http.Response) error {
			resp.Body = struct {
				io.Reader
				io.Closer
			}{&counted{Reader: resp.Body, op: op}, resp.Body}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			op.fail(unreachable(op.host, err))
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	proxy.ServeHTTP(w, r)
}

func unreachable(host string, err error) error {
	var refused *errs.Error
	if errors.As(err, &refused) {
		return refused
	}
	return errs.WithRemedy(errs.Public(errs.Unavailable, host+" does not answer", err), "it is tried again")
}

// counted ends a transfer that passes the operation's limit.
type counted struct {
	io.Reader
	op *operation
}

var errLimit = errors.New("transfer limit passed")

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.op.left.Add(-int64(n)) < 0 {
		c.op.fail(errs.New(errs.TooLarge, "%s sends more than the limit for one git operation", c.op.host))
		return 0, errLimit
	}
	return n, err
}
