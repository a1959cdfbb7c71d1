package synthfile

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/nearest"
	"github.com/ebb7bed6/sopscdk/internal/plaintext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Value is a decrypted value that is encrypted in its file.
type Value struct {
	// Name is the value's name as flat JSON has it, such as "database.users[0].password".
	// YAML's merge keys (<<) are left out of it, so several values may have one name.
	Name string
	Text plaintext.Text
}

// Values waits for the end of the decryption and returns the strings and numbers that are
// encrypted in the file. Of a file that could not be decrypted there are none.
func (d *Decryption) Values() []Value {
	<-d.done
	if d.err != nil {
		return nil
	}
	var values []Value
	pairs(d.file.parsed.Ciphertext(), d.tree, func(name string, in, out sopsfile.Node) {
		switch in.Kind() {
		case sopsfile.String, sopsfile.Int, sopsfile.Float:
			if in.Encrypted() {
				values = append(values, Value{name, out.Text()})
			}
		}
	})
	return values
}

// Shown returns what everybody may read who may read the file: its bytes as it is
// encrypted, and the names of its values.
func (d *Decryption) Shown() [][]byte {
	shown := [][]byte{d.file.content}
	for _, name := range d.file.valueNames() {
		shown = append(shown, []byte(name))
	}
	return shown
}

// Clear waits for the end of the decryption and overwrites the decrypted values. Nothing
// of the decryption may be used afterwards.
func (d *Decryption) Clear() {
	<-d.done
	if d.err == nil {
		d.tree.Clear()
	}
}

// CheckNotSecret returns an error for a name in NotSecret that no value of the file has: see
// [Value].
func (f *File) CheckNotSecret(names []string) error {
	if len(names) == 0 {
		return nil
	}
	known := f.valueNames()
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("NotSecret names %s, which is no value of %s%s", filetext.Quote(name), f.path, nearest.Hint(name, known))
		}
	}
	return nil
}

// valueNames returns the names of all scalars.
func (f *File) valueNames() []string {
	var names []string
	tree := f.parsed.Ciphertext()
	pairs(tree, tree, func(name string, _, _ sopsfile.Node) { names = append(names, name) })
	return names
}

// pairs calls visit for each scalar of two trees of one shape, with its name.
func pairs(a, b *sopsfile.Tree, visit func(name string, a, b sopsfile.Node)) {
	var walk func(name string, a, b sopsfile.Node)
	walk = func(name string, a, b sopsfile.Node) {
		if a.Kind().Scalar() {
			visit(name, a, b)
			return
		}
		index := 0
		for i := range a.Len() {
			kid := a.At(i)
			inner := name
			switch {
			case kid.Kind() == sopsfile.Comment:
				continue
			case a.Kind() == sopsfile.List:
				inner += "[" + strconv.Itoa(index) + "]"
				index++
			case kid.Key() == sopsfile.MergeKey:
			case name != "":
				inner += "." + kid.Key()
			default:
				inner = kid.Key()
			}
			walk(inner, kid, b.At(i))
		}
	}
	for i := range a.Len() {
		walk("", a.Document(i), b.Document(i))
	}
}
