package crawl

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"portico/internal/catalog"
	"portico/internal/errs"
	"portico/internal/httpx"
)

// Handler serves what is known of providers, and takes what their hosts deliver.
type Handler struct {
	Crawler *Crawler
	// Source finds the source that a provider is.
	Source func(ctx context.Context, loc catalog.Location) (id string, err error)
	// Whole refuses callers who do not see the whole catalog: lists of repositories name what may be hidden from them.
	Whole func(context.Context) error

	bad strangers
}

var ingestionRead = httpx.Permission{Name: "catalog.ingestion.read", Action: "read"} // the catalog's: these are its sources

// Mount registers the routes.
func (h *Handler) Mount(g *httpx.Registry) {
	const signed = "signed by the host, and nothing is read before that is verified"
	g.Add(
		httpx.Route{Pattern: "POST /api/portico/webhooks/{provider}", Access: httpx.Public(signed), Signed: true, Handler: h.postWebhook},
		httpx.Route{Pattern: "POST /api/events/http/{topic}", Access: httpx.Public(signed), Signed: true, Handler: h.postEvent},
		httpx.Route{Pattern: "GET /api/portico/providers", Access: httpx.Require(ingestionRead), Handler: h.getProviders},
		httpx.Route{Pattern: "GET /api/portico/providers/{provider}/repositories", Access: httpx.Require(ingestionRead), Handler: h.getRepositories},
	)
}

func (h *Handler) seesAll(ctx context.Context) error {
	err := h.Whole(ctx)
	if errs.Is(err, errs.Forbidden) {
		return errs.WithRemedy(errs.Public(errs.Forbidden, "providers are for those who may see every entity, and policies hide some from you: their lists name all repositories", err),
			"ask whoever writes the policies to exempt you from what hides entities")
	}
	return err
}

func (h *Handler) providers() Providers {
	if h.Crawler == nil {
		return nil
	}
	return h.Crawler.Providers
}

func (h *Handler) postWebhook(w http.ResponseWriter, r *http.Request) error {
	p, err := h.providers().byID(r.PathValue("provider"))
	if err != nil {
		return err
	}
	return h.deliver(w, r, Providers{p})
}

// postEvent is where Backstage takes webhooks: a kind of host has one address, and the signature tells whose a delivery is.
func (h *Handler) postEvent(w http.ResponseWriter, r *http.Request) error {
	var list Providers
	for _, p := range h.providers() {
		if p.Kind == r.PathValue("topic") {
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return errs.WithRemedy(errs.New(errs.NotFound, "no provider takes events of %.80q", r.PathValue("topic")), "the kinds are github, gitlab and gitea, where catalog.providers has one")
	}
	return h.deliver(w, r, list)
}

// deliver keeps a delivery for each of the providers that it is signed for. Bodies are as large as the server takes, 1 MiB:
// anybody may send one, and what a host cannot deliver, a push of thousands of commits, the next crawl finds.
func (h *Handler) deliver(w http.ResponseWriter, r *http.Request, list Providers) error {
	from := httpx.Network(r)
	if wait := h.bad.wait(from, time.Now()); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		return errs.WithRemedy(errs.New(errs.TooMany, "too many deliveries from this address had no valid signature"), "give the host and the portal the same webhook secret")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return err
		}
		return errs.Public(errs.Invalid, "the body could not be read to its end", err)
	}
	refused := errs.WithRemedy(errs.New(errs.Unauthenticated, "no webhook secret is configured, so nothing can be verified"),
		"set events.modules.<kind>.webhookSecret, and the same secret at the host")
	kept := 0
	for _, p := range list {
		if !p.Webhooks {
			continue
		}
		switch err := h.Crawler.keep(r.Context(), p, r.Header, body); {
		case errs.Is(err, errs.Unauthenticated):
			refused = err
		case err != nil:
			return err
		default:
			kept++
		}
	}
	if kept == 0 {
		h.bad.note(from, time.Now())
		return refused
	}
	httpx.JSON(w, http.StatusAccepted, map[string]string{"status": "accepted"})
	return nil
}

// strangers bounds deliveries without a valid signature, by where they come from.
type strangers struct {
	mu    sync.Mutex
	since time.Time
	n     map[string]int
}

const (
	badAMinute   = 60
	badAddresses = 10_000 // that are remembered; of more, none is
)

func (s *strangers) wait(from string, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n[from] < badAMinute {
		return 0
	}
	return s.since.Add(time.Minute).Sub(now)
}

func (s *strangers) note(from string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n == nil || now.Sub(s.since) >= time.Minute || len(s.n) >= badAddresses {
		s.n, s.since = map[string]int{}, now
	}
	s.n[from]++
}
