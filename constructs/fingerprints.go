package sopsconstructs

import (
	"encoding/json"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// maxShownStack is how many bytes of a template the names and recipients of all its files
// may take. A file beyond that has one fingerprint for all its names.
const maxShownStack = 150_000

// maxShown is the same for one file. CloudFormation passes it to the function, old and
// new, beside the file.
func maxShown(region string) int { return maxInline(region) / 5 }

// show adds to the properties of a custom resource what cdk diff shows of its file: a
// fingerprint of the ciphertext for each name that lands, and what each master key is. They
// depend on the file's bytes alone, and so are the same with and without keys.
//
// They are properties, since cdk diff leaves a resource's metadata out, unless it is
// called with --method=template.
func show(s *site, properties map[string]any, file source, output render.Output) {
	if file.selected == nil {
		return
	}
	names, err := file.selected.Fingerprints(output)
	if err != nil {
		s.fail(err)
	}
	recipients := file.selected.Recipients()
	size := jsonSize(names) + jsonSize(recipients)
	if size > maxShown(s.stack.region) || s.stack.shown+size > maxShownStack {
		if names, err = file.selected.Fingerprint(); err != nil {
			s.fail(err)
		}
		recipients = nil
	} else {
		s.stack.shown += size
	}
	for name, shown := range map[string]map[string]string{syncprotocol.Names: names, syncprotocol.Recipients: recipients} {
		if len(shown) > 0 {
			properties[name] = shown
		}
	}
}

func jsonSize(v any) int {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err) // it holds texts alone
	}
	return len(encoded)
}
