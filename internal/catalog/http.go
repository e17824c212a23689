package catalog

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/httpx"
)

// The permissions of the catalog, as Backstage names them.
var (
	entityRead      = httpx.Permission{Name: "catalog.entity.read", Action: "read"}
	entityRefresh   = httpx.Permission{Name: "catalog.entity.refresh", Action: "update"}
	entityDelete    = httpx.Permission{Name: "catalog.entity.delete", Action: "delete"}
	entityValidate  = httpx.Permission{Name: "catalog.entity.validate", Action: "read"}
	locationRead    = httpx.Permission{Name: "catalog.location.read", Action: "read"}
	locationCreate  = httpx.Permission{Name: "catalog.location.create", Action: "create"}
	locationDelete  = httpx.Permission{Name: "catalog.location.delete", Action: "delete"}
	locationAnalyze = httpx.Permission{Name: "catalog.location.analyze", Action: "create"}
	ingestionRead   = httpx.Permission{Name: "catalog.ingestion.read", Action: "read"}
	ingestionManage = httpx.Permission{Name: "catalog.ingestion.manage", Action: "update"}
)

// Permissions lists them, for whoever tells callers what they may do.
func Permissions() []httpx.Permission {
	return []httpx.Permission{entityRead, entityRefresh, entityDelete, entityEdit, entityValidate, locationRead, locationCreate,
		locationDelete, locationAnalyze, ingestionRead, ingestionManage}
}

// Handler serves the catalog's REST API.
type Handler struct {
	Store     *Store
	Index     *index.Index
	Requests  *Requests
	Refresher *Refresher
	Analyzer  Analyzer
	Retention Retention
	// Build names the version that answers: another may write the same entities differently, and a client that
	// keeps answers must not take one's for the other's.
	Build string
	// Readonly refuses to register, change or remove locations (catalog.readonly).
	Readonly bool
	// Watching reports whether local files are being watched.
	Watching func() bool
	Feed     *Feed
	Log      *slog.Logger
	// Guard says who sees what, and may change it. nil: whoever has the permission of a route, everything.
	Guard Guard
	// Own follows what streams tell of their reader's own, and nobody else's; nil for a reader of whom there is nothing to tell.
	// It may be nil.
	Own func(ctx context.Context) OwnNews

	answers answers
}

// OwnNews is what one stream tells of its reader's own.
type OwnNews interface {
	Wake() <-chan struct{} // receives when there is something to tell
	Frames() []byte        // it, as events of the stream
	Stop()
}

