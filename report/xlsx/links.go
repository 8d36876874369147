package xlsx

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"poolsweep/report"
)

// hyperlink is a link of a cell.
type hyperlink struct {
	cell  string
	place string // in the workbook
	file  int    // else which of the addresses, from 1
}

// mostLinks is how many hyperlinks Excel lets a sheet have. The texts of further
// ones stay.
const mostLinks = 65530

// noteLink takes up a link. One that leads nowhere stays a text: Excel opens a
// workbook with a dead link but complains at the click.
func (g *grid) noteLink(s *survey, cell string, l report.Link) {
	if len(s.links) >= mostLinks {
		return
	}
	if l.Sheet {
		if to, ok := g.sheetTarget(l); ok {
			s.links = append(s.links, hyperlink{cell: cell, place: to})
		}
		return
	}
	to, ok := l.Target, len(l.Target) <= mostTarget
	if !l.Web {
		to, ok = fileTarget(l.Target)
	}
	if ok {
		s.files = append(s.files, to)
		s.links = append(s.links, hyperlink{cell: cell, file: len(s.files)})
	}
}

// hyperlinks returns the sheet's list of links.
func (g *grid) hyperlinks() []byte {
	if len(g.seen.links) == 0 {
		return nil
	}
	var b bytes.Buffer
	b.WriteString("<hyperlinks>")
	for _, l := range g.seen.links {
		if l.file > 0 {
			fmt.Fprintf(&b, `<hyperlink ref="%s" r:id="%s"/>`, l.cell, fileID(l.file))
		} else {
			fmt.Fprintf(&b, `<hyperlink ref="%s" location="%s"/>`, l.cell, attribute(l.place))
		}
	}
	b.WriteString("</hyperlinks>")
	return b.Bytes()
}

// fileID names an address in the relations of a sheet, apart from excelize's rId1.
func fileID(n int) string { return fmt.Sprintf("link%d", n) }

// relations returns the name of the part that holds the addresses of a sheet.
func relations(sheet string) string { return sheetFolder + "_rels/" + path.Base(sheet) + ".rels" }

// relate completes the relations of the sheet, which excelize has made for its
// table.
func (g *grid) relate(to io.Writer, made []byte) error {
	const end = "</Relationships>"
	head, ok := bytes.CutSuffix(bytes.TrimSpace(made), []byte(end))
	if !ok {
		return fmt.Errorf("sheet %q: excelize wrote relations of an unknown form", g.name)
	}
	b := bytes.NewBuffer(slices.Clone(head))
	for i, file := range g.seen.files {
		fmt.Fprintf(b, `<Relationship Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/`+
			`relationships/hyperlink" Target="%s" TargetMode="External"/>`, fileID(i+1), attribute(file))
	}
	b.WriteString(end)
	_, err := b.WriteTo(to)
	return err
}

// attribute writes a text as the value of an attribute.
func attribute(s string) string {
	var b strings.Builder
	// A strings.Builder takes all.
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
