package main

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

// The columns of the picture: who can decrypt to the left of the file, who can read to its
// right.
const (
	columnRole = iota
	columnKey
	columnFile
	columnFunction
	columnTarget
	columnReader
	columns
)

var columnTitles = [columns]string{"role", "master key", "file", "function", "target", "reader"}

// Sizes in the picture, in its units.
const (
	boxWidth, boxHeight = 210, 40
	gapX, gapY          = 46, 14
	margin, top         = 16, 44
	maxBoxText          = 26 // characters in a line of a box, and in a small one
	maxSmallText        = 31
)

// box is a node of the picture.
type box struct {
	column     int
	id         string // one box for each
	first, two string // its lines
	full       string // its title
	x, y       int
}

// picture is the graph of an explanation.
type picture struct {
	boxes []*box
	edges [][2]*box
}

// add returns the box of an id in a column, which it makes where there is none.
func (p *picture) add(column int, id, first, second, full string) *box {
	for _, b := range p.boxes {
		if b.column == column && b.id == id {
			return b
		}
	}
	b := &box{column: column, id: id, first: first, two: second, full: full}
	p.boxes = append(p.boxes, b)
	return b
}

func (p *picture) join(a, b *box) {
	if e := [2]*box{a, b}; !slices.Contains(p.edges, e) {
		p.edges = append(p.edges, e)
	}
}

// graph makes the boxes and lines.
func (e *explanation) graph() *picture {
	p := &picture{}
	for _, f := range e.Files {
		file := p.add(columnFile, f.File, f.File, "", f.File)
		for _, k := range f.Keys {
			key := p.add(columnKey, k.String(), string(k.Type)+" "+shortKey(k.ID), placeOf(k.ID), k.String())
			p.join(key, file)
			if k.Role != "" {
				p.join(p.add(columnRole, k.Role, lastPart(k.Role), placeOf(k.Role), k.Role), key)
			}
		}
		for _, s := range f.Syncs {
			function := p.add(columnFunction, s.Function, lastParts(s.Function), firstPart(s.Function), s.decrypter())
			p.join(file, function)
			target := p.add(columnTarget, s.Construct, targetName(s), s.Construct, s.target())
			p.join(function, target)
			for _, r := range s.Readers {
				p.join(target, p.add(columnReader, r.Name, lastParts(r.Name), firstPart(r.Name), readerText(r)))
			}
		}
	}
	return p
}

func targetName(s syncTo) string {
	if s.Secret != "" || len(s.Parameters) == 1 {
		return s.Secret + strings.Join(s.Parameters, "")
	}
	return fmt.Sprintf("%d parameters", len(s.Parameters))
}

// shortKey is what tells one key from another: the end of an ARN, or the key.
func shortKey(id string) string {
	if strings.HasPrefix(id, "arn:") {
		return id[strings.LastIndexByte(id, ':')+1:]
	}
	return id
}

// placeOf is the account, and the region if there is one, of an ARN.
func placeOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return ""
	}
	return strings.TrimSpace(parts[3] + " " + parts[4])
}

func lastPart(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// firstPart and lastParts split the path of a construct behind its stack.
func firstPart(s string) string {
	stack, rest, _ := strings.Cut(s, "/")
	if rest == "" || strings.HasPrefix(s, "arn:") {
		return ""
	}
	return stack
}

func lastParts(s string) string {
	if firstPart(s) == "" {
		return s
	}
	_, rest, _ := strings.Cut(s, "/")
	return rest
}

// svg draws the explanation.
func (e *explanation) svg() []byte {
	p := e.graph()
	width, height, shownColumns := p.place()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString("Who can decrypt, and who can read: "+fileNames(e)))
	b.WriteString(`<style>
text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #1f2328 }
.h { font: 600 12px system-ui, sans-serif; fill: #59636e }
.s { font-size: 10px; fill: #59636e }
rect { fill: #f6f8fa; stroke: #818b98; rx: 6 }
.file rect { fill: #ddf4ff; stroke: #0969da }
.target rect { fill: #dafbe1; stroke: #1a7f37 }
path { fill: none; stroke: #818b98; stroke-width: 1.3 }
.bg { fill: #ffffff; stroke: none; rx: 0 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.h, .s { fill: #9198a1 }
rect { fill: #151b23; stroke: #656c76 }
.file rect { fill: #121d2f; stroke: #4493f8 }
.target rect { fill: #12261e; stroke: #3fb950 }
path { stroke: #656c76 }
.bg { fill: #0d1117 }
}
</style>
<rect class="bg" width="100%" height="100%"/>
`)
	for column, x := range shownColumns {
		if x >= 0 {
			fmt.Fprintf(&b, `<text class="h" x="%d" y="26">%s</text>`+"\n", x, columnTitles[column])
		}
	}
	for _, e := range p.edges {
		x1, y1, x2, y2 := e[0].x+boxWidth, e[0].y+boxHeight/2, e[1].x, e[1].y+boxHeight/2
		mid := (x1 + x2) / 2
		fmt.Fprintf(&b, `<path d="M%d %dC%d %d %d %d %d %d"/>`+"\n", x1, y1, mid, y1, mid, y2, x2, y2)
	}
	for _, n := range p.boxes {
		fmt.Fprintf(&b, `<g class="%s"><title>%s</title><rect x="%d" y="%d" width="%d" height="%d"/>`, columnTitles[n.column], html.EscapeString(shown(n.full)), n.x, n.y, boxWidth, boxHeight)
		y := n.y + 25
		if n.two != "" {
			y = n.y + 17
			fmt.Fprintf(&b, `<text class="s" x="%d" y="%d">%s</text>`, n.x+10, n.y+32, html.EscapeString(fitted(n.two, maxSmallText)))
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d">%s</text></g>`+"\n", n.x+10, y, html.EscapeString(fitted(n.first, maxBoxText)))
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

func fileNames(e *explanation) string {
	var names []string
	for _, f := range e.Files {
		names = append(names, f.File)
	}
	return list(names)
}

// place gives each box its place: columns side by side, each centred, without those that
// are empty. It returns the size, and where the columns are, -1 for an empty one.
func (p *picture) place() (width, height int, at [columns]int) {
	var count [columns]int
	most := 1
	for _, b := range p.boxes {
		count[b.column]++
		most = max(most, count[b.column])
	}
	x := margin
	for column := range columns {
		at[column] = -1
		if count[column] > 0 {
			at[column] = x
			x += boxWidth + gapX
		}
	}
	var y [columns]int
	for column := range columns {
		y[column] = top + (most-count[column])*(boxHeight+gapY)/2
	}
	for _, b := range p.boxes {
		b.x, b.y = at[b.column], y[b.column]
		y[b.column] += boxHeight + gapY
	}
	return max(x-gapX, margin+boxWidth) + margin, top + most*(boxHeight+gapY) - gapY + margin, at
}

// fitted is a text for a line of a box: its begin and its end where it is too long.
func fitted(s string, most int) string {
	s = shown(s)
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	runes := []rune(s)
	front := most / 2
	return string(runes[:front]) + "…" + string(runes[len(runes)-(most-front-1):])
}
