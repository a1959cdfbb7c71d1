// Package sopsconstructs takes secrets from SOPS files in git to AWS Secrets
// Manager, in CDK apps written in Go.
//
// # What happens at synth
//
// A [SopsSecret] reads its file and decrypts it, with the identities and AWS
// credentials of whoever runs cdk: what cannot be decrypted, was changed by hand
// or is not encrypted fails there, before anything is deployed. All files are
// decrypted side by side, and all that fail are reported together. Only the files of
// stacks that the command needs are decrypted: cdk ls, cdk destroy and a deploy of
// another stack with -e need no keys. The plaintext is checked and dropped. It is
// never written anywhere.
//
// # What happens at deploy
//
// The template carries the encrypted file. A Lambda function, one per stack,
// decrypts it inside the account and writes the secret. It may decrypt with
// exactly the keys and roles that the file names. Everything that refers to the
// secret, through [SopsSecret.Secret], [SopsSecret.GrantRead] or
// [SopsSecret.Key], is created after the secret was filled.
//
// # Context
//
//   - sops:decrypt=skip synthesizes without any key, for pull requests: the
//     template is the same, but no MAC is verified.
//   - sops:architecture is the function's: arm64 (the default) or x86_64.
//   - sops:resync=TEXT syncs every secret again when TEXT is another than at the
//     last deploy, although no file changed.
//
// The context of the app counts; what a stack or another construct sets for itself
// does not.
//
// # Misuse
//
// Constructs panic on misuse, as the CDK's own do, with one message that names
// the construct, the value and the remedy. [Run] prints it without a trace.
package sopsconstructs
