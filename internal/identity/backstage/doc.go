// Package backstage is what clients and plugins of Backstage expect of its auth plugin: tokens of users that they can
// verify with published keys, the routes by which a browser gets one, and the tokens of other programs that
// backend.auth.externalAccess lets in.
//
// It owns the table identity_keys. Who signs in how is the business of the package signin.
package backstage
