package config

import (
	"cmp"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A value is a secret by any one of: its key's name, its path (Backstage marks some keys as secret
// whose names do not say so), the name of the environment variable that it came from, having come
// from $file, or its own shape. Text around a secret is kept where it can be: a connection string
// loses its password only.

// secretSuffixes end the names of keys and variables that hold secrets, in lower case and with
// punctuation removed.
var secretSuffixes = []string{
	"accesskey", "accesskeyid", "accountkey", "apikey", "authmetadata", "authorization", "cadata", "connectionstring",
	"cookie", "credential", "credentials", "dsn", "encryptionkey", "passphrase", "passwd", "password", "passwords", "privatekey", "privatetoken",
	"sas", "sastoken", "secret", "secretkey", "secrets", "servicetokens", "sharedkey", "signingkey", "token", "tokens", "webhook", "webhookurl",
}

// secretNames are whole names that are too short to be suffixes.
var secretNames = []string{"auth", "key", "pass", "pat", "pwd"}

// openNames are whole names that end like a secret but configure something.
var openNames = []string{"experimentalrefreshtoken", "keys"}

// secretPaths are what Backstage marks as secret beyond what names tell. [] is left out.
var secretPaths = map[string]bool{
	"backend.cache.connection":                                    true,
	"backend.cache.redis.cluster.defaults":                        true,
	"backend.cache.valkey.cluster.defaults":                       true,
	"confluence.auth.email":                                       true,
	"confluence.auth.username":                                    true,
	"integrations.bitbucketCloud.clientId":                        true,
	"integrations.bitbucketServer.username":                       true,
	"integrations.gerrit.username":                                true,
	"integrations.gitea.username":                                 true,
	"kubernetes.clusterLocatorMethods.clusters.caFile":            true,
	"techdocs.publisher.azureBlobStorage.credentials.accountName": true,
	"techdocs.publisher.openStackSwift.credentials.id":            true,
}

// openHeaders may be shown; the value of any other header is a secret.
var openHeaders = []string{"accept", "acceptlanguage", "cachecontrol", "contenttype", "host", "origin", "referer", "useragent", "xrequestedwith", "accesscontrolalloworigin"}

func squash(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, name)
}

func secretName(name string) bool {
	s := squash(name)
	if slices.Contains(openNames, s) {
		return false
	}
	return slices.Contains(secretNames, s) || slices.ContainsFunc(secretSuffixes, func(suffix string) bool { return strings.HasSuffix(s, suffix) })
}

// secretVariable is wider than secretName: variables are often called AWS_KEY or DB_PASS_MAIN.
func secretVariable(name string) bool {
	if secretName(name) {
		return true
	}
	for part := range strings.SplitSeq(strings.ToUpper(name), "_") {
		switch part {
		case "TOKEN", "SECRET", "PASSWORD", "PASS", "PWD", "KEY", "PAT", "CREDENTIALS", "CREDENTIAL", "APIKEY", "PRIVATE":
			return true
		}
	}
	return false
}

// secretAt decides by path and origin. parents are the keys from the root, without list indexes.
func secretAt(keys []string, v *value) bool {
	if v.file || slices.ContainsFunc(v.vars, secretVariable) {
		return true
	}
	if len(keys) > 0 && isConnection(keys) && v.kind == String {
		return v.text != ":memory:"
	}
	path := ""
	for i, key := range keys {
		path = strings.TrimPrefix(path+"."+key, ".")
		if secretPaths[path] {
			return true
		}
		switch {
		case i > 0 && strings.EqualFold(keys[i-1], "headers"):
			if !slices.Contains(openHeaders, squash(key)) {
				return true
			}
		case secretName(key):
			// An object named like a secret holds ordinary keys too (credentials: {clientId, …}),
			// unless it is a bag of secrets by its name.
			s := squash(key)
			if i == len(keys)-1 || strings.HasSuffix(s, "secrets") || s == "authmetadata" || s == "headers" {
				return !(s == "auth" && v.kind != String)
			}
		}
	}
	return false
}

// proxyCredentials are the words of proxy.endpoints.<path>.credentials.
var proxyCredentials = []string{"require", "forward", "dangerously-allow-unauthenticated"}

