// Package syncfunction is the sync function: it answers the custom resource
// [syncprotocol.ResourceType] of CloudFormation by decrypting a SOPS file and
// writing what it renders to into its target. Command sopssync wires it to Lambda.
//
// A task works on one event: it reads the properties, opens the file, renders it, and
// hands over to the store of the target's kind. There is one kind so far, a secret of
// Secrets Manager (secretStore).
//
// # What holds for every request
//
//   - It is answered: before the function's own deadline, which lies well before
//     Lambda's, also after a panic and for an event that is malformed.
//   - The answer stays below 4,096 bytes and holds neither plaintext nor
//     properties. Logs hold names and counts.
//   - A FAILED answer leaves the secret's current value as it was, but for a
//     write whose outcome stayed unknown or whose replication failed: there the
//     reason says so, and CloudFormation's rollback writes the old value again.
//   - A target is written only when its content differs, or when an earlier request
//     may still be about to change it. Delete calls nothing, but for a Create that was
//     never answered.
//   - Age identities are read at the places that the properties name, and only when
//     no KMS key has opened the file. Nothing of them is logged or answered.
//
// # Requests that overlap
//
// CloudFormation may send a request while an earlier one of the same resource still
// runs: a rollback, above all. The last request's content must win. The id of a version
// therefore begins with the date of its request, and every reader of the versions sees
// the order of the requests: see event.versionID and compare. A version is put without
// becoming current, and AWSCURRENT is moved from the version that was looked at and
// from no other: see secretStore.write. A request that finds a later one's version
// stops, FAILED as superseded, which CloudFormation does not wait for any more.
//
// Not guaranteed is the order of two requests that were signed in the same second, and
// of a request whose ResponseURL has no date: whichever moves AWSCURRENT last wins, and
// a redelivery of the other is refused.
//
// # Redelivery
//
// A request that comes twice has one version, and so writes once: Secrets Manager
// ignores a version that it has.
package syncfunction
