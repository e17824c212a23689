package crawl

import (
	"testing"

	"portico/internal/errs"
)

func TestPathOf(t *testing.T) {
	for _, kind := range []string{"github", "gitlab", "gitea"} {
		p := &Provider{ID: kind + ":x", Kind: kind, BaseURL: "https://git.test"}
		h := &Home{Provider: p, Name: "o/r", Branch: "feature/a b"}
		for path, k := range map[string]string{"catalog-info.yaml": "blob", "a/b c/ü%#?.yaml": "blob", "services/cart": "tree"} {
			at := "url:" + p.page(h.Name, k, h.Branch, path)
			if k == "tree" {
				at += "/"
			}
			if got, ok := h.PathOf(at); !ok || got != path {
				t.Errorf("%s: %s is %q, %v", kind, at, got, ok)
			}
		}
		top := "url:" + p.page(h.Name, "tree", h.Branch, "") + "/"
		if got, ok := h.PathOf(top); !ok || got != "" {
			t.Errorf("%s: the top %s is %q, %v", kind, top, got, ok)
		}
		for _, at := range []string{
			"", "file:/x", "url:https://git.test/o/r", "url:https://evil.test/x", "inferred:https://git.test/o/r",
			"url:" + p.page("o/r2", "blob", h.Branch, "a"), "url:" + p.page(h.Name, "blob", "feature", "a"),
			top + "%2e%2e/x", top + "../x", top + "a/./b", top + "a%2fb", top + "%zz",
		} {
			if got, ok := h.PathOf(at); ok {
				t.Errorf("%s: %s is taken for %q", kind, at, got)
			}
		}
	}
}

func TestRepositoryOf(t *testing.T) {
	w := newWorld(t)
	id := w.host.Create("acme/payments", map[string]string{"catalog-info.yaml": declared("payments"), "deploy/go.mod": "module x\n"})
	w.crawl()
	h, err := w.crawler.RepositoryOf(t.Context(), "url:https://git.test/acme/payments/blob/main/catalog-info.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if h.Name != "acme/payments" || h.Branch != "main" || h.Provider != w.p || h.Archived || !h.Reads("x/catalog-info.yaml") || h.Reads("x.yaml") {
		t.Errorf("it is %+v", h)
	}
	w.host.Push(id, map[string]string{"catalog-info.yaml": declared("payments") + "# moved\n"})
	head, err := h.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if data, err := head.File(t.Context(), "catalog-info.yaml"); err != nil || string(data) != declared("payments")+"# moved\n" {
		t.Errorf("at the head it is %q: %v", data, err)
	}
	if _, err := head.File(t.Context(), "none.yaml"); !errs.Is(err, errs.NotFound) {
		t.Errorf("what is not there: %v", err)
	}
	if _, err := w.crawler.RepositoryOf(t.Context(), "url:https://git.test/acme/other/blob/main/catalog-info.yaml"); !errs.Is(err, errs.NotFound) {
		t.Errorf("another: %v", err)
	}
	w.crawler.Providers = nil
	if _, err := w.crawler.RepositoryOf(t.Context(), "url:https://git.test/acme/payments/blob/main/catalog-info.yaml"); !errs.Is(err, errs.NotFound) {
		t.Errorf("without its provider: %v", err)
	}
}
