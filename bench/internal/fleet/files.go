package fleet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// A THROW-AWAY TEST KEY: made for these benchmarks, and known to everybody.
const (
	Identity  = "AGE-SECRET-KEY-1ATX7HFEVCM05ZAGHH7YETD2HV3JUFMEFTWSSF9VRCLTDLLVZW7SQQF5RAP"
	Recipient = "age1hgrrsmd4x2fjx2tc6r58u7p86mfll8v8rh3xculsa75mc3qt5q7synwgrf"
)

// The keys of the files, which the stand-in for KMS of package awstest can have.
const (
	KeyEU = "arn:aws:kms:eu-west-1:111122223333:key/11111111-1111-4111-8111-111111111111"
	KeyUS = "arn:aws:kms:us-east-1:111122223333:key/22222222-2222-4222-8222-222222222222"
	// Role is one that files can name for their keys.
	Role = "arn:aws:iam::111122223333:role/sops"
)

// ValuesInFile is how many values each file has.
const ValuesInFile = 18

// Readers say who can open a set of files.
type Readers struct {
	Name string // of the set's folder
	KMS  []sopstest.KMS
	Age  []string
}

// Sets of files.
var (
	// WithAge is two KMS keys and an age recipient: the apps decrypt with age.
	WithAge = Readers{Name: "age", KMS: []sopstest.KMS{{ARN: KeyEU}, {ARN: KeyUS}}, Age: []string{Recipient}}
	// WithKMS is two KMS keys alone.
	WithKMS = Readers{Name: "kms", KMS: []sopstest.KMS{{ARN: KeyEU}, {ARN: KeyUS}}}
	// WithRole is two KMS keys that a role may use.
	WithRole = Readers{Name: "role", KMS: []sopstest.KMS{{ARN: KeyEU, Role: Role}, {ARN: KeyUS, Role: Role}}}
)

// Files returns a folder with at least so many files for the readers: 0.sops.json and on,
// each with values and a data key of its own.
func (f *Fleet) Files(readers Readers, number int) (string, error) {
	dir, err := f.Sub(filepath.Join("files", readers.Name))
	if err != nil {
		return "", err
	}
	for ; f.files[readers.Name] < number; f.files[readers.Name]++ {
		i := f.files[readers.Name]
		var clear []string
		for j := range ValuesInFile {
			clear = append(clear, fmt.Sprintf(`"setting_%02d":"value-%d-%d-%s"`, j, i, j, strings.Repeat("x", j)))
		}
		content, err := sopstest.File{JSON: "{" + strings.Join(clear, ",") + "}", KMS: readers.KMS, Age: readers.Age}.Encrypt()
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.sops.json", i)), content, 0o600); err != nil {
			return "", err
		}
	}
	return dir, nil
}
