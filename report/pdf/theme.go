package pdf

import "poolsweep/report"

// color is red, green and blue.
type color struct{ r, g, b uint8 }

// The page has one accent; everything else is grey, and the tones below.
var (
	ink      = color{0x1B, 0x1F, 0x24}
	muted    = color{0x5A, 0x63, 0x6E}
	hairline = color{0xD3, 0xD8, 0xDE}
	ground   = color{0xF2, 0xF4, 0xF7}
	accent   = color{0x1F, 0x3F, 0x66}
	white    = color{0xFF, 0xFF, 0xFF}
)

// toneColors are dark enough for white text on them, and to be text.
var toneColors = [...]color{
	report.TonePlain:   {0x35, 0x45, 0x5A},
	report.ToneMuted:   {0x5A, 0x63, 0x6E},
	report.ToneGood:    {0x1F, 0x66, 0x3B},
	report.ToneNotice:  {0x75, 0x58, 0x00},
	report.ToneWarning: {0xA3, 0x48, 0x00},
	report.ToneAlarm:   {0x97, 0x16, 0x1B},
}

// barFill is how a bar is painted. On grey paper the red and the green of two
// tones are the same, so bars differ in lightness and hatching too.
type barFill struct {
	fill    color
	outline bool
	hatch   bool
}

var barFills = [...]barFill{
	report.TonePlain:   {fill: color{0x7D, 0x94, 0xB0}},
	report.ToneMuted:   {fill: color{0xE3, 0xE6, 0xEA}, outline: true},
	report.ToneGood:    {fill: color{0xBF, 0xE0, 0xC8}, outline: true, hatch: true},
	report.ToneNotice:  {fill: color{0xF0, 0xD9, 0x8A}, outline: true},
	report.ToneWarning: {fill: color{0xC9, 0x6A, 0x1E}, hatch: true},
	report.ToneAlarm:   {fill: color{0x97, 0x16, 0x1B}},
}

// toneColor is the colour of a tone as text or ground.
func toneColor(t report.Tone) color {
	if int(t) >= len(toneColors) {
		return toneColors[report.TonePlain]
	}
	return toneColors[t]
}

// barStyle is the paint of a tone's bar.
func barStyle(t report.Tone) barFill {
	if int(t) >= len(barFills) {
		return barFills[report.TonePlain]
	}
	return barFills[t]
}

// Text styles, one for each part of a page.
var (
	titleText   = style{bold, 18, ink}
	subText     = style{regular, 10, muted}
	noticeText  = style{bold, 8.5, ink}
	headText    = style{bold, 13, accent}
	kickerText  = style{bold, 8.5, accent}
	bodyText    = style{regular, 9, ink}
	strongText  = style{bold, 9, ink}
	labelText   = style{regular, 8.5, muted}
	smallText   = style{regular, 7.5, muted}
	cellText    = style{regular, 8, ink}
	columnText  = style{bold, 7.5, muted}
	commandText = style{mono, 8.5, ink}
	codeText    = style{mono, 7.5, ink}
)

// Measures of the page, in points.
const (
	marginX      = 50
	marginTop    = 38
	marginBottom = 46  // the footer stands inside
	labelColumn  = 110 // the left column of labels, the same in every block
	pointColumn  = 66  // that of the titles of reasons and notes on page one
	leastSize    = 6.5
	leastCode    = 5.5 // a row of a log is 150 columns wide; broken it is no row
	leastCommand = 4.5 // rather tiny than broken: a command in two lines is none
)

// leading is the height of a line of text of a size.
func leading(size float64) float64 { return size * 1.3 }

// cellTone is the style of a table's cell: what is loud is bold as well, so
// that it stands out without colour.
func cellTone(st style, t report.Tone) style {
	switch t {
	case report.TonePlain:
		return st
	case report.ToneWarning, report.ToneAlarm:
		if st.weight == regular {
			st.weight = bold
		}
	}
	return st.in(toneColor(t))
}
