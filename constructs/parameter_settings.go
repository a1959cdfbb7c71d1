package sopsconstructs

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// parameterSettings are what [SopsStringParameterProps] and [SopsParametersProps] have in
// common.
type parameterSettings struct {
	Adopt         bool
	Description   string
	EncryptionKey awskms.IKey
	RemovalPolicy awscdk.RemovalPolicy
	Resync        string
	SyncProvider  *SopsSyncProvider
	Tags          map[string]string
	Tier          awsssm.ParameterTier
}

// What SSM takes: see PutParameter and Tag in its API reference. A parameter has at most
// 50 tags, five of which are the function's.
const (
	maxParameterDescription = 1024
	maxParameterTags        = 50 - 5
	maxTagKey               = 128
)

// check returns what is wrong with the settings.
func (p *parameterSettings) check() error {
	switch {
	case utf8.RuneCountInString(p.Description) > maxParameterDescription:
		return fmt.Errorf("the Description has over %d characters; SSM takes no more", maxParameterDescription)
	case p.RemovalPolicy == awscdk.RemovalPolicy_SNAPSHOT:
		return errors.New("a parameter has no snapshots; use DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE as RemovalPolicy")
	case p.Tier == awsssm.ParameterTier_INTELLIGENT_TIERING:
		return errors.New("the Tier cannot be INTELLIGENT_TIERING; leave Tier out, and each parameter has the one that its size needs")
	case p.Tier != "" && p.tier() == "":
		return fmt.Errorf("unknown Tier %q; use STANDARD or ADVANCED, or leave it out", string(p.Tier))
	case len(p.Tags) > maxParameterTags:
		return fmt.Errorf("%d Tags; %d are the most beside the function's own", len(p.Tags), maxParameterTags)
	}
	for _, key := range slices.Sorted(maps.Keys(p.Tags)) {
		if err := checkTag(key, p.Tags[key]); err != nil {
			return err
		}
	}
	return nil
}

func checkTag(key, value string) error {
	lower := strings.ToLower(key)
	switch {
	case key == "" || utf8.RuneCountInString(key) > maxTagKey || !isToken(key) && notInTags.MatchString(key):
		return fmt.Errorf("the name of the tag %s cannot be one; use 1 to %d letters, digits, spaces and _.:/=+-@", filetext.Quote(key), maxTagKey)
	case strings.HasPrefix(lower, "aws:") || strings.HasPrefix(lower, "sops:"):
		return fmt.Errorf("the tag %q cannot be set, since AWS keeps names that begin with aws: to itself, and the function those with sops:; rename it", key)
	case !isToken(value) && (utf8.RuneCountInString(value) > maxTagValue || notInTags.MatchString(value)):
		return fmt.Errorf("the value of the tag %q cannot be one; use up to %d letters, digits, spaces and _.:/=+-@", key, maxTagValue)
	}
	return nil
}

// tier returns the tier as SSM spells it; "" for one that follows from the size.
func (p *parameterSettings) tier() string {
	switch p.Tier {
	case awsssm.ParameterTier_STANDARD:
		return render.TierStandard
	case awsssm.ParameterTier_ADVANCED:
		return render.TierAdvanced
	}
	return ""
}

// target returns what the function is told of them.
func (p *parameterSettings) target() *syncprotocol.Parameters {
	t := &syncprotocol.Parameters{Tier: p.tier(), Description: p.Description, Tags: p.Tags}
	if p.Adopt {
		t.Adopt = "true"
	}
	switch p.RemovalPolicy {
	case awscdk.RemovalPolicy_RETAIN:
		t.Retain = syncprotocol.RetainAlways
	case awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE:
		t.Retain = syncprotocol.RetainUpdate
	}
	return t
}
