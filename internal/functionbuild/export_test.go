package functionbuild

// Differing is for the tests: a test binary cannot have other modules than it has.
var Differing = differing
