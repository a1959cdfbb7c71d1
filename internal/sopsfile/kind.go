package sopsfile

// Kind says what stands at a place of a [Tree]. For a scalar it is the kind of
// the decrypted value, which an encrypted token names in its type tag.
type Kind uint8

const (
	Map Kind = iota + 1
	List
	String
	Int
	Float
	Bool
	Time
	Null
	// Comment is a comment of the file. It stands between the entries of a map or
	// the items of a list and is neither: it has no name, no index and no part in
	// what a secret holds.
	Comment
)

var kindNames = [...]string{
	Map: "map", List: "list", String: "string", Int: "int", Float: "float",
	Bool: "bool", Time: "time", Null: "null", Comment: "comment",
}

// String is the kind's name in lower case, such as "map".
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "unknown"
}

// Scalar reports whether k is the kind of a value: neither a map, a list nor a
// comment. Null is a scalar.
func (k Kind) Scalar() bool { return k >= String && k <= Null }
