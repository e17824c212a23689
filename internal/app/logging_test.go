package app

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLibrariesComplainOnceInAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(quiet(slog.New(slog.NewTextHandler(&out, nil))))
		for range 60 { // a minute
			log.Info("about my life")
			log.With("queue", "catalog").Error("cannot fetch")
			log.Warn("cannot lead")
			time.Sleep(time.Second)
		}
		for text, want := range map[string]int{"about my life": 0, "cannot fetch": 2, "cannot lead": 2} {
			if got := strings.Count(out.String(), text); got != want {
				t.Errorf("%q is logged %d times in a minute, want %d", text, got, want)
			}
		}
	})
}
