// Package keypolicy says what the master keys of a SOPS file need in IAM, as plain
// data: the statements that let a principal use them, and which keys a file may
// name. The constructs grant with it at synth, and package masterkey names what is
// missing with it when KMS or STS denies a call.
//
// It takes from a file only the key groups of its metadata. A key that stands
// anywhere else in the file earns nothing.
package keypolicy
