// Package demonstration names the sample file and the published age recipient
// that opens it, so that nothing else is ever encrypted to that recipient.
//
// Anyone can read the recipient's identity in this repository
// (sops/demonstration.agekey), so a file that names the recipient keeps no
// secret. The one file that may name it is the sample, known by its hash; any
// other file with it must be refused. The identity itself is not in this package:
// only app.go loads it, for the sample alone.
//
// "go run ./internal/makesample" makes the sample again and prints both
// constants.
package demonstration

// Recipient is the age recipient whose identity is published.
const Recipient = "age17u7504qeh7fe8kt56fznaz9tqput3lzageuzdm027uwyy0qxrvvqsnmyq2"

// SHA256 is the SHA-256 of sops/mymanagedsecrets.sops.json as committed, in lower-case
// hexadecimal.
const SHA256 = "b12a97f4e498947114d9ffc405d151a14e0f043a3e8a4a6350a723d153228e8d"
