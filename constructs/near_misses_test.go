package sopsconstructs_test

import (
	"maps"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/iameval"
)

// The ARNs of what no secret's function may touch.
const (
	decoyKey  = "arn:aws:kms:eu-west-1:111122223333:key/9999ffff-0000-4000-8000-000000000009"
	decoyRole = "arn:aws:iam::111122223333:role/not-in-the-file"
)

// nearMisses are requests that resemble what the function calls, and that it must
// not be allowed.
func nearMisses(called []iameval.Request) []iameval.Request {
	misses := []iameval.Request{
		{Action: "kms:Decrypt", Resource: decoyKey},
		{Action: "kms:Decrypt", Resource: decoyKey, Context: encryptionContext("App", "demo")},
		{Action: "sts:AssumeRole", Resource: decoyRole},
		{Action: "iam:PassRole", Resource: decoyRole},
		{Action: "kms:ListKeys", Resource: "*"},
		{Action: "s3:ListAllMyBuckets", Resource: "*"},
		{Action: "secretsmanager:ListSecrets", Resource: "*"},
		{Action: "secretsmanager:BatchGetSecretValue", Resource: "*"},
		{Action: "secretsmanager:GetRandomPassword", Resource: "*"},
		{Action: "logs:CreateLogGroup", Resource: "*"},
		{Action: "ec2:CreateNetworkInterface", Resource: "*"},
	}
	for _, r := range called {
		switch service, _, _ := strings.Cut(r.Action, ":"); service {
		case "kms":
			misses = append(misses, nearKey(r)...)
		case "sts":
			misses = append(misses, near(r, "sts:AssumeRoleWithWebIdentity", "sts:TagSession", "iam:GetRole", "iam:PutRolePolicy")...)
			misses = append(misses, otherResources(r, "-and-more")...)
		case "s3":
			misses = append(misses, near(r, "s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion", "s3:GetObjectAcl", "s3:PutObjectAcl")...)
			bucket, _, _ := strings.Cut(r.Resource, "/")
			misses = append(misses, otherResources(r, ".bak")...)
			// What a wildcard in the object's name would cover.
			if wild := strings.NewReplacer("*", "any", "?", "1").Replace(r.Resource); wild != r.Resource {
				misses = append(misses, iameval.Request{Action: r.Action, Resource: wild})
			}
			misses = append(misses,
				iameval.Request{Action: "s3:GetObject", Resource: bucket + "/another"},
				iameval.Request{Action: "s3:GetObject", Resource: strings.Replace(r.Resource, bucket, bucket+"-2", 1)},
				iameval.Request{Action: "s3:ListBucket", Resource: bucket},
				iameval.Request{Action: "s3:GetBucketPolicy", Resource: bucket},
			)
		case "secretsmanager":
			misses = append(misses, near(r, "secretsmanager:DeleteSecret", "secretsmanager:UpdateSecret",
				"secretsmanager:ListSecretVersionIds", "secretsmanager:TagResource", "secretsmanager:UntagResource",
				"secretsmanager:PutResourcePolicy", "secretsmanager:RotateSecret", "secretsmanager:RestoreSecret",
				"secretsmanager:CancelRotateSecret", "secretsmanager:ReplicateSecretToRegions", "secretsmanager:CreateSecret")...)
			misses = append(misses, otherResources(r, "x")...)
			// A secret whose name begins with this one's.
			misses = append(misses, iameval.Request{Action: r.Action, Resource: strings.Replace(r.Resource, "-AbCdEf", "-more-AbCdEf", 1)})
		case "logs":
			misses = append(misses, near(r, "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteLogStream", "logs:PutRetentionPolicy", "logs:GetLogEvents")...)
			misses = append(misses, iameval.Request{Action: r.Action, Resource: strings.Replace(r.Resource, ":log-stream:", "-more:log-stream:", 1)})
		}
	}
	return misses
}

// near is r with other actions.
func near(r iameval.Request, actions ...string) []iameval.Request {
	var misses []iameval.Request
	for _, action := range actions {
		misses = append(misses, iameval.Request{Action: action, Resource: r.Resource, Context: r.Context})
	}
	return misses
}

