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
//   - A target is written only when its content differs. A secret is written with
//     PutSecretValue alone: staging labels are never moved by hand, and Delete calls
//     nothing.
//   - Age identities are read at the places that the properties name, and only when
//     no KMS key has opened the file. Nothing of them is logged or answered.
//
// # Redelivery
//
// The version's id is a hash of the stack's, the request's and the resource's
// id. A request that comes twice therefore writes once: Secrets Manager ignores
// a version that it has. When another request has become current in between (a
// rollback, above all), the late one is refused: see task.superseded.
package syncfunction
