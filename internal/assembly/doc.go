// Package assembly checks a whole synthesized cloud assembly for what the constructs
// cannot see while the app is built: what other parts of an app do with a secret that
// is filled from a file. It reads the templates as files, so its cost does not depend
// on Node, and it sees everything that is deployed, whatever made it.
//
// A secret filled from a file is found by its custom resource, or by the tag that
// names its file. What refers to it is found across stacks, nested stacks and stages
// by following exports, outputs and parameters to the resource they stand for; no name
// that the CDK makes up is taken apart.
package assembly
