package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/config"
	"portico/internal/errs"
)

// serveFlags are those of every command that serves.
type serveFlags struct {
	format    string
	verbose   bool
	listen    string
	readyFile string
}

func (f *serveFlags) add(cmd *cobra.Command, listenUsage string) {
	cmd.Flags().StringVar(&f.listen, "listen", "", listenUsage)
	cmd.Flags().StringVar(&f.readyFile, "ready-file", "", "write the portal's URL to `file` once it answers; the file goes when the portal stops")
	cmd.Flags().StringVar(&f.format, "log", "auto", "log `format`: text, json, or auto (text on a terminal, json elsewhere)")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "log requests and details in the text format too")
}

func (f *serveFlags) logOptions(w io.Writer) (app.LogOptions, error) {
	o := app.LogOptions{Verbose: f.verbose}
	switch f.format {
	case "json":
		o.JSON = true
	case "text":
	case "auto":
		o.JSON = !isTerminal(w)
	default:
		return o, usageError{fmt.Errorf("--log takes text, json or auto, not %q", f.format)}
	}
	return o, nil
}

// address reads --listen. ok is false when the flag was not given.
func (f *serveFlags) address() (l config.Listen, ok bool, err error) {
	if f.listen == "" {
		return l, false, nil
	}
	host, port, err := net.SplitHostPort(f.listen)
	n, perr := strconv.ParseUint(port, 10, 16)
	if err != nil || perr != nil {
		return l, false, usageError{fmt.Errorf("--listen takes an address such as 127.0.0.1:7007 or :7007, not %q; port 0 takes a free one", f.listen)}
	}
	return config.Listen{Host: host, Port: int(n)}, true, nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull
}

// console tells whoever started the portal how it goes. The address is what they asked for: it goes to
// stdout. Everything else goes to stderr, as lines for people, or as records of the log where that is
// JSON, so that every line there can be parsed.
type console struct {
	out, err io.Writer
	log      *slog.Logger
	json     bool
	start    time.Time

	mu sync.Mutex // progress is reported from several goroutines
}

func (c *console) progress(message string) {
	if c.json {
		c.log.Info(message)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.err, "%6.2f s  %s\n", time.Since(c.start).Seconds(), message)
}

func (c *console) warn(message string) {
	if c.json {
		c.log.Warn(message)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.err, "portico: warning: %s\n", message)
}

func (c *console) ready(url string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if isTerminal(c.out) {
		fmt.Fprintf(c.out, "\n  Portico is at %s\n  Ctrl-C stops it\n\n", url)
		return
	}
	fmt.Fprintf(c.out, "Portico is at %s\n", url)
}

// introduce says what the configuration means for whoever starts the portal.
func (c *console) introduce(cfg *config.Config, trial bool) {
	for _, w := range cfg.Notices() {
		c.warn(w.String())
	}
	switch n := len(cfg.Ignored); {
	case n == 1:
		c.progress("configuration: 1 key is not used by Portico; `portico config print --ignored` shows it")
	case n > 1:
		c.progress(fmt.Sprintf("configuration: %d keys are not used by Portico; `portico config print --ignored` lists them", n))
	}
	if !trial && cfg.Auth.Guest == nil && len(cfg.Auth.SignIn) == 0 && len(cfg.Backend.Auth.ExternalAccess)+len(cfg.Backend.Auth.Keys) == 0 {
		c.warn("nobody can get in: configure auth.providers for people, or backend.auth.externalAccess for scripts")
	}
}

// serve runs the portal until it is told to stop.
func serve(cmd *cobra.Command, o app.Options, f serveFlags) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	lo, err := f.logOptions(stderr)
	if err != nil {
		return err
	}
	listen, ok, err := f.address()
	if err != nil {
		return err
	}
	if ok {
		o.Config.Backend.Listen = listen
	}
	log, flush := app.NewLog(stderr, lo)
	defer flush()
	c := &console{out: cmd.OutOrStdout(), err: stderr, log: log, json: lo.JSON, start: time.Now()}
	o.Log, o.Version, o.Progress = log, version, c.progress
	if err := prepareReady(f.readyFile); err != nil {
		return err
	}
	c.introduce(o.Config, len(o.Trial) > 0)
	a, err := app.Start(ctx, o)
	if err != nil {
		if ctx.Err() != nil {
			c.progress("stopped before the portal was ready")
			return nil
		}
		return err
	}
	return attend(ctx, a, c, f.readyFile)
}

// attend announces a started portal, waits until it is told to stop or fails, and stops it.
func attend(ctx context.Context, a *app.App, c *console, readyFile string) error {
	failed := writeReady(readyFile, a.URL())
	if failed == nil {
		c.ready(a.URL())
		go a.ReportReading(ctx, c.progress)
		select {
		case <-ctx.Done():
		case failed = <-a.Done():
		}
		if readyFile != "" {
			_ = os.Remove(readyFile) // it may be gone already, with its folder
		}
	}
	c.progress("stopping")
	sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := a.Stop(sctx); err != nil && failed == nil {
		failed = errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("the portal did not stop within %s", stopWithin), err),
			"what was being done goes on at the next start")
	}
	return failed
}

// stopWithin is how long a portal may take to answer what it has begun to answer.
const stopWithin = 20 * time.Second

// prepareReady removes the file that a killed portal left, so that whoever waits for it waits for this
// one, and sees whether it can be written while nothing has been started yet.
func prepareReady(readyFile string) error {
	if readyFile == "" {
		return nil
	}
	if st, err := os.Lstat(readyFile); err == nil && !st.Mode().IsRegular() {
		return usageError{fmt.Errorf("--ready-file: %s is there and is not a file; name another", readyFile)}
	}
	err := os.WriteFile(partOf(readyFile), nil, 0o644)
	if err == nil {
		err = os.Remove(partOf(readyFile))
	}
	if err != nil {
		return readyError(readyFile, err)
	}
	if err := os.Remove(readyFile); err != nil && !os.IsNotExist(err) {
		return readyError(readyFile, err)
	}
	return nil
}

// writeReady makes the file appear with its whole content at once.
func writeReady(readyFile, url string) error {
	if readyFile == "" {
		return nil
	}
	part := partOf(readyFile)
	err := os.WriteFile(part, []byte(url+"\n"), 0o644)
	if err == nil {
		err = os.Rename(part, readyFile)
	}
	if err != nil {
		_ = os.Remove(part)
		return readyError(readyFile, err)
	}
	return nil
}

func partOf(readyFile string) string {
	return filepath.Join(filepath.Dir(readyFile), "."+filepath.Base(readyFile)+".part")
}

func readyError(readyFile string, err error) error {
	return errs.WithRemedy(errs.Public(errs.Invalid, fmt.Sprintf("--ready-file: %s cannot be written: %s", readyFile, reason(err)), err),
		"name a file in a folder that is there and that this user may write")
}

// reason is what the system says, without the path and the call that people know already.
func reason(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		return text[i+2:]
	}
	return text
}
