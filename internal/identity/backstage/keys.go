package backstage

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/identity"
	"portico/internal/pg"
	"portico/internal/secret"
	"portico/internal/secret/keyring"
)

// Times of a signing key.
const (
	keySigns = 14 * 24 * time.Hour     // it signs this long,
	keyAhead = 24 * time.Hour          // is published this long before, so that every verifier has it,
	keyAfter = MaxLifetime + time.Hour // and this long afterwards, until all that it signed has ended
	keyFresh = time.Minute             // keys are read again after this time
	keyPause = time.Second             // and not more often than this for one that is not among them
	keyCheck = 10 * time.Minute        // whether another key is due is looked at this often
)

// Sealed is where private keys are kept.
var Sealed = keyring.Column{Table: "identity_keys", Column: "private", Key: "kid"}

// Keys are those that sign the tokens of users. They are made when the first is needed, and one follows on the other.
type Keys struct {
	DB      *pg.Pool
	Keyring *keyring.Keyring
	// Memory keeps the keys in this process: tokens end with it, and no other replica knows them.
	Memory bool
	Log    *slog.Logger

	now func() time.Time // nil: the clock; tests move it

	mu     sync.Mutex
	list   []signingKey // oldest first
	loaded time.Time
	missed time.Time // when they were read for one that was not among them
}

type signingKey struct {
	kid     string
	private *ecdsa.PrivateKey
	from    time.Time // it signs from here
	retires time.Time // to here
}

func (k *signingKey) signs(now time.Time) bool { return !now.Before(k.from) && now.Before(k.retires) }

func (k *signingKey) public() jose.JSONWebKey {
	return jose.JSONWebKey{Key: &k.private.PublicKey, KeyID: k.kid, Algorithm: string(jose.ES256), Use: "sig"}
}

func (k *Keys) clock() time.Time {
	if k.now != nil {
		return k.now()
	}
	return time.Now()
}

// Published are the keys that tokens may be verified with.
func (k *Keys) Published(ctx context.Context) (set jose.JSONWebKeySet, err error) {
	defer errs.Wrap(&err, "backstage: published keys")
	list, err := k.known(ctx)
	if err != nil {
		return set, err
	}
	set.Keys = []jose.JSONWebKey{}
	for i := range list {
		set.Keys = append(set.Keys, list[i].public())
	}
	return set, nil
}

// signer is the key that signs now. Where there is none it is made.
func (k *Keys) signer(ctx context.Context) (_ signingKey, err error) {
	defer errs.Wrap(&err, "backstage: signing key")
	list, err := k.known(ctx)
	if err != nil {
		return signingKey{}, err
	}
	if key, ok := signerOf(list, k.clock()); ok {
		return key, nil
	}
	if list, err = k.renew(ctx); err != nil {
		return signingKey{}, err
	}
	if key, ok := signerOf(list, k.clock()); ok {
		return key, nil
	}
	return signingKey{}, errors.New("no key signs now, although one was made")
}

func signerOf(list []signingKey, now time.Time) (signingKey, bool) {
	for _, key := range slices.Backward(list) {
		if key.signs(now) {
			return key, true
		}
	}
	return signingKey{}, false
}

var kidForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// byID is the key of the id, with which a token may still be verified; ok is false where there is none.
func (k *Keys) byID(ctx context.Context, kid string) (key signingKey, ok bool, err error) {
	defer errs.Wrap(&err, "backstage: key of a token")
	if !kidForm.MatchString(kid) {
		return signingKey{}, false, nil
	}
	list, err := k.known(ctx)
	if err != nil {
		return signingKey{}, false, err
	}
	if key, ok = find(list, kid); !ok && !k.Memory {
		// Another replica may have made it a moment ago. Whoever makes ids up is not to have the database asked for each.
		if !k.mayMiss() {
			return signingKey{}, false, errNotKnownYet
		}
		if list, err = k.load(ctx); err != nil {
			return signingKey{}, false, err
		}
		key, ok = find(list, kid)
	}
	return key, ok, nil
}

// mayMiss reports whether keys are to be read for one that is not among them.
func (k *Keys) mayMiss() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock()
	if now.Sub(k.missed) < keyPause {
		return false
	}
	k.missed = now
	return true
}

func find(list []signingKey, kid string) (signingKey, bool) {
	for _, key := range list {
		if key.kid == kid {
			return key, true
		}
	}
	return signingKey{}, false
}

// known are the keys as they were within the last minute. While the database does not answer, they are older.
func (k *Keys) known(ctx context.Context) ([]signingKey, error) {
	k.mu.Lock()
	list, fresh := k.list, k.clock().Sub(k.loaded) < keyFresh
	k.mu.Unlock()
	now := k.clock()
	if _, signs := signerOf(list, now); k.Memory || fresh && signs {
		return published(list, now), nil
	}
	loaded, err := k.load(ctx)
	if err != nil && len(list) > 0 {
		return published(list, now), nil
	}
	return loaded, err
}

