package signin

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
)

// Creation says that whom no resolver finds gets a User entity.
type Creation struct {
	// Domains are the only ones whose addresses count; none means that the provider knows one company's people alone.
	Domains []string
}

// Newcomer is a person who is to be a user of the catalog.
type Newcomer struct {
	Issuer, Subject, Provider   string
	Name                        string // of the User, in lower case
	DisplayName, Email, Picture string // "" where the provider does not say, or has not verified it
}

// Newcomers makes users of people.
type Newcomers interface {
	// Admit returns the user that was made for the person, and makes it where there is none. It is in the catalog then.
	// Errors: errs.Conflict where the name is or was another's, errs.Gone where an operator removed the user, errs.Invalid
	// where the name is none.
	Admit(ctx context.Context, n Newcomer) (User, error)
	// Still reports whether the user is one that a first sign-in made, that of issuer and subject where these are given. In
	// the transaction nobody else becomes the user.
	Still(ctx context.Context, tx pgx.Tx, userRef, issuer, subject string) (bool, error)
}

// admit makes a user of somebody whom the resolvers did not find; err is what they said, and stays where nobody is to be
// made.
func (h *Handler) admit(ctx context.Context, provider *Provider, p Person, err error) (User, error) {
	var f *failure
	if provider.Create == nil || h.Newcomers == nil || !errors.As(err, &f) || f.code != codeUnknownUser && f.code != codeUnverified {
		return User{}, err
	}
	n, ok := provider.Create.newcomer(p)
	if !ok {
		return User{}, err
	}
	n.Provider = provider.ID
	user, err := h.Newcomers.Admit(ctx, n)
	user.Made, user.admitted = true, true
	switch {
	case errs.Is(err, errs.Conflict), errs.Is(err, errs.Invalid):
		return User{}, failedFor(codeTaken, err)
	case errs.Is(err, errs.Gone):
		return User{}, failedFor(codeRemoved, err)
	}
	return user, err
}

// newcomer is what the person would be in the catalog. ok is false for those who may be none: without an address of the
// domains that count, or without anything to be called by.
func (c *Creation) newcomer(p Person) (n Newcomer, ok bool) {
	local, domain, verified := splitEmail(p.Email)
	if len(c.Domains) > 0 && (!verified || !slices.ContainsFunc(c.Domains, func(d string) bool { return strings.EqualFold(d, domain) })) {
		return n, false
	}
	n = Newcomer{Issuer: p.Issuer, Subject: p.Subject, DisplayName: p.Name}
	if u, err := url.Parse(p.Picture); err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && len(p.Picture) <= 1000 {
		n.Picture = p.Picture
	}
	name := local
	if verified {
		n.Email = local + "@" + domain
	} else {
		name, _, _ = strings.Cut(p.Username, "@")
	}
	n.Name = entityName(name)
	return n, n.Name != ""
}

// entityName makes a name of a User of what somebody is called elsewhere: letters, digits and single separators, at most
// 63. Different people may come out the same: the second of them is refused.
func entityName(s string) string {
	var b strings.Builder
	between := "" // what separates from the last letter
	for _, c := range strings.ToLower(s) {
		if c < 'a' && (c < '0' || c > '9') || c > 'z' {
			between += string(c)
			continue
		}
		switch {
		case between == "" || b.Len() == 0:
		case between == "." || between == "_":
			b.WriteString(between)
		default:
			b.WriteByte('-')
		}
		between = ""
		b.WriteRune(c)
	}
	name := b.String()
	return strings.TrimRight(name[:min(len(name), 63)], "-._")
}
