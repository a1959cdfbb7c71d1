package sopsconstructs_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/iameval"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

const (
	keyChina  = "arn:aws-cn:kms:cn-north-1:111122223333:key/1111aaaa-0000-4000-8000-000000000003"
	keyGov    = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1111aaaa00004000800000000000004"
	roleGov   = "arn:aws-us-gov:iam::111122223333:role/path/sops"
	aliasEU   = "arn:aws:kms:eu-west-1:111122223333:alias/my_team/key"
	multiUS   = "arn:aws:kms:us-east-1:111122223333:key/mrk-1111aaaa000040008000000000000006"
	multiEU   = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1111aaaa000040008000000000000006"
	bucketKey = "arn:aws:kms:eu-west-1:111122223333:key/1111aaaa-0000-4000-8000-000000000005"
)

// sample is a kind of file, or of way for a file, and what the function calls of
// KMS, STS and S3 because of it.
type sample struct {
	name    string
	region  string // of the stack; eu-west-1 if empty
	file    sopstest.File
	edit    func(content []byte) []byte // of the encrypted file
	props   func(stack awscdk.Stack) sopsconstructs.SopsSecretProps
	values  map[string]string // of the stack's parameters
	keys    []string
	aliases map[string]string
	wrapped string   // ARN of the key that encrypts the user's bucket
	want    []string // "action resource"
}