// Mount registers the routes.
func (h *Handler) Mount(g *httpx.Registry) {
	const c = "/api/catalog"
	const byName = c + "/entities/by-name/{kind}/{namespace}/{name}"
	g.Add(
		// Backstage's.
		httpx.Route{Pattern: "POST " + c + "/refresh", Access: httpx.Require(entityRefresh), Handler: h.refreshEntity, Audit: httpx.Audited("catalog.entity.refresh")},
		httpx.Route{Pattern: "GET " + c + "/entities", Access: httpx.Require(entityRead), Handler: h.getEntities},
		httpx.Route{Pattern: "GET " + c + "/entities/by-uid/{uid}", Access: httpx.Require(entityRead), Handler: h.getByUID},
		httpx.Route{Pattern: "DELETE " + c + "/entities/by-uid/{uid}", Access: httpx.Require(entityDelete), Handler: h.deleteByUID, Audit: httpx.Audited("catalog.entity.remove")},
		httpx.Route{Pattern: "GET " + byName, Access: httpx.Require(entityRead), Handler: h.getByName},
		httpx.Route{Pattern: "GET " + byName + "/ancestry", Access: httpx.Require(entityRead), Handler: h.getAncestry},
		httpx.Route{Pattern: "POST " + c + "/entities/by-refs", Access: httpx.Require(entityRead), Handler: h.getByRefs},
		httpx.Route{Pattern: "GET " + c + "/entities/by-query", Access: httpx.Require(entityRead), Handler: h.getByQuery},
		httpx.Route{Pattern: "POST " + c + "/entities/by-query", Access: httpx.Require(entityRead), Handler: h.postByQuery},
		httpx.Route{Pattern: "GET " + c + "/entity-facets", Access: httpx.Require(entityRead), Handler: h.getFacets},
		httpx.Route{Pattern: "POST " + c + "/entity-facets", Access: httpx.Require(entityRead), Handler: h.postFacets},
		httpx.Route{Pattern: "POST " + c + "/locations", Access: httpx.Require(locationCreate), Handler: h.createLocation, Audit: httpx.Audited("catalog.location.register")},
		httpx.Route{Pattern: "GET " + c + "/locations", Access: httpx.Require(locationRead), Handler: h.getLocations},
		httpx.Route{Pattern: "POST " + c + "/locations/by-query", Access: httpx.Require(locationRead), Handler: h.queryLocations},
		httpx.Route{Pattern: "GET " + c + "/locations/{id}", Access: httpx.Require(locationRead), Handler: h.getLocation},
		httpx.Route{Pattern: "PUT " + c + "/locations/{id}", Access: httpx.Require(locationDelete), Handler: h.updateLocation, Audit: httpx.Audited("catalog.location.update")},
		httpx.Route{Pattern: "DELETE " + c + "/locations/{id}", Access: httpx.Require(locationDelete), Handler: h.deleteLocation, Audit: httpx.Audited("catalog.location.unregister")},
		httpx.Route{Pattern: "GET " + c + "/locations/by-entity/{kind}/{namespace}/{name}", Access: httpx.Require(locationRead), Handler: h.getLocationByEntity},
		httpx.Route{Pattern: "POST " + c + "/analyze-location", Access: httpx.Require(locationAnalyze), Handler: h.analyzeLocation, Audit: httpx.Unaudited("it looks, and changes nothing")},
		httpx.Route{Pattern: "POST " + c + "/validate-entity", Access: httpx.Require(entityValidate), Handler: h.validateEntity},
		// Ours.
		httpx.Route{Pattern: "GET " + c + "/changes", Access: httpx.Require(entityRead), Handler: h.getChanges},
		httpx.Route{Pattern: "GET " + c + "/find", Access: httpx.Require(entityRead), Handler: h.getFind},
		httpx.Route{Pattern: "GET " + c + "/owned", Access: httpx.Require(entityRead), Handler: h.getOwned},
		httpx.Route{Pattern: "GET " + c + "/owned/changes", Access: httpx.Require(entityRead), Handler: h.getOwnedChanges},
		httpx.Route{Pattern: "GET " + byName + "/history", Access: httpx.Require(entityRead), Handler: h.getHistory},
		httpx.Route{Pattern: "GET " + byName + "/history/compare", Access: httpx.Require(entityRead), Handler: h.compareHistory},
		httpx.Route{Pattern: "GET " + byName + "/source", Access: httpx.Require(entityRead), Handler: h.getSource},
		httpx.Route{Pattern: "GET " + c + "/entities/export", Access: httpx.Require(entityRead), Handler: h.getExport},
		httpx.Route{Pattern: "GET " + c + "/graph", Access: httpx.Require(entityRead), Handler: h.getGraph},
		httpx.Route{Pattern: "GET " + c + "/graph/path", Access: httpx.Require(entityRead), Handler: h.getPath},
		httpx.Route{Pattern: "GET " + byName + "/consequences", Access: httpx.Require(entityRead), Handler: h.getConsequences},
		httpx.Route{Pattern: "GET " + c + "/sources", Access: httpx.Require(ingestionRead), Handler: h.getSources},
		httpx.Route{Pattern: "POST " + c + "/sources/{id}/refresh", Access: httpx.Require(ingestionManage), Handler: h.refreshSource, Audit: httpx.Audited("catalog.source.refresh")},
		httpx.Route{Pattern: "POST " + c + "/sources/{id}/held", Access: httpx.Require(ingestionManage), Handler: h.decideHeld, Audit: httpx.Audited("catalog.held.decide")},
		httpx.Route{Pattern: "GET " + c + "/problems", Access: httpx.Require(ingestionRead), Handler: h.getProblems},
		httpx.Route{Pattern: "POST " + c + "/missing/restore", Access: httpx.Require(ingestionManage), Handler: h.restoreMissing, Audit: httpx.Audited("catalog.missing.restore")},
		httpx.Route{Pattern: "GET " + c + "/removed", Access: httpx.Require(ingestionRead), Handler: h.getRemoved},
		httpx.Route{Pattern: "POST " + c + "/removed/restore", Access: httpx.Require(ingestionManage), Handler: h.restoreRemoved, Audit: httpx.Audited("catalog.removed.restore")},
		httpx.Route{Pattern: "POST " + c + "/entities/by-uid/{uid}/restore", Access: httpx.Require(ingestionManage), Handler: h.restoreEntity, Audit: httpx.Audited("catalog.entity.restore")},
		httpx.Route{Pattern: "POST " + c + "/entities/by-uid/{uid}/remove", Access: httpx.Require(entityDelete), Handler: h.deleteByUID, Audit: httpx.Audited("catalog.entity.remove")},
	)
	g.Add(h.layerRoutes(c, byName)...)
}

