package ownership

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/catalog/layer"
)

// candidate is who may own an entity, and why.
type candidate struct {
	owner    string
	evidence []layer.Evidence
}

// slugs are the annotations that name the repository of an entity, with the kinds of hosts that they are of.
var slugs = []struct{ annotation, kind string }{
	{"github.com/project-slug", "github"},
	{"gitlab.com/project-slug", "gitlab"},
	{"gitea.com/project-slug", "gitea"},
}

// placed is where an entity's repository is.
type placed struct {
	name string // "owner/name" in lower case; "" where nothing says so
	host string // "" where nothing says so
}

// placeOf reads where the repository of an entity is from its annotations.
func placeOf(doc *index.Doc) placed {
	var e struct {
		Metadata struct{ Annotations map[string]any }
	}
	if json.Unmarshal([]byte(doc.Declared()), &e) != nil {
		return placed{}
	}
	var p placed
	if at, ok := e.Metadata.Annotations["backstage.io/source-location"].(string); ok {
		if u, err := url.Parse(strings.TrimPrefix(at, "url:")); err == nil {
			p.host = strings.ToLower(u.Host)
		}
	}
	for _, s := range slugs {
		if name, ok := e.Metadata.Annotations[s.annotation].(string); ok && len(name) <= maxFile {
			p.name = strings.ToLower(strings.Trim(name, "/ "))
			break
		}
	}
	return p
}

// isIn reports whether a repository is the place. One host does not speak for another.
func (p placed) isIn(w *writers) bool {
	if p.name != w.Name {
		return false
	}
	u, err := url.Parse(w.URL)
	return p.host == "" || err == nil && strings.EqualFold(u.Host, p.host)
}

// permissions of hosts, the widest first.
var permissions = []string{"admin", "maintain", "write"}

// candidates lists who may own an entity, the likeliest first: whom its owner was inferred to be, whom CODEOWNERS and such
// name, the teams that may write to its repository, and the one whose people commit most. None is listed that is not in the catalog: nobody could answer.
func candidates(snap *index.Snapshot, s *Standing, said []layer.Evidence, at placed, repos []writers, known aliases) []candidate {
	var out []candidate
	add := func(owner string, e layer.Evidence) {
		if owner == "" {
			return
		}
		i := slices.IndexFunc(out, func(c candidate) bool { return c.owner == owner })
		if i < 0 {
			out = append(out, candidate{owner: owner})
			i = len(out) - 1
		}
		out[i].evidence = append(out[i].evidence, e)
	}
	if s.Owner != "" && s.State == Inferred && s.Resolves {
		out = append(out, candidate{owner: s.Owner})
	}
	for _, e := range said {
		value := e.Value
		if value == "" {
			value = s.Owner // the evidence of the one owner that there is
		}
		// How a host calls a team says more than what was made of it: several organisations may have one of that name.
		add(cmp.Or(ownerNamed(snap, known, e.As), ownerNamed(snap, known, value)), e)
	}
	for i := range repos {
		w := &repos[i]
		if !at.isIn(w) {
			continue
		}
		teams := slices.Clone(w.Teams)
		slices.SortStableFunc(teams, func(a, b struct{ Team, Permission string }) int {
			return cmp.Or(cmp.Compare(rank(a.Permission), rank(b.Permission)), cmp.Compare(a.Team, b.Team))
		})
		org, _, _ := strings.Cut(w.Name, "/")
		if strings.HasPrefix(w.Provider, "gitlab:") {
			org = "" // teams are groups there, and have their whole path
		}
		for _, t := range teams[:min(len(teams), maxEvidence)] {
			sure := layer.Guess
			if len(teams) == 1 {
				sure = layer.Likely
			}
			owner := ownerNamed(snap, known, strings.TrimPrefix(org+"/"+t.Team, "/"))
			add(owner, layer.Evidence{Field: "spec.owner", Value: owner, Says: "the team may " + verb(t.Permission) + " the repository " + w.Name, Sure: sure})
		}
		for _, e := range w.Committers {
			add(ownerNamed(snap, known, e.Value), e)
		}
	}
	// Without a word of evidence the inferred owner is still to be asked.
	for i := range out {
		if len(out[i].evidence) == 0 {
			out[i].evidence = []layer.Evidence{{Field: "spec.owner", Value: out[i].owner, Says: "it was inferred from the repository", Sure: layer.Guess}}
		}
	}
	return out
}

func rank(permission string) int {
	if i := slices.Index(permissions, permission); i >= 0 {
		return i
	}
	return len(permissions)
}

func verb(permission string) string {
	switch permission {
	case "admin":
		return "administer"
	case "maintain":
		return "maintain"
	}
	return "write to"
}

// ownerNamed finds the team or person that a name in evidence means: a ref, "@org/team", a team's or a person's name, or an
// address. An old name means who stands for it. It returns "" where there is none in the catalog.
func ownerNamed(snap *index.Snapshot, known aliases, value string) string {
	value = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(value), "@"))
	if value == "" || len(value) > maxSays {
		return ""
	}
	there := func(kind, namespace, name string) string {
		if doc := snap.ByRef(known.of(strings.ToLower(kind+":"+namespace+"/"+name)), nil); doc != nil {
			return doc.Ref()
		}
		return ""
	}
	by := func(kind, key string) string {
		ref, err := entity.ParseRef(only(snap, kind, key, value), entity.Ref{})
		if err != nil {
			return ""
		}
		return there(ref.Kind, ref.Namespace, ref.Name)
	}
	if kind, _, ok := strings.Cut(value, ":"); ok {
		ref, err := entity.ParseRef(value, entity.Ref{})
		if err != nil || !strings.EqualFold(kind, "group") && !strings.EqualFold(kind, "user") {
			return ""
		}
		return there(kind, ref.Namespace, ref.Name)
	}
	if org, team, ok := strings.Cut(value, "/"); ok {
		last := team[strings.LastIndexByte(team, '/')+1:]
		return cmp.Or(
			by("group", "metadata.annotations.github.com/team-slug"),
			by("group", "metadata.annotations.gitlab.com/team-path"),
			there("group", org, team),
			there("group", "default", strings.ReplaceAll(value, "/", "-")),
			there("group", "default", last),
		)
	}
	if strings.Contains(value, "@") {
		return by("user", "spec.profile.email")
	}
	return cmp.Or(
		there("group", "default", value),
		there("user", "default", value),
		by("user", "metadata.annotations.github.com/user-login"),
	)
}

// only is the one entity of a kind that has the value; "" where there are several.
func only(snap *index.Snapshot, kind, key, value string) string {
	predicate, err := json.Marshal(map[string]string{"kind": kind, key: value})
	if err != nil {
		return ""
	}
	filter, err := index.ParsePredicate(predicate)
	if err != nil {
		return ""
	}
	docs, _, err := snap.List(index.Filters{Filter: filter}, nil, 0, 2, nil)
	if err != nil || len(docs) != 1 {
		return ""
	}
	return docs[0].Ref()
}
