package catalog

import (
	"encoding/json"
	"slices"
	"testing"

	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity/audit"
)

// TestEditable: whoever has an entity proposed to its file may edit it, sees it, and learns of nothing that is hidden.
func TestEditable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const spec = "type: service, lifecycle: production, owner: team-a"
	w.set("/pub/shop.yaml", doc("Component", "shop", false, spec)+"---\n"+doc("Component", "secret", true, spec))
	w.refresh(w.source("/pub/*.yaml")[0])
	w.catchUp()
	g := &testGuard{}
	h := &Handler{Store: w.store, Index: w.ix, Guard: g}
	const shop, secret = "component:default/shop", "component:default/secret"
	if l, err := h.Editable(t.Context(), secret); err != nil || l.Ref != secret || l.Guessed || len(l.Text) == 0 {
		t.Errorf("without policies: %+v, %v", l, err)
	}
	if h.Hides(t.Context(), []string{shop, secret}) {
		t.Error("something is hidden from somebody who sees everything")
	}
	g.set(restrictedTo(t, onlyUnhidden), func(p httpx.Permission, d *index.Doc) error {
		if p.Name != "catalog.entity.edit" || d.Ref() != shop {
			t.Errorf("asked for %s of %s", p.Name, d.Ref())
		}
		return nil
	})
	if _, err := h.Editable(t.Context(), shop); err != nil {
		t.Error(err)
	}
	if _, err := h.Editable(t.Context(), secret); !errs.Is(err, errs.NotFound) {
		t.Errorf("what is hidden: %v", err)
	}
	if !h.Hides(t.Context(), []string{shop, secret}) || h.Hides(t.Context(), []string{shop, "component:default/never"}) {
		t.Error("what is hidden is not told apart from what there is not")
	}
	g.set(nil, func(httpx.Permission, *index.Doc) error { return errs.New(errs.Forbidden, "not theirs") })
	if _, err := h.Editable(t.Context(), shop); !errs.Is(err, errs.Forbidden) {
		t.Errorf("what is not theirs: %v", err)
	}
}

// TestProposal: a pull request is shown until the file says all that was proposed, and each is recorded.
func TestProposal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const ref = "component:default/shop"
	say := func(metadata string) {
		w.set("/pub/shop.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: shop"+metadata+"}\nspec: {type: service, lifecycle: production, owner: team-a}\n")
	}
	say("")
	s := w.source("/pub/*.yaml")[0]
	w.refresh(s)
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	kept := &Proposal{Provider: "gitea:own", Repository: "o/r", Branch: "portico/x", Number: 7, URL: "https://git.test/o/r/pulls/7",
		Fields: map[string]json.RawMessage{"metadata.title": raw(`"Shop & more"`), "metadata.tags": raw(`["go"]`), "spec.type": raw(`"service"`)}}
	if err := w.store.KeepProposal(t.Context(), ref, kept, audit.Operator("catalog.entity.propose")); err != nil {
		t.Fatal(err)
	}
	shown := func(want int) {
		t.Helper()
		p, err := w.store.provenance(t.Context(), ref, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		if p.Proposal != nil {
			if got = p.Proposal.Number; p.Proposal.By != "operator:cli" || p.Proposal.At.IsZero() {
				t.Errorf("shown is %+v", p.Proposal)
			}
		}
		if got != want {
			t.Errorf("shown is number %d, want %d", got, want)
		}
		if q, err := w.store.ProposalShown(t.Context(), ref); err != nil || (q == nil) != (p.Proposal == nil) {
			t.Errorf("alone it is %+v: %v", q, err)
		}
	}
	shown(7)
	say(`, title: "Shop & more", tags: [java]`)
	w.refresh(s)
	shown(7)
	say(`, title: "Shop & more", tags: [java, go]`)
	w.refresh(s)
	shown(0)
	say("")
	w.refresh(s)
	kept.Number = 8
	if err := w.store.KeepProposal(t.Context(), ref, kept, audit.Operator("catalog.entity.propose")); err != nil {
		t.Fatal(err)
	}
	shown(8)

	var targets []string
	if err := w.store.db.QueryRow(t.Context(), `SELECT array_agg(target || ' ' || (detail->>'number') ORDER BY seq) FROM audit_log WHERE action = 'catalog.entity.propose'`).Scan(&targets); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(targets, []string{ref + " 7", ref + " 8"}) {
		t.Errorf("recorded are %q", targets)
	}
}
