package main_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

func replaceOnce(t *testing.T, s, from, to string) string {
	t.Helper()
	if strings.Count(s, from) != 1 {
		t.Fatalf("%q is there %d times, want once", from, strings.Count(s, from))
	}
	return strings.Replace(s, from, to, 1)
}

// firstProtocol are properties as releases with protocol 1 wrote them.
func firstProtocol(content string) map[string]any {
	return map[string]any{
		"Protocol": "1", "SecretArn": secretARN, "FileName": "sops/mymanagedsecrets.sops.json",
		"Format": "json", "Render": "flat", "File": content,
	}
}

// Properties that make no sense are refused before anything is asked of AWS.
func TestProperties(t *testing.T) {
	t.Parallel()
	b64 := base64.StdEncoding.EncodeToString
	bomb, err := syncprotocol.EncodeFile(make([]byte, sopsfile.MaxSize))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(props map[string]any)
		words  []string
	}{
		{"protocol 1", func(p map[string]any) {
			content := part(p, "File")["Content"].(string)
			clear(p)
			maps.Copy(p, firstProtocol(content))
		}, []string{`"1"`, `"2"`, "synthesize and deploy again"}},
		{"older protocol", func(p map[string]any) { p["Protocol"] = "0" }, []string{`"0"`, `"2"`, "synthesize and deploy again"}},
		{"newer protocol", func(p map[string]any) { p["Protocol"] = "99" }, []string{`"99"`, "synthesize and deploy again"}},
		{"no protocol", func(p map[string]any) { delete(p, "Protocol") }, []string{"protocol", "synthesize and deploy again"}},
		{"protocol is a list", func(p map[string]any) { p["Protocol"] = []string{"2"} }, []string{"Protocol is not a string"}},
		{"unknown rendering", func(p map[string]any) { part(p, "Output")["Mode"] = "xml" }, []string{`"xml"`, "synthesize and deploy again"}},
		{"unknown format", func(p map[string]any) { part(p, "File")["Format"] = "toml" }, []string{`"toml"`}},
		{"no secret", func(p map[string]any) { delete(part(p, "Target"), "SecretArn") }, []string{"Target.SecretArn is missing"}},
		{"no target", func(p map[string]any) { delete(p, "Target") }, []string{"Target.SecretArn is missing"}},
		{"target in a string", func(p map[string]any) { p["Target"] = secretARN }, []string{"property Target is malformed"}},
		{"secret in a list", func(p map[string]any) { part(p, "Target")["SecretArn"] = []string{secretARN} }, []string{"Target.SecretArn is not a string"}},
		{"unknown kind of target", func(p map[string]any) { p["Target"] = map[string]any{"ParameterName": "/a"} }, []string{"Target", `"ParameterName"`, "synthesize and deploy again"}},
		{"two kinds of target", func(p map[string]any) { part(p, "Target")["ParameterName"] = "/a" }, []string{"Target", `"ParameterName"`, "synthesize and deploy again"}},
		{"secret and parameters", func(p map[string]any) { part(p, "Target")["Parameters"] = map[string]any{"Names": []string{"/a"}} }, []string{"exclude each other"}},
		{"parameters without names", func(p map[string]any) { p["Target"] = map[string]any{"Parameters": map[string]any{}} }, []string{"Names"}},
		{"several parameters without prefix", func(p map[string]any) {
			p["Target"] = map[string]any{"Parameters": map[string]any{"Names": []string{"/a", "/b"}}}
		}, []string{"Prefix"}},
		{"unknown tier", func(p map[string]any) {
			p["Target"] = map[string]any{"Parameters": map[string]any{"Names": []string{"/a"}, "Tier": "x"}}
		}, []string{`"x"`}},
		{"parameters in a list", func(p map[string]any) { p["Target"] = map[string]any{"Parameters": []string{"/a"}} }, []string{"malformed"}},
		{"no value in an output of one", func(p map[string]any) { part(p, "Output")["Mode"] = "value" }, []string{"property Output"}},
		{"a value in an output of all", func(p map[string]any) { part(p, "Output")["Value"] = "my_api_key" }, []string{"property Output", `"my_api_key"`}},
		{"no content", func(p map[string]any) { delete(part(p, "File"), "Content") }, []string{"File.Content", "File.Bucket and File.Key"}},
		{"no file", func(p map[string]any) { delete(p, "File") }, []string{"File"}},
		{"bucket without key", func(p map[string]any) { delete(part(p, "File"), "Content"); part(p, "File")["Bucket"] = "bucket" }, []string{"File.Bucket and File.Key"}},
		{"two files", func(p map[string]any) { part(p, "File")["Bucket"], part(p, "File")["Key"] = "bucket", "key" }, []string{"exclude each other"}},
		{"place of identities without a name", func(p map[string]any) { part(p, "File")["AgeIdentities"] = []any{map[string]any{}} }, []string{"AgeIdentities", "entry 1"}},
		{"place of identities with two names", func(p map[string]any) {
			part(p, "File")["AgeIdentities"] = []any{inSecret, map[string]any{"SecretArn": identityARN, "ParameterName": identityName}}
		}, []string{"AgeIdentities", "entry 2"}},
		{"places of identities in a string", func(p map[string]any) { part(p, "File")["AgeIdentities"] = identityARN }, []string{"AgeIdentities is malformed"}},
		{"allowed keys in a string", func(p map[string]any) { part(p, "File")["AllowedKeys"] = keyUS }, []string{"AllowedKeys is malformed"}},
		{"another key than is allowed", func(p map[string]any) { part(p, "File")["AllowedKeys"] = []string{keyUS} }, []string{keyAP, "not among the allowed keys"}},
		{"file in a string", func(p map[string]any) { p["File"] = "!plaintext!" }, []string{"property File is malformed"}},
		{"not base64", func(p map[string]any) { part(p, "File")["Content"] = "!plaintext!" }, []string{"not base64"}},
		{"not gzip", func(p map[string]any) { part(p, "File")["Content"] = b64([]byte("plaintext")) }, []string{"gzip"}},
		{"damaged gzip", func(p map[string]any) {
			f := part(p, "File")
			s := f["Content"].(string)
			f["Content"] = s[:len(s)/8*4]
		}, []string{"damaged"}},
		{"unpacks to megabytes of nothing", func(p map[string]any) { part(p, "File")["Content"] = bomb }, []string{"sops/mymanagedsecrets.sops.json"}},
		{"not a SOPS file", func(p map[string]any) {
			part(p, "File")["Content"], _ = syncprotocol.EncodeFile([]byte(`{"password":"clear-text-password"}`))
		}, []string{"not encrypted"}},
		{"another format", func(p map[string]any) { part(p, "File")["Format"] = "ini" }, []string{"sops/mymanagedsecrets.sops.json"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.values = append(w.values, "clear-text-password", "!plaintext!")
			e := w.create(w.sample("first"))
			w.aws.ResetCalls()
			tt.change(propertiesOf(e))
			w.fails(e, defaultTimeout, tt.words...)
			if calls := w.aws.Calls(); len(calls) > 0 {
				t.Errorf("AWS was called: %v", calls)
			}
			w.holds("", 0)
		})
	}
}

