package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/render"
)

// maxListed is how many names a text lists.
const maxListed = 10

// list is the first few names, for a message.
func list(names []string) string {
	return strings.Join(first(names), ", ")
}

// first is the first few names, as they are printed, and how many there are besides.
func first(names []string) []string {
	texts := make([]string, 0, maxListed+1)
	for _, name := range names[:min(len(names), maxListed)] {
		texts = append(texts, shown(name))
	}
	if more := len(names) - maxListed; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return texts
}

// lines is the first few names, each in a line of its own.
func lines(names []string) string {
	return "\n  " + strings.Join(first(names), "\n  ")
}

// command is a command on a file, as a message has it.
func command(file, command string) string {
	return code(command + " " + filetext.ShellWord(filepath.ToSlash(file)))
}

// text prints a report; quiet prints what is wrong alone.
func (r *fileReport) text(p *printer, colours painter, quiet, between bool) {
	if quiet {
		r.problems(p, colours, "")
		return
	}
	if between {
		p.f("\n")
	}
	p.f("%s\n", colours.paint(bold, shown(r.File)))
	if r.Format != "" {
		p.f("  %s, %s, written by sops %s on %s\n", r.Format, plural(len(r.Names), "name"), filetext.Short(r.Version), r.LastModified)
		if len(r.Names) > 0 {
			p.f("    %s\n", list(r.Names))
		}
		r.keys(p, colours)
		r.sizes(p)
		p.f("  the function may\n")
		for _, s := range r.Function {
			p.f("    %s on %s\n", s.Action, shown(s.Resource))
		}
		if len(r.Function) == 0 {
			p.f("    nothing: no key is one of KMS\n")
		}
		if r.Rule != "" {
			p.f("  compared with %s\n", r.Rule)
		}
	}
	r.problems(p, colours, "  ")
}

func (r *fileReport) keys(p *printer, colours painter) {
	p.f("  keys\n")
	for _, k := range r.Keys {
		name := string(k.Type) + " " + shown(k.ID)
		if k.Role != "" {
			name += " in the role " + shown(k.Role)
		}
		if len(k.Context) > 0 {
			name += " with the context " + list(k.Context)
		}
		if k.Group > 0 {
			name = fmt.Sprintf("group %d: %s", k.Group, name)
		}
		p.f("    %s\n", name)
		if k.Opens {
			p.f("      %s\n", colours.paint(green, "opens it here"))
		} else {
			p.f("      %s\n", strings.ReplaceAll(k.Reason, "\n", "\n      "))
		}
	}
	if r.Needed > 0 {
		p.f("    %d groups are needed\n", r.Needed)
	}
}

func (r *fileReport) sizes(p *printer) {
	if len(r.Sizes) == 0 {
		return
	}
	if r.Decrypted {
		p.f("  sizes; the file was decrypted and its MAC is right\n")
	} else {
		p.f("  sizes, at least; the file was not decrypted\n")
	}
	for _, s := range r.Sizes {
		switch {
		case s.Reason != "":
			p.f("    %s: not possible: %s\n", s.Target, s.Reason)
		case s.Largest != "":
			tier := render.TierStandard
			if s.Bytes > render.StandardParameter {
				tier = render.TierAdvanced
			}
			p.f("    %s: %d, the largest, %s, has %d of %d bytes (%s)\n", s.Target, s.Count, shown(s.Largest), s.Bytes, s.Limit, tier)
		default:
			p.f("    %s: %d of %d bytes\n", s.Target, s.Bytes, s.Limit)
		}
	}
}

// problems prints what is wrong with the file, below what else is said of it, or alone.
func (r *fileReport) problems(p *printer, colours painter, indent string) {
	for _, problem := range r.Problems {
		colour := red
		if problem.Severity == severityWarning {
			colour = yellow
		}
		text := strings.ReplaceAll(problem.Text, "\n", "\n"+indent+"  ")
		p.f("%s%s %s [%s]\n", indent, colours.paint(colour, string(problem.Severity)+":"), text, problem.ID)
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
