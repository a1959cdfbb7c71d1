package syncfunction

import (
	"errors"
	"fmt"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// errReplaced says that an object is the file of the request before, which replaced the
// one that this request wants: a rollback, as a rule.
var errReplaced = errors.New("the object in S3 was replaced by the newer file of the request before, and nobody has the one that this request is for")

// bound returns an object as its properties name it by its hash, or an error for any
// other: whoever can write it could otherwise put another secret's file there, and have it
// published in this one. An object whose every line ends in CR LF counts as the file that
// git has. Properties without a hash name every object.
func (s *task) bound(of syncprotocol.File, object []byte) ([]byte, error) {
	if of.SHA256 == "" {
		return object, nil
	}
	for _, as := range [][]byte{object, syncprotocol.WithLF(object)} {
		switch hash := syncprotocol.SHA256(as); {
		case hash == of.SHA256:
			return as, nil
		case s.replacedBy(hash, of):
			return nil, errReplaced
		}
	}
	return nil, fmt.Errorf("bucket %q, key %q holds another file than the one that was synthesized (Path): upload that file there, and deploy again", of.Bucket, of.Key)
}

// replacedBy reports whether the object with that hash is the newer file that the request
// before was made for. A rollback wants the file from before, which that one replaced.
func (s *task) replacedBy(hash string, wanted syncprotocol.File) bool {
	before, err := s.event.readOldProperties()
	if err != nil {
		return false
	}
	for _, old := range before.File.Single() {
		if old.SHA256 == hash && old.Bucket == wanted.Bucket && old.Key == wanted.Key && old.LastModified >= wanted.LastModified {
			return true
		}
	}
	return false
}
