// Command expiry sends reminders before values of a file expire.
//
// The date of a value is beside it, in clear text, under its name and "_expiration". The
// rule that sops encrypted the file by says so: see unencrypted_suffix in the file.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("Expiry"), nil)
		sopsconstructs.NewSopsSecret(stack, "Partners", &sopsconstructs.SopsSecretProps{
			SopsFilePath: "partners.sops.yaml",
		})

		topic := awssns.NewTopic(stack, new("Topic"), &awssns.TopicProps{EnforceSSL: new(true)})
		topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(new("security@example.net"), nil))

		// One message 30 days before each date, and one 7 days before. Dates that have passed
		// deploy, too.
		sopsconstructs.NewExpirationReminders(stack, "Reminders", &sopsconstructs.ExpirationRemindersProps{
			SopsFilePath: "partners.sops.yaml",
			Topic:        topic,
			DaysBefore:   []int{30, 7},
		})
	})
}
