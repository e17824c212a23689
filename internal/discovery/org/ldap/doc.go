// Package ldap reads groups and people of a directory over LDAP: OpenLDAP, Active Directory, FreeIPA and others that speak
// version 3. Its settings are those of Backstage's catalog.providers.ldapOrg.
//
// A directory is read whole or not at all. Not to be reached, not to be let in, a limit of the server that cut an answer
// short, a connection that ended in the middle, an entry to begin at that is not there, and an answer with nobody in it are
// errors: none of them says that people left. Referrals to other servers are not followed, and an answer that consists of
// one is an error.
//
// The connection is made by whoever plugs a dialer in, so that the portal's guard decides which addresses it may lead to.
package ldap