var secretShapes = []struct {
	find *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`), Redacted},
	{regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s"']*@`), "${1}" + Redacted + "@"},
	{regexp.MustCompile(`(?i)\b((?:password|passwd|pwd|secret|client_secret|token|access_token|private_token|api_?key|apikey|account_?key|shared_?access_?(?:key|signature)|signature|sig)\s*=\s*)(?:'(?:[^'\\]|\\.)*'|[^\s&;,'"]+)`), "${1}" + Redacted},
	{regexp.MustCompile(`(?i)\b((?:bearer|basic|digest|apikey)\s+)[A-Za-z0-9._~+/=:-]{6,}`), "${1}" + Redacted},
	{regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|AKIA[A-Z0-9]{16}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)`), Redacted},
}

// scrub takes what looks like a secret out of a text. It is the net under the rules by name.
func scrub(text string) string {
	for _, s := range secretShapes {
		text = s.find.ReplaceAllString(text, s.with)
	}
	return text
}

// show quotes a value for a message: never a secret, never long.
func show(n Node) string {
	switch n.Kind() {
	case Number, Bool:
		if n.path != "" && !secretAt(pathKeys(n.path), n.v) {
			return n.v.text
		}
		return "the value"
	case String:
		if secretAt(pathKeys(n.path), n.v) {
			return "the value"
		}
		text := []rune(scrub(n.v.text))
		if len(text) > 60 {
			text = append(text[:57], '…')
		}
		return strconv.Quote(string(text))
	}
	return n.Kind().String()
}

var quotedKey = regexp.MustCompile(`\["((?:[^"\\]|\\.)*)"\]`)

// pathKeys splits a key path into keys, without indexes.
func pathKeys(path string) []string {
	path = quotedKey.ReplaceAllStringFunc(path, func(q string) string { return "." + strings.ReplaceAll(q[2:len(q)-2], ".", "\x00") })
	keys := strings.Split(indexes.ReplaceAllString(path, ""), ".")
	for i := range keys {
		keys[i] = strings.ReplaceAll(keys[i], "\x00", ".")
	}
	return keys
}

// redactNode copies the tree below n without secrets.
func redactNode(n Node) *value {
	if n.v == nil {
		return &value{kind: Null}
	}
	r := &redactor{met: map[string]bool{}}
	var keys []string
	if n.path != "" {
		keys = pathKeys(n.path)
	}
	r.collect(n.v, keys)
	longestFirst := slices.SortedFunc(maps.Keys(r.met), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	var pairs []string
	for _, secret := range longestFirst {
		pairs = append(pairs, secret, Redacted)
	}
	r.echoes = strings.NewReplacer(pairs...)
	return r.copy(n.v, keys)
}

// redactor remembers the secrets that it met, so that a copy of one under a harmless key is found too.
type redactor struct {
	met    map[string]bool
	echoes *strings.Replacer
}

// minEcho is the length from which a secret is looked for in other values: shorter ones are words.
const minEcho = 12

func (r *redactor) collect(v *value, keys []string) {
	switch v.kind {
	case Map:
		for _, f := range v.fields {
			r.collect(f.val, append(slices.Clip(keys), f.key))
		}
	case List:
		for _, item := range v.items {
			r.collect(item, keys)
		}
	case String, Number:
		if len(v.text) >= minEcho && secretAt(keys, v) {
			r.met[v.text] = true
		}
	}
}

func (r *redactor) copy(v *value, keys []string) *value {
	switch v.kind {
	case Map:
		out := newMap(v.pos)
		for _, f := range v.fields {
			if f.val.kind > Null {
				out.set(r.text(f.key), f.pos, r.copy(f.val, append(slices.Clip(keys), f.key)))
			}
		}
		return out
	case List:
		out := &value{kind: List, pos: v.pos}
		for _, item := range v.items {
			if item.kind > Null {
				out.items = append(out.items, r.copy(item, keys))
			}
		}
		return out
	case Bool:
		return v
	case Null, Absent:
		return &value{kind: Null}
	}
	if !secretAt(keys, v) {
		if v.kind == Number {
			return v
		}
		return &value{kind: String, pos: v.pos, text: r.text(v.text)}
	}
	if v.text == "" || slices.Contains(proxyCredentials, v.text) {
		return v
	}
	return &value{kind: String, pos: v.pos, text: withoutPassword(keys, v)}
}

// withoutPassword keeps the harmless parts of a connection URL: scheme, host and database.
func withoutPassword(keys []string, v *value) string {
	if v.kind != String || v.file || !isConnection(keys) {
		return Redacted
	}
	u, err := url.Parse(v.text)
	if err != nil || u.Host == "" || u.User == nil || u.RawQuery != "" || u.Fragment != "" {
		return Redacted
	}
	return u.Scheme + "://" + Redacted + "@" + u.Host + u.EscapedPath()
}

func isConnection(keys []string) bool {
	last := squash(keys[len(keys)-1])
	return last == "connection" || last == "connectionstring"
}

func (r *redactor) text(s string) string {
	return scrub(r.echoes.Replace(s))
}