// otherResources is r on resources whose ARNs differ in one part: with suffix at
// the end, and in another partition, region or account.
func otherResources(r iameval.Request, suffix string) []iameval.Request {
	misses := []iameval.Request{{Action: r.Action, Resource: r.Resource + suffix, Context: r.Context}}
	for i, other := range map[int]string{1: "aws-iso", 3: "eu-north-1", 4: "444455556666"} {
		parts := strings.SplitN(r.Resource, ":", 6)
		if parts[i] == "" {
			continue
		}
		parts[i] = other
		misses = append(misses, iameval.Request{Action: r.Action, Resource: strings.Join(parts, ":"), Context: r.Context})
	}
	return misses
}

// nearKey is what resembles a kms:Decrypt.
func nearKey(r iameval.Request) []iameval.Request {
	misses := near(r, "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom",
		"kms:ReEncryptTo", "kms:CreateGrant", "kms:DescribeKey", "kms:PutKeyPolicy", "kms:DisableKey", "kms:ScheduleKeyDeletion")
	with := func(change func(iameval.Context)) {
		context := maps.Clone(r.Context)
		change(context)
		misses = append(misses, iameval.Request{Action: r.Action, Resource: r.Resource, Context: context})
	}
	if r.Context["kms:RequestAlias"] != nil {
		// The key by its own id, by another of its aliases, and after the alias went
		// to another key. Any key of the account may have the alias.
		with(func(c iameval.Context) { delete(c, "kms:RequestAlias") })
		with(func(c iameval.Context) { c["kms:RequestAlias"] = []string{"alias/further"} })
		with(func(c iameval.Context) { c["kms:ResourceAliases"] = []string{"alias/further"} })
		with(func(c iameval.Context) { delete(c, "kms:ResourceAliases") })
		for _, miss := range otherResources(r, "") {
			if miss.Resource != r.Resource {
				misses = append(misses, miss)
			}
		}
	} else {
		misses = append(misses, otherResources(r, "0")...)
		misses = append(misses, iameval.Request{Action: r.Action, Resource: r.Resource[:len(r.Resource)-1], Context: r.Context})
	}
	if r.Context["kms:ViaService"] != nil {
		with(func(c iameval.Context) { delete(c, "kms:ViaService") })
		with(func(c iameval.Context) { c["kms:ViaService"] = []string{"secretsmanager.eu-west-1.amazonaws.com"} })
		with(func(c iameval.Context) { c["kms:ViaService"] = []string{"s3.eu-north-1.amazonaws.com"} })
		return misses
	}

	keys := r.Context["kms:EncryptionContextKeys"]
	with(func(c iameval.Context) { // a further one
		c["kms:EncryptionContextKeys"] = append([]string{"Further"}, keys...)
		c["kms:EncryptionContext:Further"] = []string{"x"}
	})
	if len(keys) == 0 {
		return misses
	}
	with(func(c iameval.Context) { // none
		for name := range c {
			if strings.HasPrefix(name, "kms:EncryptionContext") {
				delete(c, name)
			}
		}
	})
	for i, key := range keys {
		with(func(c iameval.Context) { c["kms:EncryptionContext:"+key] = []string{"another"} })
		with(func(c iameval.Context) { // one less
			delete(c, "kms:EncryptionContext:"+key)
			c["kms:EncryptionContextKeys"] = append(append([]string{}, keys[:i]...), keys[i+1:]...)
		})
		with(func(c iameval.Context) { // IAM does not mind the case of condition keys, and KMS that of the context
			value := c["kms:EncryptionContext:"+key]
			delete(c, "kms:EncryptionContext:"+key)
			c["kms:EncryptionContext:"+strings.ToUpper(key)] = value
			c["kms:EncryptionContextKeys"] = append(append([]string{strings.ToUpper(key)}, keys[:i]...), keys[i+1:]...)
		})
	}
	return misses
}

// encryptionContext is the condition context of a KMS call with one pair.
func encryptionContext(name, value string) iameval.Context {
	return iameval.Context{"kms:EncryptionContext:" + name: {value}, "kms:EncryptionContextKeys": {name}}
}
