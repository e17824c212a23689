package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

func newTokens(pool *pg.Pool) *Tokens {
	return &Tokens{
		DB: pool, MaxAge: 90 * 24 * time.Hour, Known: []httpx.Permission{read, remove},
		Record: func(context.Context, pgx.Tx, string, string, any) error { return nil },
	}
}

// Of two who exchange one code at once, one has a token. Both have found the code before either uses it up.
func TestRedeemAtOnce(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	s, tokens := &Sessions{DB: pool}, newTokens(pool)
	cookie, err := begin(t, s, Account{Issuer: "i", Subject: "ann", UserRef: "user:default/ann"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/", nil)
	r.AddCookie(cookie)
	ann := person("user:default/ann", "Ann")
	proof := sha256.Sum256([]byte("the verifier"))
	code, err := tokens.Grant(t.Context(), s, r, ann, NewToken{Name: "x", Scopes: []string{"catalog:read"}}, base64.RawURLEncoding.EncodeToString(proof[:]))
	if err != nil {
		t.Fatal(err)
	}
	hold, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hold.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := hold.Exec(t.Context(), `SELECT FROM identity_grants FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	const many = 2
	var in, out int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range many {
		wg.Go(func() {
			_, secret, err := tokens.Redeem(t.Context(), ann, code, "the verifier")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && secret != "":
				in++
			case errs.Is(err, errs.Unauthenticated) && secret == "":
				out++
			default:
				t.Error(err)
			}
		})
	}
	every := time.NewTicker(10 * time.Millisecond)
	defer every.Stop()
	for waiting, deadline := 0, time.Now().Add(20*time.Second); waiting < many; <-every.C {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d wait for the code", waiting, many)
		}
		if err := pool.QueryRow(t.Context(), `
			SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'DELETE FROM identity_grants%'`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	if err := hold.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	var made int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM identity_tokens`).Scan(&made); err != nil {
		t.Fatal(err)
	}
	if in != 1 || out != many-1 || made != 1 {
		t.Errorf("%d have a token, %d are told that there is no such code, and %d tokens were made", in, out, made)
	}
}

// A new secret makes the one before it last no longer than it would have, whatever overlap is asked for; one that was
// over stays so.
func TestRotateKeepsTheEnd(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	tokens := newTokens(pool)
	admin := &Principal{Type: "user", Ref: "user:default/ann", DisplayName: "Ann", Role: Admin}
	for _, tt := range []struct {
		name    string
		ago     time.Duration // since it was over; negative: it lasts that much longer
		overlap time.Duration
		cut     bool
	}{
		{"lasts", -time.Hour, 10 * time.Minute, false},
		{"is-over-soon", -time.Hour, TokenOverlap, true},
		{"is-over", time.Hour, TokenOverlap, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			made, before, err := tokens.MakeService(t.Context(), admin, NewToken{Name: tt.name, Scopes: []string{"catalog:read"}})
			if err != nil {
				t.Fatal(err)
			}
			var end, until time.Time
			if err := pool.QueryRow(t.Context(), `UPDATE identity_tokens SET expires_at = now() - $2::interval WHERE id = $1 RETURNING expires_at`, made.ID, tt.ago).Scan(&end); err != nil {
				t.Fatal(err)
			}
			_, after, err := tokens.Rotate(t.Context(), admin, made.ID, time.Hour, tt.overlap)
			if err != nil {
				t.Fatal(err)
			}
			if err := pool.QueryRow(t.Context(), `SELECT previous_until FROM identity_tokens WHERE id = $1`, made.ID).Scan(&until); err != nil {
				t.Fatal(err)
			}
			if until.After(end) || until.Equal(end) != tt.cut {
				t.Errorf("the secret of before is taken until %s, and it was to be over at %s", until, end)
			}
			if p, err := tokens.Bearer(t.Context(), after); p == nil || err != nil {
				t.Errorf("the new secret: %v", err)
			}
			if p, err := tokens.Bearer(t.Context(), before); (p != nil) != (tt.ago < 0) {
				t.Errorf("the secret of before lets in %v (%v)", p, err)
			}
		})
	}
}
