package propose

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"portico/internal/discovery/crawl"
	"portico/internal/errs"
	"portico/internal/httpx"
)

// gate lets everybody in as one service.
type gate struct{}

func (gate) Admit(*http.Request, httpx.Access) (httpx.Caller, error) {
	return httpx.Caller{Name: "service:ci"}, nil
}

// TestOverHTTP: the routes, and one record of each pull request that is opened.
func TestOverHTTP(t *testing.T) {
	w := newWorld(t, "over-http", "", crawl.Filters{})
	w.gitea.Organization(t, "over-http", false)
	w.gitea.Repository(t, "over-http", "shop", map[string]string{"catalog-info.yaml": commented})
	w.crawl()
	var g httpx.Registry
	(&Handler{Proposer: w.Proposer}).Mount(&g)
	h, err := g.Handler(httpx.Options{Gate: gate{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	ask := func(method, query, body string, status int, into any) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/api/portico/entities/Component/default/shop/proposal"+query, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer x")
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != status {
			t.Fatalf("%s %s: %d, want %d: %s", method, query, res.StatusCode, status, text)
		}
		if into != nil {
			if err := json.Unmarshal(text, into); err != nil {
				t.Fatal(err)
			}
		}
		return string(text)
	}
	conflict := errs.Conflict.Status()
	if got := ask("GET", "", "", conflict, nil); !strings.Contains(got, "there is nothing to propose") {
		t.Errorf("nothing is set: %s", got)
	}
	ask("POST", "", "", conflict, nil)
	w.overlay("component:default/shop", map[string]string{"metadata.title": `"Shop"`})
	var v Preview
	ask("GET", "", "", 200, &v)
	if v.Path != "catalog-info.yaml" || len(v.Fields) != 1 || v.Fields[0].By != ann.Name || v.Open != nil || !strings.Contains(v.After, "title: Shop\n") {
		t.Errorf("the preview is %+v", v)
	}
	if got := ask("GET", "?apis=maybe", "", 400, nil); !strings.Contains(got, "apis: ") {
		t.Errorf("a wrong parameter: %s", got)
	}
	ask("POST", "", `{"notes":""}`, 400, nil)
	var made opened
	ask("POST", "", `{"note":"Have a look."}`, 201, &made)
	if made.Number != 1 || made.Existing || made.By != "service:ci" {
		t.Errorf("opened is %+v", made)
	}
	ask("POST", "", "", 200, &made)
	if made.Number != 1 || !made.Existing {
		t.Errorf("opened again is %+v", made)
	}
	if ask("GET", "", "", 200, &v); v.Open == nil || v.Open.Number != 1 {
		t.Errorf("the preview of what is open is %+v", v)
	}
	if list := w.pulls("shop", "all"); len(list) != 1 || !strings.Contains(list[0].Body, "> Have a look") || !strings.Contains(list[0].Body, "`service:ci`") {
		t.Errorf("there are %+v", list)
	}
	var records []string
	if err := w.Crawler.DB.QueryRow(t.Context(), `SELECT array_agg(actor || ' ' || outcome || ' ' || action || ' ' || target || ' ' || (detail->>'url') ORDER BY seq) FROM audit_log`).Scan(&records); err != nil {
		t.Fatal(err)
	}
	one := "service:ci allowed catalog.entity.propose component:default/shop " + w.gitea.URL + "/over-http/shop/pulls/1"
	if !slices.Equal(records, []string{one, one}) {
		t.Errorf("recorded are %q", records)
	}
}
