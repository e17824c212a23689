package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// KeySize is the length of every key, in bytes: AES-256.
const KeySize = 32

// Place is where a sealed value is kept. A value that is moved to another row, column or table cannot be opened there.
type Place struct {
	Table, Column string
	Row           string // the primary key, as text
}

// bytes has each part with its length before it, so that nothing can move from one into the next.
func (p Place) bytes() []byte {
	b := []byte("portico secret 1\n")
	for _, s := range []string{p.Table, p.Column, p.Row} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

// A sealed value is: a byte that tells the form, eight with the id of its data key, a nonce, and the ciphertext with its tag.
const (
	sealForm   = 1
	sealPrefix = 9
	nonceSize  = 12
)

// Prefix is what every value begins with that is sealed under the data key.
func Prefix(id int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{sealForm}, uint64(id))
}

// KeyOf returns the id of the data key that a value is sealed under, of which the beginning is enough; ok is false for what
// is no sealed value.
func KeyOf(sealed []byte) (id int64, ok bool) {
	if len(sealed) < sealPrefix || sealed[0] != sealForm {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(sealed[1:sealPrefix])), true
}

// Ring is a set of data keys by their ids. It does not change; more make another.
type Ring struct {
	keys   map[int64]cipher.AEAD
	newest int64
}

// With returns a ring that has the key besides. The highest id is the one that seals.
func (r Ring) With(id int64, key []byte) (Ring, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return Ring{}, err
	}
	out := Ring{keys: map[int64]cipher.AEAD{id: aead}, newest: max(id, r.newest)}
	for k, v := range r.keys {
		if k != id {
			out.keys[k] = v
		}
	}
	return out, nil
}

// Has reports whether the ring has the data key.
func (r Ring) Has(id int64) bool { return r.keys[id] != nil }

// Newest is the id of the key that seals, 0 where the ring is empty.
func (r Ring) Newest() int64 { return r.newest }

// Seal makes of plain what may be stored at the place.
func (r Ring) Seal(at Place, plain []byte) ([]byte, error) {
	aead := r.keys[r.newest]
	if aead == nil {
		return nil, errors.New("secret: there is no data key to seal with")
	}
	return seal(aead, Prefix(r.newest), at, plain), nil
}

// ErrKey is in the chain of the error of a value whose data key the ring lacks.
var ErrKey = errors.New("its data key is not there")

// Open returns what was sealed at the place.
func (r Ring) Open(at Place, sealed []byte) ([]byte, error) {
	id, ok := KeyOf(sealed)
	if !ok {
		return nil, fmt.Errorf("secret: %s.%s of %q is no sealed value", at.Table, at.Column, at.Row)
	}
	aead := r.keys[id]
	if aead == nil {
		return nil, fmt.Errorf("secret: %s.%s of %q is sealed under the data key %d: %w", at.Table, at.Column, at.Row, id, ErrKey)
	}
	plain, err := open(aead, at, sealed)
	if err != nil {
		return nil, fmt.Errorf("secret: %s.%s of %q was changed, or belongs elsewhere", at.Table, at.Column, at.Row)
	}
	return plain, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("secret: a key has %d bytes, not %d", KeySize, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func seal(aead cipher.AEAD, prefix []byte, at Place, plain []byte) []byte {
	out := slices.Grow(slices.Clone(prefix), nonceSize+len(plain)+aead.Overhead())
	out = out[:len(prefix)+nonceSize]
	_, _ = rand.Read(out[len(prefix):]) // it never fails
	return aead.Seal(out, out[len(prefix):], plain, slices.Concat(prefix, at.bytes()))
}

func open(aead cipher.AEAD, at Place, sealed []byte) ([]byte, error) {
	if len(sealed) < sealPrefix+nonceSize {
		return nil, errors.New("secret: a sealed value ends early")
	}
	prefix, rest := sealed[:sealPrefix], sealed[sealPrefix:]
	return aead.Open(nil, rest[:nonceSize], rest[nonceSize:], slices.Concat(prefix, at.bytes()))
}
