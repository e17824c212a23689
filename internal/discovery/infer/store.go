package infer

import (
	"strings"
)

// engine is a program that keeps data for others.
type engine struct{ name, kind, title string }

var engines = func() map[string]engine {
	m := map[string]engine{}
	for _, e := range []engine{
		{"postgres", "database", "PostgreSQL"}, {"postgresql", "database", "PostgreSQL"}, {"postgis", "database", "PostgreSQL"}, {"timescaledb", "database", "TimescaleDB"}, {"pgvector", "database", "PostgreSQL"}, {"alloydb", "database", "AlloyDB"}, {"alloydbomni", "database", "AlloyDB"},
		{"mysql", "database", "MySQL"}, {"mariadb", "database", "MariaDB"}, {"percona", "database", "MySQL"}, {"mssql", "database", "SQL Server"}, {"sqlserver", "database", "SQL Server"}, {"oracle", "database", "Oracle"},
		{"mongo", "database", "MongoDB"}, {"mongodb", "database", "MongoDB"}, {"documentdb", "database", "DocumentDB"}, {"couchdb", "database", "CouchDB"}, {"cassandra", "database", "Cassandra"}, {"scylla", "database", "ScyllaDB"},
		{"cockroach", "database", "CockroachDB"}, {"cockroachdb", "database", "CockroachDB"}, {"neo4j", "database", "Neo4j"}, {"influxdb", "database", "InfluxDB"}, {"clickhouse", "database", "ClickHouse"}, {"dynamodb", "database", "DynamoDB"}, {"etcd", "database", "etcd"},
		{"qdrant", "database", "Qdrant"}, {"weaviate", "database", "Weaviate"}, {"milvus", "database", "Milvus"}, {"spanner", "database", "Spanner"}, {"cosmosdb", "database", "Cosmos DB"}, {"firestore", "database", "Firestore"},
		{"redis", "cache", "Redis"}, {"valkey", "cache", "Valkey"}, {"keydb", "cache", "KeyDB"}, {"memcached", "cache", "Memcached"}, {"dragonfly", "cache", "Dragonfly"},
		{"rabbitmq", "queue", "RabbitMQ"}, {"kafka", "queue", "Kafka"}, {"redpanda", "queue", "Redpanda"}, {"nats", "queue", "NATS"}, {"activemq", "queue", "ActiveMQ"}, {"artemis", "queue", "ActiveMQ Artemis"}, {"pulsar", "queue", "Pulsar"}, {"mosquitto", "queue", "Mosquitto"}, {"elasticmq", "queue", "ElasticMQ"},
		{"minio", "bucket", "MinIO"}, {"azurite", "bucket", "Azurite"}, {"seaweedfs", "bucket", "SeaweedFS"},
		{"elasticsearch", "search-index", "Elasticsearch"}, {"opensearch", "search-index", "OpenSearch"}, {"solr", "search-index", "Solr"}, {"meilisearch", "search-index", "Meilisearch"}, {"typesense", "search-index", "Typesense"},
	} {
		m[e.name] = e
	}
	return m
}()

// beside are words of images that stand beside a store and are none.
var besides = map[string]bool{
	"exporter": true, "operator": true, "ui": true, "admin": true, "express": true, "commander": true, "backup": true, "insight": true, "proxy": true, "agent": true, "metrics": true, "manager": true,
	"client": true, "connect": true, "init": true, "migrate": true, "migration": true, "migrations": true, "cli": true, "dashboards": true, "dashboard": true, "rest": true, "registry": true, "hpa": true, "pgadmin": true,
	"consumer": true, "producer": true, "worker": true, "service": true, "test": true, "ops": true, "box": true, "streams": true, "api": true, "app": true, "web": true, "seed": true, "router": true, "shell": true, "tools": true, "loader": true, "setup": true, "load": true,
}

// storeNamed is the store that a name or an image is of: "bitnami/postgresql:16", "rs-mysql-db", "redis".
func storeNamed(image string) (engine, bool) {
	image, _, _ = strings.Cut(image, "@")
	name := image[strings.LastIndexByte(image, '/')+1:]
	name, _, _ = strings.Cut(name, ":")
	folder := ""
	if parts := strings.Split(image, "/"); len(parts) > 1 {
		folder = parts[len(parts)-2]
	}
	if folder == "mssql" && name == "server" {
		return engines["mssql"], true
	}
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' })
	var found engine
	for _, w := range words {
		if besides[w] {
			return engine{}, false
		}
		if e, ok := engines[w]; ok && found.name == "" {
			found = e
		}
	}
	return found, found.name != ""
}

// beside reports whether a name says that something stands beside a store.
func beside(name string) bool {
	for _, w := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
		if besides[w] {
			return true
		}
	}
	return false
}

// storeByEnv tells a store by the variables that its image reads.
func storeByEnv(names func(string) *variable) (engine, *variable) {
	for _, h := range []struct{ env, engine string }{
		{"POSTGRES_DB", "postgres"}, {"POSTGRES_USER", "postgres"}, {"MYSQL_ROOT_PASSWORD", "mysql"}, {"MYSQL_DATABASE", "mysql"}, {"MARIADB_ROOT_PASSWORD", "mariadb"},
		{"MONGO_INITDB_DATABASE", "mongo"}, {"MONGO_INITDB_ROOT_USERNAME", "mongo"}, {"RABBITMQ_DEFAULT_USER", "rabbitmq"}, {"MINIO_ROOT_USER", "minio"}, {"KAFKA_ADVERTISED_LISTENERS", "kafka"}, {"ACCEPT_EULA", "mssql"},
	} {
		if v := names(h.env); v != nil {
			return engines[h.engine], v
		}
	}
	return engine{}, nil
}

// products are programs that people run and do not write: a folder with the recipe of their image is no component.
var products = map[string]bool{
	"prometheus": true, "grafana": true, "jaeger": true, "zipkin": true, "loki": true, "tempo": true, "fluentd": true, "fluentbit": true, "fluent-bit": true, "logstash": true, "kibana": true, "filebeat": true, "otel-collector": true, "otelcollector": true, "opentelemetry-collector": true, "otelcol": true, "otel": true,
	"traefik": true, "haproxy": true, "vault": true, "consul": true, "keycloak": true, "zookeeper": true, "sonarqube": true, "jenkins": true, "mailhog": true, "localstack": true, "wiremock": true, "pgadmin": true, "adminer": true, "vector": true, "cadvisor": true, "node-exporter": true, "flagd": true,
}
