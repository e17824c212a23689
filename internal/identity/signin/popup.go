package signin

import (
	"bytes"
	"crypto/rand"
	"html/template"
	"net/http"
	"slices"

	"portico/internal/errs"
)

// Backstage's front ends sign in in a pop-up window, which hands the result to the page that opened it. The page's origin
// must be one of those that the portal knows; it is in the flow, so that nothing of the way back decides who is told.

// opener is the origin of the page that opened the window, "" where the browser itself is to go on.
func (h *Handler) opener(r *http.Request) (string, error) {
	q := r.URL.Query()
	if q.Get("flow") != "popup" {
		return "", nil
	}
	origin := q["origin"]
	if len(origin) != 1 || !slices.Contains(h.Origins, origin[0]) {
		return "", errs.WithRemedy(errs.New(errs.Forbidden, "the page that asks for signing in is none that the portal knows"),
			"add its origin, such as https://app.example.com, to backend.cors.origin")
	}
	return origin[0], nil
}

// sentences are the words for what went wrong, in the window's answer. Nothing of the request is in them.
var sentences = map[string]string{
	codeExpired:     "the sign-in took too long, or began in another browser",
	codeRefused:     "what the provider sent could not be trusted",
	codeDenied:      "the provider did not let you in",
	codeProvider:    "the provider does not answer as it should",
	codeUnknownUser: "the catalog has no user that is you",
	codeAmbiguous:   "several users of the catalog could be you",
	codeAnother:     "another account signed in as this user before",
	codeUnverified:  "the provider has not verified your e-mail address",
	codeTaken:       "the name that you would have belongs to another",
	codeRemoved:     "your user was removed from the catalog",
	codeBusy:        "too many sign-ins were begun, from your network or in all; wait a few minutes",
	codeNoProvider:  "nobody signs in with that provider here",
	codePortal:      "the portal could not sign you in",
}

// answerPage tells the opener how it went. Without an error the script asks for the token itself, as any page of the
// portal may: so no token is in the page, and what is in it is escaped as attributes.
var answerPage = template.Must(template.New("answer").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Signing in</title></head>
<body data-opener="{{.Opener}}" data-refresh="/api/auth/{{.Provider}}/refresh" data-message="{{.Message}}">
<p>{{if .Message}}Nobody was signed in: {{.Message}}.{{else}}You are signed in.{{end}} This window can be closed.</p>
<script nonce="{{.Nonce}}">
(async () => {
  const { opener: origin, refresh, message } = document.body.dataset;
  const page = window.opener;
  if (!page) return;
  page.postMessage({ type: 'config_info', targetOrigin: origin }, '*');
  let answer = { error: { name: 'AuthenticationError', message } };
  if (!message) {
    try {
      const r = await fetch(refresh, { headers: { 'X-Requested-With': 'XMLHttpRequest' } });
      const body = await r.json();
      answer = r.ok ? { response: body } : { error: { name: body.error.name, message: body.error.message } };
    } catch {
      answer = { error: { name: 'Error', message: 'the portal does not answer' } };
    }
  }
  page.postMessage({ type: 'authorization_response', ...answer }, origin);
  window.close();
})();
</script>
</body>
</html>
`))

// tell ends a sign-in in a window. err is nil where somebody is signed in.
func (h *Handler) tell(w http.ResponseWriter, r *http.Request, p *Provider, opener string, err error) error {
	message := ""
	if err != nil {
		code, id := h.note(r, err)
		message = sentences[code] + " (" + id + ")"
	}
	nonce := rand.Text()
	var page bytes.Buffer
	if err := answerPage.Execute(&page, struct{ Opener, Provider, Message, Nonce string }{opener, p.ID, message, nonce}); err != nil {
		return err
	}
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+nonce+"'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	head.Set("Cache-Control", "no-store")
	_, err = w.Write(page.Bytes())
	return err
}
