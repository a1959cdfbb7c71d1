package assembly

import (
	"encoding/json"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// assets are the files that a stack and the stacks nested in it upload, by the last part
// of the URL that they have then.
type assets map[string][]asset

type asset struct {
	hash, objectKey string
	file            string
}

// minHash is the length from which the hash of an asset is taken for one in a URL. The
// CDK's own have 64 characters; a custom synthesizer may choose others.
const minHash = 32

// readAssets reads the manifests of assets in a folder. What cannot be read is left out:
// the nested stacks in it are then not found.
func readAssets(folder string, manifests []string) assets {
	all := assets{}
	for _, name := range manifests {
		content, err := cfn.ReadFile(filepath.Join(folder, name))
		if err != nil {
			continue
		}
		var manifest struct {
			Files map[string]struct {
				Source       struct{ Path string }
				Destinations map[string]struct{ ObjectKey string }
			}
		}
		if json.Unmarshal(content, &manifest) != nil {
			continue
		}
		for _, hash := range slices.Sorted(maps.Keys(manifest.Files)) {
			file := manifest.Files[hash]
			if file.Source.Path == "" { // an executable makes it
				continue
			}
			for _, destination := range slices.Sorted(maps.Keys(file.Destinations)) {
				key := file.Destinations[destination].ObjectKey
				if key == "" {
					continue
				}
				all[path.Base(key)] = append(all[path.Base(key)], asset{hash, key, inFolder(folder, file.Source.Path)})
			}
		}
	}
	return all
}

// at returns the file that a stack uploads to the place that a URL names, or "". The URL
// may contain references.
func (a assets) at(url string) string {
	last := path.Base(url)
	for _, candidate := range a[last] {
		if strings.HasSuffix(url, "/"+candidate.objectKey) {
			return candidate.file
		}
	}
	for _, candidate := range a[last] {
		if len(candidate.hash) >= minHash && strings.Contains(last, candidate.hash) {
			return candidate.file
		}
	}
	return ""
}

func inFolder(folder, file string) string {
	if filepath.IsAbs(file) {
		return filepath.Clean(file)
	}
	return filepath.Join(folder, file)
}
