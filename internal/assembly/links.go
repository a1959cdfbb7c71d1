package assembly

import (
	"maps"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

const crossRegionWriter = "Custom::CrossRegionExportWriter"

// indexLinks indexes everything by which one template refers to another: exports,
// outputs by stack and name, and the custom resources of the CDK that carry values to
// other regions.
func (w *world) indexLinks() {
	for _, t := range w.templates {
		if t.stackName != "" {
			w.outputs[t.stackName] = append(w.outputs[t.stackName], t)
		}
		for _, id := range slices.Sorted(maps.Keys(t.Outputs)) {
			if output := t.Outputs[id]; output.ExportName != nil {
				// The name of an export may use pseudo parameters alone, or parameters that others
				// do not know.
				name := cfn.Text(output.ExportName, func(r cfn.Reference) (string, bool) {
					return t.pseudo(r), r.Function == cfn.Ref && strings.HasPrefix(r.Name, "AWS::")
				})
				w.exports[name] = append(w.exports[name], link{t, output.Value})
			}
		}
		for _, id := range t.ResourceIDs() {
			for name, value := range t.carries(id) {
				w.carried[name] = append(w.carried[name], link{t, value})
			}
		}
	}
}

// carries returns what a resource carries to another region, if it is the custom
// resource of the CDK that does.
func (t *template) carries(id string) map[string]any {
	if t.Resources[id].Type != crossRegionWriter {
		return nil
	}
	properties, _ := t.Resources[id].Properties["WriterProps"].(map[string]any)
	exports, _ := properties["exports"].(map[string]any)
	return exports
}

// nearest returns the link that a template means where several stacks have one of that
// name, as the stages of an app may: the one in the same account, region and folder, as
// far as there is one.
func (t *template) nearest(links []link) (link, bool) {
	best, points := link{}, -1
	for _, l := range links {
		if p := t.nearness(l.from); p > points {
			best, points = l, p
		}
	}
	return best, points >= 0
}

func (t *template) nearness(other *template) int {
	points := 0
	if t.account == other.account {
		points += 4
	}
	if t.region == other.region {
		points += 2
	}
	if t.folder == other.folder {
		points++
	}
	return points
}

// stackOf returns the template of the stack that a Fn::GetStackOutput names, if it has
// that output.
func (t *template) stackOf(r cfn.Reference) *template {
	account, region := t.place()
	if r.Region != "" {
		region = r.Region
	}
	if parts := strings.Split(r.RoleARN, ":"); len(parts) > 4 {
		account = parts[4]
	}
	var best *template
	points := -1
	for _, other := range t.world.outputs[r.Name] {
		otherAccount, otherRegion := other.place()
		if _, ok := other.Outputs[r.Attribute]; !ok || otherRegion != region {
			continue
		}
		p := 0
		if otherAccount == account {
			p += 2
		}
		if other.folder == t.folder {
			p++
		}
		if p > points {
			best, points = other, p
		}
	}
	return best
}
