// Package synthfile is what synth takes from SOPS files: it reads and checks them
// without a key, decrypts them side by side, and says what would land and what the
// deploy-time function needs. It knows nothing of the CDK and needs no Node: the
// constructs and the command use it alike.
//
// A [Files] belongs to one app. It reads each file once, has one key ring per region,
// and asks for each distinct data key once. Its errors name the file, what is wrong
// and the remedy; they hold names and never values.
package synthfile
