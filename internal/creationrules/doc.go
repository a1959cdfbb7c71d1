// Package creationrules reads .sops.yaml: which master keys, and which rule for what is
// encrypted, sops would give to a file at a path. It reads what version 3.13.3 of
// github.com/getsops/sops/v3 reads there (package config), and asks nobody for a key.
package creationrules
