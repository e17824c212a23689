package commits

import (
	"strings"

	"portico/internal/catalog/index"
)

// PeopleOf knows the people of a catalog: by the address of their profile, and by the number or the login that their host
// gave them where the author's address is one of the host's.
func PeopleOf(s *index.Snapshot) People {
	return People{
		User: func(a Author) string { return userOf(s, a) },
		Teams: func(user string) (teams []string) {
			if doc := s.ByRef(user, nil); doc != nil {
				for _, r := range doc.Relations() {
					if r.Type == "memberOf" && strings.HasPrefix(r.TargetRef, "group:") && s.ByRef(r.TargetRef, nil) != nil {
						teams = append(teams, r.TargetRef)
					}
				}
			}
			return teams
		},
		Size: func(team string) (n int) {
			if doc := s.ByRef(team, nil); doc != nil {
				for _, r := range doc.Relations() {
					if r.Type == "hasMember" {
						n++
					}
				}
			}
			return n
		},
	}
}

func userOf(s *index.Snapshot, a Author) string {
	if a.Login == "" {
		return only(s, "spec.profile.email", a.Email)
	}
	_, host, _ := strings.Cut(a.Email, "@users.noreply.")
	if a.ID != "" {
		// The number stays when somebody else takes the login.
		return only(s, "metadata.annotations."+host+"/user-id", a.ID)
	}
	return only(s, "metadata.annotations."+host+"/user-login", a.Login)
}

// only returns the one user with a value, without regard to case; "" where there are several, one of whom may be anybody.
func only(s *index.Snapshot, field, value string) string {
	if strings.ContainsAny(value, ", \t\r\n=") {
		return "" // such a value would be several conditions
	}
	filter, err := index.ParseFilters([]string{"kind=user," + field + "=" + value})
	if err != nil {
		return ""
	}
	docs, more, err := s.List(index.Filters{Filter: filter}, nil, 0, 1, nil)
	if err != nil || more || len(docs) != 1 {
		return ""
	}
	return docs[0].Ref()
}
