//go:build sopscdk_never

package functionbuild

// No build has this file. "go mod tidy" and "go mod vendor" follow the imports of all
// files, whatever their build tags, so an app that imports the constructs has the
// modules of the function in its go.mod and go.sum, where the function is built.
import _ "github.com/ebb7bed6/sopscdk/cmd/sopssync"
