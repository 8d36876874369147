package pdf

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/jung-kurt/gofpdf"

	"poolsweep/report"
)

// undated stands in a document whose inputs have no known time: gofpdf would
// otherwise read the clock.
var undated = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// emitter turns pages into a file. Its gofpdf calls are few on purpose: text
// goes out by Text alone, since MultiCell and SplitText lose a character of
// Chinese at each break.
type emitter struct {
	pdf   *gofpdf.Fpdf
	links []int
	face  face
	size  float64
}

// emit writes the laid out document.
func (d *document) emit(w io.Writer) error {
	e := &emitter{pdf: gofpdf.NewCustom(&gofpdf.InitType{
		UnitStr: "pt", Size: gofpdf.SizeType{Wd: d.width, Ht: d.height},
	})}
	// gofpdf must neither break pages nor indent, and must walk its maps of
	// fonts in order, or two runs would differ.
	e.pdf.SetAutoPageBreak(false, 0)
	e.pdf.SetMargins(0, 0, 0)
	e.pdf.SetCatalogSort(true)
	e.describe(d.m, d.glyphs)
	e.load(d.pages)
	for range d.bookmarks {
		e.links = append(e.links, e.pdf.AddLink())
	}
	for i, p := range d.pages {
		e.pdf.AddPage()
		e.face = noFace // a page starts without a font
		e.outline(d.bookmarks, i)
		for _, o := range p.ops {
			e.draw(o)
		}
	}
	if err := e.pdf.Output(w); err != nil {
		return fmt.Errorf("write pdf: %w", err)
	}
	return nil
}

// describe sets what a viewer shows as properties. The texts are cleaned like
// those of the pages: gofpdf converts them to UTF-16 byte by byte, and would
// read past the end of one that is no UTF-8.
func (e *emitter) describe(m *report.Writeup, g *glyphs) {
	created := m.Created.UTC()
	if m.Created.IsZero() {
		created = undated
	}
	e.pdf.SetCreationDate(created)
	e.pdf.SetModificationDate(created)
	e.pdf.SetTitle(g.clean(joined(" · ", m.ID, m.Title), regular), true)
	e.pdf.SetSubject(g.clean(joined(" · ", m.Band.Verdict, m.Band.Class, m.Subtitle), regular), true)
	e.pdf.SetKeywords(g.clean(joined(" ", m.ID, m.Revision, m.Footer.Hash), regular), true)
	e.pdf.SetCreator(g.clean(m.Footer.Tool, regular), true)
	e.pdf.SetProducer(g.clean(m.Footer.Tool, regular), true)
}

// load hands over the faces the pages use, each as a copy: gofpdf pads font
// tables in place, and two documents may be written at once.
func (e *emitter) load(pages []*page) {
	var used [faceCount]bool
	used[goRegular] = true // bookmarks are only right while such a face is set
	for _, p := range pages {
		for _, o := range p.ops {
			used[o.face] = true
		}
	}
	for f := goRegular; f < faceCount; f++ {
		if used[f] {
			e.pdf.AddUTF8FontFromBytes(names[f], "", bytes.Clone(f.source()))
		}
	}
}

// outline puts the bookmarks of a page and the ends of the links to them.
func (e *emitter) outline(marks []bookmark, page int) {
	e.pdf.SetFont(names[goRegular], "", 9)
	for i, b := range marks {
		if b.page == page {
			e.pdf.Bookmark(b.title, 0, b.y)
			e.pdf.SetLink(e.links[i], b.y, page+1)
		}
	}
}

// draw does one operation. Colours are set each time, since a page's text
// changes them more often than not; fonts only when they change, for their
// names are long.
func (e *emitter) draw(o op) {
	r, g, b := int(o.color.r), int(o.color.g), int(o.color.b)
	switch o.kind {
	case opText:
		if o.face != e.face || o.size != e.size {
			e.pdf.SetFont(names[o.face], "", o.size)
			e.face, e.size = o.face, o.size
		}
		e.pdf.SetTextColor(r, g, b)
		e.pdf.Text(o.x, o.y, o.text)
	case opRect:
		e.pdf.SetFillColor(r, g, b)
		e.pdf.Rect(o.x, o.y, o.w, o.h, "F")
	case opArrow:
		e.pdf.SetFillColor(r, g, b)
		e.pdf.Polygon([]gofpdf.PointType{{X: o.x, Y: o.y},
			{X: o.x - o.w, Y: o.y - o.h}, {X: o.x + o.w, Y: o.y - o.h}}, "F")
	case opCircle:
		e.pdf.SetFillColor(r, g, b)
		e.pdf.Circle(o.x, o.y, o.w, "F")
	case opArea:
		e.pdf.SetFillColor(r, g, b)
		e.trace(o.points)
		e.pdf.ClosePath()
		e.pdf.DrawPath("F")
	case opWeb:
		e.pdf.LinkString(o.x, o.y, o.w, o.h, o.text)
	case opLink:
		e.pdf.Link(o.x, o.y, o.w, o.h, e.links[o.target])
	default:
		e.stroke(o, r, g, b)
	}
}

// stroke does the operations that are lines; their size is the line's width.
func (e *emitter) stroke(o op, r, g, b int) {
	e.pdf.SetDrawColor(r, g, b)
	e.pdf.SetLineWidth(o.size)
	switch o.kind {
	case opFrame:
		e.pdf.Rect(o.x, o.y, o.w, o.h, "D")
	case opDash:
		e.pdf.SetDashPattern([]float64{2.5, 2}, 0)
		e.pdf.Line(o.x, o.y, o.x+o.w, o.y+o.h)
		e.pdf.SetDashPattern(nil, 0)
	case opPath:
		e.pdf.SetDashPattern(o.dashes, 0)
		e.trace(o.points)
		e.pdf.DrawPath("D")
		e.pdf.SetDashPattern(nil, 0)
	default:
		e.pdf.Line(o.x, o.y, o.x+o.w, o.y+o.h)
	}
}

// trace makes a path of points.
func (e *emitter) trace(points []point) {
	for i, p := range points {
		if i == 0 {
			e.pdf.MoveTo(p.x, p.y)
		} else {
			e.pdf.LineTo(p.x, p.y)
		}
	}
}
