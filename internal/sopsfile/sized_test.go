package sopsfile_test

import (
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Without a key, kinds and lengths are those of the values, and nothing else is.
func TestSized(t *testing.T) {
	for _, name := range []string{"types.json", "comments.yaml", "documents.yaml", "groups.env"} {
		want, got := decrypt(t, name), parse(t, name).Sized()
		if want.Len() != got.Len() || !got.HasValues() || got.FileFormat() != want.FileFormat() {
			t.Fatalf("%s: another tree", name)
		}
		for i := range want.Len() {
			compareSizes(t, name, want.Document(i), got.Document(i))
		}
	}
}

func compareSizes(t *testing.T, at string, want, got sopsfile.Node) {
	t.Helper()
	if got.Kind() != want.Kind() || got.Key() != want.Key() || got.Len() != want.Len() || got.Text().Len() != want.Text().Len() {
		t.Fatalf("%s: got %d, %d bytes, %d below; want %d, %d, %d", at, got.Kind(), got.Text().Len(), got.Len(), want.Kind(), want.Text().Len(), want.Len())
	}
	if want.Kind() == sopsfile.Bool && string(got.Text().Reveal()) != string(want.Text().Reveal()) {
		t.Errorf("%s: another bool", at)
	}
	for i := range want.Len() {
		compareSizes(t, at+"."+want.At(i).Key(), want.At(i), got.At(i))
	}
}
