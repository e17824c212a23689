package httpx

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// CORS lets the pages of other sites read the API, as backend.cors of Backstage does. It opens nothing by itself: what
// a page may do there is up to its token, and changes without one are refused to other sites as ever, but for what
// [Route.FrontEnds] says.
type CORS struct {
	Origins        []string // https://app.example.com, or https://*.example.com for any name below
	Methods        []string // none: GET, HEAD, PUT, PATCH, POST, DELETE
	AllowedHeaders []string // none: those that are asked for
	ExposedHeaders []string
	Credentials    bool
	MaxAge         int // seconds that a browser may keep the answer to its question; 0 leaves it to the browser
}

func (c *CORS) on() bool { return len(c.Origins) > 0 }

// answer adds to the answers of the API what browsers look for, and answers their questions beforehand itself: then it
// returns true.
func (c *CORS) answer(w http.ResponseWriter, r *http.Request) bool {
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		return false
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	asks := r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
	if origin == "" || !c.allows(origin) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if c.Credentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	if !asks {
		if len(c.ExposedHeaders) > 0 {
			h.Set("Access-Control-Expose-Headers", strings.Join(c.ExposedHeaders, ", "))
		}
		return false
	}
	methods := c.Methods
	if len(methods) == 0 {
		methods = []string{"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"}
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
	headers := strings.Join(c.AllowedHeaders, ", ")
	if headers == "" {
		headers = strings.Join(r.Header.Values("Access-Control-Request-Headers"), ", ")
		h.Add("Vary", "Access-Control-Request-Headers")
	}
	if headers != "" {
		h.Set("Access-Control-Allow-Headers", headers)
	}
	if c.MaxAge > 0 {
		h.Set("Access-Control-Max-Age", strconv.Itoa(c.MaxAge))
	}
	setSecurityHeaders(h)
	w.WriteHeader(http.StatusNoContent)
	return true
}

// frontEnd reports whether a script of a page whose origin is named as it is has made the request, and may use what the
// browser knows of its person. The mark makes browsers ask beforehand, and no form can send it.
func (c *CORS) frontEnd(r *http.Request) bool {
	origin, mark := r.Header["Origin"], r.Header["X-Requested-With"]
	return c.Credentials && len(origin) == 1 && slices.Contains(c.Origins, origin[0]) && !strings.Contains(origin[0], "*") && len(mark) == 1 && mark[0] == "XMLHttpRequest"
}

func (c *CORS) allows(origin string) bool {
	return slices.ContainsFunc(c.Origins, func(o string) bool {
		scheme, below, any := strings.Cut(o, "://*.")
		if !any {
			return o == origin
		}
		s, host, _ := strings.Cut(origin, "://")
		return s == scheme && strings.HasSuffix(host, "."+below)
	})
}
