package leakscan

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// words are what applications write into their configuration, secret or not, and what
// stands in many templates and libraries. A file may hold one beside its secrets; as a
// secret it would be worth nothing.
var words = strings.Fields(`
	administrator application authentication available aws_access_key_id aws_secret_access_key clickhouse
	cloudfront cloudwatch cockroachdb configuration confidential connection container credential credentials
	database debugging deployment developer development disabled documentdb dynamodb elasticache elasticsearch
	endpoint environment eventbridge function hostname integration internal kubernetes
	localhost localhost.localdomain 127.0.0.1 0.0.0.0/0 localstack memcached middleware monitoring
	mysql_native_password opensearch optional password passwords placeholder postgres postgresql preproduction production protected public_key private_key rabbitmq readonly readwrite required resource
	secretsmanager security serverless sqlserver sqlserver-ex standard superuser
	template undefined unencrypted username verify-ca verify-full
`)

// common reports whether a value is nothing that a template would give away: one of the
// words, in any case, or one or two characters again and again.
func common(value string) bool {
	different := map[rune]bool{}
	for _, r := range value {
		if different[r] = true; len(different) > 2 {
			return slices.Contains(words, strings.ToLower(value)) || publicURL(value)
		}
	}
	return true
}

// segment is a part of the path of a URL that a person wrote.
var segment = regexp.MustCompile(`^([a-z][a-z._-]{0,19}|v[0-9]{1,2})?$`)

// publicURL reports whether a value is a URL that only says where something is: without
// a user, a query or a fragment, and with nothing in its path that looks like a token, as
// webhooks have it.
func publicURL(value string) bool {
	if !strings.Contains(value, "://") {
		return false
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
		return false
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		if !segment.MatchString(part) {
			return false
		}
	}
	return true
}
