package sopsconstructs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// syncResource is the custom resource that fills a target from a file.
type syncResource struct {
	resource   awscdk.CfnResource
	attributes map[string]string
}

// syncProps say what a sync fills, and from what.
type syncProps struct {
	file   source
	output render.Output
	// target is what the function fills, and rights what it needs on it.
	target syncprotocol.Target
	rights []right
	// parameters is how many parameters it fills.
	parameters int
	// provider is the function's; nil for the one that the stack's secrets share.
	provider *SopsSyncProvider
	resync   string
}

// newSync makes the custom resource that fills a target, below the construct, and
// gives the function the rights for it. Every construct that fills something makes
// it here.
func newSync(s *site, props syncProps) *syncResource {
	provider := providerFor(s, props.provider)
	provider.addParameters(s, props.parameters)
	p := syncprotocol.Properties{
		Protocol: syncprotocol.Version,
		Target:   props.target,
		File:     fileProperties(s, props.file, provider),
		Output:   props.output,
		Resync:   resyncText(s, props.resync),
	}
	provider.allow(props.rights...)

	properties := plainJSON(p)
	show(s, properties, props.file, props.output)
	properties["ServiceToken"] = provider.functionARN
	properties["ServiceTimeout"] = provider.serviceTimeout()
	// No call before retries are off, and none after they are on again. A property says
	// it without a further message for each sync.
	properties[syncprotocol.Retries] = provider.retries
	resource := awscdk.NewCfnResource(s.construct, new(provider.syncID), &awscdk.CfnResourceProps{
		Type:       new(syncprotocol.ResourceType),
		Properties: &properties,
	})
	if props.parameters > 0 && provider.owned != nil {
		resource.AddResourceDependency(provider.owned, nil) // it outlasts the Delete
	}
	provider.syncs = append(provider.syncs, resource)
	return &syncResource{resource, map[string]string{}}
}

// attribute returns an attribute of the sync: a token that is known once the target
// is filled.
func (s *syncResource) attribute(name string) string {
	if s.attributes[name] == "" {
		s.attributes[name] = *awscdk.Token_AsString(s.resource.GetAtt(&name, awscdk.ResolutionTypeHint_STRING), nil)
	}
	return s.attributes[name]
}

// maxResync keeps the text that forces a sync from filling the template.
const maxResync = 256

// resyncText joins what the construct and the app's context say.
func resyncText(s *site, own string) string {
	text := strings.Trim(own+"/"+s.app.settings.resync, "/")
	if len(text) > maxResync {
		s.fail(fmt.Errorf("the Resync and the context %s have %d characters together; %d are enough", contextResync, len(text), maxResync))
	}
	return text
}

// fileProperties says what the function is told of a construct's file, or files, and
// gives it the rights to fetch and decrypt them.
func fileProperties(s *site, src source, provider *SopsSyncProvider) syncprotocol.File {
	next := 0
	var properties func(f *SopsFile) syncprotocol.File
	properties = func(f *SopsFile) syncprotocol.File {
		if f.combine == "" {
			next++
			return singleFile(s, src.files[next-1], next, provider)
		}
		p := syncprotocol.File{Combine: f.combine, Part: f.selection().Part}
		for _, each := range f.of {
			p.Files = append(p.Files, properties(each))
		}
		return p
	}
	return properties(src.SopsFile)
}

// singleFile is fileProperties of the n-th file of a construct, from 1.
func singleFile(s *site, file sourceFile, n int, provider *SopsSyncProvider) syncprotocol.File {
	p := syncprotocol.File{Name: file.baseName(), Format: string(file.format()), Part: file.selection().Part}
	for _, place := range file.AgeIdentities {
		p.AgeIdentities = append(p.AgeIdentities, place.place)
	}
	objectKeys := sync.OnceValue(func() []string { return keysOfObject(s, file) })
	s.claimContexts(file, objectKeys)
	provider.allow(decryptRights(s, file)...)
	provider.allow(identityRights(s.stack, file.AgeIdentities)...)
	provider.allow(attachFile(s, &p, file, n, objectKeys, provider)...)
	return p
}

