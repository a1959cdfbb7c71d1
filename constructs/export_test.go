package constructs

// What the tests of Main look at: it ends the process itself.
var (
	Report            = report
	CopyUntilNodeDies = copyUntilNodeDies
)
