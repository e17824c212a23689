package entity

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestComposed(t *testing.T) {
	tests := []struct {
		name     string
		versions []string
		want     []string
	}{
		{"first and last", []string{`{"spec":{"owner":"a"}}`, `{"spec":{"owner":"b"}}`, `{"spec":{"owner":"c"}}`}, []string{`spec.owner "a" → "c"`}},
		{"there and back", []string{`{"spec":{"owner":"a"}}`, `{"spec":{"owner":"b"}}`, `{"spec":{"owner":"a"}}`}, nil},
		{"came and went", []string{`{"spec":{}}`, `{"spec":{"system":"s"}}`, `{"spec":{}}`}, nil},
		{"a map came, then its field changed", []string{`{"m":{}}`, `{"m":{"labels":{"a":"1"}}}`, `{"m":{"labels":{"a":"2","b":"1"}}}`},
			[]string{`m.labels  → {"a":"2","b":"1"}`}},
		{"a field changed, then its map went", []string{`{"m":{"labels":{"a":"1","b":"1"}}}`, `{"m":{"labels":{"a":"2","b":"1"}}}`, `{"m":{}}`},
			[]string{`m.labels {"a":"1","b":"1"} → `}},
		{"a map went and came back with another field", []string{`{"m":{"labels":{"a":"1"}}}`, `{"m":{}}`, `{"m":{"labels":{"a":"1","b":"2"}}}`},
			[]string{`m.labels.b  → "2"`}},
		{"keys with dots", []string{`{"m":{}}`, `{"m":{"annotations":{"x.io/a.b":"1"}}}`, `{"m":{"annotations":{"x.io/a.b":"2","x.io/a":"3"}}}`},
			[]string{`m.annotations  → {"x.io/a.b":"2","x.io/a":"3"}`}},
		{"a map became text", []string{`{"spec":{"d":{"a":1}}}`, `{"spec":{"d":{"a":2}}}`, `{"spec":{"d":"x"}}`}, []string{`spec.d {"a":1} → "x"`}},
		{"the order of keys is no difference", []string{`{"s":{"l":[{"a":1,"b":2}]}}`, `{"s":{"l":[]}}`, `{"s":{"l":[{"b":2,"a":1}]}}`}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c Composed
			for i := 1; i < len(tt.versions); i++ {
				c.Then(Diff([]byte(tt.versions[i-1]), []byte(tt.versions[i])))
			}
			var got []string
			for _, d := range c.Diff() {
				got = append(got, fmt.Sprintf("%s %s → %s", d.Path, d.From, d.To))
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// A large map of which each field changes in a diff of its own must not keep anybody busy for minutes.
func TestComposedGivesUp(t *testing.T) {
	large := json.RawMessage(`{"k":"` + strings.Repeat("x", 1<<20) + `"}`)
	var c Composed
	c.Then([]FieldChange{{Path: "spec.d", To: large}})
	var many []FieldChange
	for i := range 1000 {
		many = append(many, FieldChange{Path: fmt.Sprintf("spec.d.n%d", i), To: json.RawMessage("1")})
	}
	if c.Then(many) {
		t.Error("it went through with all of it")
	}
}

// Whatever happened in between: the composed diff is that of the first and the last.
func TestComposedIsTheDiffOfTheEnds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var grow func(depth int) string
	grow = func(depth int) string {
		s := "{"
		for i := range 3 {
			if rnd.IntN(3) == 0 {
				continue
			}
			if len(s) > 1 {
				s += ","
			}
			value := fmt.Sprint(rnd.IntN(3))
			if depth > 0 && rnd.IntN(2) == 0 {
				value = grow(depth - 1)
			}
			s += fmt.Sprintf(`"k%d":%s`, i, value)
		}
		return s + "}"
	}
	for range 2000 {
		versions := []string{grow(3)}
		var c Composed
		for range 4 {
			versions = append(versions, grow(3))
			c.Then(Diff([]byte(versions[len(versions)-2]), []byte(versions[len(versions)-1])))
		}
		want, got := map[string]string{}, map[string]string{}
		for _, d := range Diff([]byte(versions[0]), []byte(versions[4])) {
			want[d.Path] = string(d.From) + " → " + string(d.To)
		}
		for _, d := range c.Diff() {
			got[d.Path] = string(d.From) + " → " + string(d.To)
		}
		if len(want) != len(got) {
			t.Fatalf("%v\nwant %v\n got %v", versions, want, got)
		}
		for path := range want {
			if _, ok := got[path]; !ok {
				t.Fatalf("%v\nwant %v\n got %v", versions, want, got)
			}
		}
	}
}
