package outbound_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/outbound"
)

// spellings are ways to write an IPv4 address that some resolver understands.
func spellings(a netip.Addr) []string {
	b := a.As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	low := uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	octal := func(x byte) string { return "0" + strconv.FormatUint(uint64(x), 8) }
	hex := func(x byte) string { return fmt.Sprintf("0x%x", x) }
	list := []string{
		a.String(), a.String() + ".", fmt.Sprint(n), fmt.Sprintf("0x%x", n), fmt.Sprintf("0X%X", n), "0" + strconv.FormatUint(uint64(n), 8),
		fmt.Sprintf("%d.%d", b[0], low), fmt.Sprintf("%d.%d.%d", b[0], b[1], uint32(b[2])<<8|uint32(b[3])), fmt.Sprintf("0x%x.%d", b[0], low),
		strings.Join([]string{octal(b[0]), octal(b[1]), octal(b[2]), octal(b[3])}, "."), strings.Join([]string{hex(b[0]), hex(b[1]), hex(b[2]), hex(b[3])}, "."),
		fmt.Sprintf("%03d.%03d.%03d.%03d", b[0], b[1], b[2], b[3]), fmt.Sprintf("%d.%d.%d.%s", b[0], b[1], b[2], hex(b[3])),
		"[::ffff:" + a.String() + "]", fmt.Sprintf("[::ffff:%x:%x]", n>>16, n&0xffff), "[::" + a.String() + "]", fmt.Sprintf("[64:ff9b::%x:%x]", n>>16, n&0xffff), fmt.Sprintf("[2002:%x:%x::]", n>>16, n&0xffff),
		fmt.Sprintf("[0:0:0:0:0:ffff:%x:%x]", n>>16, n&0xffff), "%31%32%37.0.0.1", strings.ReplaceAll(a.String(), ".", "。"), strings.ReplaceAll(a.String(), ".", "%2e"),
	}
	wide := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '０'
		}
		return r
	}, a.String())
	return append(list, wide, "x@"+a.String(), "allowed.example@"+a.String(), a.String()+"#@allowed.example", a.String()+`\@allowed.example`, "["+a.String()+"]")
}

// Even where a rule names the very spelling, an address that is not public is not connected to: a
// listener on loopback counts.
func TestNoSpellingReachesAForbiddenAddress(t *testing.T) {
	var connections atomic.Int32
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			_ = conn.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	inputs := 0
	for _, target := range []string{"127.0.0.1", "169.254.169.254", "10.0.0.5", "0.0.0.0", "192.168.0.1", "100.64.0.1"} {
		for _, host := range spellings(netip.MustParseAddr(target)) {
			for _, scheme := range []string{"https", "http"} {
				inputs++
				rules := []outbound.Rule{{Host: "allowed.example:" + port, HTTP: true}, {Host: host + ":" + port, HTTP: true}}
				c, err := outbound.New(outbound.Options{Allow: rules, Timeout: time.Second, Lookup: lenient})
				if err != nil { // no such rule can even be written
					if c, err = outbound.New(outbound.Options{Allow: rules[:1], Timeout: time.Second, Lookup: lenient}); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := c.Get(t.Context(), scheme+"://"+host+":"+port+"/"); err == nil {
					t.Errorf("%s://%s was read", scheme, host)
				}
				c.Close()
			}
		}
	}
	if n := connections.Load(); n != 0 || inputs < 260 {
		t.Errorf("%d connections by %d inputs", n, inputs)
	}
	t.Logf("wall: S1 | addresses: spelt otherwise | %d", inputs/2) // each by https and http
}

// lenient resolves everything to loopback, as the worst resolver would.
func lenient(context.Context, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}
