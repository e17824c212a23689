package catalog

import (
	"strings"
	"testing"

	"portico/internal/errs"
)

func TestEntitiesOfAnUnreadableFileSaySo(t *testing.T) {
	t.Parallel()
	const ref = "component:default/b"
	tests := []struct {
		name string
		err  error
		says string // "": nothing
	}{
		{"not allowed", errs.New(errs.Forbidden, "it may not be read"), "it may not be read"},
		{"too large", errs.WithRemedy(errs.New(errs.TooLarge, "it has 11 MiB"), "split it"), "it has 11 MiB; split it"},
		{"listed, and not there", errs.New(errs.NotFound, "it leads nowhere"), "it leads nowhere"},
		{"no answer", errs.New(errs.Unavailable, "the host does not answer"), ""},
		{"asked too often", errs.New(errs.TooMany, "come back later"), ""},
		{"not signed in", errs.New(errs.Unauthenticated, "the token has ended"), ""},
		{"a fault of ours", errs.New(errs.Internal, "no"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set("/d/a.yaml", component("a", ""))
			w.set("/d/b.yaml", component("b", "")+"---\n"+component("c", ""))
			src := w.source("/d/*.yaml")[0]
			w.refresh(src)
			before := w.ix.Snapshot().Revision()
			w.breakRead("/d/b.yaml", tt.err)
			for range 3 { // no new revision each time
				if o := w.refresh(src); o.State != "degraded" {
					t.Errorf("%+v", o)
				}
			}
			items := w.get(ref).Status.Items
			wantOps := []string{"created"}
			if tt.says == "" {
				if len(items) != 0 || w.ix.Snapshot().Revision() != before {
					t.Errorf("it is the source's problem alone, and not %+v", items)
				}
			} else {
				wantOps = append(wantOps, "updated", "updated")
				if len(items) != 1 || items[0].Type != "backstage.io/catalog-processing" || items[0].Message != tt.says {
					t.Errorf("it says %+v", items)
				}
				if got := w.lastDiff(ref); !strings.HasPrefix(got, `updated: status  → [{"type":"backstage.io/catalog-processing"`) {
					t.Errorf("logged as %s", got)
				}
			}
			w.wantOps("component:default/a", "created")
			w.breakRead("/d/b.yaml", nil)
			w.refresh(src)
			if items := w.get(ref).Status.Items; len(items) != 0 {
				t.Errorf("it reads again, and still %+v", items)
			}
			w.wantOps(ref, wantOps...)
			w.wantLogged()
		})
	}
}

func TestAnUnreadableTargetTellsItsEntities(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/all.yaml", location("all", "./a.yaml"))
	w.set("/a.yaml", component("a", ""))
	src := w.source("/all.yaml")[0]
	w.refresh(src)
	w.breakRead("/a.yaml", errs.New(errs.Forbidden, "it may not be read"))
	w.refresh(src)
	if items := w.get("component:default/a").Status.Items; len(items) != 1 || items[0].Message != "it may not be read" {
		t.Errorf("it says %+v", items)
	}
	// Gone is missing, and not wrong.
	w.breakRead("/a.yaml", nil)
	w.refresh(src)
	w.remove("/a.yaml")
	w.refresh(src)
	w.wantOps("component:default/a", "created", "updated", "updated", "missing")
	w.wantLogged()
}
