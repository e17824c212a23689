package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// canaries have characters that each encoding writes otherwise.
var canaries = []string{
	"c4n4ry-d0-not-print", `qu"ote\and/slash+plus=eq&<tag>`, "with a space, ünd Umlaut", "eight888", "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END KEY-----",
}

var encodings = map[string]func(string) string{
	"as it is":         func(s string) string { return s },
	"base64":           func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64url":        func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
	"base64 unpadded":  func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	"a Basic header":   func(s string) string { return base64.StdEncoding.EncodeToString([]byte("u:" + s)) },
	"in base64, after": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("x" + s + "yz")) },
	"hex":              func(s string) string { return hex.EncodeToString([]byte(s)) },
	"upper hex":        func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"a query":          url.QueryEscape,
	"a path":           url.PathEscape,
	"JSON":             func(s string) string { b, _ := json.Marshal(s); return string(b) },
	"JSON for JS":      func(s string) string { return `"` + jsonForm(s, false) + `"` },
	"Go":               strconv.Quote,
	"HTML":             html.EscapeString,
}

// shows reports whether so much of the secret is left in a text that it helps.
func shows(text, secret string, encode func(string) string) bool {
	for _, line := range strings.Split(secret, "\n") {
		if strings.HasPrefix(line, "-----") {
			continue
		}
		coded := strings.Trim(encode(line), `"=`)
		for i := 0; i+6 <= len(coded); i++ {
			if strings.Contains(text, coded[i:i+6]) && i > 5 && i < len(coded)-10 {
				return true
			}
		}
		if strings.Contains(text, coded) {
			return true
		}
	}
	return false
}

func TestNet(t *testing.T) {
	var n Net
	if text, found := n.Replace("nothing is known"); found || text != "nothing is known" {
		t.Error("an empty net finds something")
	}
	for _, c := range canaries {
		n.Add(New(c))
	}
	for name, encode := range encodings {
		for _, c := range canaries {
			for _, around := range []string{"%s", "before %s after", "a=%s&b=1", "%[1]s%[1]s", "é%s✓"} {
				text := fmt.Sprintf(around, encode(c))
				clean, found := n.Replace(text)
				if !found || !strings.Contains(clean, Mask) || shows(clean, c, encode) {
					t.Errorf("%s: of %q %q is left", name, text, clean)
				}
			}
		}
	}
	for _, text := range []string{"", "a", "abc", "c4n4ry-d0-not-prin", "nothing of interest in this line of text", "\xff\xfe\x00\x01"} {
		if clean, found := n.Replace(text); found || clean != text {
			t.Errorf("%q became %q", text, clean)
		}
	}
}

func TestNetLeavesWords(t *testing.T) {
	var n Net
	n.Add(New("secret"), New("1234567"), Text{}, New("   short   "))
	if text, found := n.Replace("a secret of 1234567 short words"); found {
		t.Errorf("it became %q", text)
	}
}

type stringer struct{ s string }

func (s stringer) String() string { return s.s }

type valuer struct{ s string }

func (v valuer) LogValue() slog.Value { return slog.GroupValue(slog.String("inner", v.s)) }

// Whatever is logged, and however, no line has a secret.
func TestNetHandler(t *testing.T) {
	var n Net
	for _, c := range canaries {
		n.Add(New(c))
	}
	for form, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		for name, encode := range encodings {
			for _, c := range canaries {
				var out bytes.Buffer
				log := slog.New(n.Handler(handler(&out)))
				s := encode(c)
				log.Info("message " + s)
				log.Info("x", "attr", s, "n", 1)
				log.Info("x", "error", fmt.Errorf("outer: %w", errors.New(s)))
				log.Info("x", "stringer", stringer{s}, "list", []string{"a", s}, "bytes", []any{s}, "map", map[string]string{"k": s}, "struct", struct{ A string }{s})
				log.Info("x", slog.Group("g", slog.Group("h", "deep", s)), "valuer", valuer{s})
				log.With("with", s).WithGroup("group").Info("x", "k", s)
				if shows(out.String(), c, encode) || strings.Count(out.String(), Mask) < 11 {
					t.Errorf("%s, %s: %s", form, name, out.String())
				}
			}
		}
	}
	var plain, through bytes.Buffer
	drop := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	for _, log := range []*slog.Logger{slog.New(slog.NewJSONHandler(&plain, drop)), slog.New(n.Handler(slog.NewJSONHandler(&through, drop)))} {
		log.With("a", 1).WithGroup("g").Info("harmless", "n", 2, "e", errors.New("x"), "l", []int{1}, "nil", nil)
	}
	if plain.String() != through.String() {
		t.Errorf("%s became %s", plain.String(), through.String())
	}
}

// Secrets that come to be known while others log are found from then on.
func TestNetGrows(t *testing.T) {
	var n Net
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			n.Add(New(fmt.Sprintf("secret number %d of many", i)))
		}
	}()
	for i := range 2000 {
		n.Replace(fmt.Sprintf("secret number %d of many", i))
	}
	<-done
	if text, found := n.Replace("secret number 199 of many"); !found || text != Mask {
		t.Errorf("%q", text)
	}
}

func BenchmarkNet(b *testing.B) {
	var n Net
	for i := range 50 {
		n.Add(New(NewKey() + fmt.Sprint(i)))
	}
	const line = `method=GET path=/api/catalog/entities/by-query status=200 bytes=48213 us=995 by=user:default/ann from=127.0.0.1:37160 and some more text of the length of a usual line of a log, so that it is about two hundred`
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		n.Replace(line)
	}
}

func BenchmarkNetHandler(b *testing.B) {
	var n Net
	for i := range 50 {
		n.Add(New(NewKey() + fmt.Sprint(i)))
	}
	for name, log := range map[string]*slog.Logger{
		"without": slog.New(slog.NewJSONHandler(new(bytes.Buffer), nil)), "with": slog.New(n.Handler(slog.NewJSONHandler(new(bytes.Buffer), nil))),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				log.Info("request", "method", "GET", "path", "/api/catalog/entities/by-query", "status", 200, "bytes", 48213, "us", 995, "by", "user:default/ann", "from", "127.0.0.1:37160")
			}
		})
	}
}
