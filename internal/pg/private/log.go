package private

import (
	"io"
	"os"
	"strings"
)

// maxLog is the size past which the log is put aside at the next start of the server.
const maxLog = 4 << 20

func openLog(path string) (*os.File, error) {
	if logSize(path) > maxLog {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}

func logSize(path string) int64 {
	fi, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return fi.Size()
}

// logTail returns the last lines that the server wrote after byte from.
func logTail(path string, from int64) string {
	f, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	size := logSize(path)
	if from > size {
		from = 0 // put aside meanwhile
	}
	from = max(from, size-8192)
	text, err := io.ReadAll(io.NewSectionReader(f, from, size-from))
	if err != nil {
		return err.Error()
	}
	return lastLines(string(text), 8)
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
