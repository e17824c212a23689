package ldap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"portico/internal/discovery/org"
	"portico/internal/errs"
)

// Limits of one reading.
const (
	maxPeople = 500_000
	maxGroups = 100_000
	maxBytes  = 1 << 30 // of all messages
	maxEntry  = 32 << 20
	// perRequest is how long the server may take to begin an answer, and between two messages of one.
	perRequest = 2 * time.Minute
)

// Directory is an org.Source.
func (s *Server) Directory(ctx context.Context) (*org.Directory, error) {
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	c, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer c.close()
	m := &maker{vendor: s.o.Vendor}
	for i := range s.o.Users {
		if err := c.search(ctx, &s.o.Users[i], maxPeople, m.user); err != nil {
			return nil, err
		}
	}
	for i := range s.o.Groups {
		if err := c.search(ctx, &s.o.Groups[i], maxGroups, m.group); err != nil {
			return nil, err
		}
	}
	if err := s.somebody("users", s.o.Users, len(m.people)); err != nil {
		return nil, err
	}
	if err := s.somebody("groups", s.o.Groups, len(m.groups)); err != nil {
		return nil, err
	}
	return m.directory(), nil
}

// somebody refuses an answer with nobody in it: what an account may not see, a server leaves out without a word.
func (s *Server) somebody(key string, searches []Search, n int) error {
	if len(searches) == 0 || n > 0 {
		return nil
	}
	return errs.WithRemedy(errs.New(errs.Unavailable, "the directory %s shows no %s below %s with the filter %s", s.address, key, searches[0].DN, searches[0].Filter),
		fmt.Sprintf("correct the dn or the filter, give the account of bind the right to read there, or take %s out of the configuration", key))
}

// boundMessages keeps a server from sending a message, which is an entry or the end of an answer, that takes all memory. The
// library has the limit for all of its connections.
var boundMessages = sync.OnceFunc(func() { ber.MaxPacketLengthBytes = maxEntry })

// connection is one to the directory, let in.
type connection struct {
	*ldap.Conn
	s    *Server
	raw  net.Conn
	stop func() bool
}

func (c *connection) close() {
	c.stop()
	// The library says goodbye first, and waits for nobody who does not listen.
	_ = c.raw.SetDeadline(time.Now().Add(time.Second))
	_ = c.Conn.Close()
}

