package awstest

import (
	"fmt"
	"slices"
)

// updateStage moves a staging label as the API reference of UpdateSecretVersionStage
// says: a label that another version has moves only when that version is named.
func (s *Secret) updateStage(in secretsInput) (any, error) {
	if !s.deleted.IsZero() {
		return nil, markedForDeletion()
	}
	stage, to, from := in.VersionStage, s.version(in.MoveToVersionID), s.version(in.RemoveFromVersionID)
	holder := s.holder(stage)
	switch {
	case stage == "":
		return nil, &Error{Code: "ValidationException", Message: "1 validation error detected: Value at 'versionStage' failed to satisfy constraint"}
	case in.MoveToVersionID == "" && in.RemoveFromVersionID == "":
		return nil, invalidStage("You must specify MoveToVersionId or RemoveFromVersionId.")
	case in.MoveToVersionID != "" && to == nil:
		return nil, &Error{Code: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret version: " + in.MoveToVersionID}
	case in.RemoveFromVersionID != "" && (from == nil || from != holder):
		return nil, invalidStage("When you move staging label %s, if you specify RemoveFromVersionId, it must be set to the version that currently has the staging label %s.", stage, stage)
	case to != nil && holder != nil && holder != to && from == nil:
		return nil, invalidStage("The parameter RemoveFromVersionId can't be empty. Staging label %s is currently attached to version %s, so you must explicitly reference that version in RemoveFromVersionId.", stage, holder.id)
	case to == nil && stage == stageCurrent:
		return nil, invalidStage("You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.")
	case to != nil && to != holder && len(to.stages) >= maxStages:
		return nil, &Error{Code: "LimitExceededException", Message: "The request failed because it would exceed one of the Secrets Manager quotas."}
	}
	if to == nil {
		from.stages = slices.DeleteFunc(from.stages, func(l string) bool { return l == stage })
	} else {
		s.move(stage, to)
	}
	return map[string]any{"ARN": s.arn, "Name": s.name}, nil
}

func invalidStage(format string, args ...any) *Error {
	return &Error{Code: "InvalidParameterException", Message: fmt.Sprintf(format, args...)}
}

func markedForDeletion() *Error {
	return &Error{
		Code:    "InvalidRequestException",
		Message: "You can't perform this operation on the secret because it was marked for deletion.",
	}
}

// version is the one with that id, or nil.
func (s *Secret) version(id string) *version {
	for _, v := range s.versions {
		if v.id == id {
			return v
		}
	}
	return nil
}

// holder is the version that has stage, or nil.
func (s *Secret) holder(stage string) *version {
	for _, v := range s.versions {
		if slices.Contains(v.stages, stage) {
			return v
		}
	}
	return nil
}

// move gives stage to v alone. The version that loses AWSCURRENT gets
// AWSPREVIOUS.
func (s *Secret) move(stage string, v *version) {
	for _, from := range s.versions {
		i := slices.Index(from.stages, stage)
		if i < 0 || from == v {
			continue
		}
		from.stages = slices.Delete(from.stages, i, i+1)
		if stage == stageCurrent {
			s.move(stagePrevious, from)
		}
	}
	if !slices.Contains(v.stages, stage) {
		v.stages = append(v.stages, stage)
	}
	if stage == stageCurrent {
		if i := slices.Index(v.stages, stagePrevious); i >= 0 {
			v.stages = slices.Delete(v.stages, i, i+1)
		}
	}
}
