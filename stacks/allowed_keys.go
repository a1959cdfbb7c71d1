package stacks

import (
	"cmp"
	"slices"
)

// partition is that of the system's regions.
const partition = "aws"

// moreKeys are what the file of a stage may name besides the stage's own keys and role:
// ARNs of keys and roles, age recipients. Whoever adds a key to a file adds it here too,
// in the same review. See sopsconstructs.FilePolicy for how they are written.
var moreKeys = map[Stage][]string{}

// allowedKeys are all that the stage's file may name as master keys: the stage's keys by
// their aliases, and its role, as sops/.sops.yaml has them, in this account, or, where it
// is "", in any one. A file of one stage, encrypted to the keys of another, would be lost
// with that other stage.
func (s Stage) allowedKeys(account string) []string {
	account = cmp.Or(account, "*")
	kms := func(region, name string) string {
		return "arn:" + partition + ":kms:" + region + ":" + account + ":alias/" + name
	}
	own := []string{
		kms(RegionEU, s.keyNameEU()),
		kms(RegionUS, s.keyNameUS()),
		"arn:" + partition + ":iam::" + account + ":role/" + s.roleName(),
	}
	return slices.Concat(own, moreKeys[s])
}
