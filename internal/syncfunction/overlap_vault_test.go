package syncfunction

import (
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// vault is one secret, as strict as the API references of PutSecretValue and
// UpdateSecretVersionStage say. It is a value: a copy stays as it was.
type vault struct {
	versions []vaultVersion // in the order in which they were put; never changed in place
	labels   [3]string      // the version with each of vaultLabels, or ""
}

type vaultVersion struct{ id, content string }

var vaultLabels = [3]string{currentStage, previousStage, ownStage}

func (v vault) content(id string) string {
	for _, have := range v.versions {
		if have.id == id {
			return have.content
		}
	}
	return ""
}

func (v vault) has(id string) bool {
	return slices.ContainsFunc(v.versions, func(have vaultVersion) bool { return have.id == id })
}

func (v vault) describe() *secretsmanager.DescribeSecretOutput {
	out := &secretsmanager.DescribeSecretOutput{ARN: aws.String("arn"), Name: aws.String("name"), VersionIdsToStages: map[string][]string{}}
	for i, id := range v.labels {
		if id != "" { // a version without a label is deprecated, and not listed
			out.VersionIdsToStages[id] = append(out.VersionIdsToStages[id], vaultLabels[i])
		}
	}
	return out
}

func (v vault) get(stage string) (*secretsmanager.GetSecretValueOutput, error) {
	id := v.labels[slices.Index(vaultLabels[:], stage)]
	if id == "" {
		return nil, &types.ResourceNotFoundException{Message: aws.String("no value")}
	}
	return &secretsmanager.GetSecretValueOutput{VersionId: &id, SecretString: aws.String(v.content(id))}, nil
}

func (v *vault) put(in *secretsmanager.PutSecretValueInput) (*secretsmanager.PutSecretValueOutput, error) {
	id, content := *in.ClientRequestToken, *in.SecretString
	switch {
	case v.has(id) && v.content(id) != content:
		return nil, &types.ResourceExistsException{}
	case !v.has(id):
		first := len(v.versions) == 0
		v.versions = append(slices.Clip(v.versions), vaultVersion{id, content})
		for _, stage := range in.VersionStages {
			v.attach(stage, id)
		}
		if first || len(in.VersionStages) == 0 {
			v.attach(currentStage, id)
		}
	}
	return &secretsmanager.PutSecretValueOutput{VersionId: &id, VersionStages: v.describe().VersionIdsToStages[id]}, nil
}

func (v *vault) move(in *secretsmanager.UpdateSecretVersionStageInput) error {
	holder := v.labels[slices.Index(vaultLabels[:], *in.VersionStage)]
	from, to := aws.ToString(in.RemoveFromVersionId), aws.ToString(in.MoveToVersionId)
	switch {
	case !v.has(to):
		return &types.ResourceNotFoundException{Message: aws.String("no such version")}
	case from != "" && from != holder, from == "" && holder != "" && holder != to:
		return &types.InvalidParameterException{Message: aws.String("another version has the label")}
	}
	v.attach(*in.VersionStage, to)
	return nil
}

// attach gives a label to id alone. The version that loses AWSCURRENT gets AWSPREVIOUS.
func (v *vault) attach(stage, id string) {
	holder := &v.labels[slices.Index(vaultLabels[:], stage)]
	if stage == currentStage && *holder != "" && *holder != id {
		v.labels[1] = *holder
	}
	*holder = id
	if stage == currentStage && v.labels[1] == id {
		v.labels[1] = ""
	}
}

// String names the vault's state. The order in which versions were put is none of it.
func (v vault) String() string {
	var all []string
	for _, have := range v.versions {
		all = append(all, have.id+"="+have.content)
	}
	slices.Sort(all)
	return strings.Join(all, " ") + " | " + strings.Join(v.labels[:], " ")
}

// failed500 is an answer of Secrets Manager that says nothing of what was done.
func failed500() error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusInternalServerError}},
		Err:      &smithy.GenericAPIError{Code: "InternalServiceError"},
	}
}
