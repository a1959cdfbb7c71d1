package constructs

// What the tests of Main look at: it ends the process itself.
var (
	Report            = report
	CopyUntilNodeDies = copyUntilNodeDies
)

// WarnOfReferences is the part of Synth that warns on the error output.
var WarnOfReferences = warnOfReferences
