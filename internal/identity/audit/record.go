package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/httpx"
	"portico/internal/identity"
)

// Outcome says whether somebody did what they meant to do.
type Outcome string

// The outcomes.
const (
	Allowed Outcome = "allowed"
	Denied  Outcome = "denied"
)

// Record is one line of the log.
type Record struct {
	Seq       int64           `json:"seq"`
	At        time.Time       `json:"at"`
	Actor     string          `json:"actor"`     // "user:default/ana", "service:ci"; "unknown" for a token that nobody knows
	Principal string          `json:"principal"` // user, service, guest, system; "" where nobody was known
	Action    string          `json:"action"`
	Target    string          `json:"target"`
	Outcome   Outcome         `json:"outcome"`
	Status    int             `json:"status,omitempty"` // of the answer to what was denied
	Detail    json.RawMessage `json:"detail"`
	RequestID string          `json:"requestId"`
	Address   string          `json:"address"`
	Prev      Digest          `json:"prev"`
	Digest    Digest          `json:"digest"`
}

// used is the token of the portal's own that let a request in. What the configuration lets in has the actor's name alone.
type used struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// Digest is of a record and, through Prev, of all before it.
type Digest []byte

// MarshalText writes it in hexadecimal digits.
func (d Digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Digest) UnmarshalText(text []byte) (err error) {
	*d, err = hex.DecodeString(string(text))
	return err
}

// canonicalVersion begins what is digested, so that another form could follow in the same chain.
const canonicalVersion = "portico audit 1\n"

// canonical is what the digest is of: every field, each with its length before it, so that nothing can move from one
// into the next.
func (r *Record) canonical() []byte {
	b := []byte(canonicalVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(r.At.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(r.Status))
	for _, s := range []string{r.Actor, r.Principal, r.Action, r.Target, string(r.Outcome), string(r.Detail), r.RequestID, r.Address} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

// sum is the digest that the record must have after prev.
func (r *Record) sum(prev Digest) Digest {
	h := sha256.New()
	h.Write(prev)
	h.Write(r.canonical())
	return h.Sum(nil)
}

// The longest that a record repeats of a request.
const (
	maxText   = 1000
	maxDetail = 8 << 10
)

// clean makes text that PostgreSQL takes, of bounded length.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	return s
}

func usedBy(c httpx.Caller) *used {
	if p, ok := c.Principal.(*identity.Principal); ok && p != nil && p.Token != nil && p.Token.ID != 0 {
		return &used{p.Token.ID, p.Token.Name}
	}
	return nil
}

// detail encodes what a record says beside its fields: an object, in which token says what let the request in.
func detail(v any, token *used) (json.RawMessage, error) {
	if v == nil {
		v = struct{}{}
	}
	b, err := json.Marshal(v)
	if err == nil && b[0] != '{' {
		err = fmt.Errorf("%T is no object", v)
	}
	if err == nil && len(b) > maxDetail {
		b, err = json.Marshal(map[string]any{"truncated": true, "bytes": len(b)})
	}
	if err == nil && token != nil {
		b, err = withToken(b, *token)
	}
	if err != nil {
		return nil, fmt.Errorf("audit: encode detail: %w", err)
	}
	return b, nil
}

// withToken puts the token at the end of an object. Of two members of the name readers take the last.
func withToken(object []byte, token used) ([]byte, error) {
	text, err := json.Marshal(map[string]used{"token": token})
	if err != nil || len(object) == len("{}") {
		return text, err
	}
	return append(append(object[:len(object)-1], ','), text[1:]...), nil
}

// Author is who changes something, and what is recorded of it.
type Author struct {
	// Name is for the change log: "user:default/ana", "system:schedule".
	Name  string
	draft *Record // nil: nothing is recorded
	token *used
}

// System is the portal itself. What it does on its own is in the change log, and no record is made of it.
func System(name string) Author { return Author{Name: name} }

// Of is the author of a request to a route that is audited.
func Of(r *http.Request) Author {
	c := httpx.CallerOf(r.Context())
	d := draft(c, c.Action)
	d.Outcome = Allowed
	return Author{Name: d.Actor, draft: &d, token: usedBy(c)}
}

// For is the author of an action: whoever makes the request that ctx belongs to, or the portal itself where there is none.
func For(ctx context.Context, action string) Author {
	c := httpx.CallerOf(ctx)
	d := draft(c, action)
	if c.Principal == nil {
		d.Actor, d.Principal = "system:identity", "system"
	}
	d.Outcome = Allowed
	return Author{Name: d.Actor, draft: &d, token: usedBy(c)}
}

// Operator is whoever runs a command on the portal's database, as the author of an action.
func Operator(action string) Author {
	return Author{Name: "operator:cli", draft: &Record{Actor: "operator:cli", Principal: "system", Action: action, Outcome: Allowed}}
}

func draft(c httpx.Caller, action string) Record {
	d := Record{Actor: c.Name, Action: action, RequestID: c.RequestID}
	if c.Address.IsValid() {
		d.Address = c.Address.String()
	}
	if p, ok := c.Principal.(*identity.Principal); ok && p != nil {
		d.Principal = p.Type
	}
	if d.Actor == "" {
		d.Actor = "unknown"
	}
	return d
}

// Self is a user who signs in or out, as the author of an action: the caller of the request is somebody else until that is
// done, or nobody.
func Self(ctx context.Context, ref, action string) Author {
	c := httpx.CallerOf(ctx)
	d := draft(c, action)
	d.Actor, d.Principal, d.Outcome = ref, "user", Allowed
	return Author{Name: d.Actor, draft: &d, token: usedBy(c)}
}

// Session records that somebody signed in or out.
func Session(ctx context.Context, tx pgx.Tx, e identity.Event) error {
	return Self(ctx, e.UserRef, httpx.CallerOf(ctx).Action).Record(ctx, tx, e.UserRef, e.Detail)
}

// Quiet is the author of what belongs to a change that is recorded already.
func (a Author) Quiet() Author { return Author{Name: a.Name} }

// Record writes the record of a change. It is the last statement of the transaction that makes the change: the lock that
// it takes lasts until the commit, and everybody who changes something waits for it.
func (a Author) Record(ctx context.Context, tx pgx.Tx, target string, more any) error {
	if a.draft == nil {
		return nil
	}
	if a.draft.Action == "" {
		return errors.New("audit: the route names no action")
	}
	r := *a.draft // a transaction that is repeated writes it again
	r.Target = target
	var err error
	if r.Detail, err = detail(more, a.token); err != nil {
		return err
	}
	return appendRecord(ctx, tx, &r)
}