func samples() []sample {
	kms := func(entries ...sopstest.KMS) sopstest.File {
		file := standard(clear)
		file.KMS = entries
		return file
	}
	mixed := kms(sopstest.KMS{ARN: keyUS, Role: roleEU}, sopstest.KMS{ARN: keyEU})
	mixed.PGP = []string{"85D77543B3D624B63CEA9E6DBC17301B491B3F21"}
	literal := func(stack awscdk.Stack) sopsconstructs.SopsSecretProps {
		return ofFile(sopsconstructs.SopsFile{Path: "x.sops.json", Key: "secrets/x*?$.sops.json",
			Bucket: awss3.Bucket_FromBucketName(stack, new("Bucket"), new("a-bucket"))})
	}
	return []sample{
		{name: "a key", file: kms(sopstest.KMS{ARN: keyEU}), keys: []string{keyEU}, want: []string{"kms:Decrypt " + keyEU}},
		{name: "two keys", file: kms(sopstest.KMS{ARN: keyUS}, sopstest.KMS{ARN: keyEU}), keys: []string{keyEU, keyUS},
			want: []string{"kms:Decrypt " + keyEU, "kms:Decrypt " + keyUS}},
		{name: "a role", file: kms(sopstest.KMS{ARN: keyEU, Role: roleEU}), keys: []string{keyEU}, want: []string{"sts:AssumeRole " + roleEU}},
		{name: "a context", file: kms(sopstest.KMS{ARN: keyEU, Context: map[string]string{"App": "demo", "Team": "${*}?"}}), keys: []string{keyEU},
			want: []string{"kms:Decrypt " + keyEU}},
		{name: "a context, and a further one", keys: []string{keyEU, keyUS}, want: []string{"kms:Decrypt " + keyEU, "kms:Decrypt " + keyUS},
			file: kms(sopstest.KMS{ARN: keyEU, Context: map[string]string{"App": "demo"}}, sopstest.KMS{ARN: keyUS, Context: map[string]string{"App": "demo", "Team": "a"}})},
		{name: "an alias", file: kms(sopstest.KMS{ARN: aliasEU, Target: keyEU}), keys: []string{keyEU}, aliases: map[string]string{aliasEU: keyEU},
			want: []string{"kms:Decrypt " + keyEU}},
		{name: "a mixed group", file: mixed, keys: []string{keyEU, keyUS}, want: []string{"kms:Decrypt " + keyEU, "sts:AssumeRole " + roleEU}},
		{name: "key_groups", file: mixed, keys: []string{keyEU, keyUS}, want: []string{"kms:Decrypt " + keyEU, "sts:AssumeRole " + roleEU}, edit: intoGroup},
		{name: "aws-cn", region: "cn-north-1", file: kms(sopstest.KMS{ARN: keyChina}), keys: []string{keyChina}, want: []string{"kms:Decrypt " + keyChina}},
		{name: "aws-us-gov", region: "us-gov-west-1", file: kms(sopstest.KMS{ARN: keyGov}, sopstest.KMS{ARN: strings.Replace(keyGov, "west", "east", 1), Role: roleGov}),
			keys: []string{keyGov, strings.Replace(keyGov, "west", "east", 1)}, want: []string{"kms:Decrypt " + keyGov, "sts:AssumeRole " + roleGov}},
		{name: "a multi-Region key of another region", file: kms(sopstest.KMS{ARN: multiUS}), keys: []string{multiUS, multiEU},
			want: []string{"kms:Decrypt " + multiUS, "kms:Decrypt " + multiEU}},
		{name: "a multi-Region key with a context", file: kms(sopstest.KMS{ARN: multiUS, Context: map[string]string{"App": "demo"}}), keys: []string{multiUS, multiEU},
			want: []string{"kms:Decrypt " + multiUS, "kms:Decrypt " + multiEU}},
		{name: "a multi-Region key in a role", file: kms(sopstest.KMS{ARN: multiUS, Role: roleEU}), keys: []string{multiUS, multiEU}, want: []string{"sts:AssumeRole " + roleEU}},
		{name: "a multi-Region key of the stack's region", file: kms(sopstest.KMS{ARN: multiEU}), keys: []string{multiEU, multiUS}, want: []string{"kms:Decrypt " + multiEU}},
		{name: "a bucket alone, with a multi-Region key", file: kms(sopstest.KMS{ARN: multiUS, Context: ownContext}), keys: []string{multiUS, multiEU},
			props: func(stack awscdk.Stack) sopsconstructs.SopsSecretProps {
				return ofFile(sopsconstructs.SopsFile{Bucket: awss3.Bucket_FromBucketName(stack, new("Bucket"), new("a-bucket")), Key: "x.sops.json",
					DecryptionKeys: []awskms.IKey{awskms.Key_FromKeyArn(stack, new("US"), new(multiUS))}, DecryptionContext: ownContext})
			},
			want: []string{"kms:Decrypt " + multiUS, "kms:Decrypt " + multiEU, "s3:GetObject arn:aws:s3:::a-bucket/x.sops.json"}},
		{name: "another key in clear text, in the metadata and in its unused groups", edit: withDecoys, keys: []string{keyEU}, want: []string{"kms:Decrypt " + keyEU},
			file: sopstest.File{JSON: `{"key_unencrypted": "` + decoyKey + `", "sops_role": "` + decoyRole + `", "kms_unencrypted": [{"arn": "` + decoyKey + `"}]}`,
				KMS: []sopstest.KMS{{ARN: keyEU}}, Age: []string{identity.Recipient().String()}}},
		{name: "an asset", file: large(2800), keys: []string{keyEU},
			want: []string{"kms:Decrypt " + keyEU, "s3:GetObject arn:aws:s3:::cdk-hnb659fds-assets-111122223333-eu-west-1/"}},
		{name: "an asset in China", region: "cn-north-1", keys: []string{keyChina},
			file: sopstest.File{JSON: large(2800).JSON, KMS: []sopstest.KMS{{ARN: keyChina}}, Age: []string{identity.Recipient().String()}},
			want: []string{"kms:Decrypt " + keyChina, "s3:GetObject arn:aws-cn:s3:::cdk-hnb659fds-assets-111122223333-cn-north-1/"}},
		{name: "the user's bucket", file: kms(sopstest.KMS{ARN: keyEU}), keys: []string{keyEU}, props: literal,
			want: []string{"kms:Decrypt " + keyEU, "s3:GetObject arn:aws:s3:::a-bucket/secrets/x*?$.sops.json"}},
		{name: "the user's bucket by parameters", file: kms(sopstest.KMS{ARN: keyEU}), keys: []string{keyEU},
			values: map[string]string{"Name": "b-bucket", "Key": "k.json"},
			props: func(stack awscdk.Stack) sopsconstructs.SopsSecretProps {
				name, key := awscdk.NewCfnParameter(stack, new("Name"), nil), awscdk.NewCfnParameter(stack, new("Key"), nil)
				return ofFile(sopsconstructs.SopsFile{Path: "x.sops.json", Key: *key.ValueAsString(),
					Bucket: awss3.Bucket_FromBucketName(stack, new("Bucket"), name.ValueAsString())})
			},
			want: []string{"kms:Decrypt " + keyEU, "s3:GetObject arn:aws:s3:::b-bucket/k.json"}},
		{name: "a bucket of the stack with a customer key", file: kms(sopstest.KMS{ARN: keyEU}), keys: []string{keyEU},
			wrapped: bucketKey, values: map[string]string{"BucketKey.Arn": bucketKey},
			props: func(stack awscdk.Stack) sopsconstructs.SopsSecretProps {
				key := awskms.NewKey(stack, new("BucketKey"), nil)
				key.Node().DefaultChild().(awscdk.CfnElement).OverrideLogicalId(new("BucketKey"))
				bucket := awss3.NewBucket(stack, new("Bucket"), &awss3.BucketProps{EncryptionKey: key.AddAlias(new("alias/bucket")), BucketName: new("c-bucket")})
				return ofFile(sopsconstructs.SopsFile{Path: "x.sops.json", Bucket: bucket, Key: "k.json"})
			},
			want: []string{"kms:Decrypt " + keyEU, "s3:GetObject arn:aws:s3:::c-bucket/k.json", "kms:Decrypt " + bucketKey}},
		{name: "a bucket alone, with DecryptionKeys", file: kms(sopstest.KMS{ARN: keyUS, Context: ownContext}, sopstest.KMS{ARN: keyEU, Context: ownContext}), keys: []string{keyEU, keyUS},
			props: func(stack awscdk.Stack) sopsconstructs.SopsSecretProps {
				alias := awskms.NewAlias(stack, new("Alias"), &awskms.AliasProps{AliasName: new("alias/us"), TargetKey: awskms.Key_FromKeyArn(stack, new("US"), new(keyUS))})
				return ofFile(sopsconstructs.SopsFile{Bucket: awss3.Bucket_FromBucketName(stack, new("Bucket"), new("a-bucket")), Key: "x.sops.json",
					DecryptionKeys: []awskms.IKey{awskms.Key_FromKeyArn(stack, new("EU"), new(keyEU)), alias}, DecryptionContext: ownContext})
			},
			want: []string{"kms:Decrypt " + keyEU, "kms:Decrypt " + keyUS, "s3:GetObject arn:aws:s3:::a-bucket/x.sops.json"}},
	}
}

