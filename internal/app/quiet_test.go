package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestQuietLibraries(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(quiet(slog.New(slog.NewTextHandler(&out, nil))))
	log.Info("a note of its own life")
	log.Error("stopped in the middle", "err", fmt.Errorf("insert: %w", context.Canceled))
	log.Error("stopped in the middle, in words", "err", "context canceled")
	log.Error("stopped in the middle, in more words", "err", "timeout: context already done: context canceled")
	log.Error("the database is away", "err", errors.New("refused"))
	log.Error("the database is away", "err", errors.New("refused"))
	log.Warn("something else")
	if got := strings.Count(out.String(), "\n"); got != 2 || !strings.Contains(out.String(), "the database is away") || !strings.Contains(out.String(), "something else") {
		t.Errorf("the log says\n%s", out.String())
	}
}