// How much of encrypted files travels in a template, in bytes as encoded.
// CloudFormation allows a template 1 MB, and passes the old and the new file to
// the function on an update, in an event of at most 1 MB.
const (
	maxInlineFile  = 200_000
	maxInlineStack = 500_000
)

// attachFile says in p where the function finds the encrypted file, with what an object in
// the user's bucket may name ([keysOfObject]), and returns the
// right to read it there and nowhere else: in the user's bucket, in the template, or,
// when that would grow too large, in an asset.
//
// Switching between them does not create a new version of a secret, since the
// function compares contents. An asset that changed is another object: a rollback
// restores the policy with the old object's name before the resource that reads it,
// as their dependency says.
func attachFile(s *site, p *syncprotocol.File, file sourceFile, n int, objectKeys func() []string, provider *SopsSyncProvider) []right {
	switch {
	case file.Path != "" && file.read == nil:
		// It could not be used: it breaks the policy, or the command does not need the stack. An
		// object in Bucket would be bound by nothing then.
		return nil
	case file.Bucket != nil:
		p.Bucket, p.Key = *file.Bucket.BucketName(), file.Key
		file.bind(p)
		p.AllowedKeys = objectKeys()
		if len(p.AllowedKeys) == 0 {
			s.fail(errors.New("the object in Bucket could name no key at all; name in AllowedKeys what it may have")) // the CDK drops an empty list
		}
		rights := []right{objectRight(*file.Bucket.ArnForObjects(new(resourceText(file.Key))), ofFile(s, n)...)}
		if key := file.Bucket.EncryptionKey(); key != nil {
			_, arn := s.aliasTarget("the key of Bucket", key)
			rights = append(rights, viaRight(s.stack, keypolicy.StatementID("SopsBucketKey", ofFile(s, n)...), "s3", arn, "kms:Decrypt"))
		}
		return rights
	}
	encoded, err := file.read.Encoded()
	if err != nil {
		s.fail(err)
	}
	if len(encoded) <= maxInline(s.stack.region) && s.stack.inline+len(encoded) <= maxInlineStack {
		s.stack.inline += len(encoded)
		p.Content = encoded
		return nil
	}
	asset := assetOf(s, file, n)
	p.Bucket, p.Key = asset.bucket, asset.key
	file.bind(p)
	rights := []right{asset.right}
	if provider.assetKey != "" {
		rights = append(rights, viaRight(s.stack, keypolicy.StatementID("SopsAssetKey", provider.site.path), "s3", provider.assetKey, "kms:Decrypt"))
	}
	return rights
}

// ofFile tells the n-th file of a construct from all others.
func ofFile(s *site, n int) []string {
	if n == 1 {
		return []string{s.path}
	}
	return []string{s.path, strconv.Itoa(n)}
}

// fileAsset is a file that travels as an asset.
type fileAsset struct {
	bucket, key string
	right       right // to read it
}

// assetOf returns the file's asset. All that take the file, or parts of it, in one stack
// share it, and the function's right on it.
func assetOf(s *site, file sourceFile, n int) *fileAsset {
	shared := s.stack.assets[file.read]
	if shared != nil {
		return shared
	}
	id := "File"
	if n > 1 {
		id += strconv.Itoa(n)
	}
	var asset awss3assets.Asset
	err := file.read.OnDisk(func(path string) { // the CDK makes a copy at once
		asset = awss3assets.NewAsset(s.construct, &id, &awss3assets.AssetProps{Path: &path})
	})
	if err != nil {
		s.fail(err)
	}
	shared = &fileAsset{*asset.S3BucketName(), *asset.S3ObjectKey(), objectRight(*asset.Bucket().ArnForObjects(asset.S3ObjectKey()), ofFile(s, n)...)}
	s.stack.assets[file.read] = shared
	return shared
}

// maxInline returns maxInlineFile, and half of it in partitions where it is not known
// that events to a function may have 1 MB.
func maxInline(region string) int {
	if strings.HasPrefix(region, "cn-") || strings.Contains(region, "-iso") {
		return maxInlineFile / 2
	}
	return maxInlineFile
}
