package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// version is a version of a file: in a commit, or, for "", in the working tree.
type version string

func (v version) String() string {
	if v == "" {
		return "working tree"
	}
	return string(v)
}

// versions returns the two versions that a revision stands for: REV and the working tree,
// or those of OLD..NEW. OLD...NEW begins where the two branches parted.
func versions(file, rev string) (before, after version, err error) {
	if old, now, ok := strings.Cut(rev, "..."); ok {
		base, err := git(file, "merge-base", "--end-of-options", orHead(old), orHead(now))
		return version(strings.TrimSpace(string(base))), version(orHead(now)), err
	}
	if old, now, ok := strings.Cut(rev, ".."); ok {
		return version(orHead(old)), version(orHead(now)), nil
	}
	return version(rev), "", nil
}

func orHead(rev string) string {
	if rev == "" {
		return "HEAD"
	}
	return rev
}

// read returns the version of a file; nil where it has none.
func (v version) read(files *synthfile.Files, file string, format sopsfile.Format) (*synthfile.File, error) {
	content, err := v.content(file)
	if content == nil || err != nil {
		return nil, err
	}
	read, err := files.Parse(file, content, format)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", v, err)
	}
	return read, nil
}

// content returns the bytes of a file; nil where it is not there.
func (v version) content(file string) ([]byte, error) {
	if v == "" {
		content, err := synthfile.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return content, err
	}
	if _, err := git(file, "rev-parse", "--git-dir"); err != nil {
		return nil, err
	}
	commit, err := git(file, "rev-parse", "--verify", "--quiet", "--end-of-options", string(v)+"^{commit}")
	if err != nil {
		return nil, fmt.Errorf("there is no commit %s here; a shallow clone has few (git fetch --unshallow)", filetext.Quote(string(v)))
	}
	_, name := folderOf(file)
	path := strings.TrimSpace(string(commit)) + ":./" + filepath.ToSlash(name)
	if _, err := git(file, "cat-file", "-e", path); err != nil {
		return nil, nil
	}
	return git(file, "cat-file", "blob", path)
}

// folderOf returns the nearest folder above a file that is there, and the file's path from it.
func folderOf(file string) (folder, name string) {
	for folder, name = filepath.Dir(file), filepath.Base(file); folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		if _, err := os.Stat(folder); err == nil {
			break
		}
		name = filepath.Join(filepath.Base(folder), name)
	}
	return folder, name
}

// git runs git where a file is.
func git(file string, args ...string) ([]byte, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir, _ = folderOf(file)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, filetext.Short(strings.TrimSpace(stderr.String())))
	}
	return out, nil
}
