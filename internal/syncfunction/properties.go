package syncfunction

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// deployAgain is the remedy where template and function do not fit each other.
const deployAgain = "synthesize and deploy again, so that template and function come from one release"

// readProperties returns the resource's properties, and with an error as many of
// them as can be read.
func (e event) readProperties() (syncprotocol.Properties, error) {
	return decodeProperties(e.properties)
}

// readOldProperties returns the properties of the request before this Update.
func (e event) readOldProperties() (syncprotocol.Properties, error) {
	return decodeProperties(e.oldProperties)
}

// decodeProperties reads properties of the resource. Others than ours are ignored at the
// top: CloudFormation adds its own.
func decodeProperties(raw json.RawMessage) (syncprotocol.Properties, error) {
	var p syncprotocol.Properties
	if len(raw) == 0 {
		return p, errors.New("malformed event: it has no ResourceProperties")
	}
	err := json.Unmarshal(raw, &p)
	mistyped, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case err != nil && (!ok || mistyped.Field == ""):
		return p, errors.New("malformed event: ResourceProperties is not an object")
	case p.Protocol != syncprotocol.Version && (!ok || mistyped.Field != "Protocol"):
		// In another protocol other properties may have other types.
		return p, fmt.Errorf("the template has protocol %s and this function has %q: %s", short(p.Protocol), syncprotocol.Version, deployAgain)
	case ok && mistyped.Type.Kind() == reflect.String:
		return p, fmt.Errorf("property %s is not a string", mistyped.Field)
	case ok: // the error's text may quote the properties; the field's name is ours
		return p, fmt.Errorf("property %s is malformed", mistyped.Field)
	}
	if err := checkKind(raw); err != nil {
		return p, err
	}
	return p, checkKnown(raw)
}

// checkKind refuses a target of a kind that this function does not know.
func checkKind(raw json.RawMessage) error {
	var p struct{ Target map[string]json.RawMessage }
	if err := json.Unmarshal(raw, &p); err != nil {
		return errors.New("property Target is malformed")
	}
	for _, kind := range slices.Sorted(maps.Keys(p.Target)) {
		if kind != "SecretArn" && kind != "Parameters" {
			return fmt.Errorf("property Target has %s, a kind of target that this function does not know: %s", short(kind), deployAgain)
		}
	}
	return nil
}

// checkKnown refuses what this function does not know of a file or an output: it would
// otherwise write the whole file where a newer template means a part of it.
func checkKnown(raw json.RawMessage) error {
	var p struct{ File, Output json.RawMessage }
	if err := json.Unmarshal(raw, &p); err != nil {
		return errors.New("property File is malformed")
	}
	for _, part := range []struct {
		name string
		raw  json.RawMessage
		into any
	}{{"File", p.File, new(syncprotocol.File)}, {"Output", p.Output, new(render.Output)}} {
		d := json.NewDecoder(bytes.NewReader(part.raw))
		d.DisallowUnknownFields()
		if err := d.Decode(part.into); err != nil && len(part.raw) > 0 {
			return fmt.Errorf("property %s says more than this function knows: %s", part.name, deployAgain)
		}
	}
	return nil
}

// check refuses properties that this function does not understand.
func check(p syncprotocol.Properties) error {
	if err := p.Output.Check(); err != nil {
		return fmt.Errorf("property Output: %w: %s", err, deployAgain)
	}
	if err := checkParameters(p); err != nil {
		return err
	}
	return checkFile(p.File)
}

// checkFile refuses a file, or files, that this function does not understand.
func checkFile(f syncprotocol.File) error {
	if n := f.Selection().Files(); n > render.MaxFiles {
		return fmt.Errorf("property File has %d files: at most %d are allowed", n, render.MaxFiles)
	}
	if f.Combine != "" || len(f.Files) > 0 {
		return checkFiles(f)
	}
	switch sopsfile.Format(f.Format) {
	case sopsfile.JSON, sopsfile.YAML, sopsfile.Dotenv, sopsfile.INI, sopsfile.Binary:
	default:
		return fmt.Errorf("this function does not know the format %s (property File.Format): %s", short(f.Format), deployAgain)
	}
	switch {
	case f.Content == "" && (f.Bucket == "" || f.Key == ""):
		return errors.New("properties File.Content, or File.Bucket and File.Key, are missing: nothing says what to write")
	case f.Content != "" && (f.Bucket != "" || f.Key != ""):
		return errors.New("properties File.Content and File.Bucket exclude each other")
	}
	if f.SHA256 != "" && f.Bucket == "" {
		return errors.New("property File.SHA256 is for a file in File.Bucket")
	}
	for i, at := range f.AgeIdentities {
		if (at.SecretArn == "") == (at.ParameterName == "") {
			return fmt.Errorf("property File.AgeIdentities: entry %d must have either SecretArn or ParameterName", i+1)
		}
	}
	return nil
}

// checkFiles refuses several files that this function does not understand.
func checkFiles(f syncprotocol.File) error {
	switch {
	case f.Combine != render.Overlay && f.Combine != render.Merge:
		return fmt.Errorf("this function does not know how to combine files by %s (property File.Combine): %s", short(string(f.Combine)), deployAgain)
	case len(f.Files) == 0:
		return errors.New("property File.Files is missing: nothing says which files to combine")
	case f.Format != "" || f.Content != "" || f.Bucket != "" || f.Key != "" || f.SHA256 != "" || f.AllowedKeys != nil || f.AgeIdentities != nil:
		return errors.New("properties File.Files and File.Content, or others of a single file, exclude each other")
	}
	for _, each := range f.Files {
		if err := checkFile(each); err != nil {
			return err
		}
	}
	return nil
}

// checkParameters refuses a target of parameters that this function does not understand.
func checkParameters(p syncprotocol.Properties) error {
	to := p.Target.Parameters
	switch {
	case to == nil:
		return nil
	case p.Target.SecretArn != "":
		return errors.New("properties Target.SecretArn and Target.Parameters exclude each other")
	case len(to.Names) == 0 || to.Prefix == "" && len(to.Names) != 1:
		return errors.New("property Target.Parameters has no Names, or several without a Prefix")
	case to.Tier != "" && to.Tier != render.TierStandard && to.Tier != render.TierAdvanced:
		return fmt.Errorf("this function does not know the tier %s (property Target.Parameters.Tier): %s", short(to.Tier), deployAgain)
	case to.Prefix == "" && p.Output.Mode == render.Binary:
		return errors.New("property Output: a parameter holds text, and binary content is none")
	}
	return nil
}

// short quotes a property that should be a short word.
func short(s string) string {
	if len(s) > 20 {
		return fmt.Sprintf("%q…", s[:20])
	}
	return fmt.Sprintf("%q", s)
}
