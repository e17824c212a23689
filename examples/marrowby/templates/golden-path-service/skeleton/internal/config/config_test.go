package config

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestFromEnv(t *testing.T) {
	tests := []struct {
		name    string
		env     map[string]string
		want    Config
		wantErr []string
	}{
		{
			name: "defaults",
			want: Config{Listen: ":8080", AdminListen: ":9090", LogLevel: slog.LevelInfo},
		},
		{
			name: "all set",
			env:  map[string]string{"LISTEN": ":1", "ADMIN_LISTEN": ":2", "LOG_LEVEL": "debug", "DRAIN_DELAY": "5s"},
			want: Config{Listen: ":1", AdminListen: ":2", LogLevel: slog.LevelDebug, DrainDelay: 5 * time.Second},
		},
		{
			name:    "all faults at once",
			env:     map[string]string{"LOG_LEVEL": "loud", "DRAIN_DELAY": "soon"},
			wantErr: []string{"LOG_LEVEL", "DRAIN_DELAY"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := FromEnv(func(k string) string { return tt.env[k] })
			if len(tt.wantErr) > 0 {
				for _, s := range tt.wantErr {
					if err == nil || !strings.Contains(err.Error(), s) {
						t.Errorf("error = %v, want one that names %s", err, s)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