func (s *Server) connect(ctx context.Context) (*connection, error) {
	boundMessages()
	raw, err := s.o.Dial(ctx, "tcp", s.address)
	if err != nil {
		return nil, s.failed(ctx, "connecting to", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	conn := net.Conn(&bounded{Conn: raw, left: maxBytes})
	if s.tls {
		cfg, err := s.tlsConfig()
		if err == nil {
			t := tls.Client(conn, cfg)
			conn, err = t, t.HandshakeContext(ctx)
		}
		if err != nil {
			stop()
			_ = raw.Close()
			return nil, s.failed(ctx, "connecting to", err)
		}
	}
	c := &connection{ldap.NewConn(conn, s.tls), s, raw, stop}
	c.SetTimeout(perRequest)
	c.Start()
	if s.o.Bind != nil {
		if err := c.Bind(s.o.Bind.DN, s.o.Bind.Secret); err != nil {
			c.close()
			return nil, s.failed(ctx, "signing in at", err)
		}
	}
	return c, nil
}

func (s *Server) tlsConfig() (*tls.Config, error) {
	cfg := &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: s.o.TLS.Insecure}
	if s.o.TLS.CA != "" {
		text, err := os.ReadFile(s.o.TLS.CA)
		if err != nil {
			return nil, errs.Public(errs.Invalid, "the file of tls.ca cannot be read", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(text) {
			return nil, errs.New(errs.Invalid, "the file of tls.ca holds no certificate in PEM form")
		}
	}
	if s.o.TLS.Certs != "" {
		cert, err := tls.LoadX509KeyPair(s.o.TLS.Certs, s.o.TLS.Keys)
		if err != nil {
			return nil, errs.Public(errs.Invalid, "the files of tls.certs and tls.keys are not a certificate and its key", err)
		}
		cfg.Certificates = []tls.Certificate{cert}
	}
	return cfg, nil
}

// search hands every entry over, a page at a time.
func (c *connection) search(ctx context.Context, q *Search, most int, each func(*Search, *ldap.Entry) error) error {
	req := ldap.NewSearchRequest(q.DN, scopes[q.Scope], q.DerefAliases, q.SizeLimit, q.TimeLimit, false, q.Filter, q.Attributes, nil)
	var page *ldap.ControlPaging
	if q.PageSize > 0 {
		page = ldap.NewControlPaging(uint32(min(q.PageSize, most)))
		req.Controls = []ldap.Control{page}
	}
	seen := 0
	for {
		r, err := c.Search(req)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return c.s.failed(ctx, "reading "+q.DN+" of", err)
		}
		if seen += len(r.Entries); seen > most {
			return errs.WithRemedy(errs.New(errs.TooLarge, "the directory %s has more than %d entries below %s", c.s.address, most, q.DN), "narrow the filter, or make several sources")
		}
		for _, e := range r.Entries {
			if err := each(q, e); err != nil {
				return err
			}
		}
		if page == nil {
			return nil
		}
		next, _ := ldap.FindControl(r.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
		if next == nil || len(next.Cookie) == 0 {
			return nil // the last page, or of a server that pages nothing and has sent all
		}
		if len(r.Entries) == 0 {
			return errs.New(errs.Unavailable, "the directory %s sends pages without entries", c.s.address)
		}
		page.SetCookie(next.Cookie)
	}
}

// failed says what a failure means for whoever configured the directory. What the server wrote about it is for the log.
func (s *Server) failed(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ctx.Err()
	}
	var ours *errs.Error
	if errors.As(err, &ours) {
		return fmt.Errorf("ldap: %s %s: %w", doing, s.address, err)
	}
	kind, says, remedy := errs.Unavailable, "does not answer", "it is tried again; if it stays so, check that the directory can be reached from the portal's machine"
	var verify *tls.CertificateVerificationError
	var answer *ldap.Error
	switch {
	case errors.As(err, &verify):
		says, remedy = "shows a certificate that is not trusted", "name the authority that signed it in tls.ca, or add it to the system's certificates"
	case ctx.Err() != nil:
		says, remedy = fmt.Sprintf("was not read within %s", s.o.Timeout), "narrow the filter, or make several sources"
	case errors.Is(err, errTooMuch):
		kind, says, remedy = errs.TooLarge, "sends more than is read of one", "narrow the filter, or name fewer attributes"
	case errors.As(err, &answer):
		switch answer.ResultCode {
		case ldap.LDAPResultInvalidCredentials, ldap.LDAPResultInappropriateAuthentication, ldap.LDAPResultInsufficientAccessRights,
			ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired, ldap.LDAPResultAuthMethodNotSupported:
			kind, says, remedy = errs.Forbidden, "refuses the account of bind", "check bind.dn and bind.secret, and what the account may read; some directories let nobody in without ldaps"
		case ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultAdminLimitExceeded, ldap.LDAPResultTimeLimitExceeded:
			says, remedy = "cut its answer short, at a limit of its own", "set options.paged to a smaller pageSize, or raise the limit for the account of bind"
		case ldap.LDAPResultNoSuchObject:
			kind, says, remedy = errs.Invalid, "shows no such entry", "correct the dn, or give the account of bind the right to see it"
		case ldap.LDAPResultReferral:
			says, remedy = "refers to another one, which is not followed", "name the server that has the entries as the target"
		case ldap.ErrorNetwork, ldap.LDAPResultBusy, ldap.LDAPResultUnavailable, ldap.LDAPResultServerDown, ldap.LDAPResultConnectError:
		default:
			says = fmt.Sprintf("answers with the error %d, %s", answer.ResultCode, strings.ToLower(ldap.LDAPResultCodeMap[answer.ResultCode]))
		}
	}
	return errs.WithRemedy(errs.Public(kind, fmt.Sprintf("%s the directory %s: it %s", doing, s.address, says), err), remedy)
}

// bounded is a connection that brings so much and no more.
type bounded struct {
	net.Conn
	left int64
}

var errTooMuch = errors.New("more than may be read")

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooMuch
	}
	n, err := b.Conn.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