// A file that was changed without sops is refused, and says nothing of itself.
func TestTamperedFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, file string) string
	}{
		{"value moved to another name", func(t *testing.T, f string) string {
			return replaceOnce(t, f, `"my_api_key"`, `"my_other_key"`)
		}},
		{"value removed", func(t *testing.T, f string) string {
			return f[:strings.Index(f, "\t\"my_first")] + f[strings.Index(f, "\t\"sops\""):]
		}},
		{"clear value added", func(t *testing.T, f string) string {
			return replaceOnce(t, f, "{\n\t\"my_api", "{\n\t\"added\": \"clear-text-password\",\n\t\"my_api")
		}},
		{"type tag changed", func(t *testing.T, f string) string {
			return strings.Replace(f, "type:str]", "type:int]", 1)
		}},
		{"other date", func(t *testing.T, f string) string {
			return replaceOnce(t, f, `"lastmodified": "`+lastModified, `"lastmodified": "2026-01-02T03:04:06Z`)
		}},
		{"entry given twice", func(t *testing.T, f string) string {
			return replaceOnce(t, f, `"my_first_secret"`, `"my_api_key"`)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.succeeds(w.create(w.sample("before")))
			w.values = append(w.values, "clear-text-password")
			file := tt.change(t, string(w.sample("after")))
			w.fails(w.update([]byte(file)), defaultTimeout, "sops/mymanagedsecrets.sops.json")
			w.holds(flat("before"), 1)
		})
	}
}

