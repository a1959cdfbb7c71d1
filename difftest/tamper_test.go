package difftest_test

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getsops/sops/v3"
	"github.com/getsops/sops/v3/aes"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// victims are the twelve files that are tampered with: small, and with one of
// everything.
func victims(t *testing.T) []sample {
	t.Helper()
	dir := t.TempDir()
	age := "age: " + identities[0].recipient
	const (
		jsonText = `{"user":"u-17","pass_enc":"p w","n":5432,"f":1.5,"t":true,"z":null,"e":"","o:k":"c","m":{"x":"1","y":[1,"b",{"q":"r"}]},` +
			`"l":[],"k":{},"p_unencrypted":"foo","q_unencrypted":"bar","r_unencrypted":true,"s_unencrypted":7}`
		yamlText = "# head\nuser: u-17\npass_enc: p w # inline\nn: 5432\nf: 1.5\nt: true\nz: null\ne: \"\"\n\"o:k\": c\n" +
			"# sops:enc\nm:\n  x: \"1\"\n  # in\n  y:\n  # item\n  - 1\n  - b\n  - q: r\nl: []\nk: {}\np_unencrypted: foo\nq_unencrypted: bar\nr_unencrypted: true\n"
		envText = "# head\nUSER=u-17\nPASS_enc=p w\nN=5432\nE=\nM=a\\nb\nP_unencrypted=foo\nQ_unencrypted=bar\n"
		iniText = "; head\ntop = 1\n[one]\n; c\nuser = u-17\npass_enc = p w\n[two]\nuser = u-18\np_unencrypted = foo\nq_unencrypted = bar\n"
	)
	list := []struct {
		name, version, rule, text string
		format                    sopsfile.Format
	}{
		{"json", "v3.13.3", "", jsonText, sopsfile.JSON},
		{"json-mac-only", "v3.13.3", "encrypted_suffix: _enc\n    mac_only_encrypted: true", jsonText, sopsfile.JSON},
		{"json-regex", "v3.9.4", "encrypted_regex: ^(user|pass|m)", jsonText, sopsfile.JSON},
		{"yaml", "v3.13.3", "", yamlText, sopsfile.YAML},
		{"yaml-two", "v3.13.3", "", "a: \"1\"\nb: two\n---\nc: \"3\"\nd_unencrypted: 4\n", sopsfile.YAML},
		{"yaml-comment", "v3.13.3", "encrypted_comment_regex: sops:enc", yamlText, sopsfile.YAML},
		{"yaml-old", "v3.8.1", "", yamlText, sopsfile.YAML},
		{"dotenv", "v3.13.3", "", envText, sopsfile.Dotenv},
		{"ini", "v3.13.3", "", iniText, sopsfile.INI},
		{"binary", "v3.13.3", "", "some\x00content", sopsfile.Binary},
		// Short, since its keys cost a request each: for the metadata.
		{"keys", "v3.13.3", "kms: " + kmsEU, `{"user":"u-17"}`, sopsfile.JSON},
		{"groups", "v3.13.3", "GROUPS", `{"user":"u-17"}`, sopsfile.JSON},
	}
	var out []sample
	for _, v := range list {
		config := "creation_rules:\n  - path_regex: .*\n    " + age + "\n"
		if v.rule == "GROUPS" {
			config = "creation_rules:\n  - path_regex: .*\n    " + keySets()[6].lines + "\n"
		} else if v.rule != "" {
			config += "    " + v.rule + "\n"
		}
		ending := ""
		for _, f := range formatNames {
			if f.format == v.format {
				ending = f.ending
			}
		}
		data, err := encrypt(filepath.Join(dir, v.name), ending, v.version, config, v.text)
		if err != nil {
			t.Fatalf("%s: %v", v.name, err)
		}
		out = append(out, sample{v.name, v.format, v.version, data})
	}
	return out
}

