package config

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is the configuration as Portico reads it. Keys are named by the tag `config`; values that
// were not written have the defaults stated here, or their zero value.
//
// A Config is not changed after Load and may be read from many goroutines.
type Config struct {
	App          App          `config:"app"`
	Organization Organization `config:"organization"`
	Backend      Backend      `config:"backend"`
	Auth         Auth         `config:"auth"`
	Integrations Integrations `config:"integrations"`
	Catalog      Catalog      `config:"catalog"`
	Portico      Portico      `config:"portico"`

	// Sections are the top-level objects that other packages decode, by key: see [SectionNames].
	// Those that were not written are not in the map.
	Sections map[string]Node

	Files    []string  // what was read, in order
	Ignored  []Ignored // keys that nothing reads or that change nothing yet, by position
	Warnings []Problem // what was accepted but will not work as written

	_    struct{} `config:",open"`
	root Node
}

// SectionNames are the keys of [Config.Sections].
var SectionNames = []string{"events", "kubernetes", "notifications", "permission", "proxy", "scaffolder", "search", "techdocs"}

// App is what the browser is told.
type App struct {
	Title   string `config:"title"`       // default Portico
	BaseURL string `config:"baseUrl,url"` // without a slash at the end; "" when not written

	_ struct{} `config:",open"`
}

// Organization names who runs the portal.
type Organization struct {
	Name string `config:"name"`

	_ struct{} `config:",open"`
}

// Portico holds our own keys.
type Portico struct {
	Catalog   PorticoCatalog   `config:"catalog"`
	Reading   PorticoReading   `config:"reading"`
	Guest     PorticoGuest     `config:"guest"`
	Limits    Limits           `config:"limits"`
	Audit     PorticoAudit     `config:"audit"`
	Tokens    PorticoTokens    `config:"tokens"`
	Ownership PorticoOwnership `config:"ownership"`
	Secrets   PorticoSecrets   `config:"secrets"`
	Policies  PorticoPolicies  `config:"policies"`
	APIs      PorticoAPIs      `config:"apis"`
	// SampleData makes every page say that what it shows is a sample.
	SampleData bool `config:"sampleData"`
}

// PorticoSecrets says what seals secrets in the database.
type PorticoSecrets struct {
	// Key is 32 bytes in base64, or several such with white space between: the first seals, the others open what they sealed.
	Key Secret `config:"key"`
}

// PorticoAudit says how the audit log is kept.
type PorticoAudit struct {
	Retention time.Duration `config:"retention"` // how long records are kept; default 9600h, 400 days
}

func (a *PorticoAudit) checkConfig(d *decoder, n Node) bool {
	if a.Retention < 24*time.Hour {
		d.fault(n.Get("retention"), "write at least 24h", "records would be gone before anybody looks")
		return false
	}
	return true
}

// PorticoOwnership says how who owns what is kept true.
type PorticoOwnership struct {
	VerifyEvery time.Duration `config:"verifyEvery"` // how long a confirmed owner is not asked again; default 4320h, 180 days
}

func (o *PorticoOwnership) checkConfig(d *decoder, n Node) bool {
	if o.VerifyEvery < 24*time.Hour || o.VerifyEvery > 3650*24*time.Hour {
		d.fault(n.Get("verifyEvery"), "write 1d to 3650d, such as 180d", "teams would be asked every day, or never")
		return false
	}
	return true
}

// PorticoTokens bounds the tokens that people make for themselves and for services.
type PorticoTokens struct {
	MaxAge time.Duration `config:"maxAge"` // the longest that one may last; default 2160h, 90 days
}

func (t *PorticoTokens) checkConfig(d *decoder, n Node) bool {
	if t.MaxAge < 24*time.Hour || t.MaxAge > 3650*24*time.Hour {
		d.fault(n.Get("maxAge"), "write 24h to 87600h", "a token lasts a day at least, and must end")
		return false
	}
	return true
}

// Limits bound what one caller may have of the server: a service, or an address. 0 is no limit.
type Limits struct {
	Requests      int `config:"requests"`      // answered at a time; default 64
	Streams       int `config:"streams"`       // open at a time; default 16
	FailedSignIns int `config:"failedSignIns"` // unknown tokens from an address, a minute; default 30
	SignIns       int `config:"signIns"`       // begun from an address, a minute; default 120
}

func (l *Limits) checkConfig(d *decoder, n Node) bool {
	ok := true
	for key, v := range map[string]int{"requests": l.Requests, "streams": l.Streams, "failedSignIns": l.FailedSignIns, "signIns": l.SignIns} {
		if v < 0 {
			d.fault(n.Get(key), "write 1 or more, or 0 for no limit", "%d is less than nothing", v)
			ok = false
		}
	}
	return ok
}

// PorticoGuest widens what a guest may do.
type PorticoGuest struct {
	// Operator lets a guest do everything on a portal that only this machine can reach.
	Operator bool `config:"operator"`
}

// PorticoReading widens what may be read.
type PorticoReading struct {
	// AllowPrivateHosts are hosts of integrations and of backend.reading.allow that may have an
	// address inside one's own network: loopback, private or carrier-grade NAT.
	AllowPrivateHosts []string `config:"allowPrivateHosts"`
}

// PorticoCatalog tunes what has no counterpart in Backstage.
type PorticoCatalog struct {
	MissingGrace    time.Duration `config:"missingGrace"`    // how long a vanished entity is still served; default 24h
	Retention       time.Duration `config:"retention"`       // how long a removed entity can be restored; default 720h
	RefreshInterval time.Duration `config:"refreshInterval"` // how often a source is looked at again; default 5m
	History         History       `config:"history"`
	// RegisterPaths are folders of this machine below which paths may be registered; default none.
	RegisterPaths []RegisterPath `config:"registerPaths"`
	// Organizations tune what becomes of teams and people of Git hosts; default as in Backstage.
	Organizations []PorticoOrganization `config:"organizations"`
}

