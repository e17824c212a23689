package security

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// host is the one address of the internet that these tests play. Whatever else is connected to is a hit.
var host = netip.MustParseAddr("93.184.216.34")

// ports are those on which every address of the network namespace is listened on.
var ports = []string{"22", "80", "443", "2375", "6379", "6443", "8080", "9418"}

// A world is a network namespace in which every address leads here: forbidden ones to a counter of connections, one
// public one to a web server.
type world struct {
	t     *testing.T
	mu    sync.Mutex
	hits  []string // "169.254.169.254:80", in the order of connecting
	good  int      // connections to the public address
	serve http.HandlerFunc
}

// newWorld expects to be in a network namespace of its own.
func newWorld(t *testing.T) *world {
	t.Helper()
	for _, line := range []string{"link set lo up", "route add local 0.0.0.0/0 dev lo", "-6 route add local ::/0 dev lo"} {
		if out, err := exec.CommandContext(t.Context(), "ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", line, err, out)
		}
	}
	w := &world{t: t, serve: http.NotFound}
	secure := accepted{make(chan net.Conn), make(chan struct{})}
	for _, family := range []struct{ network, any string }{{"tcp4", "0.0.0.0"}, {"tcp6", "::"}} {
		for _, port := range ports {
			l, err := new(net.ListenConfig).Listen(t.Context(), family.network, net.JoinHostPort(family.any, port))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			go w.accept(l, secure)
		}
	}
	srv := &http.Server{
		Handler:           http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.mu.Lock(); f := w.serve; w.mu.Unlock(); f(rw, r) }),
		ReadHeaderTimeout: 5 * time.Second, ErrorLog: log.New(t.Output(), "", 0),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate(t)}},
	}
	t.Cleanup(func() { _ = srv.Close() })
	go func() { _ = srv.ServeTLS(secure, "", "") }()
	w.names()
	return w
}

// accept counts, and gives the public address's connections to the web server.
func (w *world) accept(l net.Listener, secure accepted) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		at := netip.MustParseAddrPort(c.LocalAddr().String())
		w.mu.Lock()
		if at.Addr() == host && at.Port() == 443 {
			w.good++
			w.mu.Unlock()
			select {
			case secure.conns <- c:
			case <-secure.ended:
				_ = c.Close()
			}
			continue
		}
		w.hits = append(w.hits, at.String())
		w.mu.Unlock()
		_ = c.Close()
	}
}

// taken returns the hits since the last time.
func (w *world) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	hits := w.hits
	w.hits = nil
	return hits
}

func (w *world) answer(f http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.serve = f
}

// accepted is a listener of connections that somebody else accepted.
type accepted struct {
	conns chan net.Conn
	ended chan struct{}
}

func (a accepted) Accept() (net.Conn, error) {
	select {
	case c := <-a.conns:
		return c, nil
	case <-a.ended:
		return nil, net.ErrClosed
	}
}

func (a accepted) Close() error { close(a.ended); return nil }
func (accepted) Addr() net.Addr { return new(net.TCPAddr) }

// certificate makes one for the names of this world, which this process trusts from now on.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the wall"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, DNSNames: []string{"*.evil.example"}, IPAddresses: []net.IP{host.AsSlice()},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", file) // read once, when it is first needed
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// names is the DNS of the world, on the addresses where this machine's resolver looks for it. A name says what it
// leads to: "ip-7f000001.evil.example" to 127.0.0.1, "ip-5db8d822-7f000001.evil.example" to two addresses, and
// "flip-5db8d822-7f000001.evil.example" to the one and then the other.
func (w *world) names() {
	w.t.Helper()
	var servers []string
	if f, err := os.Open("/etc/resolv.conf"); err == nil {
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if words := strings.Fields(lines.Text()); len(words) == 2 && words[0] == "nameserver" {
				servers = append(servers, words[1])
			}
		}
		_ = f.Close()
	}
	if len(servers) == 0 {
		servers = []string{"127.0.0.1"}
	}
	asked := map[string]int{}
	var mu sync.Mutex
	for _, server := range servers {
		c, err := new(net.ListenConfig).ListenPacket(w.t.Context(), "udp", net.JoinHostPort(server, "53"))
		if err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(func() { _ = c.Close() })
		go func() {
			buf := make([]byte, 1500)
			for {
				n, from, err := c.ReadFrom(buf)
				if err != nil {
					return
				}
				mu.Lock()
				reply, err := resolve(buf[:n], asked)
				mu.Unlock()
				if err == nil {
					_, _ = c.WriteTo(reply, from)
				}
			}
		}()
	}
}

// resolve answers one question. asked counts what was asked of names that change their mind.
func resolve(question []byte, asked map[string]int) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil || len(m.Questions) != 1 {
		return nil, errors.New("no question")
	}
	q := m.Questions[0]
	m.Header = dnsmessage.Header{ID: m.ID, Response: true, RecursionAvailable: true, Authoritative: true}
	m.Additionals = nil
	label, zone, _ := strings.Cut(strings.ToLower(q.Name.String()), ".")
	words := strings.Split(label, "-")
	if zone != "evil.example." || words[0] != "ip" && words[0] != "flip" {
		m.RCode = dnsmessage.RCodeNameError
		return m.Pack()
	}
	addrs := words[1:]
	if words[0] == "flip" {
		key := q.Name.String() + q.Type.String()
		i := min(asked[key], len(addrs)-1)
		asked[key]++
		addrs = addrs[i : i+1]
	}
	for _, word := range addrs {
		b, err := hex.DecodeString(word)
		h := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type}
		switch {
		case err != nil:
			return nil, err
		case len(b) == 4 && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: [4]byte(b)}})
		case len(b) == 16 && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: [16]byte(b)}})
		}
	}
	return m.Pack()
}

// named is a host name that leads to the addresses.
func named(kind string, addrs ...netip.Addr) string {
	label := kind
	for _, a := range addrs {
		label += "-" + hex.EncodeToString(a.AsSlice())
	}
	return label + ".evil.example"
}

// inNamespace runs the calling test again in a network namespace of its own, and reports whether this is that run.
func inNamespace(t *testing.T, dsn func() string) bool {
	t.Helper()
	if os.Getenv("PORTICO_WALL_DSN") != "" {
		return true
	}
	args := []string{"-n", "--"}
	if os.Geteuid() != 0 {
		args = []string{"-n", "--map-root-user", "--"}
	}
	args = append(args, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=10m")
	cmd := exec.CommandContext(t.Context(), "unshare", args...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.Contains(strings.ToLower(v), "_proxy=") })
	cmd.Env = append(cmd.Env, "PORTICO_WALL_DSN="+dsn())
	// A proxy of the environment would connect where the guard cannot see: whoever asks this one is counted.
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		cmd.Env = append(cmd.Env, name+"=http://127.0.0.9:8080")
	}
	cmd.WaitDelay = 5 * time.Second // whatever it started and left
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Fatal("there is no unshare here: this test needs a network namespace of its own, so that nothing real is reached (install util-linux)")
	}
	for line := range strings.SplitSeq(string(out), "\n") {
		if _, figure, ok := strings.Cut(line, "wall: "); ok {
			t.Logf("wall: %s", figure)
		}
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("in a network namespace of its own (unshare %s): %v\n%s", strings.Join(args[:len(args)-1], " "), err, out)
	}
	return false
}
