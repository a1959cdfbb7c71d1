// Package leakscan looks for decrypted values in a synthesized cloud assembly: in its
// files, its assets, and the zip and gzip files among them.
//
// A value is found as it stands, in base64 and base64url at any alignment, in hex, and
// below any mix of up to four layers of JSON escapes, two of percent-encoding and one of
// XML escapes. White space does not count on either side, so that a value that is indented,
// wrapped, or escaped across lines is found too.
//
// Nothing that this package returns contains a value. The copies that it makes of values
// are cleared before [Scan] returns.
package leakscan
