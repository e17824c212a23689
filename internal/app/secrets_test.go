package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"portico/internal/config"
	"portico/internal/errs"
	"portico/internal/pg/pgtest"
	"portico/internal/secret"
	"portico/internal/secret/keyring"
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

func TestKeyFileThatIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		text, says, remedy string
		mode               os.FileMode
		kind               errs.Kind
	}{
		"empty":        {"", "is empty", "portico secrets forget", 0o600, errs.Invalid},
		"no key":       {"hunter2", "key 1 of the portal's keys is not 32 bytes in base64", "portico secrets forget", 0o600, errs.Invalid},
		"others read":  {secret.NewKey(), "mode 0604", "chmod 600 ", 0o604, errs.Forbidden},
		"others write": {secret.NewKey(), "mode 0620", "chmod 600 ", 0o620, errs.Forbidden},
	} {
		path := filepath.Join(t.TempDir(), keyFile)
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, tt.mode); err != nil {
			t.Fatal(err)
		}
		_, err := (&App{o: Options{Config: new(config.Config), PrivatePostgres: filepath.Dir(path)}}).operatorKeys(true)
		if said := errs.Sentence(err); !errs.Is(err, tt.kind) || !strings.Contains(said, path) || !strings.Contains(said, tt.says) || !strings.Contains(errs.Remedy(err), tt.remedy) {
			t.Errorf("%s: %v; %s", name, err, errs.Remedy(err))
		}
		if tt.text != "" && strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: the error tells what is in it: %v", name, err)
		}
	}
}

// Where something is sealed, a key that is missing is not replaced by one that opens nothing of it.
func TestKeyFileThatIsMissing(t *testing.T) {
	pool, dir := pgtest.New(t), t.TempDir()
	lost := &keyring.Keyring{DB: pool, Keys: keysOf(t, Options{Key: secret.New(secret.NewKey())}, false)}
	if _, err := lost.Rotate(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	start := func() error {
		return (&App{o: Options{Config: new(config.Config), PrivatePostgres: dir}, pool: pool}).startSecrets(t.Context())
	}
	path := filepath.Join(dir, keyFile)
	err := start()
	for _, want := range []string{path, lost.Keys.IDs()[0]} {
		if !strings.Contains(errs.Sentence(err), want) || !strings.Contains(errs.Remedy(err), "portico secrets forget --private-postgres="+dir) {
			t.Errorf("without %s: %v; %s", want, err, errs.Remedy(err))
		}
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("another key is made: %v", err)
	}
	anew := &keyring.Keyring{DB: pool, Keys: keysOf(t, Options{PrivatePostgres: dir}, true)}
	if _, err := anew.Forget(t.Context(), nil, false); err != nil {
		t.Fatal(err)
	}
	if err := start(); err != nil {
		t.Errorf("anew: %v", err)
	}
}

// Each secret that the portal is started with is kept out of its log, however it is written there.
func TestSecretsAreHidden(t *testing.T) {
	t.Setenv("PGPASSWORD", "")
	keys := make([]string, 7)
	for i := range keys {
		keys[i] = secret.NewKey()
	}
	file := t.TempDir()
	if err := os.WriteFile(filepath.Join(file, keyFile), []byte(keys[5]+","+keys[6]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	configured := func(db config.Database) *config.Config {
		c := new(config.Config)
		c.Backend.Database = &db
		return c
	}
	inKeys := new(config.Config)
	inKeys.Portico.Secrets.Key = secret.New(keys[3] + ", " + keys[4])
	for name, tt := range map[string]struct {
		o    Options
		hide []string
	}{
		"keys with a comma":            {Options{Key: secret.New(keys[0] + "," + keys[1] + "\n" + keys[2])}, keys[:3]},
		"keys of the configuration":    {Options{Config: inKeys}, keys[3:5]},
		"keys of the file":             {Options{PrivatePostgres: file}, keys[5:]},
		"a URL":                        {Options{DatabaseURL: "postgresql://portico:hunter2%2Fhunter2@db/portico"}, []string{"hunter2/hunter2"}},
		"a URL with a parameter":       {Options{DatabaseURL: "postgresql://db/portico?user=portico&password=hunter2hunter2"}, []string{"hunter2hunter2"}},
		"a URL that the driver leaves": {Options{DatabaseURL: "postgresql://portico:hunter2hunter2@db/portico?sslmode=perhaps"}, []string{"hunter2hunter2"}},
		"words":                        {Options{DatabaseURL: `host=db user=portico password='hunter2 hunter\'2'`}, []string{"hunter2 hunter'2"}},
		"words of the configuration":   {Options{Config: configured(config.Database{URL: secret.New("host=db password=hunter2hunter2")})}, []string{"hunter2hunter2"}},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			if tt.o.Config == nil {
				tt.o.Config = new(config.Config)
			}
			tt.o.Log = slog.New(slog.NewTextHandler(&log, nil))
			a := &App{o: tt.o}
			a.hideSecrets()
			if _, err := a.operatorKeys(false); err != nil {
				t.Fatal(err)
			}
			for _, text := range tt.hide {
				a.o.Log.Info("it says " + text + ".")
			}
			if n := strings.Count(log.String(), "it says "+secret.Mask+"."); n != len(tt.hide) {
				t.Errorf("%d of %d are hidden:\n%s", n, len(tt.hide), &log)
			}
		})
	}
}
