package compat

import "testing"

// behindProxy lets people of the small catalog in by name.
const behindProxy = `
auth:
  providers:
    guest: {}
    proxy:
      development:
        trustedPeers: [127.0.0.1]
        secret: a-secret-between-the-proxy-and-the-portal
        signIn: {resolvers: [{resolver: forwardedUserMatchingUserEntityName}]}
`

// What Backstage's pages keep their settings in, against a portal that lets two people and a guest in.
func TestSettingsStorage(t *testing.T) {
	p := startSmall(t, behindProxy)
	runClient(t, "settings", p.App.URL(), "a-secret-between-the-proxy-and-the-portal")
}
