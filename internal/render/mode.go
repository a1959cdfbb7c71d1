package render

// Mode says what of a decrypted file lands in the secret.
type Mode string

const (
	// Flat is one JSON object whose names are the paths of the values, such as
	// a.b[0].c, and whose values are strings.
	Flat Mode = "flat"
	// Nested is one JSON document of the file's own shape.
	Nested Mode = "nested"
	// Raw is the file as the official command decrypts it.
	Raw Mode = "raw"
	// Binary is the content of a file in the binary format.
	Binary Mode = "binary"
	// One is the text of one value of the file, and nothing around it.
	One Mode = "value"
)
