package me

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// No two services have names that people would take for one: not in another case, not beside one of the configuration, and
// not when they are made at once.
func TestServiceNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	r.make(as{}, services, `{"name":"ci","scopes":["catalog:read"]}`)
	for _, tt := range []struct {
		name   string
		status int
		says   string
	}{
		{"ci", 409, "there is a token of ci already"},
		{"CI", 400, "small letters"},
		{"ops", 409, "the configuration lets in a program as ops already"},
		{"OPS", 400, "small letters"},
		{"deploy-bot", 409, "the configuration lets in a program as Deploy-Bot already"},
		{"deploy-bots", 201, ""},
	} {
		status, text := r.do(as{}, "POST", services, fmt.Sprintf(`{"name":%q,"scopes":["catalog:read"]}`, tt.name))
		if status != tt.status || !strings.Contains(text, tt.says) || status == 409 && !strings.Contains(text, `"remedy"`) {
			t.Errorf("%s: %d %s", tt.name, status, text)
		}
	}
	const many = 8
	var made, refused int
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range many {
		name := []string{"night-build", "Night-Build"}[i%2]
		all.Go(func() {
			status, text := r.do(as{}, "POST", services, fmt.Sprintf(`{"name":%q,"scopes":["catalog:read"]}`, name))
			mu.Lock()
			defer mu.Unlock()
			switch status {
			case 201:
				made++
			case 400, 409:
				refused++
			default:
				t.Errorf("%s: %d %s", name, status, text)
			}
		})
	}
	all.Wait()
	var there int
	w.scan(&there, `SELECT count(*) FROM identity_tokens WHERE lower(name) = 'night-build'`)
	if made != 1 || refused != many-1 || there != 1 {
		t.Errorf("%d made, %d refused, %d there", made, refused, there)
	}
}
