package index

import (
	"strconv"

	"portico/internal/catalog/entity"
)

// summary is what a node tells of an entity.
type summary struct{ kind, namespace, name, title, typ, lifecycle, owner, system string }

// summaryOf reads a node's entity, or, where there is none, its ref.
func summaryOf(ref string, d *Doc) (s summary) {
	if d == nil {
		if r, err := entity.ParseRef(ref, entity.Ref{}); err == nil {
			s.kind, s.namespace, s.name = r.Kind, r.Namespace, r.Name
		}
		return s
	}
	text := func(i int, into *string) {
		if i < len(d.base) && d.base[i] == '"' {
			*into, _ = stringAt(d.base, i)
		}
	}
	eachMember(d.base, 0, func(key string, at int) {
		switch key {
		case "kind":
			text(at, &s.kind)
		case "metadata":
			eachMember(d.base, at, func(key string, at int) {
				switch key {
				case "name":
					text(at, &s.name)
				case "namespace":
					text(at, &s.namespace)
				case "title":
					text(at, &s.title)
				}
			})
		case "spec":
			eachMember(d.base, at, func(key string, at int) {
				switch key {
				case "type":
					text(at, &s.typ)
				case "lifecycle":
					text(at, &s.lifecycle)
				}
			})
		}
	})
	if s.namespace == "" {
		s.namespace = entity.DefaultNamespace
	}
	const system = "system:"
	for i := range d.rels {
		switch rel := &d.rels[i]; {
		case rel.from != declared:
		case s.owner == "" && rel.typ.name == "ownedBy":
			s.owner = rel.target
		case s.system == "" && rel.typ.name == "partOf" && len(rel.target) > len(system) && rel.target[:len(system)] == system:
			s.system = rel.target
		}
	}
	return s
}

// eachMember calls fn with the key of each member of the object at s[i], and where its value is.
func eachMember(s string, i int, fn func(key string, at int)) {
	if i >= len(s) || s[i] != '{' {
		return
	}
	for i = skipSpace(s, i+1); i < len(s) && s[i] == '"'; {
		key, end := stringAt(s, i)
		i = skipSpace(s, skipSpace(s, end)+1) // past the colon
		fn(key, i)
		if i = skipValue(s, i); i < 0 {
			return
		}
		if i = skipSpace(s, i); i < len(s) && s[i] == ',' {
			i = skipSpace(s, i+1)
		}
	}
}

// appendSummary appends the members that every node has, with the brace that opens it; typ is what spec.type goes by.
func appendSummary(dst []byte, typ, ref string, d *Doc) []byte {
	s := summaryOf(ref, d)
	dst = appendString(append(dst, `{"ref":`...), ref)
	dst = appendString(append(dst, `,"kind":`...), s.kind)
	dst = appendString(append(dst, `,"namespace":`...), s.namespace)
	dst = appendString(append(dst, `,"name":`...), s.name)
	for _, m := range [...]struct{ key, value string }{
		{`,"title":`, s.title}, {typ, s.typ}, {`,"lifecycle":`, s.lifecycle}, {`,"owner":`, s.owner}, {`,"system":`, s.system},
	} {
		if m.value != "" {
			dst = appendString(append(dst, m.key...), m.value)
		}
	}
	return dst
}

func appendNodes(dst []byte, nodes []GraphNode) []byte {
	dst = append(dst, `"nodes":[`...)
	for i := range nodes {
		n := &nodes[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendSummary(dst, `,"type":`, n.Ref, n.Doc)
		dst = strconv.AppendInt(append(dst, `,"depth":`...), int64(n.Depth), 10)
		dst = strconv.AppendInt(append(dst, `,"more":`...), int64(n.More), 10)
		dst = strconv.AppendBool(append(dst, `,"found":`...), n.Doc != nil)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func appendEdges(dst []byte, edges []GraphEdge) []byte {
	dst = append(dst, `,"edges":[`...)
	for i, e := range edges {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `{"from":`...), e.From)
		dst = appendString(append(dst, `,"to":`...), e.To)
		dst = append(appendString(append(dst, `,"type":`...), e.Type), '}')
	}
	return append(dst, ']')
}

// AppendGraph appends {"revision":N,"nodes":[…],"edges":[…],"relations":[…],"omitted":N}.
func AppendGraph(dst []byte, g *Graph, revision int64) []byte {
	dst = strconv.AppendInt(append(dst, `{"revision":`...), revision, 10)
	dst = appendNodes(append(dst, ','), g.Nodes)
	dst = appendEdges(dst, g.Edges)
	dst = append(dst, `,"relations":[`...)
	for i, r := range g.Relations {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `{"type":`...), r.Type)
		dst = append(strconv.AppendInt(append(dst, `,"count":`...), int64(r.Count), 10), '}')
	}
	dst = strconv.AppendInt(append(dst, `],"omitted":`...), int64(g.Omitted), 10)
	if g.EdgesOmitted > 0 {
		dst = strconv.AppendInt(append(dst, `,"edgesOmitted":`...), int64(g.EdgesOmitted), 10)
	}
	return append(dst, '}')
}
