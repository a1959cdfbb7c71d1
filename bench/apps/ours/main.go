// Command ours is the fleet: an app of many secrets, each from a file of its own, that
// bench measures against the same app in JavaScript (apps/peer/fleet.js).
package main

import (
	"flag"
	"fmt"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func main() {
	files := flag.String("files", "", "the folder of the SOPS files")
	secrets := flag.Int("secrets", 1, "how many secrets")
	stacks := flag.Int("stacks", 1, "over how many stacks")
	granted := flag.Int("granted", 0, "how many more secrets of the last stack a role may read")
	oneFile := flag.Bool("one-file", false, "take the first file for every secret")
	flag.Parse()

	sopsconstructs.Run(func(app awscdk.App) {
		add := func(stack awscdk.Stack, number int) *sopsconstructs.SopsSecret {
			file := number
			if *oneFile {
				file = 0
			}
			return sopsconstructs.NewSopsSecret(stack, fmt.Sprintf("Secret%d", number), &sopsconstructs.SopsSecretProps{
				SopsFilePath: filepath.Join(*files, fmt.Sprintf("%d.sops.json", file)),
			})
		}
		var stack awscdk.Stack
		inStack := (*secrets + *stacks - 1) / *stacks
		for i := range *secrets {
			if i%inStack == 0 {
				stack = awscdk.NewStack(app, new(fmt.Sprintf("Stack%d", i/inStack)), &awscdk.StackProps{
					Env: &awscdk.Environment{Account: new("111122223333"), Region: new("eu-west-1")},
				})
			}
			add(stack, i)
		}
		if *granted == 0 {
			return
		}
		role := awsiam.NewRole(stack, new("Reader"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()})
		for i := range *granted {
			secret := add(stack, *secrets+i)
			secret.Secret()
			secret.GrantRead(role)
		}
	})
}
