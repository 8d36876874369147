package mail

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	imagedraw "image/draw"
	"image/png"
	"math"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"poolsweep/report/fonts"
)

// density is how many points of a picture stand for one of the page: screens of today
// are fine enough for two.
const density = 2

// Colours of the pictures.
var (
	white    = color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}
	ink      = color.RGBA{0x1B, 0x1F, 0x24, 0xFF}
	muted    = color.RGBA{0x5A, 0x63, 0x6E, 0xFF}
	hairline = color.RGBA{0xD3, 0xD8, 0xDE, 0xFF}
	pale     = color.RGBA{0xE4, 0xE7, 0xEB, 0xFF}
	poolGrey = color.RGBA{0x9A, 0xA3, 0xAE, 0xFF}
	// series are told apart by lightness too.
	series = []color.RGBA{
		{0x97, 0x16, 0x1B, 0xFF}, {0x1F, 0x3F, 0x66, 0xFF}, {0xB8, 0x5F, 0x0F, 0xFF}, {0x2F, 0x86, 0x55, 0xFF},
		{0x8C, 0x6B, 0xB1, 0xFF}, {0x7D, 0x94, 0xB0, 0xFF}, {0x5A, 0x63, 0x6E, 0xFF}, {0x8A, 0x6D, 0x0B, 0xFF},
	}
)

// point is a place in a picture, in points of the page from its upper left corner.
type point struct{ x, y float64 }

// weight is the look of a text; each has its size and the faces to try in turn.
type weight uint8

const (
	regular weight = iota
	bold
)

const (
	textSize = 12.0
	leading  = 16.0
)

// parsed are the fonts of each weight, read once in the life of the process.
var parsed = sync.OnceValue(func() [2][2]*sfnt.Font {
	var out [2][2]*sfnt.Font
	for w, files := range [2][2][]byte{regular: {goregular.TTF, fonts.HanRegular}, bold: {gobold.TTF, fonts.HanBold}} {
		for i, file := range files {
			f, err := sfnt.Parse(file)
			if err != nil {
				panic("report/mail: " + err.Error()) // the files are part of the program
			}
			out[w][i] = f
		}
	}
	return out
})

// canvas is a picture while it is drawn.
type canvas struct {
	img   *image.RGBA
	w, h  float64
	faces [2][2]font.Face
	buf   sfnt.Buffer
}

func newCanvas(w, h float64) (*canvas, error) {
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, int(w*density), int(h*density))), w: w, h: h}
	imagedraw.Draw(c.img, c.img.Bounds(), image.NewUniform(white), image.Point{}, imagedraw.Src)
	for w, pair := range parsed() {
		for i, f := range pair {
			face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: textSize * density, DPI: 72})
			if err != nil {
				return nil, fmt.Errorf("open font: %w", err)
			}
			c.faces[w][i] = face
		}
	}
	return c, nil
}

// area fills an outline. The rasterizer takes as long as its ground is large, so it
// gets no more than the outline needs.
func (c *canvas) area(fill color.RGBA, outline ...point) {
	box := image.Rectangle{}
	for i, p := range outline {
		x, y := int(math.Floor(p.x*density)), int(math.Floor(p.y*density))
		at := image.Rect(x, y, x+1, y+1)
		if i == 0 {
			box = at
		}
		box = box.Union(at)
	}
	box = box.Intersect(c.img.Rect)
	r := vector.NewRasterizer(box.Dx(), box.Dy())
	for i, p := range outline {
		x, y := float32(p.x*density)-float32(box.Min.X), float32(p.y*density)-float32(box.Min.Y)
		if i == 0 {
			r.MoveTo(x, y)
		} else {
			r.LineTo(x, y)
		}
	}
	r.ClosePath()
	r.Draw(c.img, box, image.NewUniform(fill), image.Point{})
}

// rect fills a rectangle with edges between whole points, so that they are sharp.
func (c *canvas) rect(fill color.RGBA, x, y, w, h float64) {
	at := func(v float64) int { return int(math.Round(v * density)) }
	imagedraw.Draw(c.img, image.Rect(at(x), at(y), max(at(x)+1, at(x+w)), max(at(y)+1, at(y+h))), image.NewUniform(fill),
		image.Point{}, imagedraw.Src)
}

