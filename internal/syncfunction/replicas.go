package syncfunction

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// replicated waits until every replica is in sync. d is the last that is known.
//
// A replica that had failed before this request fails it too, although the
// request did not cause it: whoever reads the replica would get an old value, or
// none. No event says that it belongs to a rollback, so that fails as well; the
// reason therefore has the way out of both.
func (s *task) replicated(ctx context.Context, p syncprotocol.Properties, d *secretsmanager.DescribeSecretOutput) error {
	s.at("waiting for the secret's replicas")
	pause := 500 * time.Millisecond
	for {
		waiting := ""
		for _, r := range d.ReplicationStatus {
			switch r.Status {
			case types.StatusTypeInSync:
			case types.StatusTypeFailed:
				return replicaFailed(p.SecretArn, r)
			default:
				waiting = aws.ToString(r.Region)
			}
		}
		if waiting == "" {
			return nil
		}
		if sleep(ctx, pause) != nil {
			return fmt.Errorf("the replica in %s was not in sync before the function's deadline; the primary has the file's content; deploy again when \"aws secretsmanager describe-secret --region %s --secret-id %s\" shows it InSync",
				waiting, regionOf(p.SecretArn), p.SecretArn)
		}
		pause = min(2*pause, 5*time.Second)
		var err error
		if d, err = s.describe(ctx, p); err != nil {
			return err
		}
	}
}

// replicaFailed says what is wrong with a replica and how to repair it: make it
// anew over whatever is in its region, with the same key, or do without it.
func replicaFailed(arn string, r types.ReplicationStatusType) error {
	region, said := aws.ToString(r.Region), aws.ToString(r.StatusMessage)
	if len(said) > maxMessage {
		said = strings.ToValidUTF8(said[:maxMessage], "") + "…"
	}
	again := "Region=" + region
	if key := aws.ToString(r.KmsKeyId); key != "" {
		again += ",KmsKeyId=" + key
	}
	at := fmt.Sprintf("--region %s --secret-id %s", regionOf(arn), arn)
	return fmt.Errorf("the replica in %s failed: %s; the primary has the file's content; "+
		"make the replica again: aws secretsmanager replicate-secret-to-regions %s --add-replica-regions %s --force-overwrite-replica-secret; "+
		"or remove it: aws secretsmanager remove-regions-from-replication %s --remove-replica-regions %s; "+
		"then deploy again (a stack in UPDATE_ROLLBACK_FAILED first: aws cloudformation continue-update-rollback)",
		region, said, at, again, at, region)
}
