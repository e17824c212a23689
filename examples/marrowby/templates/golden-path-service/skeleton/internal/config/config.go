// Package config reads the settings of the service from the environment.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Config is what can be set. Every field has a default that works on a laptop.
type Config struct {
	Listen      string        // LISTEN, host:port of the service
	AdminListen string        // ADMIN_LISTEN, host:port of health checks and metrics
	LogLevel    slog.Level    // LOG_LEVEL: debug, info, warn, error
	DrainDelay  time.Duration // DRAIN_DELAY, between "not ready" and closing
	DatabaseURL string        // DATABASE_URL, empty without a database
}

// FromEnv reads the settings through getenv and reports all faults at once.
func FromEnv(getenv func(string) string) (Config, error) {
	or := func(key, fallback string) string {
		if v := getenv(key); v != "" {
			return v
		}
		return fallback
	}
	cfg := Config{
		Listen:      or("LISTEN", ":8080"),
		AdminListen: or("ADMIN_LISTEN", ":9090"),
		DatabaseURL: getenv("DATABASE_URL"),
	}
	var faults []error
	if err := cfg.LogLevel.UnmarshalText([]byte(or("LOG_LEVEL", "info"))); err != nil {
		faults = append(faults, fmt.Errorf("LOG_LEVEL: %w", err))
	}
	delay, err := time.ParseDuration(or("DRAIN_DELAY", "0s"))
	if err != nil {
		faults = append(faults, fmt.Errorf("DRAIN_DELAY: %w", err))
	}
	cfg.DrainDelay = delay
	return cfg, errors.Join(faults...)
}
