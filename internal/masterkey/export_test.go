package masterkey

import (
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// For the tests of the package, which are outside of it.
var (
	SessionName = sessionName
	SplitWords  = splitWords
)

// NoCredentials is the error of a source of credentials, for the user.
func NoCredentials(err error) error { return noCredentials("", err) }

// Denied is the error of an action that AWS denied with message.
func Denied(k sopsfile.MasterKey, action, message string) error {
	return request{key: k, action: action}.denied(message)
}

// SetPluginAlone changes how long a plugin may run where there is nobody, for a test.
func SetPluginAlone(t *testing.T, d time.Duration) {
	before := pluginAlone
	pluginAlone = d
	t.Cleanup(func() { pluginAlone = before })
}
