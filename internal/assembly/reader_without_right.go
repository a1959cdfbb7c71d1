package assembly

import (
	"slices"
	"strings"
)

const getValue = "secretsmanager:getsecretvalue"

// readersWithoutRight finds functions, tasks and builds that get a secret's ARN, and whose
// role may not read it. It looks at roles of the assembly alone, all of whose policies are
// known.
func (t *template) readersWithoutRight(id string, uses []use) []Finding {
	var findings []Finding
	for _, u := range uses {
		s := t.given(u)
		if s == nil || u.role == "" || t.world.mayRead(t.world.holderOfARN(u.role), s) {
			continue
		}
		does := "gets the ARN of"
		if u.reads {
			does = "takes"
		}
		findings = append(findings, Finding{
			Rule: RuleReaderWithoutRight, Severity: Warning, TemplatePath: t.Path,
			LogicalID: id, ConstructPath: t.Resources[id].ConstructPath, Locations: []string{u.location},
			Description: u.what + " " + does + " the secret of " + s.name + ", and its role may not read it",
			Fix:         "call GrantRead of that construct with what reads it",
		})
	}
	return findings
}

// given returns the secret that a program can name by the text of a use, or that a service
// reads for it; nil for none. A text that equals a secret's name alone may mean something
// else, and what CloudFormation resolves needs no right of the program.
func (t *template) given(u use) *secret {
	if u.reads {
		s, _, _ := t.splitReference(u.text)
		return s
	}
	if strings.Contains(u.text, "{{resolve:") {
		return nil
	}
	if strings.HasPrefix(u.text, "arn:") {
		s, _, _ := t.splitReference(u.text)
		return s
	}
	for _, token := range reference.FindAllString(u.text, -1) {
		if s := t.nearestSecret(t.world.secrets[token]); s != nil {
			return s
		}
	}
	return nil
}

// harmless are policies of AWS that constructs attach to roles, and that allow to read no
// secret.
var harmless = []string{
	"AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole", "AWSLambdaSQSQueueExecutionRole", "AWSLambdaDynamoDBExecutionRole",
	"AWSLambdaKinesisExecutionRole", "AWSLambdaMSKExecutionRole", "AmazonECSTaskExecutionRolePolicy", "AWSXRayDaemonWriteAccess",
	"CloudWatchLambdaInsightsExecutionRolePolicy", "CloudWatchLambdaApplicationSignalsExecutionRolePolicy", "CloudWatchAgentServerPolicy",
}

// mayRead reports whether a role may read a secret, or whether that cannot be known.
func (w *world) mayRead(role string, s *secret) bool {
	home, id, ok := w.resourceOf(role)
	if !ok || home.Resources[id].Type != "AWS::IAM::Role" || s.readers[role] || s.readers["*"] {
		return true
	}
	for _, managed := range home.texts(home.Resources[id].Properties["ManagedPolicyArns"]) {
		_, _, here := w.resourceOf(managed)
		name := managed[strings.LastIndexByte(managed, '/')+1:]
		if !here && !(strings.HasPrefix(withoutPartition(managed), "arn::iam::aws:policy/") && slices.Contains(harmless, name)) {
			return true
		}
	}
	for _, of := range w.held[role] {
		if of.allow && (of.negated || of.allows("sts:assumerole")) {
			return true
		}
		if of.allows(getValue) && slices.ContainsFunc(of.resources, func(resource string) bool { return w.covers(resource, s) }) {
			return true
		}
	}
	return false
}

// covers reports whether the resource of a statement is a secret, or a pattern that may
// match it.
func (w *world) covers(resource string, s *secret) bool {
	if resource == "*" || slices.Contains(w.secrets[withoutPattern(resource)], s) {
		return true
	}
	if name, ok := withoutSuffix(resource); ok && slices.Contains(w.secrets[name], s) {
		return true
	}
	if !strings.ContainsAny(resource, "*?") {
		return false
	}
	named := false
	for _, arn := range s.arns {
		if named = named || strings.HasPrefix(arn, "arn:") && !strings.Contains(arn, "${#"); matches(resource, arn) || matches(resource, arn+"-AbCdEf") {
			return true
		}
	}
	return !named // CloudFormation chooses its name
}

// indexReaders indexes who may read secrets by their own policies.
func (w *world) indexReaders() {
	for _, t := range w.templates {
		for _, id := range t.ResourceIDs() {
			r := t.Resources[id]
			if r.Type != "AWS::SecretsManager::ResourcePolicy" {
				continue
			}
			s := t.find(t.text(r.Properties["SecretId"]))
			if s == nil {
				continue
			}
			for _, of := range t.statements(r.Properties["ResourcePolicy"], "") {
				if !of.allows(getValue) {
					continue
				}
				for _, principal := range of.principals {
					if holder := w.holderOfARN(principal); holder != "" {
						principal = holder
					}
					if s.readers == nil {
						s.readers = map[string]bool{}
					}
					s.readers[principal] = true
				}
			}
		}
	}
}
