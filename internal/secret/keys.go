package secret

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"portico/internal/errs"
)

// Keys are those that an operator holds. Data keys are sealed by the first; the others open what earlier ones sealed.
// The zero value has none.
type Keys struct {
	list []operatorKey
}

type operatorKey struct {
	id   string
	aead cipher.AEAD
}

// HowToKey says how to make a key, for remedies.
const HowToKey = "make a key with `portico secrets key`, keep a copy of it apart from the database, and give it to every replica in PORTICO_KEY or portico.secrets.key"

// NewKey returns a key as text, for an operator to hold.
func NewKey() string {
	var b [KeySize]byte
	_, _ = rand.Read(b[:]) // it never fails
	return base64.StdEncoding.EncodeToString(b[:])
}

// SplitKeys are the texts of several keys, which white space or commas separate.
func SplitKeys(text Text) (list []Text) {
	for field := range strings.FieldsFuncSeq(text.Reveal(), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' }) {
		list = append(list, New(field))
	}
	return list
}

// ParseKeys reads keys as base64, separated as SplitKeys has it. Errors: errs.Invalid; they say which is wrong, and
// nothing of what it is.
func ParseKeys(text Text) (Keys, error) {
	var k Keys
	for i, field := range SplitKeys(text) {
		raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(field.Reveal()), "="))
		if err != nil || len(raw) != KeySize {
			return Keys{}, errs.WithRemedy(errs.New(errs.Invalid, "key %d of the portal's keys is not 32 bytes in base64", i+1),
				"write what `portico secrets key` prints")
		}
		if same(raw) {
			return Keys{}, errs.WithRemedy(errs.New(errs.Invalid, "key %d of the portal's keys is one byte repeated, which anybody can guess", i+1),
				"write what `portico secrets key` prints")
		}
		aead, err := newAEAD(raw)
		if err != nil {
			return Keys{}, err
		}
		k.list = append(k.list, operatorKey{keyID(raw), aead})
	}
	return k, nil
}

func same(b []byte) bool { return strings.Count(string(b), string(b[:1])) == len(b) }

// keyID names a key without telling anything of it.
func keyID(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("portico operator key"))
	return hex.EncodeToString(mac.Sum(nil)[:6])
}

// IsSet reports whether there is a key.
func (k Keys) IsSet() bool { return len(k.list) > 0 }

// IDs are the names of the keys, the one that seals first.
func (k Keys) IDs() (ids []string) {
	for _, one := range k.list {
		ids = append(ids, one.id)
	}
	return ids
}

// dataKeyAt is where the data key of the id is kept.
func dataKeyAt(id int64) Place {
	return Place{Table: "secret_keys", Column: "sealed", Row: fmt.Sprint(id)}
}

// Wrap seals a data key with the first key, and returns that one's name.
func (k Keys) Wrap(id int64, dataKey []byte) (sealed []byte, by string, err error) {
	if !k.IsSet() {
		return nil, "", errs.WithRemedy(errs.New(errs.Unavailable, "the portal has no key to seal secrets with"), HowToKey)
	}
	return seal(k.list[0].aead, Prefix(0), dataKeyAt(id), dataKey), k.list[0].id, nil
}

// Unwrap opens a data key that the key called by has sealed. Errors: errs.Unavailable where none of the keys has that name.
func (k Keys) Unwrap(id int64, sealed []byte, by string) ([]byte, error) {
	for _, one := range k.list {
		if one.id != by {
			continue
		}
		if _, ok := KeyOf(sealed); !ok {
			return nil, fmt.Errorf("secret: data key %d is no sealed value", id)
		}
		plain, err := open(one.aead, dataKeyAt(id), sealed)
		if err != nil {
			return nil, fmt.Errorf("secret: data key %d was changed in the database", id)
		}
		return plain, nil
	}
	if !k.IsSet() {
		return nil, errs.WithRemedy(errs.New(errs.Unavailable, "secrets in the database are sealed with the key %s, and the portal has none", by),
			"give it that key in PORTICO_KEY or portico.secrets.key"+lost)
	}
	return nil, errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("secrets in the database are sealed with the key %s, and the portal has %s", by, strings.Join(k.IDs(), ", ")),
		errors.New("secret: no such key")), "give it that key too, after the others, in PORTICO_KEY or portico.secrets.key"+lost)
}

const lost = "; when it is lost, `portico secrets forget` removes what it sealed"

// NewDataKey returns random bytes for a data key.
func NewDataKey() []byte {
	var b [KeySize]byte
	_, _ = rand.Read(b[:]) // it never fails
	return b[:]
}
