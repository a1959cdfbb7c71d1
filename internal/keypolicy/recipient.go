package keypolicy

import (
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// RecipientName returns how a master key is named, with all that decides who can use it:
// KEY+ROLE, and an encryption context as [WithContext] writes it.
func RecipientName(k sopsfile.MasterKey) string {
	context := strings.TrimPrefix(WithContext(k), k.ID)
	if k.Role != "" {
		return k.ID + "+" + k.Role + context
	}
	return k.ID + context
}

// IsNamed reports whether an entry of a list of recipients is the key: by its id alone, by
// what [WithContext] or [RecipientName] returns, or by an ARN with "*" for its account.
func IsNamed(k sopsfile.MasterKey, entry string) bool {
	_, general := anyAccount(k.ID)
	return entry == k.ID || entry == WithContext(k) || entry == RecipientName(k) || general != "" && entry == general
}
