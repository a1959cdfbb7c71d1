package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// explanation is who can decrypt files, and who can read what is made of them. It is the
// JSON that explain prints.
type explanation struct {
	Files []fileAccess `json:"files"`
	// Assembly is the cloud assembly that was looked at, or "".
	Assembly string `json:"assembly,omitempty"`
	// Elsewhere are files of the assembly that were not named, or could not be read.
	Elsewhere []string `json:"filesElsewhere,omitempty"`
}

// fileAccess is a file, who can decrypt it, and what is made of it.
type fileAccess struct {
	File   string `json:"file"`
	blob   string
	Keys   []keyAccess `json:"keys"`
	Needed int         `json:"groupsNeeded,omitempty"`
	Syncs  []syncTo    `json:"syncs,omitempty"`
}

// keyAccess is a master key of a file.
type keyAccess struct {
	Type    sopsfile.KeyType `json:"type"`
	ID      string           `json:"id"`
	Role    string           `json:"role,omitempty"`
	Context []string         `json:"encryptionContext,omitempty"` // the names
	Group   int              `json:"group,omitempty"`             // from 1, where there are several
}

// keyOf returns a key of the group at a position in so many.
func keyOf(k sopsfile.MasterKey, group, groups int) keyAccess {
	key := keyAccess{Type: k.Type, ID: k.ID, Role: k.Role, Context: slices.Sorted(maps.Keys(k.Context))}
	if groups > 1 {
		key.Group = group + 1
	}
	return key
}

// syncTo is what an assembly makes of a file.
type syncTo struct {
	assembly.Sync
	// Older says that the assembly has another version of the file.
	Older bool `json:"otherVersion,omitempty"`
}

func newExplain() *cobra.Command {
	var format sopsfile.Format
	var asJSON bool
	var svg string
	c := &cobra.Command{
		Use:   "explain FILE... [CDK.OUT]",
		Short: "Say who can decrypt files, and who can read the secrets made of them",
		Long: "Says for each file which master keys open it, and in which roles they are used. With the\n" +
			"folder of a cloud assembly, as cdk synth makes it, it also says which function decrypts the\n" +
			"file, what it writes, and who may read that by the policies of the assembly. Without files,\n" +
			"it explains all files of the assembly.\n\n" +
			"Conditions and Deny statements are not read, and who else is allowed in the account is not\n" +
			"known here. It needs no key and calls nobody.",
		Example: "  sopscdk explain sops/app.sops.yaml\n  sopscdk explain sops/*.sops.yaml cdk.out --svg access.svg",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			e, err := explain(args, format)
			if err != nil {
				return err
			}
			switch {
			case svg != "":
				return replace(svg, e.svg(), "<svg ")
			case asJSON:
				return printJSON(c.OutOrStdout(), e)
			}
			p := &printer{w: c.OutOrStdout()}
			e.text(p, paints(c.OutOrStdout()))
			return p.err
		},
	}
	addFormat(c, &format)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, for programs")
	c.Flags().StringVar(&svg, "svg", "", "write a picture into this `FILE`, for light and dark pages")
	c.MarkFlagsMutuallyExclusive("json", "svg")
	return c
}

// explain reads files and at most one assembly.
func explain(args []string, format sopsfile.Format) (*explanation, error) {
	e := &explanation{Files: []fileAccess{}}
	files := synthfile.NewLocal(errNotAsked)
	for _, arg := range args {
		if info, err := os.Stat(arg); err == nil && info.IsDir() {
			if e.Assembly != "" {
				return nil, usagef("explain takes one cloud assembly, and %q is a second folder", arg)
			}
			e.Assembly = arg
			continue
		}
		file, err := openFile(files, arg, format)
		if err != nil {
			return nil, err
		}
		e.Files = append(e.Files, accessOf(arg, file))
	}
	if e.Assembly == "" {
		return e, nil
	}
	stacks, err := assembly.Stacks(e.Assembly)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shown(e.Assembly), err)
	}
	syncs, err := assembly.Syncs(stacks)
	if err != nil {
		return nil, err
	}
	all := len(e.Files) == 0
	for _, sync := range syncs {
		for _, f := range sync.Files {
			if !e.attach(sync, f, files, all) && !slices.Contains(e.Elsewhere, f.Name) {
				e.Elsewhere = append(e.Elsewhere, f.Name)
			}
		}
	}
	return e, nil
}

// accessOf says who can decrypt a file.
func accessOf(name string, file *synthfile.File) fileAccess {
	access := fileAccess{File: name, blob: file.GitBlob()}
	groups := file.Metadata().Groups
	for i, group := range groups {
		for _, k := range group {
			access.Keys = append(access.Keys, keyOf(k, i, len(groups)))
		}
	}
	if len(groups) > 1 {
		access.Needed = file.Metadata().Threshold()
	}
	return access
}

// attach adds a sync to its file, and reports whether that is one of those explained. With
// all, a file of the assembly that is not yet among them is added.
func (e *explanation) attach(sync assembly.Sync, f assembly.SyncFile, files *synthfile.Files, all bool) bool {
	parsed, _ := files.Parse(f.Name, f.Content, sopsfile.FormatOf(f.Name))
	at := slices.IndexFunc(e.Files, func(a fileAccess) bool { return parsed != nil && a.blob == parsed.GitBlob() })
	if at < 0 {
		at = slices.IndexFunc(e.Files, func(a fileAccess) bool { return e.sameFile(a.File, f.Name) && !all })
	}
	if at < 0 {
		if !all || parsed == nil {
			return false
		}
		at = len(e.Files)
		e.Files = append(e.Files, accessOf(f.Name, parsed))
	}
	to := syncTo{Sync: sync, Older: f.Content != nil && (parsed == nil || parsed.GitBlob() != e.Files[at].blob)}
	if !slices.ContainsFunc(e.Files[at].Syncs, func(s syncTo) bool { return s.Construct == sync.Construct && s.Older == to.Older }) {
		e.Files[at].Syncs = append(e.Files[at].Syncs, to)
	}
	return true
}

// sameFile reports whether a file is the one that an app names: from the current folder,
// or from that of the assembly.
func (e *explanation) sameFile(file, named string) bool {
	if filepath.Clean(file) == filepath.Clean(named) {
		return true
	}
	for _, folder := range []string{".", filepath.Dir(filepath.Clean(e.Assembly))} {
		a, errA := os.Stat(file)
		b, errB := os.Stat(filepath.Join(folder, named))
		if errA == nil && errB == nil && os.SameFile(a, b) {
			return true
		}
	}
	return false
}
