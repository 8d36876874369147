package xlsx

import (
	"github.com/xuri/excelize/v2"

	"poolsweep/report"
)

// use is what a cell is on its sheet.
type use uint8

const (
	useValue use = iota // of a table, by its kind
	useHeading
	useIntro
	useColumn // a column's title
	useGroup
	useLabel
	usePair
	useIndex // link to a sheet
	useHead  // over the values of a chart
	useTileLabel
	useTileValue
	useTileNote
)

// style names a look. Equal styles share one entry of the file, which Excel limits
// to 65,490.
type style struct {
	use  use
	kind report.CellKind
	tone report.Tone
	wrap bool // a column for sentences
}

// style returns the number of a style, adding it when first used: numbers follow
// the order of use, so equal models number alike. excelize refuses only looks that
// none of ours has, such as a font of size 0.
func (b *book) style(s style) int {
	id, ok := b.styles[s]
	if !ok {
		var err error
		if id, err = b.NewStyle(s.look()); err != nil {
			panic(err)
		}
		b.styles[s] = id
	}
	return id
}

// Colours: a dark blue for structure, and for tones a pale fill under dark text
// of the same hue, readable in grey print and with red-green blindness.
const (
	ink     = "1F3A5F"
	inkSoft = "5B6776"
	link    = "0B5CAD"
	rule    = "D5DBE3"
	tile    = "F4F6F9" // under key figures
	pale    = "B5CFE8" // of data bars, which lie under figures
	loud    = "F4A582"
)

// The word in the cell always stands beside the colour.
var toneColours = map[report.Tone]struct{ fill, text string }{
	report.ToneMuted:   {"F1F3F5", inkSoft},
	report.ToneGood:    {"E3F1E1", "23582A"},
	report.ToneNotice:  {"E1EBF5", "24507F"},
	report.ToneWarning: {"FFF0C9", "7A5200"},
	report.ToneAlarm:   {"FADBD6", "8C1D12"},
}

// The heat of many cells side by side needs fuller fills.
var heatFills = map[report.Tone]string{
	report.ToneMuted:   "E3E7EC",
	report.ToneGood:    "BFE0BB",
	report.ToneNotice:  "C9DDF2",
	report.ToneWarning: "FFDD8A",
	report.ToneAlarm:   "F0A095",
}

// Colours of charts: of a tone, and for series without one colours that differ in
// lightness too.
var (
	chartTones = map[report.Tone]string{
		report.ToneMuted:   "B4BDC9",
		report.ToneGood:    "7DB37E",
		report.ToneNotice:  "8FB8DE",
		report.ToneWarning: "E5A93C",
		report.ToneAlarm:   "B5412F",
	}
	chartColours = []string{"3E7CB1", "E5A93C", "1F3A5F", "9BBF85", "8C5A83", "A9B4C2", "5FA8A0", "C97B63"}
)

// colour returns the colour of series i of a chart.
func colour(tone report.Tone, i int) string {
	if c, ok := chartTones[tone]; ok {
		return c
	}
	return chartColours[i%len(chartColours)]
}

// formats are the number formats by kind. Text keeps the format "text", so that
// a tag such as =ab1 stays one even when somebody edits its cell.
var formats = map[report.CellKind]string{
	report.KindText:    "@",
	report.KindVerdict: "@",
	report.KindLink:    "@",
	report.KindCount:   "#,##0",
	report.KindBytes:   "#,##0",
	report.KindRatio:   "#,##0.00",
	report.KindShare:   "0.0%",
	report.KindTime:    "yyyy-mm-dd hh:mm",
	report.KindLocal:   "yyyy-mm-dd hh:mm",
	report.KindDate:    "yyyy-mm-dd",
	report.KindHours:   "#,##0.0",
	report.KindHeat:    "@",
	report.KindChance:  "[=0]0;[<0.0001]0.0E+00;0.0000",
}

