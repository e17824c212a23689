package infer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// File is one regular file of a repository.
type File struct {
	Path string // below the repository, with slashes
	Size int64  // in bytes; 0 when it is not known
}

// Tree is what can be seen of a repository.
type Tree struct {
	Files []File // in the order of names
	// Read returns a small file; an error means that it cannot or should not be read.
	Read func(path string) ([]byte, error)
}

// Input is a repository to look at.
type Input struct {
	Tree
	Folder         string // the name of its folder
	RemoteURL      string // where it is hosted, "" when that is not known
	SourceLocation string // for backstage.io/source-location, ending in "/"
}

// Entity is the guessed Component. Fields that nothing hints at are empty, but for Name, Type,
// Lifecycle and Owner, which a Component must have.
type Entity struct {
	Name, Title, Description string
	Type, Lifecycle, Owner   string
	Tags                     []string
	Annotations              map[string]string
	RepositoryURL            string // for people, "" when it is not known
	// Evidence says for each guessed field ("spec.type") where it was seen ("go.mod", "CODEOWNERS:3").
	Evidence map[string]string
}

// Unknown stands where a Component must have a value and nothing hints at one.
const Unknown = "unknown"

// Look guesses.
func Look(in Input) *Entity {
	v := newView(in.Tree)
	e := &Entity{Lifecycle: Unknown, Owner: Unknown, Annotations: map[string]string{}, Evidence: map[string]string{}}

	host, slug := Slug(in.RemoteURL)
	if slug != "" {
		e.Name, e.Evidence["metadata.name"] = CleanName(path.Base(slug)), "the remote origin"
		e.Annotations[slugAnnotation(host)] = slug
		e.RepositoryURL = "https://" + host + "/" + slug
	} else {
		e.Name, e.Evidence["metadata.name"] = CleanName(in.Folder), "the name of the folder"
	}

	readme := v.readme()
	if readme.title != "" && !strings.EqualFold(readme.title, e.Name) {
		e.Title, e.Evidence["metadata.title"] = readme.title, at(readme.file, readme.titleLine)
	}
	if readme.text != "" {
		e.Description, e.Evidence["metadata.description"] = readme.text, at(readme.file, readme.textLine)
	} else if text, file := v.manifestDescription(); text != "" {
		e.Description, e.Evidence["metadata.description"] = text, file
	}

	if langs := v.languages(); len(langs) > 0 {
		var shown []string
		for i, l := range langs {
			if i < 3 {
				e.Tags = append(e.Tags, strings.ToLower(l.Name))
			}
			shown = append(shown, fmt.Sprintf("%s %d%%", l.Name, l.Percent))
		}
		e.Annotations["portico.dev/languages"] = strings.Join(shown, ", ")
		e.Evidence["metadata.tags"] = langs[0].example
	}

	e.Type, e.Evidence["spec.type"] = v.kind()
	if e.Type == "" {
		e.Type = "other"
		delete(e.Evidence, "spec.type")
	}

	e.Annotations["portico.dev/owner-inferred"] = "false"
	if owner, file, line := v.owner(); owner != "" {
		e.Owner, e.Evidence["spec.owner"] = owner, at(file, line)
		e.Annotations["portico.dev/owner-inferred"] = "true"
	}

	if file := v.docs(); file != "" {
		e.Annotations["backstage.io/techdocs-ref"] = "dir:."
		e.Evidence["metadata.annotations.backstage.io/techdocs-ref"] = file
	}
	if in.SourceLocation != "" {
		e.Annotations["backstage.io/source-location"] = in.SourceLocation
	}
	e.Annotations["portico.dev/inferred"] = "true"
	return e
}

func at(file string, line int) string {
	if line <= 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}

// slugAnnotation is the host's own: github.com/project-slug, also for GitHub Enterprise and other
// hosts, whose tools look for one of these two.
func slugAnnotation(host string) string {
	if strings.Contains(host, "gitlab") {
		return "gitlab.com/project-slug"
	}
	return "github.com/project-slug"
}

// YAML is the entity as a descriptor, with the evidence in an annotation.
func (e *Entity) YAML() ([]byte, error) {
	type link struct {
		URL   string `yaml:"url"`
		Title string `yaml:"title"`
	}
	type meta struct {
		Name        string            `yaml:"name"`
		Title       string            `yaml:"title,omitempty"`
		Description string            `yaml:"description,omitempty"`
		Annotations map[string]string `yaml:"annotations"`
		Tags        []string          `yaml:"tags,omitempty"`
		Links       []link            `yaml:"links,omitempty"`
	}
	type spec struct {
		Type      string `yaml:"type"`
		Lifecycle string `yaml:"lifecycle"`
		Owner     string `yaml:"owner"`
	}
	doc := struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string `yaml:"kind"`
		Metadata   meta   `yaml:"metadata"`
		Spec       spec   `yaml:"spec"`
	}{
		"backstage.io/v1alpha1", "Component",
		meta{Name: e.Name, Title: e.Title, Description: e.Description, Annotations: map[string]string{}, Tags: e.Tags},
		spec{e.Type, e.Lifecycle, e.Owner},
	}
	for k, v := range e.Annotations {
		doc.Metadata.Annotations[k] = v
	}
	evidence, err := json.Marshal(e.Evidence)
	if err != nil {
		return nil, err
	}
	doc.Metadata.Annotations["portico.dev/evidence"] = string(evidence)
	if e.RepositoryURL != "" {
		doc.Metadata.Links = []link{{e.RepositoryURL, "Repository"}}
	}
	var buf bytes.Buffer
	enc := yaml.NewEncoder(&buf)
	enc.SetIndent(2)
	if err := enc.Encode(doc); err != nil {
		return nil, err
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

var (
	notInName  = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)
	dashes     = regexp.MustCompile(`-{2,}`)
	scpRemote  = regexp.MustCompile(`^[^@/]+@([A-Za-z0-9.-]+):([^:]+)$`)
	slugPart   = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	edgeOfName = "-_."
)

// CleanName makes a valid entity name of any text: letters, digits, - _ and ., at most 63.
func CleanName(s string) string {
	s = strings.TrimSuffix(s, ".git")
	s = dashes.ReplaceAllString(notInName.ReplaceAllString(s, "-"), "-")
	s = strings.Trim(s, edgeOfName)
	if len(s) > 63 {
		s = strings.Trim(s[:63], edgeOfName)
	}
	if s == "" {
		return "repository"
	}
	return s
}

// Slug is the host and the owner/name of a remote, "" when the remote is neither an URL nor of the
// form git@host:owner/name.
func Slug(remote string) (host, slug string) {
	if m := scpRemote.FindStringSubmatch(remote); m != nil {
		host, slug = m[1], m[2]
	} else if u, err := url.Parse(remote); err == nil && u.Host != "" {
		host, slug = u.Hostname(), u.Path
		if p := u.Port(); p != "" && strings.HasPrefix(u.Scheme, "http") {
			host = u.Host
		}
	}
	slug = strings.TrimSuffix(strings.Trim(slug, "/"), ".git")
	parts := strings.Split(slug, "/")
	if host == "" || len(parts) < 2 {
		return "", ""
	}
	for _, p := range parts {
		if !slugPart.MatchString(p) || p == "." || p == ".." {
			return "", ""
		}
	}
	return strings.ToLower(host), slug
}
