package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/identity/audit"
	"portico/internal/identity/backstage"
	"portico/internal/secret"
	"portico/internal/secret/keyring"
)

// sealed are the columns that hold sealed values.
var sealed = []keyring.Column{backstage.Sealed}

// keyFile is the operator's key of a private PostgreSQL, beside its data.
const keyFile = "portico.key"

// hideSecrets takes those of the configuration out of what is logged from here on, and of errors that are answered.
func (a *App) hideSecrets() {
	a.net.Add(a.o.Config.Secrets()...)
	for _, keys := range []secret.Text{a.o.Key, a.o.Config.Portico.Secrets.Key} {
		a.net.Add(secret.SplitKeys(keys)...)
	}
	databases := []string{a.o.DatabaseURL}
	if db := a.o.Config.Backend.Database; db != nil {
		databases = append(databases, db.ConnString().Reveal())
	}
	for _, dsn := range databases {
		a.net.Add(passwordOf(dsn))
	}
	a.o.Log = slog.New(a.net.Handler(a.o.Log.Handler()))
}

// passwordOf is the password of a URL, or of words such as password=…, as the driver reads them.
func passwordOf(dsn string) secret.Text {
	if cfg, err := pgx.ParseConfig(dsn); err == nil {
		return secret.New(cfg.Password)
	}
	if u, err := url.Parse(dsn); err == nil { // one that the driver does not take is in what it says of that
		password, _ := u.User.Password()
		return secret.New(password)
	}
	return secret.Text{}
}

// operatorKeys are those that seal data keys: of PORTICO_KEY, of the configuration, or of the file beside the private
// PostgreSQL, which is made where create is true. None is no error: a portal may have nothing to seal.
func (a *App) operatorKeys(create bool) (secret.Keys, error) {
	switch configured := a.o.Config.Portico.Secrets.Key; {
	case a.o.Key.IsSet():
		return secret.ParseKeys(a.o.Key)
	case configured.IsSet():
		return secret.ParseKeys(configured)
	case a.o.PrivatePostgres == "":
		return secret.Keys{}, nil
	}
	path := a.keyPath()
	text, err := readKeyFile(path)
	if os.IsNotExist(err) && create {
		if err = makeKeyFile(path); err == nil {
			text, err = readKeyFile(path)
		}
	}
	switch {
	case os.IsNotExist(err):
		return secret.Keys{}, nil
	case errs.Is(err, errs.Forbidden):
		return secret.Keys{}, err
	case err != nil:
		return secret.Keys{}, errs.WithRemedy(errs.Public(errs.Unavailable, "the key file "+path+" cannot be read: "+cause(err), err), "let the portal's user read it")
	}
	a.net.Add(secret.SplitKeys(secret.New(text))...)
	const remedy = "put it back from a backup; when it is lost, remove the file, and `portico secrets forget` removes what was sealed with it"
	keys, err := secret.ParseKeys(secret.New(text))
	switch {
	case err != nil:
		err = errs.WithRemedy(errs.Public(errs.Invalid, "the key file "+path+" holds no keys: "+errs.Sentence(err), err), remedy)
	case !keys.IsSet():
		err = errs.WithRemedy(errs.New(errs.Invalid, "the key file %s is empty", path), remedy)
	}
	return keys, err
}

func (a *App) keyPath() string { return filepath.Join(a.o.PrivatePostgres, keyFile) }

// readKeyFile refuses a file that others than its owner may read or write.
func readKeyFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return "", err
	}
	if mode := st.Mode().Perm(); mode&0o077 != 0 {
		return "", errs.WithRemedy(errs.New(errs.Forbidden, "the key file %s is open to others than its owner (mode %04o)", path, mode),
			"run `chmod 600 "+path+"`; where somebody else may have read it, change the key")
	}
	const most = 64 << 10
	text, err := io.ReadAll(io.LimitReader(f, most))
	return string(text), err
}

// makeKeyFile writes a key where there is none, whole or not at all.
func makeKeyFile(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), keyFile+".new-") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = fmt.Fprintln(f, secret.NewKey())
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !os.IsExist(err) { // somebody else's stays
		return err
	}
	return nil
}

// startSecrets finds the operator's keys. A key that does not open what is sealed stops the portal; to have none does not.
func (a *App) startSecrets(ctx context.Context) error {
	a.keyring = &keyring.Keyring{DB: a.pool}
	by, err := a.keyring.Sealed(ctx)
	if err != nil {
		return err
	}
	keys, err := a.operatorKeys(len(by) == 0) // a new key would open nothing of what is there
	if err != nil {
		return err
	}
	if !keys.IsSet() && len(by) > 0 && a.o.PrivatePostgres != "" {
		return errs.WithRemedy(errs.New(errs.Unavailable, "the key file %s is missing, and secrets in the database are sealed with the key %s", a.keyPath(), strings.Join(by, ", ")),
			"put it back from a backup; when it is lost, `portico secrets forget --private-postgres="+a.o.PrivatePostgres+"` removes what was sealed with it, and the portal starts anew")
	}
	a.keyring.Keys = keys
	if err := a.keyring.Check(ctx); err != nil && (keys.IsSet() || !errs.Is(err, errs.Unavailable)) {
		return err
	} else if err != nil {
		a.o.Log.Warn("secrets in the database cannot be opened; there are no tokens for Backstage's clients", "error", errs.Sentence(err), "remedy", errs.Remedy(err))
	}
	return nil
}

// Secrets gives fn the keyring of the configured database, and the columns that are sealed, without starting a portal.
// With anew, the key file of a private PostgreSQL is made where it is missing.
func Secrets(ctx context.Context, o Options, anew bool, fn func(*keyring.Keyring, []keyring.Column) error) error {
	return withDatabase(ctx, o, "the secrets", func(a *App) error {
		keys, err := a.operatorKeys(anew)
		if err != nil {
			return err
		}
		record := func(ctx context.Context, tx pgx.Tx, action string, detail any) error {
			return audit.Operator(action).Record(ctx, tx, "secrets", detail)
		}
		return fn(&keyring.Keyring{DB: a.pool, Keys: keys, Record: record}, sealed)
	})
}
