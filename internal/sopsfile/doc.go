// Package sopsfile reads SOPS files: it parses, has the data key unwrapped,
// decrypts, and verifies. It imports no cloud and no CDK, so that the same code
// runs at synth and in the deploy-time function.
//
// The judge of what a file means is sops 3.13.3: for each file this package either
// gives what the official decrypt gives, or refuses it. The nested module difftest
// proves it on files of three versions of sops, and on tampered ones.
//
// # What is authenticated
//
// SOPS binds each encrypted value to the names on its path, and its MAC covers the
// bytes of all values one after the other. It authenticates nothing else: not the
// names of clear values nor the boundaries between them, not empty entries, the
// nesting of lists, type tags, comments, boundaries of documents, nor the metadata.
// And whoever can encrypt to a recipient can make a whole file of their own.
//
// So this package is strict where the official reader is lax. It refuses a name
// that stands twice in a map, text behind the end of a JSON file, invalid UTF-8 in
// JSON, a token in another form than sops writes, a clear value where the file's
// rule selects encryption and a token where it does not, a binary file with
// anything beside "data", metadata with more than one rule or with a name that
// differs from a known one in case, and files over its limits.
//
// # Errors
//
// An error says where and what in fixed text, with the path a.b[0].c of a value.
// It never holds a value, a token, the MAC or a hash, and never the error of a
// parser, since parsers quote what they could not read.
package sopsfile
