package synthfile_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/demonstration"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// use does with a file what a construct does, up to what lands, and returns the error.
func use(path string, rules synthfile.Rules) error {
	file, err := synthfile.New().Open(path, "")
	if err != nil {
		return err
	}
	if _, err := file.Use(rules); err != nil {
		return err
	}
	if _, err := file.Whole().Names(render.Output{}); err != nil {
		return err
	}
	_, err = file.Whole().Decrypt("eu-west-1").Content(render.Output{})
	return err
}

// inSops goes to a new folder and writes sops/x.sops.json there.
func inSops(t *testing.T, content []byte) {
	t.Helper()
	t.Chdir(t.TempDir())
	err := os.Mkdir("sops", 0o700)
	if err == nil {
		err = os.WriteFile("sops/x.sops.json", content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestMisuse(t *testing.T) {
	openable(t)
	const path = "sops/x.sops.json"
	// change is the standard file, changed.
	change := func(f func(*sopstest.File)) sopstest.File {
		file := standard(values)
		f(&file)
		return file
	}
	const pgp = "85D77543B3D624B63CEA9E6DBC17301B491B3F21"
	publishedKey, err := base64.StdEncoding.DecodeString(demonstration.DataKey)
	if err != nil {
		t.Fatal(err)
	}
	everyone := "everyone can read " + path + ": it was made from the demonstration file, or is encrypted to its published recipient " + demonstration.Recipient + "; " +
		`delete it, replace the values that were in it, and create a new file (an edit, a copy and "sops updatekeys" keep the data key, which is published too)`
	for _, c := range []struct {
		name string
		file sopstest.File
		path string
		want string
	}{
		{"no file", standard(values), "sops/y.sops.json", `there is no file sops/y.sops.json in FOLDER; create it with "mkdir -p sops && cd sops && sops edit y.sops.json"`},
		{"no file, here", standard(values), "y.sops.json", `there is no file y.sops.json in FOLDER; create it with "sops edit y.sops.json"`},
		{"no file, in a folder with a space", standard(values), "my sops/it's.json", `there is no file my sops/it's.json in FOLDER; create it with "mkdir -p 'my sops' && cd 'my sops' && sops edit 'it'\''s.json'"`},
		{"a folder", standard(values), "sops", "failed to read file: read sops: is a directory; check the path and the permissions"},
		{"a changed value", change(func(f *sopstest.File) { f.WrongMAC = true }), path,
			path + ": the file's message authentication code (MAC) does not fit its values: it was changed without sops, or a merge mixed two versions of it; " +
				`take the last good version from git, and make the change again with "cd sops && sops edit x.sops.json"`},
		{"no KMS key", change(func(f *sopstest.File) { f.KMS = nil }), path,
			path + `: it has no KMS key, and the function has nothing else to decrypt with; ` +
				`add one with "cd sops && sops rotate --in-place --add-kms KEY_ARN x.sops.json", or pass AgeIdentities for its age recipients`},
		{"PGP alone", change(func(f *sopstest.File) { f.KMS, f.Age, f.PGP = nil, nil, []string{pgp} }), path,
			path + `: its keys are of the type pgp alone, and neither synth nor the function can use one; ` +
				`whoever can decrypt it adds a KMS key with "cd sops && sops rotate --in-place --add-kms KEY_ARN x.sops.json"`},
		{"PGP and age", change(func(f *sopstest.File) { f.KMS, f.PGP = nil, []string{pgp} }), path,
			path + `: it has no KMS key, and the function has nothing else to decrypt with; ` +
				`add one with "cd sops && sops rotate --in-place --add-kms KEY_ARN x.sops.json", or pass AgeIdentities for its age recipients`},
		{"a wildcard for a key", change(func(f *sopstest.File) { f.KMS[0].ARN = "arn:aws:kms:eu-west-1:111122223333:key/*" }), path,
			path + `: the KMS entry "arn:aws:kms:eu-west-1:111122223333:key/*" is not the ARN of a KMS key or alias (arn:aws:kms:REGION:ACCOUNT:key/ID); correct the entry in .sops.yaml, and encrypt the values again`},
		{"a wildcard for a role", change(func(f *sopstest.File) { f.KMS[0].Role = "arn:aws:iam::111122223333:role/*" }), path,
			path + `: the role of the KMS entry "` + keyEU + `": "arn:aws:iam::111122223333:role/*" is not the ARN of a role (arn:aws:iam::ACCOUNT:role/NAME); correct the entry in .sops.yaml, and encrypt the values again`},
		{"context names that IAM cannot tell apart", change(func(f *sopstest.File) { f.KMS[0].Context = map[string]string{"App": "a", "app": "b"} }), path,
			path + `: the encryption context of the KMS entry "` + keyEU + `" has names that IAM cannot tell apart, or an empty one; correct the entry in .sops.yaml, and encrypt the values again`},
		{"the published recipient", change(func(f *sopstest.File) { f.Age = append(f.Age, demonstration.Recipient) }), path, everyone},
		{"the published data key", change(func(f *sopstest.File) { f.DataKey = publishedKey }), path, everyone},
		{"too large", standard(`{"a": "` + strings.Repeat("demo value of thirty bytes....", 3000) + `"}`), path,
			path + ": it renders to 90008 bytes, and a secret holds at most 65536; move some of its values to another file and secret"},
		{"a rule that selects nothing", standard(`{"a_unencrypted": "demo-value-1"}`), path,
			path + ` protects nothing: its rule, unencrypted_suffix "_unencrypted", leaves every value in clear text; ` +
				`correct the rule in .sops.yaml and encrypt the values again, and replace them if the file was ever pushed`},
		{"a collision", standard(`{"a.b": "x", "a": {"b": "y"}}`), path, path + `: two values would land under the name "a.b": ["a.b"] and ["a"]["b"]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			inSops(t, encrypt(t, c.file))
			got := message(use(c.path, synthfile.Rules{}))
			if folder, err := os.Getwd(); err == nil {
				got = strings.ReplaceAll(got, folder, "FOLDER")
			}
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if strings.Contains(got, "demo-value") || strings.Contains(got, "demo value") {
				t.Errorf("the message holds a value: %s", got)
			}
		})
	}
}

func TestClearText(t *testing.T) {
	sopstest.Isolate(t)
	inSops(t, []byte(values))
	got := message(use("sops/x.sops.json", synthfile.Rules{}))
	if want := `sops/x.sops.json is not encrypted; encrypt it with "cd sops && sops encrypt --in-place x.sops.json", and replace its values if it was ever pushed`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A file in clear text, or with nothing in it, is called that before anything else that is
// wrong with it, and nothing of it is quoted: a name of a .env may be a line of a key.
func TestClearTextComesFirst(t *testing.T) {
	sopstest.Isolate(t)
	t.Chdir(t.TempDir())
	const clear = ` is not encrypted; encrypt it with "sops encrypt --in-place FILE", and replace its values if it was ever pushed`
	const first = ` is not encrypted; correct it first (WHY); encrypt it with "sops encrypt --in-place FILE", and replace its values if it was ever pushed`
	const empty = ` is empty; delete it, and create it with "sops edit FILE"`
	for name, c := range map[string]struct{ content, want, why string }{
		"doubled.env":     {"MIIdemo-value==\nMIIdemo-value==\n", clear, ""},
		"doubled.json":    {`{"demo-value": 1, "demo-value": 2}`, clear, ""},
		"doubled.yaml":    {"demo-value: 1\ndemo-value: 2\n", clear, ""},
		"doubled.ini":     {"[demo-value]\na = 1\na = 2\n", clear, ""},
		"list.json":       {`["demo-value"]`, clear, ""},
		"comma.json":      {"{\n  \"a\": \"demo-value\",\n}", first, "not JSON at line 3, column 1: a comma before the end of a map or list"},
		"indent.yaml":     {"a: [demo-value\nb: }\n", first, "not YAML at line 1"},
		"pem.env":         {"-----BEGIN PRIVATE KEY-----\nMIIdemo-value==\n", first, "line 1 is neither NAME=VALUE nor a comment"},
		"keystore.p12":    {"0\x82demo-value", clear, ""},
		"empty.json":      {"", empty, ""},
		"spaces.yaml":     {" \n", empty, ""},
		"empty.env":       {"\n", empty, ""},
		"empty.keystore":  {"", empty, ""},
		"only-marks.yaml": {"---\n# demo-value\n", clear, ""},
	} {
		if err := os.WriteFile(name, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := synthfile.New().Open(name, "")
		want := name + strings.NewReplacer("FILE", name, "WHY", c.why).Replace(c.want)
		if got := message(err); got != want || strings.Contains(got, "demo-value") {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// What was written into an encrypted file without sops has a remedy, for each way to break it.
// The commands are those of a file in a folder.
func TestChangedWithoutSops(t *testing.T) {
	openable(t)
	const good = `; take the last good version from git, and make the change again with "cd sops && sops edit x.sops.json"`
	const out = `; take it out, add it with "cd sops && sops edit x.sops.json", and replace it if it was ever pushed`
	for name, c := range map[string]struct{ old, new, want string }{
		"a value that was added":         {`"name":`, `"token": "demo-value", "name":`, `value at "token": a clear value where the file's rule selects encryption` + out},
		"a token that was cut":           {`,type:str]`, `]`, `value at "name": not a complete ENC[AES256_GCM,…] token in the form that sops writes` + good},
		"half of the file":               {`"sops":`, `"sops" `, good},
		"half of a character":            {`"name":`, `"name\ud83d":`, `half of a surrogate pair (\ud800 to \udfff), which stands for no character alone` + good},
		"another time":                   {`"lastmodified":"20`, `"lastmodified":"yester20`, `"lastmodified" is not a time as RFC 3339` + good},
		"the metadata in another place":  {`"sops":`, `"sops_":`, `it has encrypted values and no sops metadata, so a part of the file is missing` + good},
		"a conflict, which says more":    {`{`, "{\n<<<<<<< HEAD\n", `make the change of the other again with "sops edit"`},
		"quotes that are lost, the same": {`"lastmodified":"2026-01-02T03:04:05Z"`, `"lastmodified":2026`, `put it in quotes, as sops does`},
	} {
		t.Run(name, func(t *testing.T) {
			content := string(encrypt(t, standard(`{"name": "demo-value"}`)))
			if !strings.Contains(content, c.old) {
				t.Fatalf("the file has no %s", c.old)
			}
			inSops(t, []byte(strings.Replace(content, c.old, c.new, 1)))
			got := message(use("sops/x.sops.json", synthfile.Rules{}))
			if !strings.HasPrefix(got, "sops/x.sops.json: ") || !strings.HasSuffix(got, c.want) || strings.Contains(got, "demo-value") {
				t.Errorf("got %s\nwant …%s", got, c.want)
			}
		})
	}
}

// A file that is larger than what is read may be as sops wrote it.
func TestTooLargeHasNoVersionInGit(t *testing.T) {
	sopstest.Isolate(t)
	inSops(t, []byte(`{"a": `+strings.Repeat("[", 200)+strings.Repeat("]", 200)+`, "sops": {"mac": "ENC[AES256_GCM,"}}`))
	got := message(use("sops/x.sops.json", synthfile.Rules{}))
	if !strings.HasSuffix(got, "more than 100 maps and lists inside each other") {
		t.Errorf("got %s", got)
	}
}

// sops 3.13.3 made the file: sops encrypt --encrypted-regex '^(data|stringData)$'. Its
// recipient is that of age's own documentation, and its value is none.
func TestAFileThatProtectsNothing(t *testing.T) {
	sopstest.Isolate(t)
	got := message(use("testdata/nothing.env", synthfile.Rules{HasIdentities: true}))
	if want := `testdata/nothing.env protects nothing: its rule, encrypted_regex "^(data|stringData)$", leaves every value in clear text; `; !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s…", got, want)
	}
}

// A merge that git makes without a conflict takes one value of each side, and the MAC of one:
// both values open, and the file is refused.
func TestMergedVersions(t *testing.T) {
	openable(t)
	versions := make([]map[string]json.RawMessage, 2)
	for i, content := range []string{`{"a": "demo-value-1", "b": "demo-value-2"}`, `{"a": "demo-value-1", "b": "demo-value-3"}`} {
		file := standard(content)
		file.DataKey = bytes.Repeat([]byte{7}, 32) // an edit keeps it
		if err := json.Unmarshal(encrypt(t, file), &versions[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i, side := range versions {
		merged := maps.Clone(side)
		merged["b"] = versions[1-i]["b"]
		content, err := json.Marshal(merged)
		if err != nil {
			t.Fatal(err)
		}
		inSops(t, content)
		want := "sops/x.sops.json: the file's message authentication code (MAC) does not fit its values: it was changed without sops, or a merge mixed two versions of it; " +
			`take the last good version from git, and make the change again with "cd sops && sops edit x.sops.json"`
		if got := message(use("sops/x.sops.json", synthfile.Rules{})); got != want {
			t.Errorf("the MAC of side %d: got\n%s\nwant\n%s", i, got, want)
		}
	}
}

// A value that was encrypted for another name is refused, and not quoted.
func TestMovedValue(t *testing.T) {
	openable(t)
	content := string(encrypt(t, standard(`{"a": "demo-value-1", "b": "demo-value-2"}`)))
	swapped := strings.NewReplacer(`"a":`, `"b":`, `"b":`, `"a":`).Replace(content)
	inSops(t, []byte(swapped))
	got := message(use("sops/x.sops.json", synthfile.Rules{}))
	want := `sops/x.sops.json: value at "b": the encrypted value was changed, or moved here from another name; ` +
		`take the last good version from git, and make the change again with "cd sops && sops edit x.sops.json"`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNoUsableKey(t *testing.T) {
	file := standard(values)
	stranger := newIdentity().Recipient().String()
	file.Age = []string{stranger}
	file.PGP = []string{"85D77543B3D624B63CEA9E6DBC17301B491B3F21"}
	for _, c := range []struct{ name, identity, age string }{
		{"no identity", "", "no age identity was found"},
		{"a wrong identity", identity.String(), "the one age identity that was found does not fit this recipient (1 in SOPS_AGE_KEY)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sopstest.Isolate(t)
			inSops(t, encrypt(t, file))
			if c.identity != "" {
				t.Setenv("SOPS_AGE_KEY", c.identity)
			}
			err := use("sops/x.sops.json", synthfile.Rules{})
			got := regexp.MustCompile("; not there: .*").ReplaceAllString(message(err), "") // paths of this machine
			want := "sops/x.sops.json: none of the file's master keys opens it\n" +
				"  kms " + keyEU + ": no AWS credentials were found; run \"aws sso login\" and set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; \"aws sts get-caller-identity\" shows whether they work\n" +
				"  pgp " + file.PGP[0] + ": keys of this type are not read here, only kms and age\n" +
				"  age " + stranger + ": " + c.age
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if !errors.Is(err, synthfile.ErrNoKey) {
				t.Error("the error does not wrap ErrNoKey")
			}
		})
	}
}

// Only a missing key is ErrNoKey.
func TestOtherErrorsAreNotErrNoKey(t *testing.T) {
	openable(t)
	file := standard(values)
	file.WrongMAC = true
	for name, path := range map[string]string{
		"changed": place(t, "x.json", encrypt(t, file)), "clear": place(t, "x.json", []byte(values)), "none": "none.json",
	} {
		if err := use(path, synthfile.Rules{}); err == nil || errors.Is(err, synthfile.ErrNoKey) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// What a file must not name is refused before any call to AWS.
func TestAllowedKeys(t *testing.T) {
	server := inAWS(t)
	recipient := identity.Recipient().String()
	plain := sopstest.File{JSON: values, KMS: []sopstest.KMS{{ARN: keyEU}, {ARN: keyUS}}}
	withRole := sopstest.File{JSON: values, KMS: []sopstest.KMS{{ARN: keyEU, Role: roleEU}}}
	withAge := sopstest.File{JSON: values, KMS: []sopstest.KMS{{ARN: keyEU}}, Age: []string{recipient}}
	const remedy = `, which is not among the allowed keys; add it to AllowedKeys if it may be used, else take it out of the file with "sops rotate"`
	for _, c := range []struct {
		name    string
		file    sopstest.File
		allowed []string
		want    string // "" where the file may be used
	}{
		{"no list", plain, nil, ""},
		{"all named", plain, []string{keyEU, keyUS, roleEU}, ""},
		{"a key is missing", plain, []string{keyEU}, `the file names the kms key "` + keyUS + `"`},
		{"another key is missing", plain, []string{keyUS}, `the file names the kms key "` + keyEU + `"`},
		{"a part of a name is none", plain, []string{keyEU[:len(keyEU)-1], "arn:aws:kms:*"}, `the file names the kms key "` + keyEU + `"`},
		{"an empty list", plain, []string{}, `the file names the kms key "` + keyEU + `"`},
		{"with the role", withRole, []string{keyEU, roleEU}, ""},
		{"a role is missing", withRole, []string{keyEU}, `the file names the role "` + roleEU + `"`},
		{"with the recipient", withAge, []string{keyEU, recipient}, ""},
		{"a recipient is missing", withAge, []string{keyEU}, `the file names the age key "` + recipient + `"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			server.ResetCalls()
			path := place(t, "x.sops.json", encrypt(t, c.file))
			err := use(path, synthfile.Rules{AllowedKeys: c.allowed})
			calls := server.Calls()
			if c.want == "" {
				if err != nil || len(calls) == 0 {
					t.Errorf("got %v and %d calls to AWS", err, len(calls))
				}
				return
			}
			if got, want := message(err), path+": "+c.want+remedy; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if len(calls) != 0 {
				t.Errorf("%d calls to AWS before the file was refused, the first %s:%s", len(calls), calls[0].Service, calls[0].Action)
			}
		})
	}
}

// With age identities, the function opens age entries too.
func TestFunctionWithIdentities(t *testing.T) {
	t.Parallel()
	file := standard(values)
	file.KMS = nil
	if err := open(t, synthfile.New(), place(t, "x.json", encrypt(t, file))).Check(synthfile.Rules{HasIdentities: true}); err != nil {
		t.Error(err)
	}
	file.Age, file.PGP = nil, []string{"85D77543B3D624B63CEA9E6DBC17301B491B3F21"}
	if err := open(t, synthfile.New(), place(t, "x.json", encrypt(t, file))).Check(synthfile.Rules{HasIdentities: true}); err == nil {
		t.Error("a file with PGP alone passed")
	}
}

// The function has no age plugins: a file of theirs alone is refused, although synth could
// open it.
func TestFunctionWithPlugins(t *testing.T) {
	t.Parallel()
	file := standard(values)
	file.KMS = nil
	content := strings.ReplaceAll(string(encrypt(t, file)), file.Age[0], "age1toy10qqdaqj8")
	err := open(t, synthfile.New(), place(t, "x.json", []byte(content))).Check(synthfile.Rules{HasIdentities: true})
	if err == nil || !strings.Contains(err.Error(), `it has no KMS key, and its age recipients are of age plugins, which the function does not have; add one with "`) {
		t.Errorf("got %v", err)
	}
}

// sops takes the format from the ending, and such names for binary (getsops/sops#1831).
func TestOtherFormats(t *testing.T) {
	sopstest.Isolate(t)
	t.Chdir(t.TempDir())
	json := encrypt(t, standard(values))
	const dotenv = "A=ENC[AES256_GCM,data:AAAA,iv:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]\n" +
		"sops_kms__list_0__map_arn=" + keyEU + "\nsops_kms__list_0__map_created_at=2026-01-02T03:04:05Z\nsops_kms__list_0__map_enc=AAAA\n" +
		"sops_lastmodified=2026-01-02T03:04:05Z\nsops_mac=ENC[AES256_GCM,data:AAAA,iv:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]\nsops_version=3.13.3\n"
	for name, c := range map[string]struct{ content, format, ending string }{
		".env.production":  {dotenv, "dotenv", ".env"},
		".env.example":     {dotenv, "dotenv", ".env"},
		"env.yaml":         {dotenv, "dotenv", ".env"},
		"secrets.json.enc": {string(json), "json", ".json"},
		"secrets.JSON":     {string(json), "json", ".json"},
		"secrets.ini":      {string(json), "json", ".json"},
	} {
		if err := os.WriteFile(name, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := synthfile.New().Open(name, "")
		want := `; pass a SopsFile with Format "` + c.format + `", or give the file a name that ends in ` + c.ending + `, by which sops knows the format too`
		if got := message(err); !strings.HasPrefix(got, name+": ") || !strings.HasSuffix(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if _, err := synthfile.New().Open(name, sopsfile.Format(c.format)); err != nil {
			t.Errorf("%s, with the Format: %v", name, err)
		}
	}
	// What is wrong with the content in any format has no such remedy.
	for name, content := range map[string]string{"bad.json": string(json[:len(json)/2]), "bad.env.production": "sops_version=3\n"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := synthfile.New().Open(name, ""); err == nil || strings.Contains(err.Error(), "SopsFile with Format") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// What a file names is looked at before the rest of it is parsed, which may be hostile; a
// file that names nothing else, or shows no metadata, is Open's.
func TestAllowedKeysComeFirst(t *testing.T) {
	t.Parallel()
	content := string(encrypt(t, sopstest.File{JSON: values, KMS: []sopstest.KMS{{ARN: keyEU}}}))
	for _, c := range []struct {
		name, content string
		allowed       []string
		want          string // a part of the error
	}{
		{"what cannot be parsed", strings.Replace(content, "{", "{\"a\": [1, 2 3],", 1), []string{keyUS}, `the file names the kms key "` + keyEU + `"`},
		{"an empty list", content, []string{}, `the file names the kms key "` + keyEU + `"`},
		{"all named", content, []string{keyEU}, ""},
		{"no list", content, nil, ""},
		{"nothing that can be read", "{", []string{keyUS}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files, path := synthfile.New(), place(t, "x.sops.json", []byte(c.content))
			err := files.CheckAllowed(path, "", c.allowed)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if err := synthfile.New().CheckAllowed("nowhere.json", "", []string{}); err != nil {
		t.Errorf("a file that is not there: %v", err)
	}
}
