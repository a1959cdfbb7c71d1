package sopsconstructs

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
	"github.com/ebb7bed6/sopscdk/internal/filepolicy"
)

// assemblyChecks checks the synthesized templates of an app, and looks for decrypted
// values in all that was synthesized, as a policy validation plugin of the CDK: one for each
// app, hung on its root by the first construct. It reads the templates as files. In a callback each request to jsii recurses in the
// Node process, so Validate makes one.
type assemblyChecks struct {
	// known are the secrets that templates do not show by themselves: imported ones, and
	// Targets.
	known []*secret
	// decryptions are the app's: some findings are about what was decrypted.
	decryptions *decryptions
	leaks       leakCheck
	// files are findings about files that break the app's [FilePolicy].
	files []assembly.Finding
}

// Name is the name by which rules are acknowledged: sopscdk::RULE.
func (c *assemblyChecks) Name() *string { return new("sopscdk") }

// Version is not set: the plugin is a part of the app.
func (c *assemblyChecks) Version() *string { return nil }

// RuleIds are the rules that are checked.
func (c *assemblyChecks) RuleIds() *[]*string {
	var ids []*string
	for _, rule := range slices.Concat(assembly.Rules(), filepolicy.Rules(), []string{ruleQuotedValue, ruleLeak, ruleUnsearched}) {
		ids = append(ids, &rule)
	}
	return &ids
}

// Validate checks the templates. What must not be switched off is fatal; what surely fails
// later, for all that can be seen, is an error, and advice is a warning, which does not fail
// the synthesis. Both of these can be acknowledged.
func (c *assemblyChecks) Validate(context awscdk.IPolicyValidationContext) *awscdk.PolicyValidationPluginReport {
	var stacks []assembly.Stack
	for _, path := range *context.TemplatePaths() {
		stacks = append(stacks, assembly.Stack{TemplatePath: *path})
	}
	leaks := make(chan []assembly.Finding, 1)
	go func() { leaks <- c.leaks.check() }()
	findings, err := assembly.Check(stacks, c.elsewhere())
	if err != nil {
		findings = []assembly.Finding{{Rule: assembly.RuleUnreadable, Severity: assembly.Fatal, Description: err.Error(), Fix: "synthesize again"}}
	}
	findings = slices.Concat(c.files, findings, c.decryptions.quoted, <-leaks)
	report := &awscdk.PolicyValidationPluginReport{Success: new(true), Violations: &[]*awscdk.PolicyViolation{}}
	for _, f := range findings {
		if f.Severity != assembly.Warning {
			report.Success = new(false)
		}
		*report.Violations = append(*report.Violations, violation(f))
	}
	return report
}

// elsewhere returns the secrets whose ARN, or key, is not in the templates.
func (c *assemblyChecks) elsewhere() []assembly.Known {
	var known []assembly.Known
	for _, s := range c.known {
		known = append(known, assembly.Known{ConstructPath: s.path, StackPath: s.stack.path, ARN: s.resolved.arn, KeyARN: s.resolved.key, Names: s.names})
	}
	return known
}

// know notes a secret that templates do not show by themselves. Its ARNs are resolved
// now: in a callback, a request for each would recurse.
func (c *assemblyChecks) know(s *secret, arn string) {
	s.resolved.arn, s.resolved.key = s.resolve(arn), s.resolve(s.keyARN)
	c.known = append(c.known, s)
}

// resolve returns a text as a template has it.
func (s *secret) resolve(text string) any {
	if !isToken(text) {
		return text
	}
	return s.stack.Resolve(text)
}

func violation(f assembly.Finding) *awscdk.PolicyViolation {
	resource := &awscdk.PolicyViolatingResource{Locations: &[]*string{}}
	for _, location := range f.Locations {
		*resource.Locations = append(*resource.Locations, &location)
	}
	if f.TemplatePath != "" {
		resource.TemplatePath = &f.TemplatePath
	}
	switch {
	case f.ConstructPath != "":
		resource.ConstructPath = &f.ConstructPath
	case f.LogicalID != "":
		resource.ResourceLogicalId = &f.LogicalID
	}
	return &awscdk.PolicyViolation{
		RuleName: &f.Rule, Severity: new(string(f.Severity)), Description: &f.Description, Fix: &f.Fix,
		ViolatingResources: &[]*awscdk.PolicyViolatingResource{resource},
	}
}
