package entity

// Annotations that the catalog itself writes. The values of the first three are locations,
// "type:target".
const (
	AnnotationManagedByLocation       = "backstage.io/managed-by-location"
	AnnotationManagedByOriginLocation = "backstage.io/managed-by-origin-location"
	AnnotationSourceLocation          = "backstage.io/source-location" // a folder ends in "/"
	AnnotationViewURL                 = "backstage.io/view-url"
	AnnotationEditURL                 = "backstage.io/edit-url"
	AnnotationOrphan                  = "backstage.io/orphan" // "true"
)

// Annotations that people write and other parts read.
const (
	AnnotationTechDocsRef        = "backstage.io/techdocs-ref" // "dir:." or "url:…"
	AnnotationTechDocsEntity     = "backstage.io/techdocs-entity"
	AnnotationTechDocsEntityPath = "backstage.io/techdocs-entity-path"
	AnnotationSourceTemplate     = "backstage.io/source-template" // the Template it was made from
	AnnotationTimeSaved          = "backstage.io/time-saved"      // ISO 8601 duration, on a Template

	AnnotationKubernetesID            = "backstage.io/kubernetes-id"
	AnnotationKubernetesNamespace     = "backstage.io/kubernetes-namespace"
	AnnotationKubernetesLabelSelector = "backstage.io/kubernetes-label-selector"
	AnnotationKubernetesCluster       = "backstage.io/kubernetes-cluster"

	AnnotationKubernetesAPIServer         = "kubernetes.io/api-server"
	AnnotationKubernetesAPIServerCA       = "kubernetes.io/api-server-certificate-authority"
	AnnotationKubernetesAuthProvider      = "kubernetes.io/auth-provider"
	AnnotationKubernetesOIDCTokenProvider = "kubernetes.io/oidc-token-provider"
	AnnotationKubernetesSkipTLSVerify     = "kubernetes.io/skip-tls-verify"
	AnnotationKubernetesSkipMetricsLookup = "kubernetes.io/skip-metrics-lookup"
	AnnotationKubernetesDashboardURL      = "kubernetes.io/dashboard-url"
	AnnotationKubernetesDashboardApp      = "kubernetes.io/dashboard-app"
	AnnotationKubernetesDashboardParams   = "kubernetes.io/dashboard-parameters"
	AnnotationKubernetesAWSAssumeRole     = "kubernetes.io/aws-assume-role"
	AnnotationKubernetesAWSExternalID     = "kubernetes.io/aws-external-id"
	AnnotationKubernetesAWSID             = "kubernetes.io/x-k8s-aws-id"

	AnnotationLDAPRDN  = "backstage.io/ldap-rdn"
	AnnotationLDAPUUID = "backstage.io/ldap-uuid"
	AnnotationLDAPDN   = "backstage.io/ldap-dn"

	AnnotationGitHubProjectSlug = "github.com/project-slug"
	AnnotationGitHubTeamSlug    = "github.com/team-slug"
	AnnotationGitHubUserLogin   = "github.com/user-login"
	AnnotationGitHubUserID      = "github.com/user-id"
	AnnotationGitLabProjectSlug = "gitlab.com/project-slug" // other GitLab hosts use their own name
	AnnotationGitLabUserLogin   = "gitlab.com/user-login"
	AnnotationGitLabTeamPath    = "gitlab.com/team-path"
	AnnotationAzureProjectRepo  = "dev.azure.com/project-repo"

	AnnotationMSGraphTenantID = "graph.microsoft.com/tenant-id"
	AnnotationMSGraphGroupID  = "graph.microsoft.com/group-id"
	AnnotationMSGraphUserID   = "graph.microsoft.com/user-id"
	AnnotationMicrosoftEmail  = "microsoft.com/email"
	AnnotationGoogleEmail     = "google.com/email"
	AnnotationGoogleUserID    = "google.com/user-id"
	AnnotationOktaEmail       = "okta.com/email"
)

// urlAnnotations hold an address that becomes a link.
var urlAnnotations = map[string]bool{
	AnnotationViewURL: true, AnnotationEditURL: true, AnnotationKubernetesDashboardURL: true,
}

// locationAnnotations hold "type:target", where a target of type url becomes a link.
var locationAnnotations = map[string]bool{
	AnnotationManagedByLocation: true, AnnotationManagedByOriginLocation: true, AnnotationSourceLocation: true, AnnotationTechDocsRef: true,
}

// written are given by the catalog whatever a document says, so what it says needs no warning.
var written = map[string]bool{AnnotationManagedByLocation: true, AnnotationManagedByOriginLocation: true}
