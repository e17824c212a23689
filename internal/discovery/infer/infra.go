package infer

import (
	"path"
	"regexp"
	"strings"

	"portico/internal/catalog/layer"
)

// store is a database, a queue, a cache or a bucket.
type store struct {
	name   string
	engine engine
	at     spot
	dir    string   // of the file that names it
	hosts  []string // names by which others reach it
	rank   int
	cloud  bool
	setUp  []spot // files that set it up: the component whose folder they are in uses it
}

var tfBlock = regexp.MustCompile(`(?m)^\s*(resource|module)\s+"([A-Za-z0-9_.-]+)"(?:\s+"([A-Za-z0-9_.-]+)")?\s*\{`)

var tfStores = map[string]engine{
	"aws_db_instance": {"rds", "database", "RDS database"}, "aws_rds_cluster": {"aurora", "database", "Aurora cluster"}, "aws_dynamodb_table": {"dynamodb", "database", "DynamoDB table"}, "aws_docdb_cluster": {"documentdb", "database", "DocumentDB cluster"}, "aws_redshift_cluster": {"redshift", "database", "Redshift cluster"},
	"aws_elasticache_cluster": {"elasticache", "cache", "ElastiCache"}, "aws_elasticache_replication_group": {"elasticache", "cache", "ElastiCache"}, "aws_memorydb_cluster": {"memorydb", "cache", "MemoryDB"},
	"aws_s3_bucket": {"s3", "bucket", "S3 bucket"}, "aws_sqs_queue": {"sqs", "queue", "SQS queue"}, "aws_sns_topic": {"sns", "queue", "SNS topic"}, "aws_msk_cluster": {"kafka", "queue", "MSK cluster"}, "aws_kinesis_stream": {"kinesis", "queue", "Kinesis stream"}, "aws_mq_broker": {"mq", "queue", "MQ broker"}, "aws_opensearch_domain": {"opensearch", "search-index", "OpenSearch domain"},
	"google_sql_database_instance": {"cloudsql", "database", "Cloud SQL"}, "google_alloydb_cluster": {"alloydb", "database", "AlloyDB cluster"}, "google_spanner_instance": {"spanner", "database", "Spanner"}, "google_firestore_database": {"firestore", "database", "Firestore"}, "google_bigtable_instance": {"bigtable", "database", "Bigtable"}, "google_bigquery_dataset": {"bigquery", "database", "BigQuery dataset"},
	"google_redis_instance": {"redis", "cache", "Memorystore for Redis"}, "google_memcache_instance": {"memcached", "cache", "Memorystore for Memcached"}, "google_storage_bucket": {"gcs", "bucket", "Cloud Storage bucket"}, "google_pubsub_topic": {"pubsub", "queue", "Pub/Sub topic"},
	"azurerm_postgresql_flexible_server": {"postgres", "database", "Azure PostgreSQL"}, "azurerm_postgresql_server": {"postgres", "database", "Azure PostgreSQL"}, "azurerm_mysql_flexible_server": {"mysql", "database", "Azure MySQL"}, "azurerm_mssql_database": {"mssql", "database", "Azure SQL"}, "azurerm_mssql_server": {"mssql", "database", "Azure SQL"}, "azurerm_cosmosdb_account": {"cosmosdb", "database", "Cosmos DB"},
	"azurerm_redis_cache": {"redis", "cache", "Azure Cache for Redis"}, "azurerm_storage_account": {"azurestorage", "bucket", "Azure Storage"}, "azurerm_servicebus_namespace": {"servicebus", "queue", "Service Bus"}, "azurerm_servicebus_queue": {"servicebus", "queue", "Service Bus queue"}, "azurerm_eventhub_namespace": {"eventhub", "queue", "Event Hubs"},
	"mongodbatlas_cluster": {"mongo", "database", "MongoDB Atlas"}, "mongodbatlas_advanced_cluster": {"mongo", "database", "MongoDB Atlas"}, "digitalocean_database_cluster": {"digitalocean", "database", "managed database"}, "digitalocean_spaces_bucket": {"spaces", "bucket", "Spaces bucket"}, "confluent_kafka_cluster": {"kafka", "queue", "Kafka cluster"}, "confluent_kafka_topic": {"kafka", "queue", "Kafka topic"},
}

