package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
)

// warn adds a warning to the construct, which cdk prints.
func warn(construct constructs.Construct, id, text string) {
	awscdk.Annotations_Of(construct).AddWarningV2(new("sopscdk:"+id), &text)
}
