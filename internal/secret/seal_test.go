package secret

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"portico/internal/errs"
)

func ring(t *testing.T, ids ...int64) (r Ring) {
	t.Helper()
	for _, id := range ids {
		var err error
		if r, err = r.With(id, NewDataKey()); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

var here = Place{Table: "identity_keys", Column: "private", Row: "a"}

func TestSeal(t *testing.T) {
	old := ring(t, 1)
	sealed, err := old.Seal(here, []byte("a private key"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := old.Seal(here, []byte("a private key"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(sealed, again) || bytes.Contains(sealed, []byte("private")) {
		t.Error("what is sealed twice is the same twice, or shows")
	}
	newer, err := old.With(2, NewDataKey())
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]Ring{"the same ring": old, "one with a newer key": newer} {
		if plain, err := r.Open(here, sealed); err != nil || string(plain) != "a private key" {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	if id, ok := KeyOf(sealed); !ok || id != 1 {
		t.Errorf("the value says it is sealed under %d", id)
	}
	if s, err := newer.Seal(here, nil); err != nil || !bytes.HasPrefix(s, Prefix(2)) {
		t.Errorf("a ring seals with %x, not with its newest key: %v", s, err)
	}
	if _, err := (Ring{}).Seal(here, nil); err == nil {
		t.Error("a ring without keys seals")
	}
}

// Each bit counts, and each part of the place.
func TestOpenRefuses(t *testing.T) {
	r := ring(t, 1)
	sealed, err := r.Seal(here, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		for bit := range 8 {
			bad := bytes.Clone(sealed)
			bad[i] ^= 1 << bit
			if _, err := r.Open(here, bad); err == nil {
				t.Errorf("byte %d, bit %d: a changed value opens", i, bit)
			}
		}
	}
	for n := range sealed {
		if _, err := r.Open(here, sealed[:n]); err == nil {
			t.Errorf("%d bytes of it open", n)
		}
	}
	for _, at := range []Place{
		{"identity_keyz", "private", "a"}, {"identity_keys", "public", "a"}, {"identity_keys", "private", "b"}, {"identity_keysp", "rivate", "a"}, {"identity_keys", "privatea", ""},
	} {
		if _, err := r.Open(at, sealed); err == nil {
			t.Errorf("it opens at %+v too", at)
		}
	}
	other := ring(t, 1)
	if _, err := other.Open(here, sealed); err == nil {
		t.Error("another key of the same id opens it")
	}
	if _, err := ring(t, 2).Open(here, sealed); !errors.Is(err, ErrKey) {
		t.Errorf("without its key: %v", err)
	}
	for _, size := range []int{0, 16, 31, 33} {
		if _, err := r.With(3, make([]byte, size)); err == nil {
			t.Errorf("a key of %d bytes is taken", size)
		}
	}
}

func TestKeys(t *testing.T) {
	first, second := NewKey(), NewKey()
	both, err := ParseKeys(New(first + ",\n" + second + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	one, err := ParseKeys(New(strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(second)))
	if err != nil {
		t.Fatal(err)
	}
	if len(both.IDs()) != 2 || both.IDs()[1] != one.IDs()[0] || both.IDs()[0] == one.IDs()[0] {
		t.Errorf("the keys are called %v and %v", both.IDs(), one.IDs())
	}
	data := NewDataKey()
	sealed, by, err := both.Wrap(7, data)
	if err != nil || by != both.IDs()[0] {
		t.Fatalf("sealed by %s: %v", by, err)
	}
	if got, err := both.Unwrap(7, sealed, by); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%x, %v", got, err)
	}
	if _, err := both.Unwrap(8, sealed, by); err == nil {
		t.Error("a data key opens under another's id")
	}
	if _, err := both.Unwrap(7, sealed[:9], by); err == nil {
		t.Error("half a data key opens")
	}
	for name, k := range map[string]Keys{"another key": one, "no key": {}} {
		_, err := k.Unwrap(7, sealed, by)
		if !errs.Is(err, errs.Unavailable) || !strings.Contains(errs.Sentence(err), by) || errs.Remedy(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := (Keys{}).Wrap(1, data); !errs.Is(err, errs.Unavailable) || !strings.Contains(errs.Remedy(err), "portico secrets key") {
		t.Errorf("without a key: %v", err)
	}
}

func TestParseKeysRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"too short": NewKey()[:40], "two glued together": NewKey() + NewKey(), "no base64": strings.Repeat("!", 43), "one byte repeated": strings.Repeat("A", 43) + "=",
		"the second is wrong": NewKey() + " " + "hunter2-hunter2",
	} {
		_, err := ParseKeys(New(text))
		if !errs.Is(err, errs.Invalid) || errs.Remedy(err) == "" {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error repeats the key: %v", name, err)
		}
	}
	if k, err := ParseKeys(Text{}); err != nil || k.IsSet() {
		t.Errorf("nothing is %v, %v", k, err)
	}
}
