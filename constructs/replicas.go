package sopsconstructs

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
)

// replicas are the regions that a secret is replicated to.
type replicas struct {
	properties []any // of the resource
	// keys are the keys of the replicas, nil for the account's own, by region.
	keys map[string]awskms.IKey
	// readFrom are the regions that readers were granted the secret from, for lack of
	// a replica there.
	readFrom []string
}

// addReplica adds a region, encrypted with a customer-managed key there, or, for nil,
// with the account's own.
func (s *secret) addReplica(region string, encryptionKey awskms.IKey) {
	r := &s.replicas
	_, twice := r.keys[region]
	switch {
	case twice:
		s.fail(fmt.Errorf("the replica region %q is named twice", region))
	case slices.Contains(r.readFrom, region):
		s.fail(fmt.Errorf("GrantRead was called for a reader in %s, and gave it the secret and not the replica; call AddReplicaRegion before it", region))
	case region != "" && region == s.stack.env.region:
		s.fail(fmt.Errorf("the replica region %q is the stack's own; name another", region))
	}
	property := &awssecretsmanager.CfnSecret_ReplicaRegionProperty{Region: &region}
	if encryptionKey != nil {
		var arn string
		encryptionKey, arn = s.aliasTarget("the key of the replica in "+region, encryptionKey)
		property.KmsKeyId = &arn
	}
	if r.keys == nil {
		r.keys = map[string]awskms.IKey{}
	}
	r.keys[region] = encryptionKey
	r.properties = append(r.properties, property)
}

func (s *secret) addReplicas(regions []*awssecretsmanager.ReplicaRegion) {
	for _, replica := range regions {
		if replica == nil || replica.Region == nil {
			s.fail(errors.New("an entry of ReplicaRegions has no Region; name one"))
		}
		s.addReplica(*replica.Region, replica.EncryptionKey)
	}
}
