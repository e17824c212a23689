package identity

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"portico/internal/pg/pgtest"
)

// begin signs the account in and returns its cookie.
func begin(t *testing.T, s *Sessions, a Account) (*http.Cookie, error) {
	t.Helper()
	w := httptest.NewRecorder()
	if err := s.Start(t.Context(), w, httptest.NewRequest("GET", "/", nil), a); err != nil {
		return nil, err
	}
	return w.Result().Cookies()[0], nil
}

// Of several who come at once under one name, one becomes the user.
func TestPinnedAtOnce(t *testing.T) {
	t.Parallel()
	s := &Sessions{DB: pgtest.New(t)}
	const many = 8
	var in, out int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			_, err := begin(t, s, Account{Issuer: "i", Subject: strconv.Itoa(i), UserRef: "user:default/ann", Pinned: true})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				in++
			case errors.Is(err, ErrAnother):
				out++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if in != 1 || out != many-1 {
		t.Errorf("%d are the user, %d are not", in, out)
	}
	if _, err := begin(t, s, Account{Issuer: "j", Subject: "0", UserRef: "user:default/ann", Pinned: true}); err != nil {
		t.Errorf("an account of another issuer: %v", err)
	}
}
