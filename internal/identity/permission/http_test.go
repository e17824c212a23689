package permission

import (
	"context"
	"errors"
	"testing"

	"portico/internal/identity"
	"portico/internal/identity/policy"
)

// However often a request names an entity, it is looked at once, and not at all when nobody waits any more.
func TestEntitiesAreLookedAtOnce(t *testing.T) {
	looked := 0
	there, err := policy.NewResource("api:default/big", []byte(`{"kind":"API","metadata":{"name":"big"}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	h := &Handler{Entity: func(_ context.Context, ref string) (*policy.Resource, error) {
		if looked++; ref == there.Ref {
			return there, nil
		}
		return nil, nil
	}}
	a := inquiry{h: h, me: &identity.Principal{Type: "user", Ref: "user:default/ann", Role: identity.Author}, known: map[string]*policy.Resource{}, told: map[[2]string]string{}}
	for range 3 {
		for _, q := range []struct{ permission, ref, want string }{
			{"catalog.entity.read", "api:default/big", "ALLOW"},
			{"catalog.entity.delete", "api:default/big", "DENY"},
			{"catalog.entity.read", "api:default/none", "DENY"},
		} {
			if got, err := a.about(t.Context(), q.permission, q.ref); err != nil || got != q.want {
				t.Errorf("%s of %s: %s, %v", q.permission, q.ref, got, err)
			}
		}
	}
	if looked != 2 {
		t.Errorf("two entities were looked at %d times", looked)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.about(gone, "catalog.entity.read", "api:default/other"); !errors.Is(err, context.Canceled) || looked != 2 {
		t.Errorf("nobody waits, and %d entities were looked at: %v", looked, err)
	}
}
