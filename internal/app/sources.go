package app

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/bmatcuk/doublestar/v4"

	"portico/internal/cage"
	"portico/internal/catalog"
	"portico/internal/config"
	"portico/internal/errs"
)

// configSources makes sources of catalog.locations. Locations of types that are found by discovery
// providers are not sources; unsupported lists them.
func configSources(cfg *config.Config) (declared []catalog.Declared, unsupported []config.Location, err error) {
	for _, l := range cfg.Catalog.Locations {
		loc := catalog.Location{Type: l.Type, Target: l.Target}
		switch l.Type {
		case "file", "folder":
			loc.Target, err = localTarget(l)
			if err != nil {
				return nil, nil, err
			}
		case "url", "git":
		default:
			unsupported = append(unsupported, l)
			continue
		}
		declared = append(declared, catalog.Declared{Location: loc, Rules: rulesOf(l.Rules)})
	}
	return declared, unsupported, nil
}

// localTarget makes a path of the configuration absolute. It is relative to the file that names it;
// where nothing is there, also to packages/backend below that, from where Backstage reads it.
func localTarget(l config.Location) (string, error) {
	if filepath.IsAbs(l.Target) {
		return filepath.Clean(l.Target), nil
	}
	dir, err := filepath.Abs(filepath.Dir(l.Position.File))
	if err != nil {
		return "", errs.Public(errs.Invalid, fmt.Sprintf("%s: the working folder cannot be told, so %q cannot be made absolute", l.Path, l.Target), err)
	}
	first := filepath.Join(dir, filepath.FromSlash(l.Target))
	for _, from := range []string{"", "packages/backend", "packages/app"} {
		p := filepath.Join(dir, from, filepath.FromSlash(l.Target))
		if exists(p) {
			return p, nil
		}
	}
	return first, nil
}

func exists(path string) bool {
	if cage.IsPattern(path) {
		base, _ := doublestar.SplitPattern(filepath.ToSlash(path))
		path = base
	}
	_, err := os.Stat(path)
	return err == nil
}

func rulesOf(rules []config.Rule) []catalog.Rule {
	var out []catalog.Rule
	for _, r := range rules {
		for _, a := range r.Allow {
			out = append(out, catalog.Rule{Kind: a.Kind, Type: a.SpecType})
		}
	}
	return out
}

// globalRules returns what catalog.rules let in from a location. Rules that leave Location out keep its
// descriptors from leading on to other files, as in Backstage; the entities that stand for the sources
// themselves are not asked for.
func globalRules(cfg *config.Config, l catalog.Location) []catalog.Rule {
	if !cfg.Catalog.HasRules {
		return []catalog.Rule{{Kind: "Component"}, {Kind: "API"}, {Kind: "Location"}}
	}
	var out []catalog.Rule
	for _, r := range cfg.Catalog.Rules {
		if len(r.Locations) == 0 || matchesAny(r.Locations, l) {
			out = append(out, rulesOf([]config.Rule{r})...)
		}
	}
	return out
}

func matchesAny(list []config.RuleLocation, l catalog.Location) bool {
	for _, rl := range list {
		if rl.Type != l.Type {
			continue
		}
		if rl.Exact == "" && rl.Pattern == "" || rl.Exact != "" && rl.Exact == l.Target {
			return true
		}
		if ok, err := doublestar.Match(rl.Pattern, l.Target); err == nil && ok && rl.Pattern != "" {
			return true
		}
	}
	return false
}