// Headers of our own: a write says which revision it made, a read may demand one.
const (
	headerRevision    = "Portico-Revision"
	headerMinRevision = "Portico-Min-Revision"
	minRevisionWait   = 2 * time.Second
)

// snapshot returns the read model for the request: the current one, or the first that has what the
// caller demands to see.
func (h *Handler) snapshot(r *http.Request) (*index.Snapshot, error) {
	want := r.Header[headerMinRevision]
	v := ""
	switch {
	case len(want) > 0:
		v = want[0]
	case len(r.URL.RawQuery) > 0 && hasParam(r.URL.RawQuery, "min-revision"):
		v = r.URL.Query().Get("min-revision")
	default:
		return h.Index.Snapshot(), nil
	}
	rev, err := strconv.ParseInt(v, 10, 64)
	if err != nil || rev < 0 {
		return nil, errs.New(errs.Invalid, "min-revision must be a number such as 1234, not %q", v)
	}
	ctx, cancel := context.WithTimeout(r.Context(), minRevisionWait)
	defer cancel()
	snap, err := h.Index.Wait(ctx, rev)
	if err != nil {
		return nil, errs.Public(errs.Unavailable, "revision "+v+" has not reached this replica within two seconds", err)
	}
	return snap, nil
}

func hasParam(rawQuery, name string) bool {
	for i := 0; i+len(name) <= len(rawQuery); i++ {
		if rawQuery[i:i+len(name)] == name && (i == 0 || rawQuery[i-1] == '&') {
			return true
		}
	}
	return false
}

// wrote tells the caller the revision of their write, once this replica can show it.
func (h *Handler) wrote(w http.ResponseWriter, r *http.Request, revision int64) {
	w.Header().Set(headerRevision, strconv.FormatInt(revision, 10))
	ctx, cancel := context.WithTimeout(r.Context(), minRevisionWait)
	defer cancel()
	if _, err := h.Index.Wait(ctx, revision); err != nil {
		h.Log.Warn("a write is not visible on this replica within two seconds", "revision", revision)
	}
}

func pathUUID(r *http.Request, name, what string) (uuid.UUID, error) {
	id, err := uuid.Parse(r.PathValue(name))
	if err != nil {
		return uuid.Nil, errs.New(errs.NotFound, "there is no %s %s", what, cut(r.PathValue(name)))
	}
	return id, nil
}

// cut shortens what a message repeats of a request.
func cut(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// parseRef reads a ref of a request that the database is asked for; where names it in messages.
func parseRef(where, s string) (entity.Ref, error) {
	if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return entity.Ref{}, errs.New(errs.Invalid, "%s holds bytes that are no text; write component:default/a", where)
	}
	if s == "" {
		return entity.Ref{}, errs.New(errs.Invalid, "%s is missing; write component:default/a", where)
	}
	return entity.ParseRef(s, entity.Ref{})
}

// intParam reads a whole number from the query.
func intParam(r *http.Request, name string, def, low, high int64) (int64, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return def, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < low {
		return 0, errs.New(errs.Invalid, "%s must be a whole number from %d, not %q", name, low, s)
	}
	return min(n, high), nil
}
