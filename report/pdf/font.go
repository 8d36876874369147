package pdf

import (
	"math"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"poolsweep/report/fonts"
)

// face is one font file.
type face uint8

// Faces; noFace means that nothing can draw the rune. The Chinese ones cost two
// megabytes each, so a document loads them only for text the Go faces cannot draw.
const (
	noFace face = iota
	goRegular
	goBold
	goMono
	hanRegular
	hanBold
	faceCount
)

// names are how a face is called inside the document.
var names = [faceCount]string{
	goRegular:  "goregular",
	goBold:     "gobold",
	goMono:     "gomono",
	hanRegular: "notosansscregular",
	hanBold:    "notosansscbold",
}

// weight is the look a text asks for; each weight has its stack of faces.
type weight uint8

const (
	regular weight = iota
	bold
	mono
	weightCount
)

// stacks name, for each weight, the faces to try in turn. There is no Chinese
// fixed-width face: its characters are all of one width anyway.
var stacks = [weightCount][2]face{
	regular: {goRegular, hanRegular},
	bold:    {goBold, hanBold},
	mono:    {goMono, hanRegular},
}

// source returns the file of a face. The bytes are shared: whoever hands them
// to gofpdf must clone them, because it writes into what it is given.
func (f face) source() []byte {
	switch f {
	case goRegular:
		return goregular.TTF
	case goBold:
		return gobold.TTF
	case goMono:
		return gomono.TTF
	case hanRegular:
		return fonts.HanRegular
	default:
		return fonts.HanBold
	}
}

// parsed holds each face's tables, read once in the life of the process.
var parsed = [faceCount]func() *sfnt.Font{
	goRegular:  sync.OnceValue(goRegular.parse),
	goBold:     sync.OnceValue(goBold.parse),
	goMono:     sync.OnceValue(goMono.parse),
	hanRegular: sync.OnceValue(hanRegular.parse),
	hanBold:    sync.OnceValue(hanBold.parse),
}

// parse panics on a damaged file: the files are part of the program.
func (f face) parse() *sfnt.Font {
	font, err := sfnt.Parse(f.source())
	if err != nil {
		panic("report/pdf: " + names[f] + ": " + err.Error())
	}
	return font
}

// glyph is how one rune is drawn.
type glyph struct {
	face    face
	advance float64 // in thousandths of the size, rounded as gofpdf rounds it
}

// glyphs answers which face draws a rune and how wide it is. One belongs to
// one document: it remembers, and so must not be shared.
type glyphs struct {
	buf   sfnt.Buffer
	seen  [weightCount]map[rune]glyph
	latin [weightCount][0x80]glyph // of what most texts are made of: a look-up costs more than the rest
}

func newGlyphs() *glyphs {
	g := &glyphs{}
	for w := range g.seen {
		g.seen[w] = make(map[rune]glyph, 128)
	}
	return g
}

// find returns the glyph of a rune in a weight; its face is noFace when no
// face has one.
func (g *glyphs) find(w weight, r rune) glyph {
	if r >= 0 && int(r) < len(g.latin[w]) {
		known := &g.latin[w][r]
		if known.face == noFace {
			*known = g.ask(w, r)
		}
		return *known
	}
	if known, ok := g.seen[w][r]; ok {
		return known
	}
	found := g.ask(w, r)
	g.seen[w][r] = found
	return found
}

// ask looks a rune up in the faces of a weight.
func (g *glyphs) ask(w weight, r rune) glyph {
	found := glyph{}
	for _, f := range stacks[w] {
		if advance, ok := g.advance(f, r); ok {
			found = glyph{face: f, advance: advance}
			break
		}
	}
	return found
}

// advance looks a rune up in one face. gofpdf reads only the characters of
// the basic plane (and panics beyond it).
func (g *glyphs) advance(f face, r rune) (float64, bool) {
	if r > 0xFFFE {
		return 0, false
	}
	ttf := parsed[f]()
	index, err := ttf.GlyphIndex(&g.buf, r)
	if err != nil || index == 0 {
		return 0, false
	}
	upem := int(ttf.UnitsPerEm())
	units, err := ttf.GlyphAdvance(&g.buf, index, fixed.I(upem), font.HintingNone)
	if err != nil {
		return 0, false
	}
	return math.Round(1000 / float64(upem) * float64(units) / 64), true
}
