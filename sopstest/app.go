package sopstest

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// NewApp returns an app whose assembly is written into a temporary folder of the test.
// context is what the app finds as its context; nil is none.
func NewApp(t testing.TB, context map[string]any) awscdk.App {
	t.Helper()
	props := &awscdk.AppProps{Outdir: new(t.TempDir())}
	if context != nil {
		props.Context = &context
	}
	return awscdk.NewApp(props)
}
