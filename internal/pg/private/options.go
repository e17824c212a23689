package private

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Options say what to run. Only Dir is needed.
type Options struct {
	Dir      string // holds everything; created when missing
	Database string // created when missing; "portico"

	Search   Search    // where to look for the binaries
	Binaries *Binaries // or these and no others

	// Settings are added to the server's command line, over our own: {"fsync": "off"}.
	Settings map[string]string
	// InitArgs are added to initdb's arguments.
	InitArgs []string

	Program      string           // named to those who find the directory in use; "portico serve", say
	Log          func(msg string) // told what happens, a short line at a time; may be nil
	StartTimeout time.Duration    // bounds the start, recovery after a crash included; 60 s
	// NoRestart leaves a server that died alone, for tests of exactly that.
	NoRestart bool
}

func (o *Options) setDefaults() error {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return err
	}
	o.Dir = dir
	if o.Database == "" {
		o.Database = "portico"
	}
	if o.Program == "" {
		o.Program = filepath.Base(os.Args[0])
		if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
			o.Program += " " + os.Args[1]
		}
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	if o.StartTimeout == 0 {
		o.StartTimeout = time.Minute
	}
	return nil
}

// settings are the server's, in the order in which they go onto its command line.
func (o *Options) settings(socketDir string) []string {
	list := []string{
		"listen_addresses=",
		"unix_socket_directories=" + socketDir,
		"unix_socket_permissions=0700",
		"port=" + port,
		"max_connections=60",
		"shared_buffers=128MB",
		"max_wal_size=512MB",
		"min_wal_size=80MB",
		"jit=off", // compiling costs more than our short queries
		"timezone=UTC",
		"log_timezone=UTC",
		"lc_messages=C",
		"log_destination=stderr",
		"logging_collector=off",
		"log_line_prefix=%m [%p] ",
		"log_checkpoints=off",
		"cluster_name=portico",
	}
	for _, k := range sortedKeys(o.Settings) {
		list = append(list, k+"="+o.Settings[k])
	}
	return list
}

// durable reports whether what is acknowledged must survive a power cut.
func (o *Options) durable() bool { return o.Settings["fsync"] != "off" }

// port is part of the socket's name only.
const port = "5432"

// The directory's parts.
func (o *Options) dataDir() string  { return filepath.Join(o.Dir, "data") }
func (o *Options) logFile() string  { return filepath.Join(o.Dir, "postgres.log") }
func (o *Options) lockFile() string { return filepath.Join(o.Dir, "portico.lock") }
