// Package nearest finds the names that a misspelt one may have meant.
package nearest

import (
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

// most is how many names a hint offers.
const most = 3

// Names returns the candidates nearest to name, nearest first: at most three, and
// none that differs in more than a third of the longer one's letters (in two
// letters, for short names). Case does not count.
func Names(name string, candidates []string) []string {
	type scored struct {
		name     string
		distance int
	}
	var near []scored
	for _, candidate := range candidates {
		longer := max(len(name), len(candidate))
		d := distance(strings.ToLower(name), strings.ToLower(candidate))
		if d <= max(2, longer/3) && d < longer {
			near = append(near, scored{candidate, d})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int { return a.distance - b.distance })
	var names []string
	for _, s := range near[:min(most, len(near))] {
		names = append(names, s.name)
	}
	return names
}

// Typo reports whether name is known with one or two letters wrong, or in another
// case, but not known itself.
func Typo(name, known string) bool {
	if name == known {
		return false
	}
	allowed := 2
	if len(known) < 6 {
		allowed = 1
	}
	return distance(strings.ToLower(name), strings.ToLower(known)) <= allowed
}

// Hint is `; did you mean "a" or "b"?`, or nothing where nothing is near. For a name that is
// itself a map or a list of candidates, or a part of one, it says so.
func Hint(name string, candidates []string) string {
	if hint := below(name, candidates); hint != "" {
		return hint
	}
	near := Names(name, candidates)
	if len(near) == 0 {
		return above(name, candidates)
	}
	return "; did you mean " + strings.Join(filetext.Quoted(near), " or ") + "?"
}

// below is what [Hint] says of a name that has candidates below it, as "a" has "a.b" and
// "a[0]".
func below(name string, candidates []string) string {
	var found []string
	for _, candidate := range candidates {
		if name != "" && isBelow(candidate, name) {
			found = append(found, candidate)
		}
	}
	if len(found) == 0 {
		return ""
	}
	kind := "map"
	if found[0][len(name)] == '[' {
		kind = "list"
	}
	return "; it is a " + kind + ", whose values have the names " + filetext.Few(found, most)
}

// above is what [Hint] says of a name that is below a candidate.
func above(name string, candidates []string) string {
	for _, candidate := range candidates {
		if candidate != "" && isBelow(name, candidate) {
			return "; there is " + filetext.Quote(candidate) + ", and no name below it"
		}
	}
	return ""
}

func isBelow(name, top string) bool {
	rest, ok := strings.CutPrefix(name, top)
	return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
}

// List is the names, quoted and separated by commas.
func List(names []string) string {
	return strings.Join(filetext.Quoted(names), ", ")
}

// distance is how many letters must be changed, added, removed or swapped with
// their neighbour to make b of a (the optimal string alignment distance).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	rows := make([][]int, len(s)+1)
	for i := range rows {
		rows[i] = make([]int, len(t)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(s); i++ {
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(s)][len(t)]
}
