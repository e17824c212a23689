package gitlab

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/wire"
)

const maxDelivery = 10 << 20 // bytes

// means are the events of group hooks and of system hooks, by what they are called in the body. What is not here means
// nothing to us.
var means = map[string]forge.What{
	"push":              forge.Pushed,
	"repository_update": forge.RepositoryChanged,
	"project_create":    forge.RepositoryChanged,
	"project_rename":    forge.RepositoryChanged,
	"project_transfer":  forge.RepositoryChanged,
	"project_update":    forge.RepositoryChanged,
	"project_destroy":   forge.RepositoryGone,

	"group_create":           forge.TeamsChanged,
	"group_destroy":          forge.TeamsChanged,
	"group_rename":           forge.RepositoryChanged, // of all that is below it, and no event follows for each
	"subgroup_create":        forge.TeamsChanged,
	"subgroup_destroy":       forge.TeamsChanged,
	"user_add_to_group":      forge.TeamsChanged,
	"user_update_for_group":  forge.TeamsChanged,
	"user_remove_from_group": forge.TeamsChanged,
	"user_destroy":           forge.TeamsChanged,
	"user_rename":            forge.TeamsChanged,
}

// Webhook verifies a delivery and reads it. GitLab signs nothing: a delivery brings the token itself, so it is only as
// secret as the way that it comes. Delivery is Idempotency-Key, which stays when GitLab tries again, else the id of the
// event, which several hooks share. What belongs to no project below the group is RepositoryGone: a system hook brings
// that, and so does a transfer. The event of a group that is renamed is of all its projects, and has no RepositoryID.
func (f *Forge) Webhook(header http.Header, body []byte) (*forge.Event, error) {
	if err := f.verify(header, body); err != nil {
		return nil, err
	}
	if header.Get("X-Gitlab-Event") == "" {
		return nil, errs.New(errs.Invalid, "the delivery has no header X-Gitlab-Event")
	}
	var payload struct {
		ObjectKind string `json:"object_kind"`
		EventName  string `json:"event_name"`
		ProjectID  int64  `json:"project_id"`
		Path       string `json:"path_with_namespace"`
		Project    *struct {
			ID   int64  `json:"id"`
			Path string `json:"path_with_namespace"`
		} `json:"project"`
		Ref   string `json:"ref"`
		After string `json:"after"`
	}
	event := &forge.Event{Delivery: wire.Line(header.Get("Idempotency-Key"), 200), Name: wire.Line(header.Get("X-Gitlab-Event"), 100)}
	if event.Delivery == "" {
		event.Delivery = wire.Line(header.Get("X-Gitlab-Event-UUID"), 200)
	}
	if err := json.Unmarshal(body, &payload); err != nil {
		return nil, errs.Public(errs.Invalid, fmt.Sprintf("the delivery %q is no JSON of a GitLab event", event.Name), err)
	}
	kind := payload.EventName
	if kind == "" {
		kind = payload.ObjectKind
	}
	if kind == "" {
		return nil, errs.New(errs.Invalid, "the delivery %q has neither event_name nor object_kind", event.Name)
	}
	event.Name, event.What = wire.Line(kind, 100), means[kind]
	if event.What == forge.Ignored || event.What == forge.TeamsChanged || kind == "group_rename" {
		return event, nil
	}
	id, path := payload.ProjectID, payload.Path
	if payload.Project != nil {
		if id == 0 {
			id = payload.Project.ID
		}
		if path == "" {
			path = payload.Project.Path
		}
	}
	if id <= 0 || !wire.IsPath(path, 2) {
		return nil, errs.New(errs.Invalid, "the %s delivery has no usable project_id or path_with_namespace", event.Name)
	}
	event.RepositoryID, event.Repository = strconv.FormatInt(id, 10), path
	if !f.owns(path) {
		event.What = forge.RepositoryGone
		return event, nil
	}
	if event.What != forge.Pushed {
		return event, nil
	}
	branch, isBranch := strings.CutPrefix(payload.Ref, "refs/heads/")
	if !isBranch {
		return nil, errs.New(errs.Invalid, "the push delivery has no ref of a branch")
	}
	if event.Branch = wire.Branch(branch); event.Branch == "" {
		return nil, errs.New(errs.Invalid, "the push delivery is of the branch %q, which git cannot be given", wire.Line(branch, 200))
	}
	event.Commit = wire.Commit(payload.After)
	switch {
	case event.Commit != "":
	case payload.After != "" && strings.Trim(payload.After, "0") == "":
		event.What = forge.RepositoryChanged // the branch went
	default:
		return nil, errs.New(errs.Invalid, "the push delivery has no usable commit")
	}
	return event, nil
}

// verify looks at nothing of the body but its length. Digests are compared, so that not even the length of the token shows.
func (f *Forge) verify(header http.Header, body []byte) error {
	if len(f.tokens) == 0 {
		return errs.WithRemedy(errs.New(errs.Unauthenticated, "webhooks of %s are not accepted: the provider has no token for them", f.group),
			"write the same secret token in the provider's configuration and in the webhook")
	}
	if len(body) > maxDelivery {
		return errs.New(errs.TooLarge, "the delivery is larger than %d bytes, the limit", maxDelivery)
	}
	given, right := sha256.Sum256([]byte(header.Get("X-Gitlab-Token"))), 0
	for _, token := range f.tokens {
		want := sha256.Sum256([]byte(token))
		right |= subtle.ConstantTimeCompare(given[:], want[:])
	}
	if right != 1 {
		return errs.WithRemedy(errs.New(errs.Unauthenticated, "the delivery's token is missing or wrong"),
			"write the same secret token in the webhook as in the provider's configuration")
	}
	return nil
}
