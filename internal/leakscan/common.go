package leakscan

import (
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
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
	mysql_native_password opensearch optional password passwords placeholder postgres postgresql preproduction
	production protected public_key private_key rabbitmq readonly readwrite required resource
	sasl_ssl scram-sha-256 scram-sha-512 secretsmanager security serverless sqlserver sqlserver-ex standard superuser
	template tlsv1.2_2019 tlsv1.2_2021 tlsv1.2_2025 undefined unencrypted username utf8mb4_bin utf8mb4_general_ci utf8mb4_unicode_ci verify-ca verify-full
	linux/amd64 linux/arm64 provided.al2023
	2008-10-17 2010-09-09 2012-10-17
`)

// common reports whether a value is nothing that a template would give away, whatever it
// stands for: one of the words, in any case; one or two characters again and again, or a part
// of the alphabet, which programs have in their tables; an identifier of AWS; a round number; or a URL that only says where something is.
func common(value string) bool {
	different := map[rune]bool{}
	for _, r := range value {
		if different[r] = true; len(different) > 2 {
			return slices.Contains(words, strings.ToLower(value)) || strings.Contains(sequences, value) || identifies(value) || round(value) || publicURL(value)
		}
	}
	return true
}

// sequences are the tables of characters in programs.
const sequences = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz+/ ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdef"

// identifier is what names a thing and opens nothing: an ARN, the id of a thing in a
// network, a host of AWS, a media type, a time zone, an action in a policy.
var identifier = regexp.MustCompile(`^(` +
	`arn:aws[a-z-]*:[a-z0-9-]+:\S*` +
	`|(vpc|subnet|sg|sgr|ami|i|eni|rtb|igw|nat|vpce|vpce-svc|eipalloc|acl|pl|tgw|tgw-attach|pcx|snap|vol|lt|fs|fsap)-[0-9a-f]{8}([0-9a-f]{9})?` +
	`|[a-z0-9.*-]+\.(amazonaws\.com(\.cn)?|cloudfront\.net)(:[0-9]{1,5})?` +
	`|(application|audio|font|image|text|video)/[a-z0-9.+-]+` +
	`|(Africa|America|Asia|Atlantic|Australia|Europe|Pacific)/[A-Z][A-Za-z_/]+` +
	`|[a-z0-9-]+:(Assume|Batch|Create|Decrypt|Delete|Describe|Encrypt|Generate|Get|Invoke|List|Publish|Put|Receive|Send|Start|Stop|Tag|Update)[A-Za-z]*\*?` +
	`)$`)

// identifies reports whether a value is an identifier. Most secrets are seen not to be one
// without the expression.
func identifies(value string) bool {
	last := len(value) - 1 - strings.LastIndexByte(value, '-')
	host := strings.HasSuffix(value, ".com") || strings.HasSuffix(value, ".cn") || strings.HasSuffix(value, ".net")
	return (last == 8 || last == 17 || host || strings.ContainsAny(value, ":/")) && identifier.MatchString(value)
}

// round reports whether a value is a number as people choose it: a thousand, a kibibyte or
// an hour of something, or the largest of some bits.
func round(value string) bool {
	n, err := strconv.ParseUint(value, 10, 64)
	return err == nil && (n%1000 == 0 || n%1024 == 0 || n%3600 == 0 || n == math.MaxInt32 || n == math.MaxUint32 || n == math.MaxInt64)
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
