// Package iameval evaluates IAM policies in tests: it answers whether what a
// synthesized template allows covers one request. Only tests import it.
//
// It knows the part of the policy language that this project's templates use,
// with the semantics of "Policy evaluation logic" and "IAM JSON policy elements"
// in the IAM user guide. What it does not know (an operator, an element, a policy
// variable, an intrinsic function, a managed policy) is an error, never an
// answer: a test that hits one must fail, not pass.
//
// # Use
//
// A [Stack] stands for one deployed template: it gives every resource an ARN and
// resolves the intrinsic functions. [Stack.Identity] is what the policies of a
// role, user or group say, and [Allowed] whether they allow a [Request] by
// themselves.
//
// A [World] adds resource policies, key policies and trust policies, several
// stacks and several accounts: [World.Allowed] answers whether a principal can do
// something in the end.
//
// # What is left out
//
// Service control policies, permission boundaries, session policies, KMS grants
// and VPC endpoint policies; a template here has none of them, and a permission
// boundary is an error.
package iameval
