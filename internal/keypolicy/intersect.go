package keypolicy

import (
	"fmt"
	"slices"
)

// Intersect returns what both lists of allowed keys allow, as one list: see [CheckAllowed].
// It returns an error where "*" in policy would stand for two accounts that own names, which
// no list can say.
func Intersect(own, policy []string) ([]string, error) {
	both := []string{}
	add := func(entry string) {
		if !slices.Contains(both, entry) {
			both = append(both, entry)
		}
	}
	var one string
	limit := allowance{list: policy}
	for _, entry := range own {
		account, general := anyAccount(entry)
		if limit.contains(entry) {
			add(entry)
			continue
		}
		if account == "*" {
			for _, other := range policy {
				if _, g := anyAccount(other); g != "" && Family(g) == Family(entry) {
					add(other)
				}
			}
			continue
		}
		if general == "" || !limit.contains(general) {
			continue
		}
		if one != "" && one != account {
			return nil, fmt.Errorf("AllowedKeys name keys in the accounts %s and %s, and * in the AllowedKeys of the file policy stands for one account", one, account)
		}
		one = account
		add(entry)
	}
	return both, nil
}
