package signin

import (
	"regexp"
	"slices"
	"strings"
)

// Person is whom the provider says that it let in. Only what was checked is in it.
type Person struct {
	Issuer, Subject string
	// ID is what the provider's own ids of people are compared by: often the subject.
	ID         string
	Email      string // "" unless the provider says that it has verified it
	Unverified string // an address that it has not
	Username   string
	Name       string
	Picture    string // an address that anybody may have written
}

// User is a User entity of the catalog.
type User struct {
	Ref, DisplayName string
	Absent           bool // the catalog has none, and the resolver lets them in without
	Made             bool // by a first sign-in: who is declared under the name later is somebody else

	pinned   bool // a name led there that others can take over
	admitted bool // the first sign-in that made the user was this person's
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
	// Annotation is what it is compared with. Without, that is spec.profile.email for an address, and else metadata.name.
	Annotation string
	// Domains are the only ones whose addresses count; none means all.
	Domains []string
	// WithoutUser lets in whom the catalog does not have.
	WithoutUser bool
	// Pinned says that others can take over a name at the provider, so that it leads to a user only the account that it
	// led there first.
	Pinned bool
}

// By is what a resolver compares.
type By int

// What providers say of people.
const (
	Email     By = iota
	LocalPart    // of the e-mail address
	Username
	ID
)

// resolve asks the resolvers in their order. The first that finds exactly one user counts.
func resolve(list []Resolver, dir Directory, p Person) (User, error) {
	ambiguous := false
	for _, r := range list {
		key, found := r.find(dir, p)
		switch {
		case len(found) == 1:
			u := found[0]
			u.pinned = r.Pinned
			return u, nil
		case len(found) > 1:
			ambiguous = true
		// A user of that name whom the comparison did not find is somebody else.
		case r.WithoutUser && plainName.MatchString(key) && len(dir.UsersByName(key)) == 0:
			name := p.Name
			if name == "" {
				name = key
			}
			return User{Ref: "user:default/" + key, DisplayName: name, Absent: true, pinned: r.Pinned}, nil
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
		address := local + "@" + domain
		switch {
		case r.By == LocalPart:
			return local, dir.UsersByName(local)
		case r.Annotation != "":
			if found = dir.UsersByAnnotation(r.Annotation, p.Email); len(found) == 0 && p.Email != address {
				found = dir.UsersByAnnotation(r.Annotation, address)
			}
			return address, found
		}
		found = dir.UsersByEmail(address)
		if before, _, plus := strings.Cut(local, "+"); plus && before != "" && len(found) == 0 {
			found = dir.UsersByEmail(before + "@" + domain) // what stands behind the + is one's own note
		}
		return address, found
	case Username:
		return byName(dir, strings.ToLower(p.Username))
	case ID:
		if r.Annotation == "" {
			return byName(dir, strings.ToLower(p.ID))
		}
		if p.ID == "" {
			return "", nil
		}
		// Issuers number people as they like, and case matters: such an id becomes no name as it is.
		if strings.ToLower(p.ID) == p.ID {
			key = p.ID
		}
		return key, dir.UsersByAnnotation(r.Annotation, p.ID)
	}
	return "", nil
}

func byName(dir Directory, name string) (string, []User) {
	if !plainName.MatchString(name) {
		return "", nil
	}
	return name, dir.UsersByName(name)
}

// splitEmail cuts a plain address. One with several @, quotes, spaces or letters outside ASCII, which look like others,
// is none.
func splitEmail(email string) (local, domain string, ok bool) {
	local, domain, _ = strings.Cut(strings.ToLower(email), "@")
	return local, domain, plainName.MatchString(local) && plainDomain.MatchString(domain) && !strings.Contains(local, "@")
}

var plainDomain = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)
