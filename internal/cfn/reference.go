package cfn

// The functions by which a template refers to something by name.
const (
	Ref            = "Ref"
	GetAtt         = "Fn::GetAtt"
	ImportValue    = "Fn::ImportValue"
	GetStackOutput = "Fn::GetStackOutput"
)

// Reference is one use of a function that refers to something by name.
type Reference struct {
	// Function is [Ref], [GetAtt], [ImportValue] or [GetStackOutput].
	Function string
	// Name is a logical id, a parameter or a pseudo parameter; of ImportValue the
	// name of the export; of GetStackOutput the name of the stack.
	Name string
	// Attribute is the attribute of GetAtt, or the output of GetStackOutput.
	Attribute string
	// Region and RoleARN are those of GetStackOutput, if it has them.
	Region, RoleARN string
}

// String returns the text of a reference that only a deploy can resolve.
func (r Reference) String() string {
	switch r.Function {
	case GetAtt:
		return "${" + r.Name + "." + r.Attribute + "}"
	case ImportValue:
		return "${import " + r.Name + "}"
	case GetStackOutput:
		return "${output " + r.Name + "." + r.Attribute + "}"
	}
	return "${" + r.Name + "}"
}

// Lookup returns the text that a reference has, and false where it knows none. A nil
// Lookup knows nothing.
type Lookup func(Reference) (string, bool)
