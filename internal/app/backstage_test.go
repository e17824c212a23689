package app

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"portico/internal/config"
	"portico/internal/errs"
	"portico/internal/secret"
)

func keysOf(t *testing.T, o Options, create bool) secret.Keys {
	t.Helper()
	if o.Config == nil {
		o.Config = new(config.Config)
	}
	k, err := (&App{o: o}).operatorKeys(create)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestOperatorKeys(t *testing.T) {
	dir := t.TempDir()
	if keysOf(t, Options{}, true).IsSet() {
		t.Error("there is a key where none was given")
	}
	if keysOf(t, Options{PrivatePostgres: dir}, false).IsSet() {
		t.Error("looking makes a key")
	}
	made := keysOf(t, Options{PrivatePostgres: dir}, true)
	st, err := os.Stat(filepath.Join(dir, keyFile))
	if err != nil || st.Mode().Perm() != 0o600 || !made.IsSet() {
		t.Fatalf("%v, %v", st, err)
	}
	for _, create := range []bool{true, false} {
		if again := keysOf(t, Options{PrivatePostgres: dir}, create); again.IDs()[0] != made.IDs()[0] {
			t.Error("the next start has another key")
		}
	}
	written, env := new(config.Config), secret.New(secret.NewKey())
	written.Portico.Secrets.Key = secret.New(secret.NewKey())
	one, two := keysOf(t, Options{PrivatePostgres: dir, Config: written}, true), keysOf(t, Options{PrivatePostgres: dir, Config: written, Key: env}, true)
	if ids := map[string]bool{made.IDs()[0]: true, one.IDs()[0]: true, two.IDs()[0]: true}; len(ids) != 3 {
		t.Errorf("the environment does not go before the configuration, or that before the file: %v", ids)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v lie about, %v", left, err)
	}
}

// Of portals that make the file at once, all have the key that is in it.
func TestKeyFileIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	ids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() { ids[i] = keysOf(t, Options{PrivatePostgres: dir}, true).IDs()[0] })
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("they have %v", ids)
			break
		}
	}
}

func TestKeyFileThatIsEmpty(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, keyFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (&App{o: Options{Config: new(config.Config), PrivatePostgres: dir}}).operatorKeys(true); !errs.Is(err, errs.Invalid) || errs.Remedy(err) == "" {
		t.Errorf("an empty file is %v", err)
	}
}
