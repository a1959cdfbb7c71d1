package assembly

// readersWithoutDecrypt finds policies that allow reading a secret, and lack the right
// on its customer-managed key. Modules of the CDK that grant a secret themselves cannot
// always grant its key.
func (t *template) readersWithoutDecrypt(id string) []Finding {
	reads := func(of statement) bool { return of.allows(getValue) }
	var findings []Finding
	for _, of := range t.about(id, reads) {
		s := of.secret
		if s.key == "" || t.world.mayDecrypt(t.world.policies[resourceKey{t.number, id}], s.key) {
			continue
		}
		findings = append(findings, Finding{
			Rule: RuleReaderWithoutDecrypt, Severity: Warning, TemplatePath: t.Path,
			LogicalID: id, ConstructPath: t.Resources[id].ConstructPath, Locations: of.locations,
			Description: "may read the secret of " + s.name + ", but not decrypt it with the secret's customer-managed key",
			Fix:         "call GrantRead of that construct with the same grantee",
		})
	}
	return findings
}
