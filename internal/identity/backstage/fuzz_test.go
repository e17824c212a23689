package backstage

import (
	"strings"
	"testing"
	"time"

	"portico/internal/identity"
)

// Whatever is sent as a token, nobody is let in by anything but one that was made, and nothing panics.
func FuzzBearer(f *testing.F) {
	key := []byte("a key that is shared by two")
	tokens := &Tokens{
		Keys: &Keys{Memory: true, Log: quiet}, Sessions: new(identity.Sessions), Issuer: issuer, Lifetime: DefaultLifetime,
		Guest: &Guest{"user:default/guest", nil},
	}
	user, limited, err := tokens.issue(f.Context(), subject{ref: "user:default/guest"})
	if err != nil {
		f.Fatal(err)
	}
	shared := SharedKeys{{Key: key, Subject: "old"}}
	// An issuer that was asked a moment ago, and has no keys.
	published := &JWKS{Audiences: []string{"portal"}, Log: quiet}
	published.fetched, published.tried = time.Now().Add(time.Hour), time.Now().Add(time.Hour)
	f.Add(user.text)
	f.Add(limited.text)
	f.Add("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJiYWNrc3RhZ2Utc2VydmVyIn0.AAAA")
	f.Add("eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOlsicG9ydGFsIl0sImV4cCI6MX0.AAAA")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("..")
	f.Add(strings.Repeat(".", 100))
	// A signature can be written in more than one way; what it is of cannot.
	of := func(text, made string) bool {
		return strings.HasPrefix(text, made[:strings.LastIndexByte(made, '.')+1])
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, b := range []identity.Bearer{tokens, shared, published} {
			p, err := b.Bearer(t.Context(), text)
			if p != nil && (err != nil || !of(text, user.text)) {
				t.Errorf("%q lets %s in, %v", text, p.Ref, err)
			}
		}
		if v, err := tokens.verify(t.Context(), text, true); err == nil && !of(text, user.text) && !of(text, limited.text) {
			t.Errorf("%q stands for %s", text, v.principal.Ref)
		}
	})
}
