package index

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
)

// The functions here write answers from the JSON that the documents hold. None of them encodes an
// entity anew.

// Spill is given what was written so far, after each entity, and returns what to go on with: the same, or no
// bytes where it has sent them off. With more false, no further entity is written. The nil Spill leaves all.
type Spill func(written []byte) (dst []byte, more bool)

// AppendPage appends {"items":[…],"totalItems":N,"pageInfo":{…}}.
func AppendPage(dst []byte, p *Page, f *Fields, spill Spill) []byte {
	dst = append(dst, `{"items":`...)
	dst = AppendDocs(dst, p.Docs, f, spill)
	dst = append(dst, `,"totalItems":`...)
	dst = strconv.AppendInt(dst, int64(p.TotalItems), 10)
	dst = append(dst, `,"pageInfo":{`...)
	if p.Next != "" {
		dst = appendString(append(dst, `"nextCursor":`...), p.Next)
	}
	if p.Prev != "" {
		if p.Next != "" {
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `"prevCursor":`...), p.Prev)
	}
	return append(dst, "}}"...)
}

// AppendDocs appends the array of the documents; nil is null.
func AppendDocs(dst []byte, docs []*Doc, f *Fields, spill Spill) []byte {
	dst = append(dst, '[')
	more := true
	for i, d := range docs {
		if i > 0 {
			dst = append(dst, ',')
		}
		if d == nil {
			dst = append(dst, "null"...)
		} else {
			dst = d.AppendFields(dst, f)
		}
		if spill == nil {
			continue
		}
		if dst, more = spill(dst); !more {
			break
		}
	}
	return append(dst, ']')
}

// AppendBatch appends {"items":[…]}; nil is null.
func AppendBatch(dst []byte, docs []*Doc, f *Fields, spill Spill) []byte {
	dst = append(dst, `{"items":`...)
	return append(AppendDocs(dst, docs, f, spill), '}')
}

// AppendFacets appends {"facets":{"kind":[{"value":"API","count":3},…],…}}.
func AppendFacets(dst []byte, facets []Facet) []byte {
	dst = append(dst, `{"facets":{`...)
	for i, f := range facets {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, f.Name), ':')
		dst = append(dst, f.json...)
	}
	return append(dst, "}}"...)
}

// AppendAncestry appends {"rootEntityRef":"…","items":[{"entity":{…},"parentEntityRefs":[…]},…]}.
func AppendAncestry(dst []byte, a *Ancestry) []byte {
	dst = appendString(append(dst, `{"rootEntityRef":`...), a.Root)
	dst = append(dst, `,"items":[`...)
	for i, item := range a.Items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = item.Doc.AppendJSON(append(dst, `{"entity":`...))
		dst = append(dst, `,"parentEntityRefs":`...)
		dst = append(appendStrings(dst, item.Parents), '}')
	}
	return append(dst, "]}"...)
}

// After is the cursor of GET /entities: it names a stretch of the list, not an entity.
func After(offset, limit int) string {
	dst := strconv.AppendInt([]byte(`{"limit":`), int64(limit), 10)
	dst = append(strconv.AppendInt(append(dst, `,"offset":`...), int64(offset), 10), '}')
	return base64.StdEncoding.EncodeToString(dst)
}

// ParseAfter reads what After wrote. A number that is not in it is -1. Errors are errs.Invalid.
func ParseAfter(after string) (offset, limit int, err error) {
	const remedy = "send after exactly as the Link header of the previous answer gave it"
	const most = 1000
	if len(after) > most {
		return 0, 0, invalid(remedy, "the parameter after is %d bytes long", len(after))
	}
	raw, err := decodeBase64(after)
	if err != nil {
		return 0, 0, invalid(remedy, "the parameter after is not base64")
	}
	v := struct{ Limit, Offset *int }{}
	if err := json.Unmarshal(raw, &v); err != nil {
		return 0, 0, invalid(remedy, "the parameter after does not hold a limit and an offset")
	}
	offset, limit = -1, -1
	if v.Offset != nil {
		offset = *v.Offset
	}
	if v.Limit != nil {
		limit = *v.Limit
	}
	if offset < -1 || limit < -1 {
		return 0, 0, invalid(remedy, "the parameter after holds a number below zero")
	}
	return offset, limit, nil
}
