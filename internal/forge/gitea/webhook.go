package gitea

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/wire"
)

const maxDelivery = 10 << 20 // bytes

// Webhook verifies a delivery and reads it. The signature is the HMAC-SHA256 of the raw body, under the name that Gitea,
// Forgejo or GitHub gave to its header. A branch that came or changed is Pushed; one that went is RepositoryChanged. What
// belongs to another account than this one is RepositoryGone: a hook of the whole host brings that, and so does the first
// event after a transfer.
func (f *Forge) Webhook(header http.Header, body []byte) (*forge.Event, error) {
	if err := f.verify(header, body); err != nil {
		return nil, err
	}
	event := &forge.Event{
		Delivery: wire.Line(first(header, "X-Gitea-Delivery", "X-Forgejo-Delivery"), 200),
		Name:     wire.Line(first(header, "X-Gitea-Event", "X-Forgejo-Event"), 100),
	}
	if event.Name == "" {
		return nil, errs.New(errs.Invalid, "the delivery has no header X-Gitea-Event")
	}
	switch event.Name {
	case "push", "create", "delete", "repository":
	default:
		return event, nil
	}
	var payload struct {
		Ref        string      `json:"ref"`
		RefType    string      `json:"ref_type"`
		SHA        string      `json:"sha"`
		After      string      `json:"after"`
		Action     string      `json:"action"`
		Repository *repository `json:"repository"`
	}
	if err := json.Unmarshal(body, &payload); err != nil {
		return nil, errs.Public(errs.Invalid, fmt.Sprintf("the %s delivery is no JSON of a Gitea event", event.Name), err)
	}
	if payload.Repository == nil {
		return nil, errs.New(errs.Invalid, "the %s delivery has no repository", event.Name)
	}
	r, err := f.checked(payload.Repository)
	if err != nil {
		return nil, errs.Public(errs.Invalid, fmt.Sprintf("the repository of the %s delivery has no usable id or name", event.Name), err)
	}
	event.RepositoryID, event.Repository = r.ID, r.Name

	branch, isBranch := strings.CutPrefix(payload.Ref, "refs/heads/")
	switch event.Name {
	case "create", "delete":
		// These name the branch alone.
		branch, isBranch = payload.Ref, payload.RefType == "branch"
	}
	switch {
	case event.Name == "repository" && payload.Action == "":
		return nil, errs.New(errs.Invalid, "the repository delivery has no action")
	case event.Name == "repository" && payload.Action == "deleted":
		event.What = forge.RepositoryGone
	case !f.owns(payload.Repository):
		event.What = forge.RepositoryGone
	case event.Name == "repository":
		event.What = forge.RepositoryChanged
	case payload.Ref == "":
		return nil, errs.New(errs.Invalid, "the %s delivery has no ref", event.Name)
	case !isBranch:
		// A tag.
	default:
		if event.Branch = wire.Branch(branch); event.Branch == "" {
			return nil, errs.New(errs.Invalid, "the %s delivery is of the branch %q, which git cannot be given", event.Name, wire.Line(branch, 200))
		}
		commit := payload.After
		if event.Name == "create" {
			commit = payload.SHA
		}
		event.What, event.Commit = forge.Pushed, wire.Commit(commit)
		if event.Name == "delete" || strings.Trim(commit, "0") == "" {
			event.What, event.Commit = forge.RepositoryChanged, ""
		} else if event.Commit == "" {
			return nil, errs.New(errs.Invalid, "the %s delivery has no usable commit", event.Name)
		}
	}
	return event, nil
}

// verify looks at nothing of the body but its bytes.
func (f *Forge) verify(header http.Header, body []byte) error {
	if len(f.secrets) == 0 {
		return errs.WithRemedy(errs.New(errs.Unauthenticated, "webhooks of %s are not accepted: the provider has no secret for them", f.owner),
			"write the same secret in the provider's configuration and in the webhook")
	}
	if len(body) > maxDelivery {
		return errs.New(errs.TooLarge, "the delivery is larger than %d bytes, the limit", maxDelivery)
	}
	signature := first(header, "X-Gitea-Signature", "X-Forgejo-Signature", "X-Hub-Signature-256")
	if signature == "" {
		return errs.WithRemedy(errs.New(errs.Unauthenticated, "the delivery is not signed"), "write a secret in the webhook, the same as in the provider's configuration")
	}
	given, err := hex.DecodeString(strings.TrimPrefix(signature, "sha256="))
	right := false
	for _, secret := range f.secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		right = hmac.Equal(given, mac.Sum(nil)) || right
	}
	if err != nil || !right {
		return errs.WithRemedy(errs.New(errs.Unauthenticated, "the delivery's signature is wrong"),
			"write the same secret in the webhook as in the provider's configuration, and let it send application/json")
	}
	return nil
}

func first(header http.Header, names ...string) string {
	for _, n := range names {
		if v := header.Get(n); v != "" {
			return v
		}
	}
	return ""
}
