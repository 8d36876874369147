package pdf

// The layout draws on pages that are lists of operations. Only when all pages
// stand are they handed to gofpdf: so the number of pages and the faces in
// use are known before the first byte, and tests can read the pages.

type opKind uint8

const (
	opText   opKind = iota + 1
	opRect          // filled
	opFrame         // outlined
	opLine          // from x, y to x+w, y+h
	opDash          // the same, dashed
	opArrow         // filled triangle pointing down, x, y its tip
	opCircle        // filled, x, y its centre, w its radius
	opLink          // sensitive area that leads to section number target
	opWeb           // sensitive area that leads to the page of the web in text
	opPath          // line through points, dashed where dashes are given
	opArea          // filled polygon of points
)

// point is a place on a page.
type point struct{ x, y float64 }

// op is one thing on a page; y grows downwards, text stands on its baseline.
type op struct {
	kind       opKind
	x, y, w, h float64
	color      color
	face       face
	size       float64
	text       string
	target     int
	points     []point
	dashes     []float64
}

type page struct{ ops []op }

func (p *page) add(o op) { p.ops = append(p.ops, o) }

// draw puts a line with its left end at x.
func (p *page) draw(l line, x, baseline float64) {
	for _, r := range l.runs {
		p.add(op{kind: opText, x: x, y: baseline, w: r.width, h: l.style.size,
			color: l.style.color, face: r.face, size: l.style.size, text: r.text})
		x += r.width
	}
}

// drawRight puts a line with its right end at x.
func (p *page) drawRight(l line, x, baseline float64) { p.draw(l, x-l.width, baseline) }

// drawCentre puts a line with its middle at x.
func (p *page) drawCentre(l line, x, baseline float64) { p.draw(l, x-l.width/2, baseline) }

func (p *page) rect(x, y, w, h float64, c color) {
	p.add(op{kind: opRect, x: x, y: y, w: w, h: h, color: c})
}

func (p *page) frame(x, y, w, h float64, c color) {
	p.add(op{kind: opFrame, x: x, y: y, w: w, h: h, color: c, size: 0.5})
}

// rule is a horizontal line.
func (p *page) rule(x, y, w, thick float64, c color) {
	p.add(op{kind: opLine, x: x, y: y, w: w, color: c, size: thick})
}

func (p *page) stroke(x, y, w, h, thick float64, c color) {
	p.add(op{kind: opLine, x: x, y: y, w: w, h: h, color: c, size: thick})
}

func (p *page) dash(x, y, h float64, c color) {
	p.add(op{kind: opDash, x: x, y: y, h: h, color: c, size: 0.7})
}

// path is a line through points; without dashes it is drawn through.
func (p *page) path(points []point, thick float64, c color, dashes []float64) {
	p.add(op{kind: opPath, points: points, size: thick, color: c, dashes: dashes})
}

func (p *page) area(points []point, c color) {
	p.add(op{kind: opArea, points: points, color: c})
}

// baseline is where text of a size stands in a line of that height at top, so
// that its capitals are in the middle.
func baseline(top, height, size float64) float64 { return top + height/2 + size*0.35 }
