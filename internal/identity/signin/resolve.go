package signin

import (
	"regexp"
	"slices"
	"strings"
)

// Person is whom the provider says that it let in. Only what was checked is in it.
type Person struct {
	Issuer, Subject string
	Email           string // "" unless the provider says that it has verified it
	Unverified      string // an address that it has not
	Username        string
	Name            string
	Picture         string // an address that anybody may have written
}

// User is a User entity of the catalog.
type User struct {
	Ref, DisplayName string
}

// Directory knows the users of the catalog. Its answers come from memory: sign-in asks in every flow.
type Directory interface {
	// UsersByEmail returns the users whose spec.profile.email is the address, in any case.
	UsersByEmail(email string) []User
	// UsersByName returns the users of the namespace default with the name.
	UsersByName(name string) []User
	// UsersByAnnotation returns the users whose annotation has the value.
	UsersByAnnotation(key, value string) []User
}

// Resolver leads from a person to a user of the catalog.
type Resolver struct {
	// By says what is compared.
	By By
	// Domains are the only ones whose addresses count; none means all.
	Domains []string
	// WithoutUser lets in whom the catalog does not have.
	WithoutUser bool
}

// By is what a resolver compares.
type By int

// Backstage's resolvers that lead somewhere with OpenID Connect.
const (
	Email     By = iota // with spec.profile.email
	LocalPart           // of the e-mail address, with metadata.name
	Username            // preferred_username, with metadata.name
	Subject             // with the annotation oidc.io/sub
)

// subjectAnnotation is Backstage's.
const subjectAnnotation = "oidc.io/sub"

// resolve asks the resolvers in their order. The first that finds exactly one user counts.
func resolve(list []Resolver, dir Directory, p Person) (User, error) {
	ambiguous := false
	for _, r := range list {
		key, found := r.find(dir, p)
		switch {
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			ambiguous = true
		case r.WithoutUser && plainName.MatchString(key):
			name := p.Name
			if name == "" {
				name = key
			}
			return User{Ref: "user:default/" + key, DisplayName: name}, nil
		}
	}
	switch {
	case ambiguous:
		return User{}, failed(codeAmbiguous, "several users of the catalog match subject %q", p.Subject)
	case p.Email == "" && p.Unverified != "" && slices.ContainsFunc(list, Resolver.readsEmail):
		return User{}, failed(codeUnverified, "the provider has not verified the address of subject %q", p.Subject)
	}
	return User{}, failed(codeUnknownUser, "no user of the catalog matches subject %q", p.Subject)
}

// plainName is what may become part of an entity reference.
var plainName = regexp.MustCompile(`^[a-z0-9][a-z0-9._@+-]{0,127}$`)

func (r Resolver) readsEmail() bool { return r.By == Email || r.By == LocalPart }

// find returns what it compared, in lower case, and whom that led to.
func (r Resolver) find(dir Directory, p Person) (key string, found []User) {
	switch r.By {
	case Email, LocalPart:
		local, domain, ok := splitEmail(p.Email)
		if !ok || len(r.Domains) > 0 && !slices.ContainsFunc(r.Domains, func(d string) bool { return strings.EqualFold(d, domain) }) {
			return "", nil
		}
		if r.By == Email {
			return local + "@" + domain, dir.UsersByEmail(local + "@" + domain)
		}
		return local, dir.UsersByName(local)
	case Username:
		name := strings.ToLower(p.Username)
		if !plainName.MatchString(name) {
			return "", nil
		}
		return name, dir.UsersByName(name)
	default:
		// Issuers number their subjects as they like, and case matters.
		return "", dir.UsersByAnnotation(subjectAnnotation, p.Subject)
	}
}

// splitEmail cuts a plain address. One with several @, quotes, spaces or letters outside ASCII, which look like others,
// is none.
func splitEmail(email string) (local, domain string, ok bool) {
	local, domain, _ = strings.Cut(strings.ToLower(email), "@")
	return local, domain, plainName.MatchString(local) && plainDomain.MatchString(domain) && !strings.Contains(local, "@")
}

var plainDomain = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)
