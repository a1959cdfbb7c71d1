// Package sopstest helps to test CDK apps that take secrets from SOPS files: it makes
// encrypted files whose key lives as long as the test, runs a stand-in for KMS, and looks for
// their values in what was synthesized.
//
//	func TestMain(m *testing.M) { sopstest.Main(m) }
//
//	func TestThePasswordIsNowhere(t *testing.T) {
//		file := sopstest.File{Values: map[string]any{"password": "correct-horse-battery"}}.Write(t, "app.sops.json")
//		app := sopstest.NewApp(t, nil)
//		stack := awscdk.NewStack(app, new("App"), nil)
//		sopsconstructs.NewSopsSecret(stack, "Secret", &sopsconstructs.SopsSecretProps{SopsFilePath: file})
//		sopstest.Check(t, func() {
//			assertions.Template_FromStack(stack, nil).ResourceCountIs(new("AWS::SecretsManager::Secret"), new(1.0))
//		})
//		sopstest.MustNotLeak(t, app.Synth(nil))
//	}
//
// What needs no keys at all, such as the form of a template, can be tested with the app's own
// files and the context sops:decrypt=skip.
//
// The keys are no protection: what is encrypted here is test data. Helpers set the
// environment of the test, as [testing.T.Setenv] does, so such a test cannot be parallel. Nor
// can any that makes an app, or its subtests: jsii serves one goroutine at a time, and two get
// each other's answers.
package sopstest
