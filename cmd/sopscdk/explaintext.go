package main

import (
	"fmt"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
)

func (e *explanation) text(p *printer, colours painter) {
	for i, f := range e.Files {
		if i > 0 {
			p.f("\n")
		}
		p.f("%s\n", colours.paint(bold, shown(f.File)))
		if f.Needed > 0 {
			p.f("  opened by keys of %d groups:\n", f.Needed)
		} else {
			p.f("  opened by any of:\n")
		}
		for _, k := range f.Keys {
			p.f("    %s\n", k)
		}
		for _, s := range f.Syncs {
			p.f("  %s\n", colours.paint(bold, shown(s.Construct)))
			if s.Older {
				p.f("    %s\n", colours.paint(yellow, "has another version of the file"))
			}
			p.f("    decrypted by %s\n", s.decrypter())
			p.f("    lands in %s\n", s.target())
			for _, r := range s.Readers {
				p.f("    read by %s\n", readerText(r))
			}
			if len(s.Readers) == 0 {
				p.f("    read by nobody in the assembly\n")
			}
		}
		if e.Assembly != "" && len(f.Syncs) == 0 {
			p.f("  nothing in %s is made of it\n", shown(e.Assembly))
		}
	}
	if len(e.Elsewhere) > 0 {
		p.f("\nnot explained of %s: %s\n", shown(e.Assembly), list(e.Elsewhere))
	}
}

// String names the key, its group, and how it is used.
func (k keyAccess) String() string {
	text := string(k.Type) + " " + shown(k.ID)
	if k.Group > 0 {
		text = fmt.Sprintf("group %d: %s", k.Group, text)
	}
	if k.Role != "" {
		text += " in the role " + shown(k.Role)
	}
	if len(k.Context) > 0 {
		text += " with the context " + list(k.Context)
	}
	return text
}

func (s syncTo) decrypter() string {
	text := "the function " + shown(s.Function)
	if s.Role != "" {
		text += " in the role " + shown(s.Role)
	}
	return text
}

func (s syncTo) target() string {
	switch {
	case s.Secret != "":
		return "the secret " + shown(s.Secret)
	case len(s.Parameters) == 1:
		return "the parameter " + shown(s.Parameters[0])
	}
	return fmt.Sprintf("%d parameters: %s", len(s.Parameters), list(s.Parameters))
}

func readerText(r assembly.Reader) string {
	var notes []string
	if len(r.Parameters) > 0 {
		notes = append(notes, "only "+list(r.Parameters))
	}
	if r.Wide {
		notes = append(notes, "by a policy for more than this")
	}
	if len(notes) == 0 {
		return shown(r.Name)
	}
	return shown(r.Name) + " (" + strings.Join(notes, "; ") + ")"
}
