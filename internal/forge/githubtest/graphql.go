package githubtest

import (
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	graphql "github.com/graph-gophers/graphql-go"
)

//go:embed schema.graphql
var schemaText string

// schema is parsed once: it holds no state, which is in the context of a query.
var schema = sync.OnceValue(func() *graphql.Schema {
	return graphql.MustParseSchema(schemaText, &root{}, graphql.UseFieldResolvers(), graphql.MaxParallelism(1))
})

// asked is one query.
type asked struct {
	g       *GitHub
	a       *access
	cost    int
	missing []any // problems of single nodes
}

type askedKey struct{}

func of(ctx context.Context) *asked { return ctx.Value(askedKey{}).(*asked) }

// refusal is an error as GitHub's GraphQL gives it: with a type beside the message.
type refusal struct{ kind, message string }

func (e refusal) Error() string              { return e.message }
func (e refusal) Extensions() map[string]any { return map[string]any{"type": e.kind} }

func unresolved(what, id string) error {
	return refusal{"NOT_FOUND", fmt.Sprintf("Could not resolve to %s with the %s.", what, id)}
}

// serveGraphQL validates a query against the schema, answers it, and spends its cost.
func (g *GitHub) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Query     string
		Variables map[string]any
	}
	r.Body = http.MaxBytesReader(w, r.Body, 40<<20)
	dec := json.NewDecoder(r.Body)
	if err := dec.Decode(&q); err != nil {
		refuse(w, http.StatusBadRequest, "Problems parsing JSON")
		return
	}
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	g.mu.Lock()
	g.queries = append(g.queries, Query{q.Query, q.Variables})
	a := g.access[token]
	if a == nil || !a.until.IsZero() && !g.now().Before(a.until) {
		g.mu.Unlock()
		refuse(w, http.StatusUnauthorized, "Bad credentials")
		return
	}
	first, _ := q.Variables["first"].(float64)
	ids, _ := q.Variables["ids"].([]any)
	n := max(int(first), len(ids))
	if g.largest > 0 && n > g.largest {
		g.mu.Unlock()
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html><head><title>502 Bad Gateway</title></head></html>"))
		return
	}
	// A point is a hundred lists; a repository has two.
	ctx := &asked{g: g, a: a, cost: max(1, (1+2*n+50)/100)}
	if !g.spend(w.Header(), a, "graphql", ctx.cost) {
		g.mu.Unlock()
		write(w, http.StatusOK, object{"errors": []any{object{"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}}})
		return
	}
	resp := schema().Exec(context.WithValue(r.Context(), askedKey{}, ctx), q.Query, "", q.Variables)
	events, hooks := g.takeEvents()
	g.mu.Unlock()
	g.send(events, hooks)
	out := object{}
	if len(resp.Data) > 0 {
		out["data"] = resp.Data
	}
	problems := ctx.missing
	for _, e := range resp.Errors {
		p := object{"message": e.Message, "locations": e.Locations}
		if kind, ok := e.Extensions["type"]; ok {
			p["type"] = kind
			if kind == "INSUFFICIENT_SCOPES" {
				out["data"] = nil // GitHub refuses the whole query
			}
		}
		if len(e.Path) > 0 {
			p["path"] = e.Path
		}
		problems = append(problems, p)
	}
	if len(problems) > 0 {
		out["errors"] = problems
	}
	write(w, http.StatusOK, out)
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// scalar is a text of one of GitHub's own scalars.
type scalar string

func (*scalar) ImplementsGraphQLType(name string) bool {
	return slices.Contains([]string{"Base64String", "DateTime", "GitObjectID", "URI"}, name)
}

func (s *scalar) UnmarshalGraphQL(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("a text is wanted, not %T", v)
	}
	*s = scalar(text)
	return nil
}

func when(t time.Time) scalar { return scalar(t.UTC().Format(time.RFC3339)) }

type pageInfo struct {
	EndCursor   *string
	HasNextPage bool
}

// part is the part of a list that a connection shows. GitHub wants first, of 1 to 100.
func part[T any](list []T, after *string, first *int32, key func(T) string) ([]T, pageInfo, error) {
	if first == nil || *first < 1 || *first > 100 {
		return nil, pageInfo{}, refusal{"EXCESSIVE_PAGINATION", "You must provide a `first` of 1 to 100 to properly paginate the connection."}
	}
	from := 0
	if after != nil {
		text, err := base64.StdEncoding.DecodeString(*after)
		at, ok := strings.CutPrefix(string(text), "cursor:v2:")
		if err != nil || !ok {
			return nil, pageInfo{}, refusal{"INVALID_CURSOR_ARGUMENTS", fmt.Sprintf("`%s` does not appear to be a valid cursor.", *after)}
		}
		from = sort.Search(len(list), func(i int) bool { return key(list[i]) > at })
	}
	to := min(from+int(*first), len(list))
	info := pageInfo{HasNextPage: to < len(list)}
	if to > from {
		end := base64.StdEncoding.EncodeToString([]byte("cursor:v2:" + key(list[to-1])))
		info.EndCursor = &end
	}
	return list[from:to], info, nil
}

// root is Query and Mutation.
type root struct{ mutations }

type rateLimit struct {
	Cost, Limit, NodeCount, Remaining, Used int32
	ResetAt                                 scalar
}

func (root) RateLimit(ctx context.Context, _ struct{ DryRun bool }) *rateLimit {
	q := of(ctx)
	limit, used := q.g.limit(), q.a.used["graphql"]
	return &rateLimit{Cost: int32(q.cost), Limit: int32(limit), Remaining: int32(limit - used), Used: int32(used), ResetAt: when(q.a.reset["graphql"])}
}

func (root) Repository(ctx context.Context, args struct {
	FollowRenames bool
	Name, Owner   string
}) (*repository, error) {
	q := of(ctx)
	r := q.g.repository(args.Owner + "/" + args.Name)
	if r == nil || !q.g.sees(q.a, r) || !args.FollowRenames && !strings.EqualFold(r.full(), args.Owner+"/"+args.Name) {
		return nil, unresolved("a Repository", fmt.Sprintf("name '%s/%s'", args.Owner, args.Name))
	}
	return &repository{q, r}, nil
}

func (root) RepositoryOwner(ctx context.Context, args struct{ Login string }) *owner {
	return of(ctx).owner(args.Login)
}

func (root) Organization(ctx context.Context, args struct{ Login string }) (*org, error) {
	o := of(ctx).owner(args.Login)
	if o == nil || o.person != nil {
		return nil, unresolved("an Organization", fmt.Sprintf("login of '%s'", args.Login))
	}
	return &org{*o}, nil
}

func (root) Node(ctx context.Context, args struct{ ID graphql.ID }) (*anyNode, error) {
	return of(ctx).node(args.ID)
}

func (root) Nodes(ctx context.Context, args struct{ IDs []graphql.ID }) ([]*anyNode, error) {
	q := of(ctx)
	if len(args.IDs) > 100 {
		return nil, refusal{"ARGUMENT_LIMIT", "You may not provide more than 100 node ids; you provided " + strconv.Itoa(len(args.IDs)) + "."}
	}
	list := make([]*anyNode, len(args.IDs))
	for i, id := range args.IDs {
		n, err := q.node(id)
		if err != nil {
			q.missing = append(q.missing, object{"type": "NOT_FOUND", "path": []any{"nodes", i}, "message": err.Error()})
			continue
		}
		list[i] = n
	}
	return list, nil
}
