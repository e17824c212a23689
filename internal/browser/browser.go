// Package browser opens the browser of the person at the terminal. It is for commands: no server has one.
package browser

import (
	"context"
	"os/exec"
	"runtime"
)

// Open asks the system to open an address, which must be one that we made. It does what it can, and does not say whether a
// page appeared: whoever calls it shows the address as well. The program that opens it ends with ctx, where it lasts so long.
func Open(ctx context.Context, address string) {
	name, args := opener(runtime.GOOS)
	cmd := exec.CommandContext(ctx, name, append(args, address)...) // no shell reads it
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }()
	}
}

// opener is the program of a system that opens an address with what its user chose.
func opener(system string) (name string, args []string) {
	switch system {
	case "darwin":
		return "open", nil
	case "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler"}
	}
	return "xdg-open", nil
}
