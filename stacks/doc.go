// Package stacks is the app's system: the KMS keys in two regions and the role
// that sops uses, the secret that comes from a SOPS file, and a build that reads
// it. [New] makes all of it for one stage.
package stacks
