package synthfile

import "fmt"

// Warning is something about a file that may not be meant. Synth and the command sopscdk
// say it in the same words.
type Warning struct {
	// ID is the warning's, without the prefix "sopscdk:".
	ID   string
	Text string
}

// Warnings returns what may not be meant in the file.
func (f *File) Warnings(u Use) []Warning {
	var all []Warning
	warn := func(id, format string, a ...any) {
		all = append(all, Warning{id, f.path + " " + fmt.Sprintf(format, a...)})
	}
	if f.sample {
		warn("demonstration", "is the demonstration file: it cannot be deployed, since its KMS keys are fictitious. Delete it and create a new file, as the README says.")
	}
	if u.Clear != "" {
		warn("clear-values", "holds values in clear text whose names say that they are secret: %s. If they are, correct the file's rule, encrypt it again and replace the values; else acknowledge this warning.", u.Clear)
	}
	if u.Profiles != "" {
		warn("aws-profile", "names AWS profiles (aws_profile): %s. Synth uses them where they exist. The function has no profiles and decrypts in its own role, so that role, or the role of the entry, must be allowed to use the key.", u.Profiles)
	}
	if u.UnlimitedRoles != "" {
		warn("role", "names the role to use its keys with: %s. The function may assume it, and whoever edits the file can name another, since nothing limits what it names. List its keys and roles in AllowedKeys, or in those of SetFilePolicy for the app.", u.UnlimitedRoles)
	}
	return all
}
