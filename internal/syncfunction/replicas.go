package syncfunction

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// replicated waits until every replica of the secret as it is known is in sync.
//
// A replica that had failed before this request fails it too, although the
// request did not cause it: whoever reads the replica would get an old value, or
// none. No event says that it belongs to a rollback, so that fails as well; the
// reason therefore has the way out of both.
func (s *secretStore) replicated(ctx context.Context) error {
	pause := 500 * time.Millisecond
	for {
		waiting := ""
		for _, r := range s.known.ReplicationStatus {
			switch r.Status {
			case types.StatusTypeInSync:
			case types.StatusTypeFailed:
				return replicaFailed(s.arn, r)
			default:
				waiting = aws.ToString(r.Region)
			}
		}
		if waiting == "" {
			return nil
		}
		if sleep(ctx, pause) != nil {
			return fmt.Errorf("the replica in %s was not in sync before the function's deadline; the primary has the file's content; deploy again when \"aws secretsmanager describe-secret --region %s --secret-id %s\" shows it InSync",
				waiting, regionOf(s.arn), s.arn)
		}
		pause = min(2*pause, 5*time.Second)
		if err := s.describe(ctx); err != nil {
			return err
		}
	}
}

// replicaFailed says what is wrong with a replica and how to repair it: make it
// anew over whatever is in its region, with the same key, or do without it.
func replicaFailed(arn string, r types.ReplicationStatusType) error {
	region, said := aws.ToString(r.Region), shortened(aws.ToString(r.StatusMessage))
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
