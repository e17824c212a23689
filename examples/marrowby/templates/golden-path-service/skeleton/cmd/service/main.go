// Command service runs the HTTP server and, on a port of its own, health checks and metrics.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/${{ values.repo }}/internal/config"
	"github.com/${{ values.repo }}/internal/health"
	"github.com/${{ values.repo }}/internal/telemetry"
)

const service = "${{ values.name }}"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, service+":", err)
		os.Exit(1)
	}
}

func run() error {
	cfg, err := config.FromEnv(os.Getenv)
	if err != nil {
		return err
	}
	log := telemetry.NewLogger(os.Stdout, service, cfg.LogLevel)
	metrics := telemetry.NewMetrics()
	ready := health.New(checks(cfg)...)

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()

	public := &http.Server{
		Addr:              cfg.Listen,
		Handler:           telemetry.Middleware(log, metrics, routes()),
		ReadHeaderTimeout: 5 * time.Second,
	}
	private := &http.Server{
		Addr:              cfg.AdminListen,
		Handler:           adminRoutes(ready, metrics),
		ReadHeaderTimeout: 5 * time.Second,
	}

	failed := make(chan error, 2)
	for _, s := range []*http.Server{public, private} {
		go func() {
			if err := s.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		}()
	}
	log.Info("listening", slog.String("address", cfg.Listen), slog.String("admin", cfg.AdminListen))

	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}

	// Say "not ready" first and wait for the load balancer to notice, then let
	// requests in flight finish.
	ready.Stop()
	time.Sleep(cfg.DrainDelay)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return errors.Join(public.Shutdown(ctx), private.Shutdown(ctx))
}

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, service)
	})
	return mux
}

func adminRoutes(ready *health.Health, metrics *telemetry.Metrics) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", ready.Live)
	mux.HandleFunc("GET /readyz", ready.Ready)
	mux.Handle("GET /metrics", metrics)
	return mux
}
