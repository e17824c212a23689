package propose

import (
	"net/http"
	"strconv"

	"portico/internal/catalog"
	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity/audit"
)

// entityEdit is the catalog's: whoever may set a field in the portal may have it proposed to the file.
var entityEdit = httpx.Permission{Name: "catalog.entity.edit", Action: "update"}

// Handler serves previews, and opens pull requests.
type Handler struct {
	Proposer *Proposer
}

// Mount registers the routes.
func (h *Handler) Mount(g *httpx.Registry) {
	const path = "/api/portico/entities/{kind}/{namespace}/{name}/proposal"
	g.Add(
		httpx.Route{Pattern: "GET " + path, Access: httpx.Require(entityEdit), Handler: h.get, Audit: httpx.Unaudited("it shows what would be proposed")},
		httpx.Route{Pattern: "POST " + path, Access: httpx.Require(entityEdit), Handler: h.post, Audit: httpx.Audited("catalog.entity.propose")},
	)
}

func refOf(r *http.Request) string {
	return entity.Ref{Kind: r.PathValue("kind"), Namespace: r.PathValue("namespace"), Name: r.PathValue("name")}.String()
}

func (h *Handler) get(w http.ResponseWriter, r *http.Request) error {
	apis := true
	if s := r.URL.Query().Get("apis"); s != "" {
		var err error
		if apis, err = strconv.ParseBool(s); err != nil {
			return errs.WithRemedy(errs.New(errs.Invalid, "apis: %.40q is neither true nor false", s), "leave it out, or write false")
		}
	}
	v, err := h.Proposer.Preview(r.Context(), refOf(r), !apis)
	if err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, v)
	return nil
}

// opened is a pull request, and whether it was open before.
type opened struct {
	*catalog.Proposal
	Existing bool `json:"existing"`
}

func (h *Handler) post(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Note string `json:"note"`
		APIs *bool  `json:"apis"`
	}
	if r.ContentLength != 0 {
		if err := httpx.Decode(r, &body); err != nil {
			return err
		}
	}
	made, existing, err := h.Proposer.Open(r.Context(), refOf(r), body.APIs != nil && !*body.APIs, body.Note, audit.Of(r))
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if existing {
		status = http.StatusOK
	}
	httpx.JSON(w, status, opened{made, existing})
	return nil
}
