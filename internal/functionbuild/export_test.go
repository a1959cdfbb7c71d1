package functionbuild

// For the tests: a test binary cannot have other modules than it has, and a build
// takes too long to be repeated for what prune does to older ones.
var (
	Differing      = differing
	ParserVersions = parserVersions
	Prune          = prune
)

// Keep is for how long the package of an older function stays.
const Keep = keep

// CacheFolder returns the folder of built functions.
var CacheFolder = cacheFolder

// Pack and Holds write and verify a package.
var (
	Pack  = pack
	Holds = holds
)

// StampName, Stamped and WriteStamp find what was built before.
var (
	StampName  = stampName
	Stamped    = stamped
	WriteStamp = writeStamp
)