func published(list []signingKey, now time.Time) (out []signingKey) {
	for _, key := range list {
		if now.Before(key.retires.Add(keyAfter)) {
			out = append(out, key)
		}
	}
	return out
}

// load reads the keys. Those that are known already are not opened again.
func (k *Keys) load(ctx context.Context) ([]signingKey, error) {
	return k.loadFrom(ctx, k.DB)
}

func (k *Keys) loadFrom(ctx context.Context, db pg.DB) ([]signingKey, error) {
	now := k.clock()
	type row struct {
		Kid           string
		Private       []byte
		From, Retires time.Time
	}
	rows, err := pg.Collect(ctx, db, pgx.RowToStructByPos[row], `
		SELECT kid, private, signs_from, retires_at
		FROM identity_keys
		WHERE retires_at > $1
		ORDER BY signs_from, kid`, now.Add(-keyAfter))
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	before := k.list
	k.mu.Unlock()
	list := []signingKey{}
	for _, r := range rows {
		key := signingKey{kid: r.Kid, from: r.From, retires: r.Retires}
		if old, ok := find(before, r.Kid); ok {
			key.private = old.private
		} else if key.private, err = k.open(ctx, db, r.Kid, r.Private); err != nil {
			return nil, err
		}
		list = append(list, key)
	}
	k.keep(list)
	return list, nil
}

func (k *Keys) keep(list []signingKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list, k.loaded = list, k.clock()
}

func sealedAt(kid string) secret.Place {
	return secret.Place{Table: Sealed.Table, Column: Sealed.Column, Row: kid}
}

// open returns the private key. The public one comes from it, so that nobody who writes into the table can add a key.
func (k *Keys) open(ctx context.Context, db pg.DB, kid string, sealed []byte) (*ecdsa.PrivateKey, error) {
	der, err := k.Keyring.Open(ctx, db, sealedAt(kid), sealed)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	clear(der)
	if err != nil {
		return nil, err
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || private.Curve != elliptic.P256() {
		return nil, errors.New("the key is of another kind")
	}
	return private, nil
}

// lock keeps two replicas from making a key at once.
const lock = 0x706f7274736967 // "portsig"

// renew makes the key that is due, if one is, removes those that nothing needs, and returns the rest.
func (k *Keys) renew(ctx context.Context) (list []signingKey, err error) {
	if k.Memory {
		k.mu.Lock()
		defer k.mu.Unlock()
		now := k.clock()
		if from, due := next(k.list, now); due {
			key, err := newKey(from)
			if err != nil {
				return nil, err
			}
			k.list = append(published(k.list, now), key)
		}
		return k.list, nil
	}
	err = pg.Transact(ctx, k.DB, pg.TxOptions{}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lock); err != nil {
			return err
		}
		if list, err = k.loadFrom(ctx, tx); err != nil {
			return err
		}
		now := k.clock()
		from, due := next(list, now)
		if !due {
			return nil
		}
		key, err := newKey(from)
		if err != nil {
			return err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key.private)
		if err != nil {
			return err
		}
		sealed, err := k.Keyring.Seal(ctx, tx, sealedAt(key.kid), der)
		clear(der)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO identity_keys (kid, private, created_at, signs_from, retires_at)
			VALUES ($1, $2, $3, $4, $5)`, key.kid, sealed, now, key.from, key.retires); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM identity_keys WHERE retires_at <= $1`, now.Add(-keyAfter)); err != nil {
			return err
		}
		list = append(list, key)
		return nil
	})
	if err != nil {
		return nil, err
	}
	k.keep(list)
	return list, nil
}

// next says from when on another key has to sign; due is false while none is needed.
func next(list []signingKey, now time.Time) (from time.Time, due bool) {
	if len(list) == 0 {
		return now, true
	}
	last := list[len(list)-1]
	if last.retires.Sub(now) > keyAhead {
		return time.Time{}, false
	}
	if last.retires.Before(now) {
		return now, true
	}
	return last.retires, true
}

func newKey(from time.Time) (signingKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return signingKey{}, err
	}
	from = from.Truncate(time.Microsecond) // as PostgreSQL keeps it
	return signingKey{identity.NewSecret(), private, from, from.Add(keySigns)}, nil
}

// Run makes each key in time, until ctx ends. Where nobody has asked for a token yet, there is none to follow on.
func (k *Keys) Run(ctx context.Context) {
	for {
		list, err := k.known(ctx)
		if err == nil && len(list) > 0 {
			_, err = k.renew(ctx)
		}
		if err != nil && ctx.Err() == nil {
			k.Log.Warn("the keys that sign tokens could not be looked after; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(keyCheck):
		}
	}
}
