package syncfunction

import (
	"context"
	"net"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// answerHosts returns what reports whether an answer may go to a URL: with https, to a
// host below the DNS suffix of the region's partition, such as amazonaws.com. Whoever
// may invoke the function could otherwise have it send its answers, and what they say
// of a secret, anywhere.
//
// Where the function's environment names an endpoint of its own for AWS, as tests do,
// that host and the loopback interface are taken too. No event can set that.
func answerHosts(cfg aws.Config) func(*url.URL) bool {
	suffix := dnsSuffix(cfg.Region)
	endpoint := ""
	if cfg.BaseEndpoint != nil {
		if u, err := url.Parse(*cfg.BaseEndpoint); err == nil {
			endpoint = u.Hostname()
		}
	}
	return func(u *url.URL) bool {
		host := strings.ToLower(u.Hostname())
		if endpoint != "" && (u.Scheme == "https" || u.Scheme == "http") && (host == strings.ToLower(endpoint) || isLoopback(host)) {
			return true
		}
		port := u.Port() == "" || u.Port() == "443"
		return u.Scheme == "https" && port && u.User == nil && suffix != "" && strings.HasSuffix(host, "."+suffix)
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// dnsSuffix returns the DNS suffix of a region's partition, from what the SDK knows of
// endpoints; "" where it knows none.
func dnsSuffix(region string) string {
	known, err := secretsmanager.NewDefaultEndpointResolverV2().ResolveEndpoint(context.Background(), secretsmanager.EndpointParameters{Region: &region})
	if err != nil {
		return ""
	}
	suffix, ok := strings.CutPrefix(known.URI.Hostname(), "secretsmanager."+region+".")
	if !ok || region == "" {
		return ""
	}
	return suffix
}
