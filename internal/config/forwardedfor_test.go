package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestTrustProxy(t *testing.T) {
	for text, want := range map[string]string{
		"false": "[]", "'false'": "[]", "[]": "[]", "''": "[]",
		"loopback":                     "[127.0.0.0/8 ::1/128]",
		"'loopback, 10.0.3.7'":         "[127.0.0.0/8 ::1/128 10.0.3.7/32]",
		"['10.0.3.9/24', 2001:db8::1]": "[10.0.3.0/24 2001:db8::1/128]",
		"'::ffff:10.42.7.0/120'":       "[10.42.7.0/24]",
		// As wide as a site, or a provider's own.
		"[10.42.0.0/16, 192.168.0.0/16, 100.64.0.0/16, fd00:0:42::/48]": "[10.42.0.0/16 192.168.0.0/16 100.64.0.0/16 fd00:0:42::/48]",
		"[104.16.0.0/13, '2400:cb00::/32']":                             "[104.16.0.0/13 2400:cb00::/32]",
	} {
		if cfg := (files{"a.yaml": "backend: {trustProxy: " + text + "}"}).mustLoad(t); fmt.Sprint(cfg.Backend.TrustProxy.Networks) != want || len(cfg.Warnings) != 0 {
			t.Errorf("%s: %v %v, want %s", text, cfg.Backend.TrustProxy.Networks, cfg.Warnings, want)
		}
	}
	// These hold people, who could name any address.
	for text, want := range map[string]struct {
		networks string
		wide     []string
	}{
		"linklocal":                            {"[169.254.0.0/16 fe80::/10]", []string{"linklocal"}},
		"uniquelocal":                          {"[10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7]", []string{"uniquelocal"}},
		"'loopback, 10.0.0.0/8, 10.42.7.0/24'": {"[127.0.0.0/8 ::1/128 10.0.0.0/8 10.42.7.0/24]", []string{"10.0.0.0/8"}},
		"'::ffff:10.0.0.0/104'":                {"[10.0.0.0/8]", []string{"::ffff:10.0.0.0/104"}},
		"[10.42.0.0/15, 172.16.0.0/12]":        {"[10.42.0.0/15 172.16.0.0/12]", []string{"10.42.0.0/15", "172.16.0.0/12"}},
		"[192.168.0.0/15, 100.64.0.0/10]":      {"[192.168.0.0/15 100.64.0.0/10]", []string{"192.168.0.0/15", "100.64.0.0/10"}},
		"[128.0.0.0/1, 'fd00::/8']":            {"[128.0.0.0/1 fd00::/8]", []string{"128.0.0.0/1", "fd00::/8"}},
	} {
		cfg := files{"a.yaml": "backend: {trustProxy: " + text + "}"}.mustLoad(t)
		if fmt.Sprint(cfg.Backend.TrustProxy.Networks) != want.networks || len(cfg.Warnings) != len(want.wide) {
			t.Errorf("%s: %v %v, want %s", text, cfg.Backend.TrustProxy.Networks, cfg.Warnings, want.networks)
			continue
		}
		for i, w := range cfg.Warnings {
			if said := w.String(); w.Path != "backend.trustProxy" || !strings.Contains(said, "whoever is in "+want.wide[i]+" is taken for a proxy") || !strings.Contains(said, "never a network that your people are in") {
				t.Errorf("%s: %s", text, said)
			}
		}
	}
	// These would let every caller name itself.
	for _, text := range []string{"true", "1", "'2'", "'true'", "'10.0.0.0/8, 1'"} {
		cfg := files{"a.yaml": "backend: {trustProxy: " + text + "}"}.mustLoad(t)
		if len(cfg.Backend.TrustProxy.Networks) != 0 || len(cfg.Warnings) != 1 || !strings.Contains(cfg.Warnings[0].String(), "list the network of your proxy") {
			t.Errorf("%s: %v %v", text, cfg.Backend.TrustProxy.Networks, cfg.Warnings)
		}
	}
	for _, text := range []string{"0.0.0.0/0", "'::/0'", "'::ffff:0.0.0.0/96'", "ingress", "10.0.0.0/33", "[10.0.0.0/8, nginx]", "[10.0.0.0/8, true]"} {
		_, err := files{"a.yaml": "backend: {trustProxy: " + text + "}"}.load()
		var faults *Faults
		if !errors.As(err, &faults) || !strings.Contains(err.Error(), "backend.trustProxy") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
