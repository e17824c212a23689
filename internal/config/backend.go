package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Backend is the server's part.
type Backend struct {
	BaseURL string   `config:"baseUrl,url"` // without a slash at the end; "" when not written
	Listen  Listen   `config:"listen"`      // default 127.0.0.1:7007
	Reading Reading  `config:"reading"`
	Auth    BackAuth `config:"auth"`
	CORS    CORS     `config:"cors"`
	CSP     CSP      `config:"csp"`

	TrustProxy TrustProxy `config:"trustProxy"`

	Database *Database `config:"database"` // nil when no PostgreSQL is configured

	_ struct{} `config:",open"`
}

// Reading says which hosts may be read from beside the integrations.
type Reading struct {
	Allow []ReadAllow `config:"allow"`

	_ struct{} `config:",open"`
}

// ReadAllow is one host, as example.com, example.com:8080 or *.example.com.
type ReadAllow struct {
	Host  string   `config:"host,required"`
	Paths []string `config:"paths,narrows"` // path prefixes; none: every path
}

func (r *ReadAllow) checkConfig(d *decoder, n Node) bool {
	if strings.ContainsAny(r.Host, "/ ") {
		d.warn(n.Get("host"), "write the host only, such as example.com or *.example.com", "%s is not a host, so nothing matches it", show(n.Get("host")))
	}
	return true
}

// CORS lists who else may call the API from a browser. It is off when Origin is empty.
type CORS struct {
	Origin         StringList `config:"origin"`
	Methods        StringList `config:"methods"`
	AllowedHeaders StringList `config:"allowedHeaders"`
	ExposedHeaders StringList `config:"exposedHeaders"`
	Credentials    bool       `config:"credentials"`
	MaxAge         int        `config:"maxAge"` // seconds

	_ struct{} `config:",open"`
}

func (c *CORS) decodeConfig(d *decoder, n Node) bool {
	if n.Kind() == Bool {
		if n.Text() == "true" {
			d.warn(n, "name the origins: {origin: https://other.example.com}", "every origin would be allowed, so none is")
		}
		return true
	}
	type plain CORS
	ok := d.into(n, (*plain)(c))
	if slices.Contains(c.Origin, "*") {
		d.warn(n.Get("origin"), "name the origins", "every origin would be allowed, so * is left out")
	}
	var origins StringList
	for _, o := range c.Origin {
		origin, fine := originOf(o)
		switch {
		case fine:
			origins = append(origins, origin)
		case o != "*":
			d.warn(n.Get("origin"), "write for example https://other.example.com, or https://*.example.com for any name below", "%q is not an origin, so it is left out", scrub(o))
		}
	}
	c.Origin = origins
	return ok
}

// originOf writes an origin as browsers do. The name may begin with *. for any below.
func originOf(text string) (origin string, ok bool) {
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil || u.Fragment != "" {
		return "", false
	}
	host := strings.ToLower(u.Host)
	if strings.Contains(strings.TrimPrefix(host, "*."), "*") {
		return "", false
	}
	if (u.Scheme == "http" && u.Port() == "80") || (u.Scheme == "https" && u.Port() == "443") {
		host = strings.TrimSuffix(host, ":"+u.Port())
	}
	return u.Scheme + "://" + host, true
}

// CSP holds what is added to Portico's Content-Security-Policy. Everything else about the policy is
// fixed.
type CSP struct {
	ImgSrc, FrameSrc, ConnectSrc []string
}

var cspSource = regexp.MustCompile(`^[A-Za-z0-9*'._:/?&=%#~@+-]+$`)

func (c *CSP) decodeConfig(d *decoder, n Node) bool {
	if n.Kind() != Map {
		d.fault(n, "write directives below it, such as img-src: [https://images.example.com]", "%s where an object was expected", n.Kind())
		return false
	}
	into := map[string]*[]string{"img-src": &c.ImgSrc, "frame-src": &c.FrameSrc, "connect-src": &c.ConnectSrc}
	for _, key := range n.Keys() {
		v := n.Get(key)
		dst := into[strings.ToLower(key)]
		if dst == nil || v.Kind() == Bool {
			d.warn(v, "remove it", "only img-src and connect-src can be added to, so this changes nothing")
			continue
		}
		var sources StringList
		if !d.into(v, &sources) {
			continue
		}
		for _, s := range strings.Fields(strings.Join(sources, " ")) {
			switch {
			case strings.Contains(strings.ToLower(s), "unsafe-"):
				d.warn(v, "remove it", "%s would let injected code run, so it is refused", scrub(s))
			case !cspSource.MatchString(s):
				d.warn(v, "write a host, a scheme such as https:, or 'self'", "%q is not a source, so it is left out", scrub(s))
			default:
				*dst = append(*dst, s)
			}
		}
	}
	return true
}

// Database is a PostgreSQL server.
type Database struct {
	URL      Secret // a whole connection string; when set, the fields below are not
	Host     string // "" leaves it to the driver's defaults (PGHOST, then the local socket)
	Port     int    // 0 leaves it to the driver's defaults
	User     string
	Password Secret
	Name     string
	SSL      *DatabaseSSL // nil: TLS if the server offers it
	Position Position
}

// DatabaseSSL is how the connection is encrypted.
type DatabaseSSL struct {
	Off                bool   // ssl: false
	RejectUnauthorized bool   `config:"rejectUnauthorized"` // default true: the server's certificate must be valid
	CA                 string `config:"ca"`                 // PEM
	Cert               string `config:"cert"`               // PEM
	Key                Secret `config:"key"`                // PEM
	ServerName         string `config:"servername"`

	_ struct{} `config:",open"`
}