// RegisterPath is a folder as it was written, and where.
type RegisterPath struct {
	Path     string
	Position Position
}

func (p *RegisterPath) decodeConfig(d *decoder, n Node) bool {
	text, ok := d.text(n)
	if ok && (text == "" || strings.ContainsAny(text, "*?[{")) {
		d.fault(n, "write a folder; what is below it may be registered", "%q is not the path of a folder", text)
		return false
	}
	p.Path, p.Position = text, n.pos
	return ok
}

// History bounds the change log.
type History struct {
	MaxAge   time.Duration `config:"maxAge"`   // default 8760h
	MaxCount int           `config:"maxCount"` // changes kept for each entity; default 1000
}

// minRefresh keeps a slip such as 5ms from hammering a forge.
const minRefresh = time.Second

func (p *PorticoCatalog) checkConfig(d *decoder, n Node) bool {
	ok := true
	if p.Retention < time.Hour {
		d.fault(n.Get("retention"), "write at least 1h", "removed entities could not be restored")
		ok = false
	}
	if p.RefreshInterval < minRefresh {
		d.fault(n.Get("refreshInterval"), "write at least 1s", "sources would be read all the time")
		ok = false
	}
	if p.History.MaxCount < 1 {
		d.fault(n.Get("history").Get("maxCount"), "write 1 or more", "no change would be kept")
		ok = false
	}
	if p.History.MaxAge < time.Hour {
		d.fault(n.Get("history").Get("maxAge"), "write at least 1h", "replicas that follow the history would fall off it")
		ok = false
	}
	return ok
}

// Defaults for what is not written.
const (
	DefaultTitle = "Portico"
	DefaultHost  = "127.0.0.1" // when backend.listen is not written at all
	DefaultPort  = 7007
)

func withDefaults() *Config {
	return &Config{
		App:     App{Title: DefaultTitle},
		Backend: Backend{Listen: Listen{Host: DefaultHost, Port: DefaultPort}},
		Auth:    Auth{TokenExpiration: time.Hour, OmitOwnership: true},
		Catalog: Catalog{
			OrphanStrategy: "delete",
			Import:         Import{EntityFilename: "catalog-info.yaml", PullRequestBranchName: "backstage-integration"},
		},
		Portico: Portico{
			Catalog: PorticoCatalog{
				MissingGrace:    24 * time.Hour,
				Retention:       30 * 24 * time.Hour,
				RefreshInterval: 5 * time.Minute,
				History:         History{MaxAge: 365 * 24 * time.Hour, MaxCount: 1000},
			},
			Ownership: PorticoOwnership{VerifyEvery: 180 * 24 * time.Hour},
			Limits:    Limits{Requests: 64, Streams: 16, FailedSignIns: 30, SignIns: 120},
			Audit:     PorticoAudit{Retention: 400 * 24 * time.Hour},
			Tokens:    PorticoTokens{MaxAge: 90 * 24 * time.Hour},
		},
		Sections: map[string]Node{},
	}
}

// read decodes the merged tree.
func read(root Node, rep *report) *Config {
	cfg := withDefaults()
	cfg.root = root
	d := &decoder{rep: rep}
	rest := newMap(root.pos)
	for _, f := range root.v.fields {
		if !slices.Contains(SectionNames, f.key) {
			rest.set(f.key, f.pos, f.val)
			continue
		}
		n := root.Get(f.key)
		switch n.Kind() {
		case Map:
			cfg.Sections[f.key] = n
		case Null, Absent:
		default:
			d.fault(n, "write keys below it", "%s where an object was expected", n.Kind())
		}
	}
	d.into(Node{v: rest, pos: root.pos}, cfg)
	cfg.App.BaseURL = trimSlash(cfg.App.BaseURL)
	cfg.Backend.BaseURL = trimSlash(cfg.Backend.BaseURL)
	rep.ignoreUnhonoured(root)
	rep.warnOfOtherwise(root, cfg.Auth.environment())
	return cfg
}

// Node returns the merged, substituted value at a dotted path, whether or not Portico reads it.
func (c *Config) Node(path string) Node { return c.root.at(path) }

// Listen is the address to serve on.
type Listen struct {
	Host string // "" is every interface
	Port int    // 0 lets the system choose
}

// Address is host:port for net.Listen.
func (l Listen) Address() string { return net.JoinHostPort(l.Host, strconv.Itoa(l.Port)) }

// decodeConfig reads ":7007", "0.0.0.0:7007", 7007 or {host, port}. As in Backstage, a host that is
// not written is every interface.
func (l *Listen) decodeConfig(d *decoder, n Node) bool {
	const remedy = "write for example :7007, 127.0.0.1:7007 or {host: 127.0.0.1, port: 7007}"
	*l = Listen{Port: DefaultPort}
	if n.Kind() == Map {
		var p struct {
			Host string `config:"host"`
			Port *int   `config:"port"`
		}
		if !d.into(n, &p) {
			return false
		}
		l.Host = p.Host
		if p.Port != nil {
			l.Port = *p.Port
		}
		if l.Port < 0 || l.Port > 65535 {
			d.fault(n.Get("port"), "write a number from 0 to 65535", "%d is not a port", l.Port)
			return false
		}
		return true
	}
	text, ok := d.text(n)
	if !ok {
		return false
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = "", text
	}
	l.Host = host
	l.Port, err = strconv.Atoi(port)
	if err != nil || l.Port < 0 || l.Port > 65535 {
		d.fault(n, remedy, "%s is not an address to listen on", show(n))
		return false
	}
	return true
}
