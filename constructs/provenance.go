package sopsconstructs

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// The tags that say where a secret's value comes from. They change only when the
// file does. A tag of the same name that the app sets counts more.
const (
	tagFile         = "sops:file"
	tagGitBlob      = "sops:git-blob"
	tagLastModified = "sops:lastmodified"

	maxTagValue = 256
)

// notInTags is what a tag's name and value cannot have. See "Tag naming limits and
// requirements" in the guide of the Resource Groups Tagging API.
var notInTags = regexp.MustCompile(`[^\p{L}\p{Z}\p{N}_.:/=+\-@]`)

// provenance returns the tags of a secret: the file's path, the id of its content in
// git (with which "git log --find-object" finds the commit), and the time at which
// sops last changed it; nil where a file was not read. Of several files they are all the
// paths, all the ids as far as a tag holds them, and the latest time.
func provenance(src source) *[]*awscdk.CfnTag {
	if src.selected == nil {
		return nil
	}
	tag := func(name, value string) *awscdk.CfnTag {
		if runes := []rune(value); len(runes) > maxTagValue {
			value = string(runes[len(runes)-maxTagValue:]) // a path's end says more
		}
		return &awscdk.CfnTag{Key: &name, Value: &value}
	}
	var blobs []string
	var modified time.Time
	for _, file := range src.read {
		if blob := file.GitBlob(); !slices.Contains(blobs, blob) && (len(blobs)+1)*(len(blob)+1) <= maxTagValue {
			blobs = append(blobs, blob)
		}
		if at := file.LastModified(); at.After(modified) {
			modified = at
		}
	}
	return &[]*awscdk.CfnTag{
		tag(tagFile, notInTags.ReplaceAllString(src.name(), "_")),
		tag(tagGitBlob, strings.Join(blobs, " ")),
		tag(tagLastModified, modified.UTC().Format(time.RFC3339)),
	}
}
