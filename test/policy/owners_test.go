package policy

import (
	"strings"
	"testing"
)

// startOwners runs a portal in which whoever signs in reads, changes what they own, and has tokens.
func startOwners(t *testing.T, texts map[string]string) *portal {
	t.Helper()
	return startWith(t, texts, rules+`permit (principal is User, action == Action::"portico.me.manage", resource);`, strings.Replace(configuration, "signedIn: [author, owner]", "signedIn: [viewer, owner]", 1))
}

// Owners refresh and remove what is theirs, themselves and by tokens of theirs.
func TestOwners(t *testing.T) {
	t.Parallel()
	texts := files(true)
	p := startOwners(t, texts)
	session := p.signIn("ann")
	token := func(scopes string) option {
		var made struct{ Token string }
		p.do("POST", "/api/portico/me/tokens", `{"name":"t `+strings.NewReplacer(`"`, "", ":", " ", ",", " ").Replace(scopes)+`","scopes":[`+scopes+`],"days":1}`, session).ok().into(&made)
		return bearer(made.Token)
	}
	const tide, depot, unseen = "component:default/tide-table", "component:default/depot", "component:default/by-owner"
	uids := map[string]string{tide: p.uid(tide), depot: p.uid(depot), unseen: p.uid(unseen)}
	refresh := func(ref string, who option) *reply {
		return p.do("POST", "/api/catalog/refresh", `{"entityRef":"`+ref+`"}`, who)
	}
	remove := func(ref string, who option) *reply {
		return p.do("DELETE", "/api/catalog/entities/by-uid/"+uids[ref], "", who)
	}
	writes := token(`"catalog:read","catalog:write"`)
	for name, who := range map[string]option{"a session": session, "a token": writes} {
		// Ann is in pilots, which is in air, which owns the tide table.
		refresh(tide, who).ok()
		refresh(depot, who).is(403, "no policy permits it", "remedy", "it takes the role")
		remove(depot, who).is(403, "no policy permits it", "remedy", "operator or admin")
		remove(unseen, who).is(404)
		hidden, absent := refresh(unseen, who).is(404), refresh("component:default/none", who).is(404)
		if random.ReplaceAllString(strings.ReplaceAll(absent.body, "none", "by-owner"), "") != random.ReplaceAllString(hidden.body, "") {
			t.Errorf("by %s, what is hidden is told apart from what is not there:\n%s%s", name, hidden.body, absent.body)
		}
	}
	reads := token(`"catalog:read"`)
	refresh(tide, reads).is(403, "the token was not made for", "catalog:write")
	remove(tide, reads).is(403, "the token was not made for")

	// The depot changes hands. As soon as that is seen, it counts.
	p.write("catalog/shop.yaml", strings.Replace(texts["shop.yaml"], "name: depot}\nspec: {"+service+"contractors", "name: depot}\nspec: {"+service+"air", 1))
	p.until("the new owner is shown", func() bool {
		return strings.Contains(p.do("GET", pathOf(depot), "", session).ok().body, `"owner":"air"`)
	})
	refresh(depot, writes).ok()
	remove(depot, writes).ok()
	p.do("GET", pathOf(depot), "", session).is(404)

	// A group that is taken out from between ends it, and ends nothing else.
	p.write("catalog/shop.yaml", strings.Replace(texts["shop.yaml"], "parent: air, ", "", 1))
	p.until("the group above is gone", func() bool {
		return !strings.Contains(p.do("GET", pathOf("group:default/pilots"), "", session).ok().body, "childOf")
	})
	refresh(tide, writes).is(403, "no policy permits it")
	remove(tide, session).is(403, "no policy permits it")
	p.do("GET", pathOf("component:default/by-tag"), "", session).ok()
	p.write("catalog/shop.yaml", texts["shop.yaml"])
	p.until("the group is below the other again", func() bool {
		return strings.Contains(p.do("GET", pathOf("group:default/pilots"), "", session).ok().body, "childOf")
	})
	remove(tide, session).ok()
}

// Registering needs sight of the Location entity that comes of it: the roles that ship have it, and a policy that takes it
// says so to whoever tries.
func TestRegister(t *testing.T) {
	t.Parallel()
	const location = `{"type":"url","target":"https://github.com/marrowby/depot/blob/main/catalog-info.yaml"}`
	p := startWith(t, files(true), open, strings.Replace(configuration, "    signedIn: [author, owner]\n", "", 1))
	ann := p.signIn("ann")
	p.do("POST", "/api/catalog/locations", location, ann).is(201)
	p.write("rules/house.cedar", `@id("no-locations")
		forbid (principal is User, action == Action::"catalog.entity.read", resource is Entity) when { resource.kind == "Location" };`)
	p.until("the policies count", func() bool { return p.do("GET", pathOf("location:default/all"), "", ann).status == 404 })
	for _, path := range []string{"/api/catalog/locations", "/api/catalog/locations?dryRun=true"} {
		p.do("POST", path, location, ann).is(403, "policies hide", "Location entity", "https://github.com/marrowby/depot", "kind == \\\"Location\\\"")
	}
}
