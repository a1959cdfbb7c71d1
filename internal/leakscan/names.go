package leakscan

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// public are the texts that everybody may see.
type public struct {
	// shown are the app's own: see [Options].
	shown [][]byte
	// parts are the names of which a value may be a part: of stacks and stages.
	parts []string
	// whole are accounts, regions, and the physical names of resources and buckets.
	whole map[string]bool
}

// has reports whether a value is one of the names.
func (p *public) has(value string) bool {
	return p.whole[value] || region.MatchString(value) ||
		slices.ContainsFunc(p.parts, func(name string) bool { return strings.Contains(name, value) }) ||
		slices.ContainsFunc(p.shown, func(text []byte) bool { return bytes.Contains(text, []byte(value)) })
}

var (
	region = regexp.MustCompile(`^[a-z]{2,3}(-[a-z]+){1,2}-[0-9]{1,2}[a-z]?$`) // or a zone of it
	// inARN finds the account in an ARN, which may be in pieces, and inBucketARN a bucket's
	// name.
	inARN       = regexp.MustCompile(`:([0-9]{12})[:"]`)
	inBucketARN = regexp.MustCompile(`:s3:::([a-z0-9.-]{3,63})["/]`)
)

// publicNames reads the names from the manifests and templates of an assembly. It is called
// when something was found, and not before: it parses every template.
func publicNames(folders []string) *public {
	p := &public{whole: map[string]bool{}}
	for _, folder := range folders {
		p.manifest(folder)
		for _, path := range named(folder, "", ".template.json") {
			p.template(path)
		}
	}
	return p
}

func (p *public) manifest(folder string) {
	var manifest struct {
		Artifacts map[string]struct {
			DisplayName, Environment string
			Properties               struct{ StackName, DirectoryName string }
		}
	}
	content, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil || json.Unmarshal(content, &manifest) != nil {
		return
	}
	for id, a := range manifest.Artifacts {
		p.parts = append(p.parts, id, a.DisplayName, a.Properties.StackName, a.Properties.DirectoryName)
		for part := range strings.SplitSeq(strings.TrimPrefix(a.Environment, "aws://"), "/") {
			p.whole[part] = true
		}
	}
}

// template reads the physical names of resources: the properties Name and ...Name of the
// resource itself, such as BucketName. Names stand in ARNs, consoles and logs, so that none
// is a secret. (A property of a property, or Value beside Name, is none of them.)
func (p *public) template(path string) {
	t, err := cfn.Read(path)
	if err != nil {
		return
	}
	for _, r := range t.Resources {
		for name, value := range r.Properties {
			if text, ok := value.(string); ok && (name == "Name" || strings.HasSuffix(name, "Name")) && !strings.HasSuffix(name, "UserName") {
				p.whole[text] = true
			}
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return
	}
	for _, names := range []*regexp.Regexp{inARN, inBucketARN} {
		for _, m := range names.FindAllSubmatch(content, -1) {
			p.whole[string(m[1])] = true
		}
	}
}