func TestLeastPrivilege(t *testing.T) {
	openable(t)
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			write(t, "x.sops.json", s.file)
			content := read(t, "x.sops.json")
			if s.edit != nil {
				content = s.edit(content)
				writeBytes(t, "x.sops.json", content)
			}
			if s.region == "" {
				s.region = "eu-west-1"
			}
			stack := stackIn(s.region, nil)
			props := sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"}
			if s.props != nil {
				props = s.props(stack)
			}
			newSecret(stack, "Credentials", props)
			d := deploy(t, stack, s.region, s.values)
			around := surroundings{keys: s.keys, aliases: s.aliases, objects: map[string][]byte{}}
			for _, sync := range d.syncs {
				if bucket, _ := field(sync, "File", "Bucket").(string); bucket != "" {
					around.objects[bucket+"/"+field(sync, "File", "Key").(string)] = content
				}
			}

			called := append(d.calls(t, around), d.byOthers(t, s.wrapped)...)
			checkCalls(t, called, s.want, len(around.objects) > 0)
			for _, r := range called {
				if !d.may(t, r) {
					t.Errorf("the function calls this, and may not: %+v", r)
				}
			}
			misses := nearMisses(called)
			for _, key := range s.keys { // as itself, where the file says as a role
				direct := iameval.Request{Action: "kms:Decrypt", Resource: key}
				if !slices.ContainsFunc(called, func(r iameval.Request) bool { return r.Resource == key }) {
					misses = append(misses, direct)
				}
			}
			for _, r := range misses {
				if d.may(t, r) {
					t.Errorf("the function may do this, and does not call it: %+v", r)
				}
			}
		})
	}
}

