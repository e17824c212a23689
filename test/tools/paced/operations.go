package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

type operation struct {
	name     string
	requests []request
}

// operations makes the requests that shared/bench/measure-http.sh makes, from what the server itself says it has: fifty names over
// the whole order, the ten largest owners, eight words.
func operations(o options) ([]operation, error) {
	names, err := names(o)
	if err != nil {
		return nil, err
	}
	owners, err := owners(o)
	if err != nil {
		return nil, err
	}
	refs := make([]string, len(names))
	var byName, ancestry, text, owner, relation []request
	for i, n := range names {
		refs[i] = "component:default/" + n
		byName = append(byName, request{"GET", "/entities/by-name/component/default/" + n, ""})
		ancestry = append(ancestry, request{"GET", "/entities/by-name/component/default/" + n + "/ancestry", ""})
	}
	body, err := json.Marshal(map[string]any{"entityRefs": refs})
	if err != nil {
		return nil, err
	}
	const page = "&limit=20&orderField=metadata.name,asc"
	for w := range strings.FieldsSeq("payment checkout fraud warehouse invoice session gateway ledger") {
		text = append(text, request{"GET", "/entities/by-query?filter=kind=component" + page + "&fullTextFilterTerm=" + w +
			"&fullTextFilterFields=metadata.name,metadata.title,metadata.description", ""})
	}
	for _, n := range owners {
		owner = append(owner, request{"GET", "/entities/by-query?filter=kind=component,spec.owner=" + n + page, ""})
		relation = append(relation, request{"GET", "/entities/by-query?filter=relations.ownedBy=" + n + page, ""})
	}
	one := func(path string) []request { return []request{{"GET", path, ""}} }
	return []operation{
		{"by_name", byName},
		{"by_refs_50", []request{{"POST", "/entities/by-refs", string(body)}}},
		{"query_kind_page", one("/entities/by-query?filter=kind=component" + page)},
		{"query_fulltext", text},
		{"query_owner", owner},
		{"query_relation", relation},
		{"facet_metadata.tags", one("/entity-facets?facet=metadata.tags")},
		{"facets_four", one("/entity-facets?facet=kind&facet=spec.type&facet=spec.lifecycle&facet=metadata.tags&filter=kind=component")},
		{"ancestry", ancestry},
	}, nil
}

func names(o options) (out []string, err error) {
	var page struct {
		TotalItems int
		Items      []struct{ Metadata struct{ Name string } }
	}
	const path = "/entities/by-query?filter=kind=component&orderField=metadata.name,asc&fields=metadata.name"
	if err := decode(o, path+"&limit=0", &page); err != nil {
		return nil, err
	}
	total := page.TotalItems
	for k := range 5 {
		if err := decode(o, fmt.Sprintf("%s&limit=10&offset=%d", path, k*total/5), &page); err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			out = append(out, item.Metadata.Name)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the server has no components")
	}
	return out, nil
}

func owners(o options) (out []string, err error) {
	type value struct {
		Value string
		Count int
	}
	var answer struct{ Facets map[string][]value }
	if err := decode(o, "/entity-facets?facet=spec.owner&filter=kind=component", &answer); err != nil {
		return nil, err
	}
	values := answer.Facets["spec.owner"]
	slices.SortFunc(values, func(a, b value) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Value, b.Value)) })
	for _, v := range values[:min(10, len(values))] {
		out = append(out, v.Value)
	}
	return out, nil
}

func decode(o options, path string, into any) error {
	var b strings.Builder
	if err := ask(&http.Client{Timeout: time.Minute}, o, request{"GET", path, ""}, &b); err != nil {
		return err
	}
	return json.Unmarshal([]byte(b.String()), into)
}