func (s *DatabaseSSL) decodeConfig(d *decoder, n Node) bool {
	*s = DatabaseSSL{RejectUnauthorized: true}
	if n.Kind() == Map {
		type plain DatabaseSSL
		return d.into(n, (*plain)(s))
	}
	var on bool
	ok := d.into(n, &on)
	s.Off = !on
	return ok
}

const privateRemedy = "configure client: pg with a connection, or start with --private-postgres"

// decodeConfig returns false when no PostgreSQL is configured, having said why.
func (db *Database) decodeConfig(d *decoder, n Node) bool {
	var raw struct {
		Client     string   `config:"client"`
		Connection Node     `config:"connection"`
		_          struct{} `config:",open"`
	}
	if !d.into(n, &raw) {
		return false
	}
	switch raw.Client {
	case "pg", "":
	default:
		d.warn(n.Get("client"), privateRemedy, "%s is not supported, Portico works with PostgreSQL only; the database is left unset", show(n.Get("client")))
		return false
	}
	c := raw.Connection
	*db = Database{Position: n.pos}
	switch {
	case c.Kind() == Map:
		return db.fromObject(d, c)
	case c.Exists():
		text, ok := d.text(c)
		switch {
		case !ok:
			return false
		case raw.Client == "" && !isPostgres(text):
			d.warn(c, privateRemedy, "not a PostgreSQL connection; the database is left unset")
			return false
		case !isPostgres(text):
			d.fault(c, "write postgresql://user:${PASSWORD}@host:5432/database", "not a PostgreSQL connection string")
			return false
		}
		db.URL = NewSecret(text)
		return true
	case c.Unset() != "":
		d.warn(c, privateRemedy, "%s, so the database is left unset", c.Unset())
	case raw.Client == "pg":
		d.rep.warn(n.pos, c.path, privateRemedy, "missing, so the database is left unset")
	}
	return false
}

func isPostgres(text string) bool {
	return strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://") || keywordDSN.MatchString(text)
}

var keywordDSN = regexp.MustCompile(`^\s*[a-z_]+\s*=`)

func (db *Database) fromObject(d *decoder, c Node) bool {
	var raw struct {
		Type             string       `config:"type"`
		ConnectionString Secret       `config:"connectionString"`
		Host             string       `config:"host"`
		Port             int          `config:"port"`
		User             string       `config:"user"`
		Password         Secret       `config:"password"`
		Database         string       `config:"database"`
		SSL              *DatabaseSSL `config:"ssl"`
		_                struct{}     `config:",open"`
	}
	if !d.into(c, &raw) {
		return false
	}
	if raw.Port < 0 || raw.Port > 65535 {
		d.fault(c.Get("port"), "write a number from 1 to 65535", "%d is not a port", raw.Port)
		return false
	}
	switch raw.Type {
	case "", "default":
	case "cloudsql":
		d.warn(c.Get("type"), "run the Cloud SQL proxy and write its host and port", "the cloudsql connector is not supported; the database is left unset")
		return false
	default:
		d.warn(c.Get("type"), "write user and password", "%s is not supported; the connection is made with user and password", show(c.Get("type")))
	}
	db.Host, db.Port, db.User, db.Password, db.Name, db.SSL = raw.Host, raw.Port, raw.User, raw.Password, raw.Database, raw.SSL
	if raw.ConnectionString.IsSet() {
		if !isPostgres(raw.ConnectionString.Reveal()) {
			d.fault(c.Get("connectionString"), "write postgresql://user:${PASSWORD}@host:5432/database", "not a PostgreSQL connection string")
			return false
		}
		*db = Database{URL: raw.ConnectionString, SSL: raw.SSL, Position: db.Position}
	}
	return true
}

// ConnString is a connection string for pgx. Where [Database.TLSConfig] returns a configuration, it
// replaces the one that pgx derives from this string.
func (db *Database) ConnString() Secret {
	if db.URL.IsSet() {
		return db.URL
	}
	var parts []string
	add := func(key, text string) {
		if text != "" {
			text = strings.ReplaceAll(strings.ReplaceAll(text, `\`, `\\`), `'`, `\'`)
			parts = append(parts, key+"='"+text+"'")
		}
	}
	add("host", db.Host)
	if db.Port != 0 {
		add("port", strconv.Itoa(db.Port))
	}
	add("user", db.User)
	add("password", db.Password.Reveal())
	add("dbname", db.Name)
	switch {
	case db.SSL == nil:
	case db.SSL.Off:
		add("sslmode", "disable")
	default:
		add("sslmode", "require")
	}
	return NewSecret(strings.Join(parts, " "))
}

// TLSConfig returns the TLS settings of ssl, or nil when the connection string alone decides. Its
// errors name the part that is not PEM.
func (db *Database) TLSConfig() (*tls.Config, error) {
	if db.SSL == nil || db.SSL.Off {
		return nil, nil
	}
	host := db.Host
	if u, err := url.Parse(db.URL.Reveal()); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	if db.SSL.ServerName != "" {
		host = db.SSL.ServerName
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, InsecureSkipVerify: !db.SSL.RejectUnauthorized}
	if db.SSL.CA != "" {
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM([]byte(db.SSL.CA)) {
			return nil, errors.New("backend.database.connection.ssl.ca holds no PEM certificate; write {$file: path} to load one from a file")
		}
	}
	if db.SSL.Cert != "" || db.SSL.Key.IsSet() {
		pair, err := tls.X509KeyPair([]byte(db.SSL.Cert), []byte(db.SSL.Key.Reveal()))
		if err != nil {
			return nil, fmt.Errorf("backend.database.connection.ssl.cert and key are not a PEM pair: %w", err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}

func trimSlash(s string) string { return strings.TrimRight(s, "/") }
