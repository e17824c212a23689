package config

import (
	"net/url"
	"slices"
)

// publicNames are the last keys of paths that Backstage marks as secret and that hold names: of people and accounts,
// which logs are full of.
var publicNames = []string{"username", "email", "clientid", "accountname", "id", "cafile", "defaults"}

// Secrets are the values of the configuration that must not be seen, whether or not Portico reads them.
func (c *Config) Secrets() (list []Secret) {
	var walk func(v *value, keys []string)
	walk = func(v *value, keys []string) {
		switch v.kind {
		case Map:
			for _, f := range v.fields {
				walk(f.val, append(slices.Clip(keys), f.key))
			}
		case List:
			for _, item := range v.items {
				walk(item, keys)
			}
		case String, Number:
			if len(keys) == 0 || !secretAt(keys, v) || !v.file && slices.Contains(publicNames, squash(keys[len(keys)-1])) || slices.Contains(proxyCredentials, v.text) {
				return
			}
			list = append(list, NewSecret(v.text))
			if u, err := url.Parse(v.text); err == nil && u.User != nil {
				password, _ := u.User.Password()
				list = append(list, NewSecret(password))
			}
		}
	}
	if c.root.v != nil {
		walk(c.root.v, nil)
	}
	return list
}
