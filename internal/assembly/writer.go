package assembly

// writers finds what would write a secret beside its file: rotation schedules,
// attachments, and policies that allow it on exactly that secret.
func (t *template) writers(id string) []Finding {
	r := t.Resources[id]
	const rotateAnother = "rotate a generated secret beside it (awssecretsmanager.NewSecret)"
	switch r.Type {
	case "AWS::SecretsManager::RotationSchedule":
		return t.writer(id, t.find(t.text(r.Properties["SecretId"])), "rotates", rotateAnother, nil)
	case "AWS::SecretsManager::SecretTargetAttachment":
		return t.writer(id, t.find(t.text(r.Properties["SecretId"])), "attaches a target to", rotateAnother, nil)
	case "AWS::SecretsManager::ResourcePolicy":
		s := t.find(t.text(r.Properties["SecretId"]))
		if s == nil {
			return nil
		}
		var locations []string
		for _, of := range t.statements(r.Properties["ResourcePolicy"], "/Resources/"+id+"/Properties/ResourcePolicy") {
			if of.allowsWriting() {
				locations = append(locations, of.location)
			}
		}
		if locations == nil {
			return nil
		}
		return t.writer(id, s, "lets others write", writeElsewhere, locations)
	}
	var findings []Finding
	for _, of := range t.about(id, statement.allowsWriting) {
		findings = append(findings, t.writer(id, of.secret, "may write", writeElsewhere, of.locations)...)
	}
	return findings
}

const writeElsewhere = "change the file instead, or give the writer a secret of its own (awssecretsmanager.NewSecret)"

// why says, by where a value comes from, why nothing should write beside the file.
var why = map[origin]string{
	synced:     "its value comes from a file in git, and the next sync would undo what is written beside it",
	inTemplate: "its value comes from a file in git, and the next deploy of a change would undo what is written beside it",
	elsewhere:  "its value comes from a file in git where it is made, and the next sync there would undo what is written beside it",
}

// writer returns the finding that a resource does something to a secret; none where
// there is no such secret.
func (t *template) writer(id string, s *secret, does, fix string, locations []string) []Finding {
	if s == nil {
		return nil
	}
	if locations == nil {
		locations = []string{"/Resources/" + id + "/Properties/SecretId"}
	}
	return []Finding{{
		Rule: RuleWriter, Severity: Warning, TemplatePath: t.Path,
		LogicalID: id, ConstructPath: t.Resources[id].ConstructPath, Locations: locations,
		Description: does + " the secret of " + s.name + ": " + why[s.from],
		Fix:         fix,
	}}
}

// named is a secret that some statements of a policy name.
type named struct {
	secret    *secret
	locations []string
}

// about returns the secrets that the statements of a policy name alone, in order, with
// the statements for which allows holds. The statements of the functions that fill
// secrets are left out.
func (t *template) about(id string, allows func(statement) bool) []*named {
	p := t.world.policies[resourceKey{t.number, id}]
	if p == nil {
		return nil
	}
	var all []*named
	seen := map[*secret]*named{}
	for _, of := range p.statements {
		if !allows(of) || t.world.fillers.owns(p, of) {
			continue
		}
		for _, resource := range of.resources {
			s := t.findInPolicy(resource)
			if s == nil {
				continue
			}
			if seen[s] == nil {
				seen[s] = &named{secret: s}
				all = append(all, seen[s])
			}
			if n := seen[s].locations; len(n) == 0 || n[len(n)-1] != of.location {
				seen[s].locations = append(n, of.location)
			}
		}
	}
	return all
}
