package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTryIt(t *testing.T) {
	tests := []struct {
		name  string
		text  string
		want  []TryItServer
		fault string
	}{
		{name: "nothing", text: "portico: {}"},
		{name: "an origin", text: "portico: {apis: {tryIt: [https://Sandbox.example.com:443/]}}", want: []TryItServer{{Origin: "https://sandbox.example.com"}}},
		{name: "for one API", text: "portico: {apis: {tryIt: [{origin: https://x.example:8443, apis: API:default/Orders}]}}", want: []TryItServer{{Origin: "https://x.example:8443", APIs: []string{"api:default/orders"}}}},
		{name: "this machine", text: "portico: {apis: {tryIt: [http://127.0.0.1:8080, http://localhost:3000]}}", want: []TryItServer{{Origin: "http://127.0.0.1:8080"}, {Origin: "http://localhost:3000"}}},
		{name: "an unset variable does not widen", text: "portico: {apis: {tryIt: [{origin: https://x.example, apis: ['${NO_SUCH}']}]}}", want: []TryItServer{}},
		{name: "an empty list is not every API", text: "portico: {apis: {tryIt: [{origin: https://x.example, apis: []}]}}", fault: "an empty list would be every API"},
		{name: "in the clear", text: "portico: {apis: {tryIt: [http://10.0.0.7:8080]}}", fault: "http is for this machine alone"},
		{name: "any name below", text: "portico: {apis: {tryIt: ['https://*.example.com']}}", fault: "is not the origin of one server"},
		{name: "everything", text: "portico: {apis: {tryIt: ['*']}}", fault: "is not the origin of one server"},
		{name: "a scheme", text: "portico: {apis: {tryIt: ['https:']}}", fault: "is not the origin of one server"},
		{name: "a path", text: "portico: {apis: {tryIt: [https://x.example/v1]}}", fault: "is not the origin of one server"},
		{name: "another directive", text: "portico: {apis: {tryIt: ['https://x.example;script-src']}}", fault: "is not the origin of one server"},
		{name: "a password", text: "portico: {apis: {tryIt: ['https://a:b@x.example']}}", fault: "is not the origin of one server"},
		{name: "no API", text: "portico: {apis: {tryIt: [{origin: https://x.example, apis: [component:default/x]}]}}", fault: "is no ref of an API"},
		{name: "a slip", text: "portico: {apis: {tryIt: [{origin: https://x.example, api: [api:default/x]}]}}", fault: "there is no such key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := files{"a.yaml": tt.text}.load()
			if tt.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fault) {
					t.Fatalf("the fault is %v, want %q", err, tt.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, cfg.Portico.APIs.TryIt); diff != "" {
				t.Error(diff)
			}
		})
	}
}