// path draws a line through points. Its joints are round.
func (c *canvas) path(stroke color.RGBA, width float64, points ...point) {
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		length := math.Hypot(b.x-a.x, b.y-a.y)
		if length == 0 {
			continue
		}
		dx, dy := -(b.y-a.y)/length*width/2, (b.x-a.x)/length*width/2
		c.area(stroke, point{a.x + dx, a.y + dy}, point{b.x + dx, b.y + dy}, point{b.x - dx, b.y - dy},
			point{a.x - dx, a.y - dy})
	}
	for _, p := range points {
		c.dot(stroke, p, width/2)
	}
}

// dot draws a disc.
func (c *canvas) dot(fill color.RGBA, at point, radius float64) {
	const corners = 16
	outline := make([]point, corners)
	for i := range outline {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		outline[i] = point{at.x + radius*cos, at.y + radius*sin}
	}
	c.area(fill, outline...)
}

// dashed draws a straight line of dashes.
func (c *canvas) dashed(stroke color.RGBA, width float64, a, b point) {
	const dash, gap = 4.0, 3.0
	length := math.Hypot(b.x-a.x, b.y-a.y)
	for at := 0.0; at < length; at += dash + gap {
		from, to := at/length, min(length, at+dash)/length
		c.path(stroke, width, point{a.x + (b.x-a.x)*from, a.y + (b.y-a.y)*from},
			point{a.x + (b.x-a.x)*to, a.y + (b.y-a.y)*to})
	}
}

// face returns the first face of a weight that has a character, else the first.
func (c *canvas) face(w weight, r rune) font.Face {
	for i, f := range parsed()[w] {
		if index, err := f.GlyphIndex(&c.buf, r); err == nil && index != 0 {
			return c.faces[w][i]
		}
	}
	return c.faces[w][0]
}

// width is how wide a text is drawn.
func (c *canvas) width(w weight, text string) float64 {
	sum := fixed.Int26_6(0)
	for _, r := range text {
		if advance, ok := c.face(w, r).GlyphAdvance(r); ok {
			sum += advance
		}
	}
	return float64(sum) / 64 / density
}

// fit cuts a text so that it is no wider than that.
func (c *canvas) fit(w weight, text string, most float64) string {
	if c.width(w, text) <= most {
		return text
	}
	runes, room := []rune(text), most-c.width(w, "…")
	n := 0
	for at := 0.0; n < len(runes); n++ {
		if at += c.width(w, string(runes[n])); at > room {
			break
		}
	}
	return string(runes[:n]) + "…"
}

// text draws a text with its left end on a base line.
func (c *canvas) text(w weight, fill color.RGBA, text string, at point) {
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(fill),
		Dot: fixed.Point26_6{X: fixed.Int26_6(at.x * density * 64), Y: fixed.Int26_6(at.y * density * 64)}}
	for _, r := range text {
		d.Face = c.face(w, r)
		d.DrawString(string(r))
	}
}

// png returns the picture's file. It has few colours, which makes it small: those that
// are drawn with, mixed with white.
func (c *canvas) png() ([]byte, error) {
	const steps = 4
	palette := color.Palette{white}
	for _, base := range append([]color.RGBA{ink, muted, hairline, pale, poolGrey}, series...) {
		for i := 1; i <= steps; i++ {
			mix := func(v uint8) uint8 { return uint8(0xFF - (0xFF-int(v))*i/steps) }
			palette = append(palette, color.RGBA{mix(base.R), mix(base.G), mix(base.B), 0xFF})
		}
	}
	out := image.NewPaletted(c.img.Rect, palette)
	known := map[color.RGBA]uint8{}
	for y := range c.img.Rect.Dy() {
		for x := range c.img.Rect.Dx() {
			at := c.img.RGBAAt(x, y)
			i, seen := known[at]
			if !seen {
				i = uint8(palette.Index(at))
				known[at] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	var file bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&file, out)
	return file.Bytes(), err
}
