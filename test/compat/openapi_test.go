package compat

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"portico/internal/testenv"
)

// operation is one operation of Backstage's document.
type operation struct {
	route *routers.Route
	path  *regexp.Regexp // of the paths that it answers, below /api/catalog
}

// document reads Backstage's OpenAPI document of the catalog: its operations by id.
func document(t *testing.T) map[string]operation {
	t.Helper()
	spec, err := openapi3.NewLoader().LoadFromFile(testenv.Shared(t, "backstage", "catalog-backend.openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	// As written, the metadata of a suggested entity may have no key at all: additionalProperties stands beside an allOf,
	// whose properties it does not see. What is meant is what the allOf says.
	suggested := spec.Components.Schemas["RecursivePartialEntityMeta"]
	if has := suggested.Value.AdditionalProperties.Has; has == nil || *has {
		t.Fatal("the document has mended RecursivePartialEntityMeta: take the correction out of this test")
	}
	suggested.Value.AdditionalProperties = openapi3.AdditionalProperties{}

	// kin-openapi reads "additionalProperties: {}" as a schema that null does not match.
	for _, name := range []string{"Error", "JsonObject", "EntityMeta"} {
		anything := &spec.Components.Schemas[name].Value.AdditionalProperties
		if anything.Schema == nil || !anything.Schema.Value.IsEmpty() {
			t.Fatalf("the document says something else of %s: look at this correction", name)
		}
		*anything = openapi3.AdditionalProperties{Has: openapi3.Ptr(true)}
	}

	ops := map[string]operation{}
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			pattern := regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`)
			ops[op.OperationID] = operation{
				route: &routers.Route{Spec: spec, Path: path, PathItem: item, Method: method, Operation: op},
				path:  regexp.MustCompile("^" + pattern + "$"),
			}
		}
	}
	return ops
}

// holds reports how an answer differs from what the document says of the operation.
func (o operation) holds(t *testing.T, r *reply) error {
	t.Helper()
	method, target, _ := strings.Cut(r.asked, " ")
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	if below, ok := strings.CutPrefix(u.Path, "/api/catalog"); !ok || method != o.route.Method || !o.path.MatchString(below) {
		return fmt.Errorf("%s is not the operation %s %s", r.asked, o.route.Method, o.route.Path)
	}
	if r.status == http.StatusNoContent && len(r.body) > 0 {
		return fmt.Errorf("a 204 has the body %s", r.body)
	}
	return openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: &http.Request{Method: method, URL: u}, Route: o.route, PathParams: map[string]string{},
		},
		Status: r.status, Header: r.header, Body: io.NopCloser(bytes.NewReader(r.body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
}

const descriptor = `
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: billing, description: Sends bills, tags: [go], links: [{url: "https://billing.example.com", title: Billing}]}
spec: {type: service, lifecycle: production, owner: team-a}
`

// Every operation of Backstage's document, in success and in failure, against a started portal.
func TestOpenAPI(t *testing.T) {
	ops := document(t)
	if len(ops) != 20 {
		t.Errorf("the document has %d operations, this test was written for 20", len(ops))
	}
	git := startHost(t, map[string]string{
		"acme/billing/catalog-info.yaml": descriptor,
		"acme/broken/catalog-info.yaml":  "kind: [",
		"acme/plain/README.md":           "# Plain\n\nHas no descriptor.\n",
		"acme/plain/go.mod":              "module example.com/plain\n",
	})
	p := startSmall(t, git.config())
	var cart entity
	p.get("/api/catalog/entities/by-name/component/default/cart").ok().into(&cart)
	billing := fmt.Sprintf(`{"type":"url","target":%q}`, git.page("acme/billing", "catalog-info.yaml"))
	moved := fmt.Sprintf(`{"type":"url","target":%q}`, git.page("acme/billing", "elsewhere.yaml"))
	analyze := func(repo string) string {
		return fmt.Sprintf(`{"location":{"type":"url","target":%q}}`, git.repo(repo))
	}
	var created struct{ Location struct{ ID string } }
	// LOCATION in a path is the id of the location that the calls above it have created.
	tests := []struct {
		operation, method, path, body string
		want                          int
		o                             []option
	}{
		{"RefreshEntity", "POST", "/refresh", `{"entityRef":"component:default/cart"}`, 200, nil},
		{"RefreshEntity", "POST", "/refresh", `{"entityRef":"component:default/none"}`, 404, nil},
		{"RefreshEntity", "POST", "/refresh", `{"entityRef":""}`, 400, nil},
		{"RefreshEntity", "POST", "/refresh", `{"entityRef":"component:default/cart"}`, 401, []option{anonymous}},
		{"RefreshEntity", "POST", "/refresh", `{"entityRef":"component:default/cart"}`, 403, []option{bearer(readOnlyToken)}},

		{"GetEntities", "GET", "/entities", "", 200, nil},
		{"GetEntities", "GET", "/entities?filter=kind=component,spec.type=service&fields=kind,apiVersion,metadata&order=asc:metadata.name&limit=1&offset=1", "", 200, nil},
		{"GetEntities", "GET", "/entities?filter=kind=nothing", "", 200, nil},
		{"GetEntities", "GET", "/entities?limit=x", "", 400, nil},
		{"GetEntities", "GET", "/entities?after=x", "", 400, nil},

		{"GetEntityByUid", "GET", "/entities/by-uid/" + cart.Metadata.UID, "", 200, nil},
		{"GetEntityByUid", "GET", "/entities/by-uid/none", "", 404, nil},

		{"GetEntityByName", "GET", "/entities/by-name/component/default/cart", "", 200, nil},
		{"GetEntityByName", "GET", "/entities/by-name/User/Default/Ana", "", 200, nil},
		{"GetEntityByName", "GET", "/entities/by-name/component/default/none", "", 404, nil},

		{"GetEntityAncestryByName", "GET", "/entities/by-name/component/default/cart/ancestry", "", 200, nil},
		{"GetEntityAncestryByName", "GET", "/entities/by-name/component/default/none/ancestry", "", 404, nil},

		{"GetEntitiesByRefs", "POST", "/entities/by-refs", `{"entityRefs":["component:default/cart","component:default/none"]}`, 200, nil},
		{"GetEntitiesByRefs", "POST", "/entities/by-refs", `{"entityRefs":[]}`, 200, nil},
		{"GetEntitiesByRefs", "POST", "/entities/by-refs?filter=kind=api", `{"entityRefs":["component:default/cart"],"query":{"kind":"api"}}`, 200, nil},
		{"GetEntitiesByRefs", "POST", "/entities/by-refs", `{}`, 400, nil},
		{"GetEntitiesByRefs", "POST", "/entities/by-refs", `{"entityRefs":[`, 400, nil},

		{"GetEntitiesByQuery", "GET", "/entities/by-query?limit=3&orderField=metadata.name,desc", "", 200, nil},
		{"GetEntitiesByQuery", "GET", "/entities/by-query?limit=0", "", 200, nil},
		{"GetEntitiesByQuery", "GET", "/entities/by-query?totalItems=exclude&fullTextFilterTerm=cart&fullTextFilterFields=metadata.name,metadata.title", "", 200, nil},
		{"GetEntitiesByQuery", "GET", "/entities/by-query?cursor=x", "", 400, nil},
		{"GetEntitiesByQuery", "GET", "/entities/by-query?totalItems=some", "", 400, nil},

		{"QueryEntitiesByPredicate", "POST", "/entities/by-query", `{"query":{"kind":"component"},"limit":2,"orderBy":[{"field":"metadata.name","order":"asc"}]}`, 200, nil},
		{"QueryEntitiesByPredicate", "POST", "/entities/by-query", ``, 200, nil},
		{"QueryEntitiesByPredicate", "POST", "/entities/by-query", `{"query":"kind"}`, 400, nil},

		{"GetEntityFacets", "GET", "/entity-facets?facet=kind&facet=spec.type&facet=nothing", "", 200, nil},
		{"GetEntityFacets", "GET", "/entity-facets?facet=relations.ownedBy&filter=kind=component", "", 200, nil},
		{"GetEntityFacets", "GET", "/entity-facets", "", 400, nil},

		{"QueryEntityFacetsByPredicate", "POST", "/entity-facets", `{"facets":["kind"],"query":{"spec.type":{"$exists":true}}}`, 200, nil},
		{"QueryEntityFacetsByPredicate", "POST", "/entity-facets", `{}`, 400, nil},

		{"AnalyzeLocation", "POST", "/analyze-location", analyze("acme/billing"), 200, nil},
		{"AnalyzeLocation", "POST", "/analyze-location", analyze("acme/plain"), 200, nil},
		{"AnalyzeLocation", "POST", "/analyze-location", analyze("acme/none"), 400, nil},
		{"AnalyzeLocation", "POST", "/analyze-location", `{"location":{"type":"url","target":"https://unknown.example.com/x/y"}}`, 403, nil},

		{"CreateLocation", "POST", "/locations?dryRun=true", billing, 201, nil},
		{"CreateLocation", "POST", "/locations?dryRun=true", moved, 400, nil},
		{"CreateLocation", "POST", "/locations?dryRun=true", fmt.Sprintf(`{"type":"url","target":%q}`, git.page("acme/broken", "catalog-info.yaml")), 400, nil},
		{"CreateLocation", "POST", "/locations", billing, 201, nil},
		{"CreateLocation", "POST", "/locations", billing, 409, nil},
		{"CreateLocation", "POST", "/locations?onConflict=reject", billing, 409, nil},
		{"CreateLocation", "POST", "/locations?onConflict=refresh", billing, 201, nil},
		{"CreateLocation", "POST", "/locations?dryRun=true", billing, 201, nil},
		{"CreateLocation", "POST", "/locations", `{"type":"file","target":"/etc/passwd"}`, 400, nil},

		{"GetLocations", "GET", "/locations", "", 200, nil},
		{"GetLocations", "GET", "/locations", "", 401, []option{anonymous}},
		{"GetLocationsByQuery", "POST", "/locations/by-query", ``, 200, nil},
		{"GetLocationsByQuery", "POST", "/locations/by-query", `{"limit":1,"query":{"type":"url"}}`, 200, nil},
		{"GetLocationsByQuery", "POST", "/locations/by-query", `{"limit":0}`, 400, nil},
		{"GetLocation", "GET", "/locations/LOCATION", "", 200, nil},
		{"GetLocation", "GET", "/locations/none", "", 404, nil},
		{"getLocationByEntity", "GET", "/locations/by-entity/component/default/cart", "", 200, nil},
		{"getLocationByEntity", "GET", "/locations/by-entity/component/default/none", "", 404, nil},
		{"UpdateLocation", "PUT", "/locations/LOCATION", moved, 200, nil},
		{"UpdateLocation", "PUT", "/locations/LOCATION", `{"type":"url","target":""}`, 400, nil},
		{"UpdateLocation", "PUT", "/locations/none", moved, 404, nil},
		{"CreateLocation", "POST", "/locations", billing, 201, nil}, // where the location was before it moved
		{"UpdateLocation", "PUT", "/locations/LOCATION", moved, 409, nil},
		{"DeleteLocation", "DELETE", "/locations/LOCATION", "", 204, nil},
		{"DeleteLocation", "DELETE", "/locations/LOCATION", "", 404, nil},

		{"ValidateEntity", "POST", "/validate-entity", `{"location":"url:https://example.com/x.yaml","entity":{"apiVersion":"backstage.io/v1alpha1","kind":"Domain","metadata":{"name":"x"},"spec":{"owner":"y"}}}`, 200, nil},
		{"ValidateEntity", "POST", "/validate-entity", `{"location":"url:https://example.com/x.yaml","entity":{"apiVersion":"backstage.io/v1alpha1","kind":"Domain","metadata":{"name":"-"}}}`, 400, nil},
		{"ValidateEntity", "POST", "/validate-entity", `{"location":"nowhere","entity":{}}`, 400, nil},
		{"ValidateEntity", "POST", "/validate-entity", `{}`, 400, nil},
		{"ValidateEntity", "POST", "/validate-entity", `{"entity":`, 400, nil},
		{"ValidateEntity", "POST", "/validate-entity", `[1]`, 400, nil},

		{"DeleteEntityByUid", "DELETE", "/entities/by-uid/" + cart.Metadata.UID, "", 204, nil},
		{"DeleteEntityByUid", "DELETE", "/entities/by-uid/" + cart.Metadata.UID, "", 404, nil},
		{"DeleteEntityByUid", "DELETE", "/entities/by-uid/none", "", 404, nil},
	}
	exercised := map[string][]int{}
	for _, tt := range tests {
		path := "/api/catalog" + strings.ReplaceAll(tt.path, "LOCATION", created.Location.ID)
		r := p.do(tt.method, path, tt.body, tt.o...)
		if r.status != tt.want {
			t.Errorf("%s %s: got %d, want %d: %s", r.asked, tt.body, r.status, tt.want, r.body)
		}
		op, known := ops[tt.operation]
		if !known {
			t.Fatalf("the document has no operation %s", tt.operation)
		}
		if err := op.holds(t, r); err != nil {
			t.Errorf("%s %s is not as the document says: %v\n%s", r.asked, tt.body, err, r.body)
		}
		if tt.operation == "CreateLocation" && r.status == 201 && !strings.Contains(tt.path, "dryRun") {
			r.into(&created)
		}
		exercised[tt.operation] = append(exercised[tt.operation], r.status/100)
	}
	for id, op := range ops {
		if !slices.Contains(exercised[id], 2) || !slices.Contains(exercised[id], 4) {
			t.Errorf("%s %s (%s) was not called in success and in failure", op.route.Method, op.route.Path, id)
		}
	}
}

// The check must bite: answers that the document forbids are told apart.
func TestOpenAPIBites(t *testing.T) {
	ops := document(t)
	json := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	tests := []struct {
		name, operation, asked string
		status                 int
		header                 http.Header
		body                   string
		fine                   bool
	}{
		{"as it should be", "GetEntitiesByRefs", "POST /api/catalog/entities/by-refs", 200, json, `{"items":[null,{"apiVersion":"a","kind":"b","metadata":{"name":"c"}}]}`, true},
		{"a null where none may be", "GetEntities", "GET /api/catalog/entities", 200, json, `[null]`, false},
		{"an item that is no entity", "GetEntitiesByRefs", "POST /api/catalog/entities/by-refs", 200, json, `{"items":[{"kind":"b"}]}`, false},
		{"a key too many", "GetEntitiesByRefs", "POST /api/catalog/entities/by-refs", 200, json, `{"items":[],"more":1}`, false},
		{"a relation with a key too many", "GetEntities", "GET /api/catalog/entities", 200, json, `[{"apiVersion":"a","kind":"b","metadata":{"name":"c"},"relations":[{"type":"x","targetRef":"y","target":{}}]}]`, false},
		{"a text where a number must be", "GetEntityFacets", "GET /api/catalog/entity-facets", 200, json, `{"facets":{"kind":[{"value":"a","count":"1"}]}}`, false},
		{"an error without its envelope", "GetEntities", "GET /api/catalog/entities", 404, json, `{"message":"no"}`, false},
		{"another content type", "GetEntities", "GET /api/catalog/entities", 200, http.Header{"Content-Type": {"text/html"}}, `[]`, false},
		{"a status that is not there", "ValidateEntity", "POST /api/catalog/validate-entity", 409, json, `{}`, false},
		{"another operation", "GetEntities", "GET /api/catalog/locations", 200, json, `[]`, false},
		{"a suggested entity", "AnalyzeLocation", "POST /api/catalog/analyze-location", 200, json, `{"existingEntityFiles":[],"generateEntities":[{"entity":{"kind":"a","metadata":{"name":"b"}},"fields":[{"field":"a","state":"needsUserInput","value":null,"description":"c"}]}]}`, true},
		{"a suggestion in no state", "AnalyzeLocation", "POST /api/catalog/analyze-location", 200, json, `{"existingEntityFiles":[],"generateEntities":[{"entity":{},"fields":[{"field":"a","state":"odd","value":null,"description":"c"}]}]}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := ops[tt.operation].holds(t, &reply{asked: tt.asked, status: tt.status, header: tt.header, body: []byte(tt.body)})
			if (err == nil) != tt.fine {
				t.Errorf("got %v", err)
			}
		})
	}
}
