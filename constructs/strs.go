package constructs

// strs is the list of strings in the form that the CDK takes.
func strs(values ...string) *[]*string {
	list := make([]*string, len(values))
	for i := range values {
		list[i] = &values[i]
	}
	return &list
}
