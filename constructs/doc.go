// Package sopsconstructs takes secrets from SOPS files in git to AWS Secrets
// Manager and to SSM Parameter Store, in CDK apps written in Go.
//
// Three things make a construct: a file ([SopsFile], or its path alone), an [Output],
// which says what of the file lands, and a target. [SopsSecret] makes a secret, or fills
// an existing one. [SopsStringParameter] makes a parameter of SSM, and [SopsParameters] one
// for each value of a file. [ImportSopsSecret] refers to a secret that is filled elsewhere,
// and [ExpirationReminders] send messages before values expire.
// [Run] is the main function of an app.
//
// # What happens at synth
//
// A [SopsSecret] reads its file and checks what needs no key. The file is decrypted with
// the age identities and AWS credentials of whoever runs cdk. All files are decrypted
// side by side, and all that fail are reported together, before the templates are
// written: files that no key opens here, that were changed by hand, or that hold too
// much for a secret. The plaintext is checked and dropped; only
// UnsafePlaintextInTemplate writes it anywhere.
//
// Only the files of stacks that the command needs are decrypted: cdk ls, cdk destroy and
// a deploy of another stack with -e need no keys.
//
// # What cdk diff shows
//
// The custom resource has, for each name that lands, a fingerprint of its ciphertext, and
// each master key of the file. So cdk diff prints the names that an edit
// changed, added or removed ("[~] .my_api_key"), and who gained or lost access. sops
// rotate encrypts every value again, and marks every name. Above 500 names, those at the
// top of the file stand for the rest; a file with more than 40,000 bytes of names (20,000 in
// China and the isolated partitions), or beyond 150,000 in its stack, has one fingerprint.
//
// # What happens at deploy
//
// The template carries the encrypted file. A Lambda function, one per stack
// ([SopsSyncProvider]), decrypts it inside the account and writes the secret. The
// function may use exactly the keys and roles that the file names. Everything that refers
// to the secret, through [SopsSecret.Secret], [SopsSecret.GrantRead] or
// [SopsSecret.Key], is created after the secret was filled. It is the same for parameters,
// which the function makes and removes itself: CloudFormation cannot make a SecureString.
//
// # What is checked after synthesis
//
// The first construct of an app adds checks of all synthesized templates to the app:
//
//   - sopscdk::exported-version: an export of a synced version. Fatal.
//   - sopscdk::writer: what writes a secret beside its file.
//   - sopscdk::reader-without-decrypt: a policy that can read a secret but not use its
//     customer-managed key.
//   - sopscdk::reader-without-right: a function, task or build that gets a secret's ARN, and
//     whose role may not read it.
//   - sopscdk::unknown-key: a reference to a key that the file does not have. An error.
//   - sopscdk::incomplete-arn: a container's secret by a name or an incomplete ARN. An error.
//   - sopscdk::literal-reference: a reference to a value where it stays text.
//   - sopscdk::dynamic-references: a template with nearly as many dynamic references as
//     CloudFormation takes.
//   - sopscdk::template-size, sopscdk::outputs: a template that CloudFormation does not take. Fatal.
//   - sopscdk::leak: a decrypted value in what was synthesized. Fatal.
//   - sopscdk::unsearched: a file that was not searched as a whole.
//   - sopscdk::quoted-value: quotes around a value of a dotenv file, which land too.
//   - sopscdk::unreadable: a template that cannot be read. Fatal.
//   - the rules of [FilePolicy], which are fatal, but for sopscdk::file-key-age.
//
// The others are warnings. awscdk.Validations_Of(app).Acknowledge silences a warning or an
// error for the whole app.
//
// # Source locations
//
// Each construct notes where the app's code makes it: FILE:LINE with a path from the folder
// of go.mod, the same on every machine, and up to five calls that led there. Once the app is
// synthesized, [Run] writes that into the metadata of the cloud assembly
// (aws:cdk:creationStack), for the construct and what is in it, and into
// validation-report.json; templates do not change. So the cdk command names the line beside
// a warning, a finding of the validation, also of other plugins, and a failed deploy. Our own
// errors, and the message about files that cannot be decrypted, name it themselves. Calls in
// another module are named by the module alone. The function that the secrets of a stack
// share is made for the first of them.
//
// The context sops:source-locations=off turns it off, as the CDK's own
// aws:cdk:disable-creation-stack-traces does.
//
// # Context
//
//   - sops:decrypt=skip synthesizes without any key, for pull requests: the
//     template is the same, but no MAC is verified.
//   - sops:function-zip=FILE takes a function that was built before, in every stack.
//   - sops:architecture is the function's: arm64 (the default) or x86_64.
//   - sops:source-locations=off notes no source locations.
//   - sops:resync=TEXT syncs every secret again when TEXT differs from that of the last
//     deploy, although no file changed.
//
// Only the context of the app counts. What a stack or another construct sets for itself
// has no effect.
//
// # Misuse
//
// Constructs panic on misuse, as the CDK's own do, with one message that names
// the construct, the value and the remedy. [Run] prints it without a trace.
package sopsconstructs
