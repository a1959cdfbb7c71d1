package main

import (
	"fmt"
	"math"
	"strings"
)

// point is a number of secrets and a time in seconds.
type point struct{ x, y float64 }

// series is one line of the chart. Its class names its colour.
type series struct {
	label, class string
	points       []point
}

// The chart's size, and the margins around what is plotted.
const (
	width, height            = 720.0, 400.0
	left, right, top, bottom = 64.0, 24.0, 48.0, 56.0
)

// The style has two sets of colours, for a light page and for a dark one.
const style = `<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.line { fill: none; stroke-width: 2.5 }
.ours { stroke: #0969da } .ours-mark { fill: #0969da }
.peer { stroke: #bc4c00 } .peer-mark { fill: #bc4c00 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.grid { stroke: #3d444d }
.ours { stroke: #4493f8 } .ours-mark { fill: #4493f8 }
.peer { stroke: #f0883e } .peer-mark { fill: #f0883e }
}
</style>
`

// draw returns the chart as SVG: time over number of secrets.
func draw(all ...series) string {
	var most point
	for _, s := range all {
		for _, p := range s.points {
			most.x, most.y = max(most.x, p.x), max(most.y, p.y)
		}
	}
	stepX, stepY := step(most.x), step(most.y)
	most.x, most.y = math.Ceil(most.x/stepX)*stepX, math.Ceil(most.y/stepY)*stepY
	at := func(p point) (x, y float64) {
		return left + p.x/most.x*(width-left-right), height - bottom - p.y/most.y*(height-top-bottom)
	}

	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%[1]g" height="%[2]g" role="img" aria-labelledby="title">`+"\n", width, height)
	b.WriteString(style)
	text(&b, left, 24, "start", "title", "Time of a synth over the number of secrets")
	for v := 0.0; v <= most.y+stepY/2; v += stepY {
		_, y := at(point{0, v})
		fmt.Fprintf(&b, `<line class="grid" x1="%g" y1="%.1f" x2="%g" y2="%.1f"/>`+"\n", left, y, width-right, y)
		text(&b, left-8, y+4, "end", "", fmt.Sprintf("%g s", math.Round(v*100)/100))
	}
	for v := 0.0; v <= most.x+stepX/2; v += stepX {
		x, y := at(point{v, 0})
		text(&b, x, y+20, "middle", "", fmt.Sprintf("%g", v))
	}
	text(&b, (left+width-right)/2, height-14, "middle", "", "secrets, 50 in a stack")
	for i, s := range all {
		s.draw(&b, at)
		y := top + 16 + 22*float64(i)
		fmt.Fprintf(&b, `<circle class="%s-mark" cx="%g" cy="%g" r="5"/>`+"\n", s.class, left+20, y-4)
		text(&b, left+32, y, "start", "", s.label)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (s series) draw(b *strings.Builder, at func(point) (float64, float64)) {
	var line []string
	for _, p := range s.points {
		x, y := at(p)
		line = append(line, fmt.Sprintf("%.1f,%.1f", x, y))
		fmt.Fprintf(b, `<circle class="%s-mark" cx="%.1f" cy="%.1f" r="4"><title>%g secrets: %.2f s</title></circle>`+"\n", s.class, x, y, p.x, p.y)
	}
	fmt.Fprintf(b, `<polyline class="line %s" points="%s"/>`+"\n", s.class, strings.Join(line, " "))
}

func text(b *strings.Builder, x, y float64, anchor, class, content string) {
	if class != "" {
		class = fmt.Sprintf(` class="%s" id="%[1]s"`, class)
	}
	fmt.Fprintf(b, `<text x="%g" y="%.1f" text-anchor="%s"%s>%s</text>`+"\n", x, y, anchor, class, content)
}

// step is a round distance of about five lines up to most: 1, 2 or 5 times a power of ten.
func step(most float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(most/5)))
	for _, factor := range []float64{1, 2, 5} {
		if factor*power >= most/5 {
			return factor * power
		}
	}
	return 10 * power
}
