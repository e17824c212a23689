package web_test

import (
	"io/fs"
	"strings"
	"testing"

	"portico/web"
)

func TestDist(t *testing.T) {
	dist := web.Dist()
	if _, err := fs.Stat(dist, web.Placeholder); err != nil {
		t.Errorf("the committed placeholder is not embedded: %v", err)
	}
	index, err := fs.ReadFile(dist, "index.html")
	if web.Built() != (err == nil) {
		t.Fatalf("Built() = %v, but reading index.html gave %v", web.Built(), err)
	}
	if !web.Built() {
		return
	}
	if n := strings.Count(string(index), web.NonceMark); n != 1 {
		t.Errorf("index.html holds the nonce mark %d times, want once", n)
	}
	if strings.Contains(string(index), "<style") || strings.Contains(string(index), "<script>") {
		t.Error("index.html has inline style or script, which the content security policy refuses")
	}
}