// As long as the ResponseURL can be read, whatever else is wrong is answered.
func TestMalformedEvents(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(event map[string]any)
		word   string
	}{
		{"unknown request type", func(e map[string]any) { e["RequestType"] = "Read" }, "RequestType"},
		{"no request type", func(e map[string]any) { delete(e, "RequestType") }, "RequestType"},
		{"no stack", func(e map[string]any) { delete(e, "StackId") }, "StackId"},
		{"no logical id", func(e map[string]any) { delete(e, "LogicalResourceId") }, "LogicalResourceId"},
		{"request id is a number", func(e map[string]any) { e["RequestId"] = 7 }, "RequestId"},
		{"properties are a list", func(e map[string]any) { e["ResourceProperties"] = []int{1} }, "ResourceProperties"},
		{"no properties", func(e map[string]any) { delete(e, "ResourceProperties") }, "ResourceProperties"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.create(w.sample("first"))
			tt.change(e)
			w.fails(e, defaultTimeout, "malformed event", tt.word)
			w.holds("", 0)
		})
	}
	for _, piece := range []string{"x", "\"", "\x01", "é"} {
		for _, names := range [][]string{{"LogicalResourceId"}, {"StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId"}} {
			t.Run(fmt.Sprintf("%d ids are long, of %q", len(names), piece), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				e := w.update(w.sample("first"))
				for _, name := range names {
					e[name] = strings.Repeat(piece, 5000)
				}
				e["RequestType"] = "Read"
				a := w.fails(e, defaultTimeout, "malformed event", "RequestType")
				if len(a.LogicalResourceId) < 30 || !strings.HasPrefix(strings.Repeat(piece, 5000), a.LogicalResourceId) {
					t.Errorf("got logical id %q", a.LogicalResourceId)
				}
				w.holds("", 0)
			})
		}
	}
	t.Run("cut off", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		url, _ := json.Marshal(w.receiver.URL(time.Now()))
		a := w.deliverBytes([]byte(`{"RequestType":"Create","ResponseURL":`+string(url)+`,"StackId":"s","ResourceProperties":{"File":{"Content":"H4s`), defaultTimeout)
		w.refused(a, "malformed event")
		if a.StackId != "s" {
			t.Errorf("what was readable is not in the answer: %+v", a)
		}
	})
}

// Nobody can be answered: Lambda is told, and the function lives on.
func TestNoResponseURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, payload := range []string{`{}`, `null`, `"x"`, `{"ResponseURL":5}`, `not json`, `{"ResponseURL":"gopher://x"}`, `{"ResponseURL":"%zz"}`,
		`{"ResponseURL":"https://evil.example/"}`, `{"ResponseURL":"http://s3.amazonaws.com/"}`} {
		o := w.invoke([]byte(payload), defaultTimeout)
		if !o.Failed || !strings.Contains(string(o.Body), "ResponseURL") {
			t.Errorf("%s: Lambda was told %s", payload, o.Body)
		}
	}
	w.succeeds(w.create(w.sample("first")))
}

// The reason is as long as the file's author makes it; the answer is not.
func TestLongReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var keys []wrapper
	for i := range 40 {
		region := []string{"eu-west-1", "us-east-1", "ap-southeast-2"}[i%3]
		arn := "arn:aws:kms:" + region + ":111122223333:key/" + strings.Repeat(string(rune('a'+i%26)), 30) + string(rune('a'+i/26))
		w.aws.AddKey(arn)
		keys = append(keys, wrapper{arn: arn})
	}
	e := w.create(w.sampleWith(keys))
	for _, k := range keys {
		w.aws.AddKey(k.arn).Fail("DisabledException")
	}
	part(propertiesOf(e), "File")["Name"] = "sops/" + strings.Repeat("日本語\"<\u2028", 40) + ".sops.json"
	a := w.fails(e, 30*time.Second, "…", "(log stream 2026/01/02/[$LATEST]0123456789abcdef)")
	if len(a.Reason) < 2000 {
		t.Errorf("the reason has only %d bytes: too much was cut", len(a.Reason))
	}
}
