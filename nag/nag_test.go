// Package nag_test applies the rules of cdk-nag to the stacks of the app and to the examples.
// It is a module of its own, so that nobody who uses the constructs gets cdk-nag.
package nag_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/cloudformationinclude"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

func TestMain(m *testing.M) {
	_ = os.Setenv("CDK_VALIDATION", "false") // the templates were validated where they were made
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// templates are those of the app's stacks and of all examples, by a name.
func templates(t *testing.T) map[string]string {
	t.Helper()
	const outVariable = "SOPSCDK_EXAMPLES_OUT"
	out := os.Getenv(outVariable) // where .ci/run has the examples' already
	if out == "" {
		out = t.TempDir()
		cmd := exec.Command("go", "test", "-count=1", "-run", "^TestExamples$", "./examples")
		cmd.Dir = ".."
		cmd.Env = append(os.Environ(), outVariable+"="+out)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
	}
	found := map[string]string{}
	for _, pattern := range []string{"../stacks/testdata/*.json", filepath.Join(out, "*", "*.template.json")} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no templates in %s (%v)", pattern, err)
		}
		for _, file := range files {
			folder := filepath.Base(filepath.Dir(file))
			if folder == "testdata" {
				folder = "app"
			}
			stack, _, _ := strings.Cut(filepath.Base(file), ".")
			found[folder+"-"+stack] = file
		}
	}
	return found
}

// line is a finding in a report of cdk-nag.
type line struct{ RuleID, ResourceID, Compliance, ExceptionReason, RuleInfo string }

// TestRules applies the rules AwsSolutions of cdk-nag to the synthesized templates.
func TestRules(t *testing.T) {
	out := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out})
	for name, file := range templates(t) {
		stack := awscdk.NewStack(app, &name, &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("111122223333"), Region: jsii.String("eu-west-1")},
			// The template has the parameter of the bootstrap version itself.
			Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{GenerateBootstrapVersionRule: jsii.Bool(false)})})
		cloudformationinclude.NewCfnInclude(stack, jsii.String("T"), &cloudformationinclude.CfnIncludeProps{TemplateFile: &file})
	}
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{
		Reports: jsii.Bool(true), ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON},
	}), nil)
	app.Synth(nil)
	reports, err := filepath.Glob(filepath.Join(out, "*NagReport.json"))
	if err != nil || len(reports) == 0 {
		t.Fatalf("no reports (%v)", err)
	}
	used := map[string]bool{}
	rules, findings := map[string]bool{}, 0
	for _, report := range reports {
		content, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		var parsed struct{ Lines []line }
		if err := json.Unmarshal(content, &parsed); err != nil {
			t.Fatal(err)
		}
		for _, l := range parsed.Lines {
			rules[l.RuleID] = true
			if l.Compliance == "Compliant" || l.Compliance == "N/A" {
				continue
			}
			findings++
			resource := strings.Replace(l.ResourceID, "/T/", "/", 1)
			if pattern := exempt(t, l.RuleID, resource); pattern != "" {
				used[pattern] = true
			} else {
				t.Errorf("%s: %s %s: %s", l.RuleID, resource, l.Compliance, l.RuleInfo)
			}
		}
	}
	for _, e := range exceptions {
		for _, pattern := range e.resources {
			if !used[e.rule+" "+pattern] {
				t.Errorf("the exception %s for %s is not needed", e.rule, pattern)
			}
		}
	}
	if len(rules) < 20 {
		t.Errorf("only %d rules were applied", len(rules))
	}
	t.Logf("%d rules, %d findings, all of them exceptions with a reason", len(rules), findings)
}

// exempt returns the rule and the pattern of the exception for a finding, or "".
func exempt(t *testing.T, rule, resource string) string {
	t.Helper()
	for _, e := range exceptions {
		for _, pattern := range e.resources {
			matches, err := path.Match(pattern, resource)
			if err != nil || e.reason == "" {
				t.Fatalf("%s %s: %v, or no reason", e.rule, pattern, err)
			}
			if matches && e.rule == rule {
				return e.rule + " " + pattern
			}
		}
	}
	return ""
}