// look spells a style out. Cells are styled one by one, not by column: a column's
// border would run on below the table to the end of the sheet.
func (s style) look() *excelize.Style {
	switch s.use {
	case useHeading:
		return &excelize.Style{Font: font(16, ink, true), Alignment: &excelize.Alignment{Vertical: "center"}}
	case useIntro:
		return &excelize.Style{Font: font(10, inkSoft, false), Alignment: &excelize.Alignment{Vertical: "top", WrapText: s.wrap}}
	case useColumn:
		l := &excelize.Style{Font: font(10, "FFFFFF", true), Fill: solid(ink), Alignment: s.place()}
		l.Alignment.Vertical, l.Alignment.WrapText = "center", true
		return l
	case useGroup:
		return &excelize.Style{Font: font(12, ink, true), Border: line(ink)}
	case useLabel:
		return &excelize.Style{Font: font(10, inkSoft, false), Alignment: s.place()}
	case usePair:
		return &excelize.Style{Font: font(10, "000000", false), Alignment: s.place()}
	case useIndex:
		return &excelize.Style{Font: underlined(font(10, link, false)), Alignment: s.place()}
	case useHead:
		return &excelize.Style{Font: font(10, inkSoft, true), Alignment: s.place(), Border: line(rule)}
	case useTileLabel, useTileValue, useTileNote:
		return s.tileLook()
	}
	return s.valueLook()
}

// tileLook is the look of a key figure: a pale tile with a thick edge in the colour
// of its tone, white towards its neighbour.
func (s style) tileLook() *excelize.Style {
	const thick = 5
	edge, ok := chartTones[s.tone]
	if !ok {
		edge = rule
	}
	l := &excelize.Style{Font: font(10, inkSoft, false), Fill: solid(tile),
		Border: []excelize.Border{{Type: "left", Color: edge, Style: thick},
			{Type: "right", Color: "FFFFFF", Style: thick}},
		Alignment: &excelize.Alignment{Horizontal: "left", Vertical: "center", Indent: 1,
			WrapText: s.use == useTileNote}}
	if s.use == useTileValue {
		l.Font = font(18, ink, true)
		if f, ok := formats[s.kind]; ok {
			l.CustomNumFmt = &f
		}
		if c, ok := toneColours[s.tone]; ok && s.tone >= report.ToneWarning {
			l.Font.Color = c.text
		}
	}
	return l
}

// valueLook is the look of a table's cells. A column for sentences has the general
// format: older Excels show #### for a long text in the format "text".
func (s style) valueLook() *excelize.Style {
	l := &excelize.Style{Font: font(10, "000000", false), Border: line(rule), Alignment: s.place()}
	if f, ok := formats[s.kind]; ok && !s.wrap {
		l.CustomNumFmt = &f
	}
	if s.kind == report.KindLink {
		l.Font = underlined(font(10, link, false))
	}
	if c, ok := toneColours[s.tone]; ok {
		l.Fill, l.Font = solid(c.fill), font(10, c.text, s.tone >= report.ToneWarning)
	}
	if fill, ok := heatFills[s.tone]; ok && s.kind == report.KindHeat {
		l.Fill = solid(fill)
		l.Border = []excelize.Border{{Type: "left", Color: "FFFFFF", Style: 1},
			{Type: "right", Color: "FFFFFF", Style: 1}, {Type: "bottom", Color: "FFFFFF", Style: 1}}
	}
	return l
}

// place returns how a cell's text stands. The indent keeps a number away from
// the text in the column to its right, and a title on the right from its filter
// button.
func (s style) place() *excelize.Alignment {
	a := &excelize.Alignment{Vertical: "top", WrapText: s.wrap, Horizontal: "left"}
	if s.use == useValue || s.use == useColumn || s.use == useHead {
		a.Indent = 1
	}
	switch s.kind {
	case report.KindCount, report.KindBytes, report.KindRatio, report.KindShare, report.KindHours, report.KindChance:
		a.Horizontal = "right"
		if s.use == useColumn {
			a.Indent = 2
		}
	case report.KindHeat:
		a.Horizontal, a.Indent = "center", 0
	}
	return a
}

// font names a family on every font: readers take a serif where none is named.
func font(size float64, colour string, bold bool) *excelize.Font {
	return &excelize.Font{Family: "Calibri", Size: size, Color: colour, Bold: bold}
}

func underlined(f *excelize.Font) *excelize.Font {
	f.Underline = "single"
	return f
}

func solid(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

func line(colour string) []excelize.Border {
	return []excelize.Border{{Type: "bottom", Color: colour, Style: 1}}
}
