package sopstest

import (
	"os"
	"path/filepath"
	"testing"
)

// Isolate takes away, for the rest of a test, every key and credential that this machine
// may have.
func Isolate(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	for name, value := range map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": home, "AWS_CONFIG_FILE": filepath.Join(home, "none"),
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(home, "none"), "AWS_EC2_METADATA_DISABLED": "true",
		"SOPS_CONFIG": "", "SOPS_AGE_KEY": "", "SOPS_AGE_KEY_FILE": "", "SOPS_AGE_KEY_CMD": "", "SOPS_AGE_SSH_PRIVATE_KEY_FILE": "",
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value) // which also restores it afterwards
		if value == "" {
			os.Unsetenv(name)
		}
	}
}
