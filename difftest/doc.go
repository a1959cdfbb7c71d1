// Package difftest holds the reader of SOPS files against sops itself: the real
// commands of three versions encrypt a corpus of generated files, and what
// internal/sopsfile and internal/render make of each must be what the official
// library, at 3.13.3, makes of it. It is a module of its own, because the official
// library and its 120 dependencies are no part of the product.
//
// go test -v ./... prints how many files and mutations were compared. The commands
// are built once, into the user's cache directory.
package difftest
