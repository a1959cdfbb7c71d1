package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/ebb7bed6/sopscdk/internal/awserror"
	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/plaintext"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/syncfunction"
)

// connect returns the clients of the account that this machine has credentials for, in the
// region of arn, or in the user's own for a name.
func connect(ctx context.Context, arn string) (syncfunction.Clients, error) {
	cfg, err := masterkey.Account(ctx)
	if err != nil {
		return syncfunction.Clients{}, err
	}
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		cfg.Region = parts[3]
	}
	if cfg.Region == "" {
		return syncfunction.Clients{}, errors.New("no AWS region is known; set AWS_REGION, or name the secret by its ARN")
	}
	return syncfunction.NewClients(cfg), nil
}

// liveSecret is the current value of a secret.
type liveSecret struct {
	arn string
	render.Content
}

// readSecret reads the current value of a secret, by its name or ARN.
func readSecret(ctx context.Context, id string) (*liveSecret, error) {
	clients, err := connect(ctx, id)
	if err != nil {
		return nil, err
	}
	out, err := clients.Secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
	if _, none := errors.AsType[*types.ResourceNotFoundException](err); none {
		return nil, fmt.Errorf("there is no secret %s with a value in this account and region", filetext.Quote(id))
	}
	if err != nil {
		return nil, refusedRead("secretsmanager:GetSecretValue", id, err)
	}
	secret := &liveSecret{arn: aws.ToString(out.ARN)}
	if secret.Binary = out.SecretString == nil; secret.Binary {
		secret.Text = plaintext.New(out.SecretBinary)
	} else {
		secret.Text = plaintext.New([]byte(*out.SecretString))
	}
	return secret, nil
}

// liveParameter is a parameter as it is now.
type liveParameter struct{ Name, Type, Value string }

// readParameters reads all parameters below a prefix.
func readParameters(ctx context.Context, prefix string) ([]liveParameter, error) {
	clients, err := connect(ctx, "")
	if err != nil {
		return nil, err
	}
	var all []liveParameter
	in := map[string]any{"Path": prefix, "Recursive": true, "WithDecryption": true, "MaxResults": 10}
	for {
		var out struct {
			Parameters []liveParameter
			NextToken  string
		}
		if err := clients.Parameters.Call(ctx, "GetParametersByPath", in, &out); err != nil {
			return nil, refusedRead("ssm:GetParametersByPath", prefix, err)
		}
		all = append(all, out.Parameters...)
		if out.NextToken == "" {
			return all, nil
		}
		in["NextToken"] = out.NextToken
	}
}

// refusedRead says why AWS did not show something.
func refusedRead(action, what string, err error) error {
	switch {
	case !awserror.Answered(err):
		return fmt.Errorf("%s on %s got no answer from AWS; look at the region and the network", action, filetext.Quote(what))
	case awserror.Denied(err):
		return fmt.Errorf("%s on %s is denied: %s", action, filetext.Quote(what), filetext.Short(awserror.Message(err)))
	}
	return fmt.Errorf("%s on %s failed: %s", action, filetext.Quote(what), filetext.Short(awserror.Code(err)))
}
