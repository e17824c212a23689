//go:build unix

// Package slapdtest runs a real slapd for tests: on ports of the loopback interface, with its own folder and nobody in it.
// It is for tests alone; no program may import it.
package slapdtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"portico/internal/testenv"
)

// What the directory begins with. Whoever reads it may read everything but passwords and what is below Hidden, and gets no
// more than Limit entries without paging.
const (
	Suffix   = "dc=marrowby,dc=example"
	Reader   = "cn=reader," + Suffix
	Password = "a secret of tests"
	Hidden   = "ou=hidden," + Suffix
	Limit    = 500

	admin = "cn=admin," + Suffix
)

// Server is a slapd.
type Server struct {
	Plain, TLS string // targets: "ldap://127.0.0.1:1234"
	CA         string // file with the authority of its certificate

	t       testing.TB
	process *exec.Cmd
	said    bytes.Buffer
	ended   bool
	admin   *ldap.Conn
}

// Start runs a server until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	binary := find(t)
	prefix := strings.TrimSuffix(binary, "/usr/sbin/slapd")
	dir, data := t.TempDir(), ""
	if data = filepath.Join(dir, "data"); os.Mkdir(data, 0o700) != nil {
		t.Fatal("no folder for data")
	}
	s := &Server{t: t, CA: filepath.Join(dir, "ca.pem")}
	certificate(t, dir)
	plain, tls := free(t), free(t)
	s.Plain, s.TLS = "ldap://"+plain, "ldaps://"+tls
	schema := filepath.Join(prefix, "/etc/ldap/schema")
	text := fmt.Sprintf(`
include %[1]s/core.schema
include %[1]s/cosine.schema
include %[1]s/inetorgperson.schema
include %[1]s/nis.schema
modulepath %[2]s/usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile %[3]s/slapd.pid
TLSCACertificateFile %[3]s/ca.pem
TLSCertificateFile %[3]s/cert.pem
TLSCertificateKeyFile %[3]s/key.pem
sizelimit %[4]d
database mdb
suffix %[5]q
rootdn %[6]q
rootpw %[7]q
directory %[3]s/data
dbnosync
maxsize 104857600
limits dn.exact=%[8]q size.soft=%[4]d size.hard=%[4]d size.prtotal=unlimited
access to attrs=userPassword by anonymous auth
access to dn.subtree=%[9]q by * none
access to * by dn.exact=%[8]q read by * none
overlay memberof
memberof-dangling ignore
`, schema, prefix, dir, Limit, Suffix, admin, Password, Reader, Hidden)
	conf := filepath.Join(dir, "slapd.conf")
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.process = exec.Command(binary, "-d", "0", "-f", conf, "-h", s.Plain+" "+s.TLS)
	s.process.Env = append(os.Environ(), "LD_LIBRARY_PATH="+libraries(prefix))
	s.process.Stdout, s.process.Stderr = &s.said, &s.said
	if os.Getuid() == 0 {
		own(t, dir)
		s.process.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Logf("slapd said:\n%s", s.said.String())
		}
	})
	s.connect()
	s.Add("dc=marrowby,dc=example", "objectClass: dcObject", "objectClass: organization", "o: Marrowby")
	s.Add(Reader, "objectClass: organizationalRole", "objectClass: simpleSecurityObject", "userPassword: "+Password)
	s.Add(Hidden, "objectClass: organizationalUnit")
	return s
}

const nobody = 65534

// own gives what is in the folder to nobody, who has to reach it, too.
func own(t testing.TB, dir string) {
	t.Helper()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err == nil {
			err = os.Chown(path, nobody, nobody)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func find(t testing.TB) string {
	t.Helper()
	script := exec.CommandContext(t.Context(), filepath.Join(testenv.Repo(t), "scripts", "slapd.sh"))
	script.Stderr = os.Stderr
	out, err := script.Output()
	if err != nil {
		t.Fatalf("there is no slapd: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// libraries is where a slapd that is not installed has what the system lacks.
func libraries(prefix string) string {
	triplet := map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}[runtime.GOARCH]
	return filepath.Join(prefix, "/usr/lib", triplet)
}

func free(t testing.TB) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// connect waits until the server answers the one who may do everything.
func (s *Server) connect() {
	s.t.Helper()
	end := time.Now().Add(30 * time.Second)
	for {
		conn, err := ldap.DialURL(s.Plain)
		if err == nil {
			if err = conn.Bind(admin, Password); err == nil {
				s.admin = conn
				return
			}
			_ = conn.Close()
		}
		if time.Now().After(end) || s.t.Context().Err() != nil {
			s.t.Fatalf("slapd does not answer: %v\n%s", err, s.said.String())
		}
		<-time.After(10 * time.Millisecond)
	}
}

// Kill ends the server at once.
func (s *Server) Kill() {
	if s.ended {
		return
	}
	s.ended = true
	if s.admin != nil {
		_ = s.admin.Close()
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
}

// Add adds an entry: its attributes are "name: value".
func (s *Server) Add(dn string, attributes ...string) {
	s.t.Helper()
	req := ldap.NewAddRequest(dn, nil)
	for _, name := range names(attributes) {
		req.Attribute(name, valuesOf(name, attributes))
	}
	if err := s.admin.Add(req); err != nil {
		s.t.Fatalf("add %s: %v", dn, err)
	}
}

// Delete removes an entry.
func (s *Server) Delete(dn string) {
	s.t.Helper()
	if err := s.admin.Del(ldap.NewDelRequest(dn, nil)); err != nil {
		s.t.Fatalf("delete %s: %v", dn, err)
	}
}

// Person adds a person below a DN.
func (s *Server) Person(uid, below string, attributes ...string) {
	s.t.Helper()
	s.Add("uid="+uid+","+below, append([]string{"objectClass: inetOrgPerson", "cn: " + uid, "sn: " + uid}, attributes...)...)
}

func names(attributes []string) (out []string) {
	seen := map[string]bool{}
	for _, a := range attributes {
		if name, _, _ := strings.Cut(a, ": "); !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

func valuesOf(name string, attributes []string) (out []string) {
	for _, a := range attributes {
		if value, ok := strings.CutPrefix(a, name+": "); ok {
			out = append(out, value)
		}
	}
	return out
}

// certificate writes an authority, and a certificate of it for the loopback address.
func certificate(t testing.TB, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of tests"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		name, typ string
		of        *x509.Certificate
		der       []byte
	}{{"ca.pem", "CERTIFICATE", authority, nil}, {"cert.pem", "CERTIFICATE", leaf, nil}, {"key.pem", "PRIVATE KEY", nil, private}} {
		if f.of != nil {
			if f.der, err = x509.CreateCertificate(rand.Reader, f.of, authority, &key.PublicKey, key); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, f.name), pem.EncodeToMemory(&pem.Block{Type: f.typ, Bytes: f.der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
