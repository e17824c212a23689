package config

import "time"

// Catalog says what the catalog reads and lets in.
type Catalog struct {
	Locations          []Location      `config:"locations"`
	Rules              []Rule          `config:"rules"` // see HasRules
	Readonly           bool            `config:"readonly"`
	Import             Import          `config:"import"`
	ProcessingInterval Interval        `config:"processingInterval"`
	OrphanStrategy     string          `config:"orphanStrategy,enum=delete|keep"` // default delete
	Providers          map[string]Node `config:"providers"`                       // as they were written; see Discovery
	Discovery          Discovery

	// HasRules reports that catalog.rules was written: then only what a rule allows is let in, even
	// when no rule is left. Otherwise Backstage's default applies (Component, API, Location).
	HasRules bool

	_ struct{} `config:",open"`
}

func (c *Catalog) checkConfig(d *decoder, n Node) bool {
	c.HasRules = n.Get("rules").Exists()
	c.Discovery = d.discovery(n.Get("providers"))
	return true
}

// Location is one place to read from.
type Location struct {
	Type     string `config:"type,required"` // file, url, …
	Target   string `config:"target,required"`
	Rules    []Rule `config:"rules,narrows"` // for what this location yields, beside the global ones
	Position Position
	Path     string // key path, such as catalog.locations[0]
}

func (l *Location) checkConfig(d *decoder, n Node) bool {
	l.Position, l.Path = n.pos, n.path
	return true
}

// Rule lets entities in.
type Rule struct {
	Allow     []AllowedKind  `config:"allow,required"`
	Locations []RuleLocation `config:"locations,narrows"` // none: from everywhere
}

// AllowedKind is a kind, in any letter case, and maybe one spec.type of it.
type AllowedKind struct {
	Kind     string
	SpecType string
}

func (a *AllowedKind) decodeConfig(d *decoder, n Node) bool {
	if n.Kind() != Map {
		var ok bool
		a.Kind, ok = d.text(n)
		return ok
	}
	var raw struct {
		Kind   string `config:"kind,required"`
		Dotted string `config:"spec.type,narrows"`
		Spec   struct {
			Type string `config:"type,narrows"`
		} `config:"spec,narrows"`
	}
	if !d.into(n, &raw) {
		return false
	}
	a.Kind, a.SpecType = raw.Kind, or(raw.Dotted, raw.Spec.Type)
	return true
}

// RuleLocation matches locations by type and by exact target or pattern.
type RuleLocation struct {
	Type    string `config:"type,required"`
	Exact   string `config:"exact,narrows"`
	Pattern string `config:"pattern,narrows"` // a glob
}

// Import is how the registration page proposes descriptors.
type Import struct {
	EntityFilename        string `config:"entityFilename"`        // default catalog-info.yaml
	PullRequestBranchName string `config:"pullRequestBranchName"` // default backstage-integration

	_ struct{} `config:",open"`
}

// Interval is a duration that can be turned off with false.
type Interval struct {
	Every time.Duration // 0: not written, or off
	Off   bool
}

func (i *Interval) decodeConfig(d *decoder, n Node) bool {
	if n.Kind() == Bool {
		i.Off = n.Text() == "false"
		if !i.Off {
			d.fault(n, "write false or a duration such as 30m", "true is not an interval")
		}
		return i.Off
	}
	var ok bool
	i.Every, ok = d.duration(n)
	return ok
}
