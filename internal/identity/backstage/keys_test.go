package backstage

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"portico/internal/errs"
	"portico/internal/identity"
	"portico/internal/secret"
	"portico/internal/secret/keyring"
)

var noKeys secret.Keys

// Two replicas make tokens and verify each other's all through three changes of the key: none is ever refused, and every
// verifier could have known the key for a day.
func TestKeysFollowOnOneAnother(t *testing.T) {
	list := replicas(t, 2, func(tokens *Tokens) { tokens.Lifetime = MaxLifetime })
	type made struct {
		token string
		until time.Time
	}
	var alive []made
	seen := map[string]time.Time{} // when a key was published
	signed := map[string]bool{}
	for hour := 0; hour < 24*45; hour += 6 {
		now := list[0].clock.now()
		for i, p := range list {
			if hour%12 == 6*i { // each looks after the keys at times of its own
				if _, err := p.tokens.Keys.renew(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			set, err := p.tokens.Keys.Published(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(set.Keys) > 3 {
				t.Fatalf("%d keys are published", len(set.Keys))
			}
			for _, key := range set.Keys {
				if _, ok := seen[key.KeyID]; !ok {
					seen[key.KeyID] = now
				}
			}
			user, _, err := p.tokens.issue(t.Context(), subject{ref: "user:default/guest"})
			if err != nil {
				t.Fatal(err)
			}
			head, _ := parts(t, user.text)
			kid := head["kid"].(string)
			if at, ok := seen[kid]; len(seen) > 1 && !signed[kid] && (!ok || now.Sub(at) < 12*time.Hour) {
				t.Errorf("a key signs %s after it was published", now.Sub(at))
			}
			signed[kid] = true
			alive = append(alive, made{user.text, user.expires})
		}
		var still []made
		for _, m := range alive {
			if !now.Before(m.until) {
				continue
			}
			for _, p := range list {
				if who, err := p.tokens.Bearer(t.Context(), m.token); err != nil || who == nil {
					t.Fatalf("after %d hours a token is refused: %v", hour, err)
				}
			}
			still = append(still, m)
		}
		alive = still
		list[0].clock.move(6 * time.Hour)
	}
	if len(signed) != 4 {
		t.Errorf("%d keys have signed, want 4 in 45 days", len(signed))
	}
	var rows int
	if err := list[0].pool.QueryRow(t.Context(), `SELECT count(*) FROM identity_keys`).Scan(&rows); err != nil || rows > 3 {
		t.Errorf("%d keys are kept, %v", rows, err)
	}
}

// Replicas that need the first key at the same moment make one.
func TestFirstKey(t *testing.T) {
	list := replicas(t, 4, nil)
	var wg sync.WaitGroup
	tokens := make([]string, len(list))
	for i, p := range list {
		wg.Go(func() {
			user, _, err := p.tokens.issue(t.Context(), subject{ref: "user:default/guest"})
			if err != nil {
				t.Error(err)
			}
			tokens[i] = user.text
		})
	}
	wg.Wait()
	for _, token := range tokens {
		for _, p := range list {
			if who, err := p.tokens.Bearer(t.Context(), token); who == nil || err != nil {
				t.Errorf("%v, %v", who, err)
			}
		}
	}
	var rows int
	if err := list[0].pool.QueryRow(t.Context(), `SELECT count(*) FROM identity_keys`).Scan(&rows); err != nil || rows != 1 {
		t.Errorf("%d keys, %v", rows, err)
	}
}

// Whoever makes up the ids of keys does not have the database asked for each; and a key that another replica has made in
// that moment is not said to be none.
func TestKeysAreLookedForRarely(t *testing.T) {
	list := replicas(t, 2, nil)
	mine, other := list[0].tokens, list[1].tokens
	if _, _, err := mine.issue(t.Context(), subject{ref: "user:default/guest"}); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := mine.Keys.byID(t.Context(), identity.NewSecret()); ok || err != nil || mine.Keys.missed.IsZero() {
		t.Fatalf("one that there is not: %v, %v", ok, err)
	}
	if _, err := list[0].pool.Exec(t.Context(), `DELETE FROM identity_keys`); err != nil {
		t.Fatal(err)
	}
	user, _, err := other.issue(t.Context(), subject{ref: "user:default/guest"})
	if err != nil {
		t.Fatal(err)
	}
	mine.Keys.missed = mine.Keys.clock().Add(time.Hour)
	if who, err := mine.Bearer(t.Context(), user.text); who != nil || !errs.Is(err, errs.Unavailable) {
		t.Errorf("in the pause: %v, %v", who, err)
	}
	mine.Keys.missed = mine.Keys.clock().Add(-keyPause)
	if who, err := mine.Bearer(t.Context(), user.text); who == nil || err != nil {
		t.Errorf("after it: %v, %v", who, err)
	}
}

// Keys that somebody removes by hand are followed by another, and a replica that remembers the old ones takes it at once.
func TestKeysThatAreRemoved(t *testing.T) {
	list := replicas(t, 2, nil)
	guest := subject{ref: "user:default/guest"}
	if _, _, err := list[0].tokens.issue(t.Context(), guest); err != nil {
		t.Fatal(err)
	}
	if _, err := list[0].pool.Exec(t.Context(), `DELETE FROM identity_keys`); err != nil {
		t.Fatal(err)
	}
	user, _, err := list[1].tokens.issue(t.Context(), guest)
	if err != nil {
		t.Fatal(err)
	}
	if who, err := list[0].tokens.Bearer(t.Context(), user.text); who == nil || err != nil {
		t.Errorf("%v, %v", who, err)
	}
}

// Whoever writes into the table cannot make a key of their own good, nor read one.
func TestKeysAreSealed(t *testing.T) {
	list := replicas(t, 2, nil)
	p := list[0]
	if _, _, err := p.tokens.issue(t.Context(), subject{ref: "user:default/guest"}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.pool.Exec(t.Context(), `
		INSERT INTO identity_keys (kid, private, created_at, signs_from, retires_at)
		SELECT $1, private, created_at, signs_from, retires_at FROM identity_keys`, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"); err != nil {
		t.Fatal(err)
	}
	if _, err := list[1].tokens.Keys.Published(t.Context()); err == nil {
		t.Error("a key that was copied to another row is published")
	}
}

// A rotation of data keys changes no signing key.
func TestKeysOutliveRotation(t *testing.T) {
	list := replicas(t, 2, nil)
	token := list[0].signIn(ann).refresh("oidc").BackstageIdentity.Token
	out, err := list[0].tokens.Keys.Keyring.Rotate(t.Context(), []keyring.Column{Sealed})
	if err != nil || out.Resealed["identity_keys.private"] != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	for i, p := range list {
		if a := p.with(token); a.status != 200 {
			t.Errorf("replica %d: %d %s", i, a.status, a.body)
		}
	}
}

// What looks after the keys ends when it is told to.
func TestRunEnds(t *testing.T) {
	p := newPortal(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("over"))
	p.tokens.Keys.Run(ctx)
}
