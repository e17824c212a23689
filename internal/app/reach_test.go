package app

import (
	"io"
	"log/slog"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/config"
	"portico/internal/httpx"
)

type listening struct{ addr net.TCPAddr }

func (l listening) Accept() (net.Conn, error) { return nil, io.EOF }
func (l listening) Close() error              { return nil }
func (l listening) Addr() net.Addr            { return &l.addr }

// Only a trial, and a portal that was told so in its own words, has a guest who may do everything; and only where
// nobody else can be that guest.
func TestWhoIsAnOperatorGuest(t *testing.T) {
	here, everywhere := net.IPv4(127, 0, 0, 1), net.IPv4zero
	tests := []struct {
		name            string
		asked, trial    bool
		listen          net.IP
		app, backend    string
		wantGuest, want bool
	}{
		{"serve", false, false, here, "", "", true, false},
		{"serve under the address of Backstage's web server", false, false, here, "http://localhost:3000", "http://localhost:7007", true, false},
		{"serve, asked for", true, false, here, "http://localhost:7007", "", true, true},
		{"serve, asked for, on every interface", true, false, everywhere, "", "", true, false},
		{"serve, asked for, under a public name", true, false, here, "https://portal.example.com", "", true, false},
		{"serve, asked for, with a public API", true, false, here, "", "https://portal.example.com", true, false},
		{"trial", false, true, here, "", "", true, true},
		{"trial on every interface", false, true, everywhere, "", "", true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := &config.Config{App: config.App{BaseURL: tt.app}, Backend: config.Backend{BaseURL: tt.backend}}
			cfg.Portico.Guest.Operator = tt.asked
			a := &App{o: Options{Config: cfg, Listener: listening{net.TCPAddr{IP: tt.listen, Port: 7007}}, Log: slog.New(slog.DiscardHandler)}}
			if tt.trial {
				a.o.Trial = []string{"/src"}
			} else {
				cfg.Auth.Guest = &config.Guest{UserEntityRef: "user:default/guest"}
			}
			if g := a.guest(); (g != nil) != tt.wantGuest || g != nil && g.Operator != tt.want {
				t.Errorf("got %+v", g)
			}
		})
	}
	if g := (&App{o: Options{Config: &config.Config{}}}).guest(); g != nil {
		t.Errorf("a guest whom nobody let in: %+v", g)
	}
}

func TestKnownHosts(t *testing.T) {
	loop := []string{"localhost", "127.0.0.1", "::1"}
	tests := []struct {
		name    string
		bases   []string
		listen  net.IP
		machine string
		want    httpx.Hosts
	}{
		{"loopback", []string{"", ""}, net.IPv4(127, 0, 0, 1), "box", httpx.Hosts{Names: append(loop[:3:3], "127.0.0.1")}},
		{"one interface", []string{"http://localhost:3000", ""}, net.IPv4(10, 1, 2, 3), "box", httpx.Hosts{Names: append(loop[:3:3], "10.1.2.3")}},
		{"every interface, named", []string{"https://Portal.example.com", "http://localhost:7007"}, net.IPv4zero, "box", httpx.Hosts{Names: append(loop[:3:3], "portal.example.com")}},
		{"every interface", []string{"http://localhost:3000", "http://localhost:7007"}, net.IPv6unspecified, "Box.example.com", httpx.Hosts{Names: append(loop[:3:3], "box.example.com", "box"), Addresses: true}},
		{"every interface of a machine without a name", []string{"", ""}, net.IPv4zero, "", httpx.Hosts{Names: loop, Addresses: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := knownHosts(tt.bases, &net.TCPAddr{IP: tt.listen, Port: 7007}, tt.machine)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
