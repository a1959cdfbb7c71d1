package stacks

import sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"

// FilePolicy returns what the SOPS files of all stages must be: encrypted to KMS keys of two
// regions, so that a file opens when one is down, beside them at most to post-quantum age
// recipients, as docs/disaster.md keeps one, and with a data key that is made anew twice a year. The keys themselves differ from stage to stage: see allowedKeys.
func FilePolicy() sopsconstructs.FilePolicy {
	return sopsconstructs.FilePolicy{
		KeyTypes:         []sopsconstructs.KeyType{sopsconstructs.KeyTypeKMS, sopsconstructs.KeyTypePostQuantumAge},
		MinRegions:       2,
		ForbidAWSProfile: true,
		MaxKeyAgeDays:    180,
	}
}
