package render_test

import (
	"slices"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

func TestQuoted(t *testing.T) {
	_, tree := load(t, "lines.env") // QUOTED="q" among others
	if got := render.Quoted(tree); !slices.Equal(got, []string{"QUOTED"}) {
		t.Errorf("got %q", got)
	}
	// Clear values show which ones count; they land as any other.
	const text = "A='a'\nB=\"\"\nC='\nD=\"a'\nE=a\"b\"\nF=\"a\nG=\nH='a'b'\n"
	if got := render.Quoted(encrypted(t, sopsfile.Dotenv, text)); !slices.Equal(got, []string{"A", "B", "H"}) {
		t.Errorf("got %q", got)
	}
	if _, tree := load(t, "types.json"); render.Quoted(tree) != nil {
		t.Error("a JSON file has quoted values")
	}
}
