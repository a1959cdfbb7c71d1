package sopsconstructs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// The function's time, and for how long CloudFormation waits, follow from the number of
// the stack's parameters, for what was made before, too.
func TestTimeForParameters(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", numbered(300, "n"))
	skip := map[string]any{"sops:decrypt": "skip"}
	fill := func(stack awscdk.Stack, i int, provider *sopsconstructs.SopsSyncProvider) {
		sopsconstructs.NewSopsParameters(stack, fmt.Sprintf("Parameters%d", i), &many{SopsFilePath: "x.sops.json", Prefix: fmt.Sprintf("/p%d", i), SyncProvider: provider})
	}
	for times, timeout := range map[int]string{0: "120", 1: "240", 2: "420"} {
		stack := newStack(skip)
		newSecret(stack, "Before", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
		for i := range times {
			fill(stack, i, nil)
		}
		newSecret(stack, "After", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
		if got := text(only(t, stack, "AWS::Lambda::Function").Properties["Timeout"]); got != timeout {
			t.Errorf("%d times 300: Timeout %s, want %s", times, got, timeout)
		}
		var seconds int
		fmt.Sscan(timeout, &seconds)
		for _, sync := range resources(t, stack, syncprotocol.ResourceType) {
			if got, want := sync.Properties["ServiceTimeout"], fmt.Sprint(seconds+90); got != want {
				t.Errorf("%d times 300: ServiceTimeout of %s is %v, want %s", times, sync.ID, got, want)
			}
		}
	}

	// Each provider has the time for all, since they share what SSM takes; one that fills
	// secrets alone is left as it is.
	stack := newStack(skip)
	provider := func(id string, seconds float64) *sopsconstructs.SopsSyncProvider {
		props := &sopsconstructs.SopsSyncProviderProps{}
		if seconds > 0 {
			props.Timeout = awscdk.Duration_Seconds(&seconds)
		}
		return sopsconstructs.NewSopsSyncProvider(stack, id, props)
	}
	first, second, secrets := provider("First", 0), provider("Second", 0), provider("Secrets", 60)
	newSecret(stack, "Secret", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SyncProvider: secrets})
	fill(stack, 0, first)
	fill(stack, 1, second)
	for id, want := range map[string]string{"First": "420", "Second": "420", "Secrets": "60"} {
		if got := text(oneNamed(t, stack, "AWS::Lambda::Function", id).Properties["Timeout"]); got != want {
			t.Errorf("%s: Timeout %s, want %s", id, got, want)
		}
	}

	// What is said must be enough, and Lambda's limit is one.
	for name, c := range map[string]struct {
		seconds float64
		times   int
		want    string
	}{
		"said, enough":     {240, 1, ""},
		"said, not enough": {239, 1, `constructs: SopsParameters "S/Parameters0": the Timeout of the SyncProvider "S/Own" is 239 s, and the 300 parameters of the stack may take 240 s, since SSM takes 3 writes a second; set Timeout to that, or leave it out`},
		"too many":         {0, 6, `constructs: SopsParameters "S/Parameters5": the stack "S" has 1800 parameters with these 300, and 1620 are the most: SSM takes 3 writes a second, and a function runs for 900 s at most; put some into another stack, or several values into one parameter (SopsStringParameter) or secret`},
	} {
		t.Run(name, func(t *testing.T) {
			stack = newStack(skip)
			make := func() {
				own := provider("Own", c.seconds)
				for i := range c.times {
					if i > 0 { // the policies of one role have no room for so many
						own = provider(fmt.Sprintf("Own%d", i), c.seconds)
					}
					fill(stack, i, own)
				}
			}
			if c.want == "" {
				make()
			} else if got := panicOf(t, make); !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
