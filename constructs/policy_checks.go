package sopsconstructs

import (
	"strings"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
	"github.com/ebb7bed6/sopscdk/internal/filepolicy"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
)

// brokenPolicy is the error of files that break the app's [FilePolicy].
type brokenPolicy []filepolicy.Violation

func (b brokenPolicy) Error() string {
	var texts []string
	for _, v := range b {
		texts = append(texts, v.Description+"; "+v.Fix)
	}
	return strings.Join(texts, "; ")
}

// checkPolicy evaluates the files of src that were read, each once. It notes warnings, and
// returns a [brokenPolicy] for rules that are broken.
func (s *site) checkPolicy(src *source) error {
	if s.app.policy == nil {
		return nil
	}
	var violations []filepolicy.Violation
	seen := map[string]bool{}
	for _, file := range src.read {
		for _, v := range file.Violations(s.app.policy, time.Now()) {
			if key := v.Rule + v.Description; !seen[key] {
				seen[key] = true
				violations = append(violations, v)
			}
		}
	}
	if broken := filepolicy.Broken(violations); len(broken) > 0 {
		return brokenPolicy(broken)
	}
	s.noteViolations(violations)
	return nil
}

// noteViolations notes what the validation of the app reports.
func (s *site) noteViolations(violations []filepolicy.Violation) {
	for _, v := range violations {
		severity := assembly.Fatal
		if v.Warning {
			severity = assembly.Warning
		}
		s.app.checks.files = append(s.app.checks.files, assembly.Finding{
			Rule: v.Rule, Severity: severity, ConstructPath: s.path, Description: v.Description, Fix: v.Fix,
		})
	}
}

// limitedByPolicy reports whether the app's policy says which keys files may name.
func (a *appState) limitedByPolicy() bool {
	return a.policy != nil && a.policy.Policy().AllowedKeys != nil
}

// allowedKeys returns the list that the function holds an object in a bucket against: what
// both the file's own list and that of the app's policy allow; nil where neither is set.
func allowedKeys(own []string, app *appState) ([]string, error) {
	switch {
	case !app.limitedByPolicy():
		return own, nil
	case own == nil:
		return app.policy.Policy().AllowedKeys, nil
	}
	return keypolicy.Intersect(own, app.policy.Policy().AllowedKeys)
}