// encryptedLeaves are the non-empty values of a file that stand there encrypted,
// in order, decrypted by the official cipher.
func encryptedLeaves(t *testing.T, s sample) []leafAt {
	t.Helper()
	tree, err := plainStore(s.format).LoadEncryptedFile(s.data)
	if err != nil {
		t.Fatal(err)
	}
	key, err := tree.Metadata.GetDataKey()
	if err != nil {
		t.Fatal(err)
	}
	var list []leafAt
	var walk func(v any, path []string)
	walk = func(v any, path []string) {
		switch v := v.(type) {
		case sops.TreeBranch:
			for _, e := range v {
				if name, ok := e.Key.(string); ok {
					walk(e.Value, append(slices.Clone(path), name))
				}
			}
		case []any:
			for _, item := range v {
				walk(item, path)
			}
		case string:
			if !strings.HasPrefix(v, "ENC[") || strings.HasSuffix(v, "type:comment]") {
				return
			}
			names := strings.Join(path, ":") + ":"
			p, err := aes.NewCipher().Decrypt(v, key, names)
			if err != nil {
				t.Fatal(err)
			}
			text, err := sops.ToBytes(p)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, leafAt{names: names, txt: string(text)})
		}
	}
	for _, b := range tree.Branches {
		walk(b, nil)
	}
	return list
}

// fewestMutations is how many SECURITY.md promises.
const fewestMutations = 100_000

func TestTampering(t *testing.T) {
	var mu sync.Mutex
	byKind := map[string]map[string]int{}
	totals := map[string]int{}
	count := func(kind, what string) {
		mu.Lock()
		defer mu.Unlock()
		if byKind[kind] == nil {
			byKind[kind] = map[string]int{}
		}
		byKind[kind][what]++
		totals[what]++
	}
	mutations := 0
	for _, s := range victims(t) {
		_, before, err := ours(s.data, s.format, nil)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		encrypted := encryptedLeaves(t, s)
		all := append(flips(s.data), structural(s.data, s.format)...)
		all = append(all, ruleChanges(s.data, s.format)...)
		mutations += len(all)
		var wait sync.WaitGroup
		slots := make(chan struct{}, runtime.NumCPU())
		for _, m := range all {
			wait.Add(1)
			slots <- struct{}{}
			go func() {
				defer wait.Done()
				what, err := judge(s, m, before, encrypted)
				if err != nil {
					t.Errorf("%s: %s: %v", s.name, m.kind, err)
				}
				count(m.kind, what)
				<-slots
			}()
		}
		wait.Wait()
	}
	t.Logf("%d mutations compared", mutations)
	if mutations < fewestMutations {
		t.Errorf("%d mutations, want %d or more", mutations, fewestMutations)
	}
	accepted := 0
	for what, n := range totals {
		if strings.HasPrefix(what, "accepted") {
			accepted += n
		}
	}
	summary = append(summary, fmt.Sprintf("%d mutations compared: %d refused, %d accepted as sops accepts them (%d of these change what SOPS does not authenticate), %d without effect, %d wrong",
		mutations, totals["refused"], accepted, accepted-totals["accepted: layout or metadata alone: the same values"], totals["no change"], totals["wrong"]))
	for _, what := range slices.Sorted(maps.Keys(totals)) {
		t.Logf("  %6d %s", totals[what], what)
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		line := ""
		for _, what := range slices.Sorted(maps.Keys(byKind[kind])) {
			line += fmt.Sprintf("; %d %s", byKind[kind][what], what)
		}
		t.Logf("  %s: %s", kind, strings.TrimPrefix(line, "; "))
	}
}

// judge reads a changed file both ways. The error says that we accept what the
// official library refuses or reads otherwise, or that an encrypted value passed
// as another.
func judge(s sample, m mutation, before *sopsfile.Tree, encrypted []leafAt) (string, error) {
	if bytes.Equal(m.data, s.data) {
		return "no change", nil
	}
	gotRaw, gotTree, gotErr := ours(m.data, s.format, nil)
	if gotErr == errNames {
		return "wrong", gotErr
	}
	if gotErr != nil {
		return "refused", nil
	}
	wantRaw, wantTree, wantErr := officially(m.data, s.format, nil)
	if wantErr != nil {
		return "wrong", fmt.Errorf("read, although the official library refuses it: %w", wantErr)
	}
	if err := sameTree(gotTree, wantTree); err != nil {
		return "wrong", err
	}
	if !bytes.Equal(gotRaw, wantRaw) {
		return "wrong", fmt.Errorf("the raw bytes differ")
	}
	file, err := sopsfile.Parse(m.data, s.format)
	if err != nil {
		return "wrong", err
	}
	what, wrong := accepted(before, gotTree, file.Ciphertext(), encrypted)
	if wrong {
		return "wrong", fmt.Errorf("accepted, although %s", what)
	}
	return "accepted: " + what, nil
}
