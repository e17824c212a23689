package policy

import (
	"slices"

	"portico/internal/httpx"
)

// ResourceEntity is Backstage's name for the type of resource that entities are.
const ResourceEntity = "catalog-entity"

// Permission is one of the portal's permissions as policies know it.
type Permission struct {
	httpx.Permission
	// Entity says that the permission is used on one entity; else it is used on the portal as a whole.
	Entity bool
}

// EntityRead is the permission that says which entities there are for a reader.
var EntityRead = httpx.Permission{Name: "catalog.entity.read", Action: "read"}

// permissions are the actions that a policy can name. A permission that is not here is known by what it does (read,
// create, update, delete) alone.
var permissions = []Permission{
	{EntityRead, true},
	{httpx.Permission{Name: "catalog.entity.refresh", Action: "update"}, true},
	{httpx.Permission{Name: "catalog.entity.delete", Action: "delete"}, true},
	{httpx.Permission{Name: "catalog.entity.edit", Action: "update"}, true},
	{httpx.Permission{Name: "catalog.entity.validate", Action: "read"}, false},
	{httpx.Permission{Name: "catalog.location.read", Action: "read"}, false},
	{httpx.Permission{Name: "catalog.location.create", Action: "create"}, false},
	{httpx.Permission{Name: "catalog.location.delete", Action: "delete"}, false},
	{httpx.Permission{Name: "catalog.location.analyze", Action: "create"}, false},
	{httpx.Permission{Name: "catalog.ingestion.read", Action: "read"}, false},
	{httpx.Permission{Name: "catalog.ingestion.manage", Action: "update"}, false},
	{httpx.Permission{Name: "ownership.claim.read", Action: "read"}, false},
	{httpx.Permission{Name: "ownership.claim.decide", Action: "update"}, true}, // on the entity as it would be, owned by who is asked
	{httpx.Permission{Name: "ownership.claim.create", Action: "create"}, true}, // and by who claims
	{httpx.Permission{Name: "portico.audit.read", Action: "read"}, false},
	{httpx.Permission{Name: "portico.me.read", Action: "read"}, false},
	{httpx.Permission{Name: "portico.me.manage", Action: "update"}, false},
	{httpx.Permission{Name: "portico.settings.read", Action: "read"}, false},
	{httpx.Permission{Name: "portico.settings.manage", Action: "update"}, false},
	{httpx.Permission{Name: "portico.token.manage", Action: "update"}, false},
	{httpx.Permission{Name: "portico.token.end", Action: "delete"}, false},
	{httpx.Permission{Name: "portico.token.redeem", Action: "create"}, false},
	{httpx.Permission{Name: "portico.policy.read", Action: "read"}, false},
	{httpx.Permission{Name: "portico.policy.explain"}, false}, // of others; with no action, so that no "read" gives it
}

// Permissions lists the permissions that a policy can name.
func Permissions() []Permission { return slices.Clone(permissions) }

// ByName finds a permission that a policy can name.
func ByName(name string) (Permission, bool) {
	i := slices.IndexFunc(permissions, func(p Permission) bool { return p.Name == name })
	if i < 0 {
		return Permission{}, false
	}
	return permissions[i], true
}

func ofEntity(name string) bool {
	p, ok := ByName(name)
	return ok && p.Entity
}