// plumbing are buckets that keep the state of tools.
var plumbing = regexp.MustCompile(`(?i)(tf|terraform)[-_]?state|state[-_]?bucket|(^|[-_])logs?($|[-_])|backend$`)

// terraform finds what stores data; modules tells whether there is Terraform at all.
func (v *view) terraform() (list []*store, first spot) {
	for _, file := range v.chosen[forInfra] {
		if notOurs(file) {
			continue
		}
		text := v.text(file)
		for _, m := range tfBlock.FindAllStringSubmatchIndex(text, 500) {
			what := text[m[2]:m[3]]
			l := lineAt(text, m[2])
			if !first.seen() && !aside(file) {
				first = spot{file, l, "declares Terraform resources", layer.Likely}
			}
			if what != "resource" || m[6] < 0 || aside(file) || len(list) >= maxOfAKind {
				continue
			}
			typ, name := text[m[4]:m[5]], text[m[6]:m[7]]
			e, ok := tfStores[typ]
			if !ok || plumbing.MatchString(name) {
				continue
			}
			if generic[strings.ToLower(name)] {
				name = e.name
			}
			list = append(list, &store{name: strings.ReplaceAll(name, "_", "-"), engine: e, at: spot{file, l, "declares " + typ, layer.Stated}, dir: path.Dir(file), rank: strings.Count(file, "/"), cloud: true})
		}
	}
	return list, first
}

// generic are names of Terraform resources that say nothing.
var generic = map[string]bool{"this": true, "main": true, "default": true, "instance": true, "db": true, "database": true, "bucket": true, "cluster": true, "queue": true, "primary": true, "master": true, "cache": true}

var (
	deploys = regexp.MustCompile(`(?i)(kubectl (?:apply|rollout|set image)|helm (?:upgrade|install)|gcloud (?:run deploy|app deploy|functions deploy)|aws (?:ecs update-service|lambda update|s3 sync|eks)|az webapp|azure/webapps-deploy|azure/k8s-deploy|amazon-ecs-deploy|actions/deploy-pages|deploy-cloudrun|vercel deploy|netlify deploy|wrangler|flyctl deploy|terraform apply|argocd app|skaffold run|azd (?:deploy|up)|serverless deploy|sam deploy|cdk deploy|kamal deploy)`)
	ships   = regexp.MustCompile(`(?i)(npm publish|yarn publish|pnpm publish|changesets/action|twine upload|pypi-publish|uv publish|poetry publish|cargo publish|goreleaser|gem push|dotnet nuget push|mvn.*\bdeploy\b|gradle.*\bpublish\b|docker/build-push-action|docker push|semantic-release)`)
)

// release is what tells whether something is in use.
type release struct{ deploys, ships, versions spot }

var versionHeading = regexp.MustCompile(`(?m)^#{1,3}\s*\[?v?([1-9]\d*\.\d+(?:\.\d+)?)\b`)

func (v *view) release() (r release) {
	for _, file := range v.chosen[forPipeline] {
		text := v.text(file)
		if m := deploys.FindStringIndex(text); m != nil && !r.deploys.seen() {
			r.deploys = spot{file, lineAt(text, m[0]), "deploys by " + strings.ToLower(oneLine(text[m[0]:m[1]])), layer.Likely}
		}
		if m := ships.FindStringIndex(text); m != nil && !r.ships.seen() {
			r.ships = spot{file, lineAt(text, m[0]), "publishes by " + strings.ToLower(oneLine(text[m[0]:m[1]])), layer.Likely}
		}
	}
	for _, file := range v.chosen[forRelease] {
		text := v.text(file)
		if m := versionHeading.FindStringSubmatchIndex(text); m != nil && !r.versions.seen() {
			r.versions = spot{file, lineAt(text, m[2]), "tells of release " + text[m[2]:m[3]], layer.Likely}
		} else if first, _, _ := strings.Cut(strings.TrimSpace(text), "\n"); firstVersion.MatchString(first) && !r.versions.seen() {
			r.versions = spot{file, 1, "names version " + first, layer.Likely}
		}
	}
	return r
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
