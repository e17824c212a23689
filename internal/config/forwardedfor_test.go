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
		"loopback":             "[127.0.0.0/8 ::1/128]",
		"'loopback, 10.0.3.7'": "[127.0.0.0/8 ::1/128 10.0.3.7/32]",
		"[linklocal, '10.0.3.9/24', 2001:db8::1]": "[169.254.0.0/16 fe80::/10 10.0.3.0/24 2001:db8::1/128]",
		"uniquelocal":           "[10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7]",
		"'::ffff:10.0.0.0/104'": "[10.0.0.0/8]",
	} {
		if cfg := (files{"a.yaml": "backend: {trustProxy: " + text + "}"}).mustLoad(t); fmt.Sprint(cfg.Backend.TrustProxy.Networks) != want || len(cfg.Warnings) != 0 {
			t.Errorf("%s: %v %v, want %s", text, cfg.Backend.TrustProxy.Networks, cfg.Warnings, want)
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
