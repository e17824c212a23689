// The job does its work once and leaves. Exit code 0 means that the work is done; anything
// else makes the cluster try again.
package main

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	dryRun := flag.Bool("dry-run", false, "say what would be done, change nothing")
	limit := flag.Duration("limit", 25*time.Minute, "give up after this long")
	flag.Parse()

	log := slog.New(slog.NewJSONHandler(os.Stdout, nil)).With("job", "${{ values.name }}")
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()

	start := time.Now()
	done, err := work(ctx, *dryRun)
	if err != nil {
		log.Error("failed", "done", done, "took", time.Since(start), "error", err)
		os.Exit(1)
	}
	log.Info("finished", "done", done, "dryRun", *dryRun, "took", time.Since(start))
}

// work returns how many things it did. It must be safe to run again after a failure half-way.
func work(ctx context.Context, dryRun bool) (done int, err error) {
	things := []string{"first", "second"}
	for range things {
		if err := ctx.Err(); err != nil {
			return done, err
		}
		if !dryRun {
			done++
		}
	}
	return done, nil
}
