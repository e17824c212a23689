package browser

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// What the system's program gets is the address, as one argument.
func TestOpen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("a program of the system's cannot be replaced here")
		return
	}
	dir := t.TempDir()
	name, _ := opener(runtime.GOOS)
	got := filepath.Join(dir, "got")
	script := "#!/bin/sh\nprintf '%s|' \"$@\" > '" + got + ".part'\nmv '" + got + ".part' '" + got + "'\n"
	if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	const address = "https://portal.example/settings/login?a=b&c=$(touch x);d e"
	Open(context.Background(), address)
	every := time.NewTicker(10 * time.Millisecond)
	defer every.Stop()
	for range every.C {
		text, err := os.ReadFile(got)
		if os.IsNotExist(err) {
			continue // until the test's own deadline
		}
		if err != nil || string(text) != address+"|" {
			t.Errorf("the program got %q (%v)", text, err)
		}
		return
	}
}
