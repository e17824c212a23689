package config

// Integrations are the forges, each a list by host. URLs are complete and have no slash at the end.
type Integrations struct {
	GitHub          []GitHub          `config:"github"`
	GitLab          []GitLab          `config:"gitlab"`
	Gitea           []Gitea           `config:"gitea"`
	Azure           []Azure           `config:"azure"`
	BitbucketCloud  []BitbucketCloud  `config:"bitbucketCloud"`
	BitbucketServer []BitbucketServer `config:"bitbucketServer"`

	_ struct{} `config:",open"`
}

// GitHub is github.com or a GitHub Enterprise host.
type GitHub struct {
	Host       string      `config:"host,narrows"` // default github.com
	Token      Secret      `config:"token"`
	APIBaseURL string      `config:"apiBaseUrl,url,narrows"` // default by host
	RawBaseURL string      `config:"rawBaseUrl,url,narrows"` // default for github.com only
	Apps       []GitHubApp `config:"apps"`

	_ struct{} `config:",open"`
}

// GitHubApp authenticates as an installation of a GitHub App.
type GitHubApp struct {
	AppID                     int64    `config:"appId,required"`
	ClientID                  string   `config:"clientId"`
	ClientSecret              Secret   `config:"clientSecret"`
	PrivateKey                Secret   `config:"privateKey,required"` // PEM
	WebhookSecret             Secret   `config:"webhookSecret"`
	AllowedInstallationOwners []string `config:"allowedInstallationOwners,narrows"`
	PublicAccess              bool     `config:"publicAccess"`

	_ struct{} `config:",open"`
}

// GitLab is gitlab.com or a host of one's own.
type GitLab struct {
	Host       string `config:"host,narrows"` // default gitlab.com
	Token      Secret `config:"token"`
	APIBaseURL string `config:"apiBaseUrl,url,narrows"` // default https://HOST/api/v4
	BaseURL    string `config:"baseUrl,url,narrows"`    // default https://HOST

	_ struct{} `config:",open"`
}

// Gitea is a Gitea or Forgejo host. A token may stand in for the password.
type Gitea struct {
	Host     string `config:"host,required"`
	BaseURL  string `config:"baseUrl,url,narrows"` // default https://HOST
	Username string `config:"username"`
	Password Secret `config:"password"`

	_ struct{} `config:",open"`
}

// Azure is dev.azure.com or an Azure DevOps server.
type Azure struct {
	Host        string            `config:"host,narrows"` // default dev.azure.com
	Token       Secret            `config:"token"`        // the old form of one personal access token
	Credentials []AzureCredential `config:"credentials"`

	_ struct{} `config:",open"`
}

// AzureCredential is a personal access token, a service principal or a managed identity, for some
// organizations or for all.
type AzureCredential struct {
	Organizations           []string `config:"organizations,narrows"`
	PersonalAccessToken     Secret   `config:"personalAccessToken"`
	ClientID                string   `config:"clientId"`
	ClientSecret            Secret   `config:"clientSecret"`
	TenantID                string   `config:"tenantId"`
	ManagedIdentityClientID string   `config:"managedIdentityClientId"`

	_ struct{} `config:",open"`
}

// BitbucketCloud is bitbucket.org.
type BitbucketCloud struct {
	Username     string `config:"username"`
	Token        Secret `config:"token"`
	AppPassword  Secret `config:"appPassword"`
	ClientID     Secret `config:"clientId"`
	ClientSecret Secret `config:"clientSecret"`

	_ struct{} `config:",open"`
}

// BitbucketServer is a Bitbucket Server or Data Center host.
type BitbucketServer struct {
	Host       string `config:"host,required"`
	APIBaseURL string `config:"apiBaseUrl,url,narrows"` // default https://HOST/rest/api/1.0
	Token      Secret `config:"token"`
	Username   string `config:"username"`
	Password   Secret `config:"password"`

	_ struct{} `config:",open"`
}

func (g *GitHub) checkConfig(*decoder, Node) bool {
	g.Host = or(g.Host, "github.com")
	if g.Host == "github.com" {
		g.APIBaseURL, g.RawBaseURL = or(g.APIBaseURL, "https://api.github.com"), or(g.RawBaseURL, "https://raw.githubusercontent.com")
	}
	g.APIBaseURL, g.RawBaseURL = trimSlash(or(g.APIBaseURL, "https://"+g.Host+"/api/v3")), trimSlash(g.RawBaseURL)
	return true
}

func (g *GitLab) checkConfig(*decoder, Node) bool {
	g.Host = or(g.Host, "gitlab.com")
	g.BaseURL = trimSlash(or(g.BaseURL, "https://"+g.Host))
	g.APIBaseURL = trimSlash(or(g.APIBaseURL, g.BaseURL+"/api/v4"))
	return true
}

func (g *Gitea) checkConfig(*decoder, Node) bool {
	g.BaseURL = trimSlash(or(g.BaseURL, "https://"+g.Host))
	return true
}

func (a *Azure) checkConfig(*decoder, Node) bool {
	a.Host = or(a.Host, "dev.azure.com")
	return true
}

func (b *BitbucketServer) checkConfig(*decoder, Node) bool {
	b.APIBaseURL = trimSlash(or(b.APIBaseURL, "https://"+b.Host+"/rest/api/1.0"))
	return true
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
