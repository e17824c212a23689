package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Formats of [Config.Print].
const (
	YAML = "yaml"
	JSON = "json"
)

// Print writes the effective configuration, merged and substituted, with Portico's defaults for
// what was not written and every secret as [Redacted]. format is [YAML] or [JSON].
func (c *Config) Print(w io.Writer, format string) error {
	tree := redactNode(Node{v: c.effective()})
	var out []byte
	switch format {
	case YAML, "":
		var err error
		if out, err = yaml.Dump(yamlOf(tree), yaml.WithQuotePreference(yaml.QuoteDouble)); err != nil {
			return fmt.Errorf("printing the configuration: %w", err)
		}
	case JSON:
		var indented bytes.Buffer
		if err := json.Indent(&indented, jsonOf(tree), "", "  "); err != nil {
			return fmt.Errorf("printing the configuration: %w", err)
		}
		indented.WriteByte('\n')
		out = indented.Bytes()
	default:
		return fmt.Errorf("there is no format %q; write yaml or json", format)
	}
	_, err := w.Write(out)
	return err
}

// effective is the tree with the defaults laid under it.
func (c *Config) effective() *value {
	p := c.Portico.Catalog
	defaults := newMap(Position{})
	put := func(path, text string, kind Kind) {
		at, keys := defaults, strings.Split(path, ".")
		for _, key := range keys[:len(keys)-1] {
			if at.get(key) == nil {
				at.set(key, Position{}, newMap(Position{}))
			}
			at = at.get(key)
		}
		at.set(keys[len(keys)-1], Position{}, &value{kind: kind, text: text})
	}
	put("app.title", c.App.Title, String)
	if listen := c.Node("backend.listen"); !listen.Exists() || listen.Kind() == Map {
		put("backend.listen.host", c.Backend.Listen.Host, String)
		put("backend.listen.port", strconv.Itoa(c.Backend.Listen.Port), Number)
	}
	put("catalog.orphanStrategy", c.Catalog.OrphanStrategy, String)
	put("catalog.import.entityFilename", c.Catalog.Import.EntityFilename, String)
	put("catalog.import.pullRequestBranchName", c.Catalog.Import.PullRequestBranchName, String)
	put("portico.catalog.missingGrace", p.MissingGrace.String(), String)
	put("portico.catalog.retention", p.Retention.String(), String)
	put("portico.catalog.refreshInterval", p.RefreshInterval.String(), String)
	put("portico.catalog.history.maxAge", p.History.MaxAge.String(), String)
	put("portico.catalog.history.maxCount", strconv.Itoa(p.History.MaxCount), Number)
	put("portico.ownership.verifyEvery", c.Portico.Ownership.VerifyEvery.String(), String)
	put("portico.tokens.maxAge", c.Portico.Tokens.MaxAge.String(), String)
	put("portico.limits.requests", strconv.Itoa(c.Portico.Limits.Requests), Number)
	put("portico.limits.streams", strconv.Itoa(c.Portico.Limits.Streams), Number)
	put("portico.limits.failedSignIns", strconv.Itoa(c.Portico.Limits.FailedSignIns), Number)
	put("portico.limits.signIns", strconv.Itoa(c.Portico.Limits.SignIns), Number)
	return under(defaults, c.root.v)
}

// under is merge, except that null does not hide a default.
func under(base, over *value) *value {
	if over == nil || over.kind <= Null {
		return base
	}
	if base == nil || base.kind != Map || over.kind != Map {
		return over
	}
	out := newMap(over.pos)
	for _, f := range over.fields {
		if v := under(base.get(f.key), f.val); v != nil {
			out.set(f.key, f.pos, v)
		}
	}
	for _, f := range base.fields {
		if out.get(f.key) == nil {
			out.set(f.key, f.pos, f.val)
		}
	}
	return out
}

func yamlOf(v *value) *yaml.Node {
	switch v.kind {
	case Map:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, f := range v.fields {
			n.Content = append(n.Content, yamlText(f.key), yamlOf(f.val))
		}
		return n
	case List:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range v.items {
			n.Content = append(n.Content, yamlOf(item))
		}
		return n
	case String:
		return yamlText(v.text)
	case Number, Bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: v.text}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
}

// yamlText sees to it that a text which looks like a number is quoted.
func yamlText(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

func jsonOf(v *value) []byte {
	switch v.kind {
	case Map:
		b := []byte{'{'}
		for i, f := range v.fields {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(append(b, jsonText(f.key)...), ':'), jsonOf(f.val)...)
		}
		return append(b, '}')
	case List:
		b := []byte{'['}
		for i, item := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, jsonOf(item)...)
		}
		return append(b, ']')
	case Bool:
		return []byte(v.text)
	case Number:
		return jsonNumber(v.text)
	case String:
		return jsonText(v.text)
	}
	return []byte("null")
}

func jsonNumber(text string) []byte {
	if json.Valid([]byte(text)) {
		return []byte(text)
	}
	var f float64 // YAML knows numbers that JSON does not write: 0x1F, .5, .inf
	if yaml.Unmarshal([]byte(text), &f) == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
		return strconv.AppendFloat(nil, f, 'g', -1, 64)
	}
	return jsonText(text)
}

func jsonText(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return []byte(`""`) // a string always encodes
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