// byOthers is what AWS does in the role's name: Lambda writes the logs, and S3
// decrypts an object of a bucket that wrapped encrypts.
func (d *deployed) byOthers(t *testing.T, wrapped string) []iameval.Request {
	t.Helper()
	arn := fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s:log-stream:a", d.partition, d.region, account, d.logGroup)
	requests := []iameval.Request{{Action: "logs:CreateLogStream", Resource: arn}, {Action: "logs:PutLogEvents", Resource: arn}}
	if wrapped != "" {
		requests = append(requests, iameval.Request{Action: "kms:Decrypt", Resource: wrapped, Context: iameval.Context{
			"kms:ViaService":                   {"s3." + d.region + ".amazonaws.com"},
			"kms:EncryptionContextKeys":        {"aws:s3:arn"},
			"kms:EncryptionContext:aws:s3:arn": {"arn:aws:s3:::c-bucket"},
		}})
	}
	return requests
}

// checkCalls compares what the function called of KMS, STS and S3 with want, whose
// entries may end in "/", and of Secrets Manager with the three actions that it
// knows: what is not called, shows nothing.
func checkCalls(t *testing.T, called []iameval.Request, want []string, hasObject bool) {
	t.Helper()
	want = append(slices.Clone(want), "secretsmanager:DescribeSecret arn:", "secretsmanager:GetSecretValue arn:", "secretsmanager:PutSecretValue arn:", "secretsmanager:UpdateSecretVersionStage arn:",
		"logs:CreateLogStream arn:", "logs:PutLogEvents arn:")
	for _, w := range want {
		if !slices.ContainsFunc(called, func(r iameval.Request) bool { return strings.HasPrefix(r.Action+" "+r.Resource, w) }) {
			t.Errorf("the function does not call %s", w)
		}
	}
	for _, r := range called {
		if !slices.ContainsFunc(want, func(w string) bool { return strings.HasPrefix(r.Action+" "+r.Resource, w) }) {
			t.Errorf("the function calls %s %s, which is not listed", r.Action, r.Resource)
		}
	}
}

// large is a file of so many values; 2,800 are over 200 KB as encoded, and fit
// into a secret.
func large(values int) sopstest.File {
	fields := make([]string, values)
	for i := range fields {
		fields[i] = fmt.Sprintf(`"k%04d":"x"`, i)
	}
	return standard("{" + strings.Join(fields, ",") + "}")
}

// metadata changes the metadata of a JSON file, and nothing else.
func metadata(content []byte, change func(map[string]any)) []byte {
	const name = `"sops":`
	at := strings.LastIndex(string(content), name) + len(name)
	var fields map[string]any
	if err := json.Unmarshal(content[at:len(content)-1], &fields); err != nil {
		panic(err)
	}
	change(fields)
	return []byte(string(content[:at]) + text(fields) + "}")
}

// intoGroup moves the master keys into key_groups, as sops writes several groups.
func intoGroup(content []byte) []byte {
	return metadata(content, func(fields map[string]any) {
		group := map[string]any{}
		for _, list := range []string{"kms", "age", "pgp"} {
			group[list] = fields[list]
			delete(fields, list)
		}
		fields["key_groups"] = []any{group}
	})
}

// withDecoys puts ARNs where they name no master key.
func withDecoys(content []byte) []byte {
	return metadata(content, func(fields map[string]any) {
		entry := map[string]any{"arn": decoyKey, "role": decoyRole, "created_at": "2026-01-02T03:04:05Z", "enc": "AAAA", "aws_profile": ""}
		fields["key_groups"] = []any{map[string]any{"kms": []any{entry}}} // which do not count beside the lists
		fields["note"] = decoyKey
		fields["kms"].([]any)[0].(map[string]any)["comment"] = decoyKey
	})
}
