// Command sopssync is the function that writes secrets at deploy: CloudFormation
// calls it for each custom resource of the type Custom::SopsSync. It is made for
// the Lambda runtime provided.al2023 and built with
//
//	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w" -tags lambda.norpc,nethttpomithttp2,sopssync
//
// What it does is in package syncfunction. It has no options: region, credentials
// and AWS_ENDPOINT_URL come from the environment that Lambda gives it, and
// everything else from the event.
package main

import (
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncfunction"
)

func main() {
	limitMemory(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))
	cfg := syncfunction.Config(os.Getenv)
	keys := func(file *sopsfile.Metadata, places []masterkey.IdentityPlace) sopsfile.Unwrapper {
		return masterkey.ForFunction(cfg, masterkey.Options{Region: cfg.Region, File: file}, places...)
	}
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	slog.SetDefault(log) // and with it what package lambda logs
	lambda.Start(syncfunction.New(syncfunction.NewClients(cfg), keys, log, lambdacontext.LogStreamName))
}

// limitMemory has the garbage collected before the function's memory (in MB, as Lambda
// says it) is full: a process that grows beyond it is killed without an answer.
func limitMemory(size string) {
	if mb, err := strconv.Atoi(size); err == nil && mb > 0 {
		debug.SetMemoryLimit(int64(mb) << 20 * 6 / 10)
	}
}
