package constructs

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"
)

// The tags that say where a secret's value comes from. They change only when the
// file does.
const (
	tagFile         = "sops:file"
	tagGitBlob      = "sops:git-blob"
	tagLastModified = "sops:lastmodified"

	maxTagValue = 256
	tagPriority = 100 // that of CloudFormation resources' own tags
)

// notInTags is what a tag's value cannot have. See "Tag naming limits and
// requirements" in the guide of the Resource Groups Tagging API.
var notInTags = regexp.MustCompile(`[^\p{L}\p{Z}\p{N}_.:/=+\-@]`)

// tagProvenance tags the secret with the file's path, the id of its content in
// git (with which "git log --find-object" finds the commit), and the time at
// which sops last changed it.
func tagProvenance(secret awssecretsmanager.CfnSecret, path string, content []byte, lastModified time.Time) {
	for name, value := range map[string]string{
		tagFile:         notInTags.ReplaceAllString(path, "_"),
		tagGitBlob:      gitBlob(content),
		tagLastModified: lastModified.UTC().Format(time.RFC3339),
	} {
		if runes := []rune(value); len(runes) > maxTagValue {
			value = string(runes[len(runes)-maxTagValue:]) // a path's end says more
		}
		secret.Tags().SetTag(&name, &value, jsii.Number(tagPriority), new(true))
	}
}

// gitBlob is the id that git gives to the content: the SHA-1 of a header and the
// content (see "Git objects" in the Pro Git book).
func gitBlob(content []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(content))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}
