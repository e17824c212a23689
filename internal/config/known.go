package config

import (
	"regexp"
	"strings"
)

// knownKeys are the keys of Backstage's core that Portico does not read, so that `ignored` can tell
// them from plugins' keys and slips. A line is a parent and its children; [] is left out of paths
// and * stands for any key. Parents that are ignored as a whole need no line of their own.
const knownKeys = `
: confluence connections devTools discovery enableExperimentalRedirectFlow home homepage ldap mcpActions signals gateway
app: analytics datadogRum disableConfigInjection disablePublicEntryPoint disableStaticFallbackCache extensions listen packageName packages pluginOverrides routes support
backend: actions auditor cache health https lifecycle logger metrics packages rateLimit referrer server startup tracing workingDirectory
backend.auth: dangerouslyDisableDefaultAuthPolicy pluginKeyStore
backend.cors: optionsSuccessStatus preflightContinue
backend.database: ensureExists ensureSchemaExists knexConfig plugin pluginDivisionMode prefix role schemaPrefix skipMigrations
backend.database.connection: *
backend.database.connection.ssl: *
backend.listen: address
auth: autologout clientIdMetadataDocuments experimentalClientIdMetadataDocuments experimentalDynamicClientRegistration experimentalRefreshToken session
auth.keyStore: firestore static
integrations: awsCodeCommit awsS3 azureBlobStorage bitbucket gerrit googleGcs harness
integrations.github: commitSigningKey
integrations.gitlab: commitSigningKey retry
integrations.gitea: commitSigningKey
integrations.azure: commitSigningKey credential
integrations.bitbucketCloud: commitSigningKey
integrations.bitbucketServer: commitSigningKey
catalog: defaultLocationConflictStrategy disableDefaultProcessors experimentalPagination orphanProviderStrategy processorOptions processors providerOptions scmEvents stitchingStrategy useUrlReadersSearch
`

var known = func() map[string]map[string]bool {
	table := map[string]map[string]bool{}
	for line := range strings.Lines(knownKeys) {
		parent, children, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		table[parent] = map[string]bool{}
		for _, key := range strings.Fields(children) {
			table[parent][key] = true
		}
	}
	return table
}()

var indexes = regexp.MustCompile(`\[\d+\]`)

// knownKey reports whether key below the path parent is one of Backstage's.
func knownKey(parent, key string) bool {
	children := known[indexes.ReplaceAllString(parent, "")]
	return children[key] || children["*"]
}
