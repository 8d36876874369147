package xlsx

import (
	"fmt"

	"github.com/xuri/excelize/v2"

	"poolsweep/report"
)

// plot is a chart on its way to a sheet: what it shows, and where its data stand.
type plot struct {
	*report.SheetChart
	series        []excelize.ChartSeries
	kind          report.CellKind // of the values
	labels        int
	width, height uint // pixels; height 0: as its bars need
	anchor        string
}

// A chart's size, in pixels.
const (
	chartWidth  = 760
	chartHeight = 330
	perBar      = 22
	aroundBars  = 110
	rowPixels   = 17 // of a row of the usual height in LibreOffice; 20 in Excel
)

// tall returns the height at which each lying bar has its room.
func (c *plot) tall() uint {
	if c.Kind != report.ChartBars {
		return chartHeight
	}
	return uint(c.labels*perBar + aroundBars)
}

// charts adds the charts over the table's own columns: below a short table, beside
// a long one. Row heights are not known before Excel has wrapped the texts, so
// below is the place where nothing stretches it. What stands beside is left out of
// the print, where it would be pages away from its rows.
func (g *grid) charts() error {
	const short = 40
	if g.sheet.Len == 0 || g.number > 1 || len(g.sheet.Charts) == 0 {
		return nil
	}
	col, row := min(2, len(g.titles)), headerRow+g.len+3 // the first column is repeated on each page abreast
	if g.len > short {
		col, row = len(g.titles)+2, firstRow
		if err := g.printOnly(len(g.titles), headerRow+g.len); err != nil {
			return err
		}
	}
	for i := range g.sheet.Charts {
		c := &g.sheet.Charts[i]
		bars := min(max(c.Top, 1), g.len)
		fill := colour(report.TonePlain, 0)
		drawn := plot{SheetChart: c, kind: g.sheet.Columns[c.Value].Kind, labels: bars, width: chartWidth,
			anchor: "oneCell",
			series: []excelize.ChartSeries{g.dress(c.Kind, fill, excelize.ChartSeries{
				Name:       g.absolute(c.Value, headerRow, headerRow),
				Categories: g.absolute(c.Category, firstRow, headerRow+bars),
				Values:     g.absolute(c.Value, firstRow, headerRow+bars)})}}
		if err := g.addChart(place(col, row), drawn); err != nil {
			return err
		}
		row += int(drawn.tall())/rowPixels + 2
	}
	return nil
}

// forms are the chart types by kind.
var forms = map[report.ChartKind]excelize.ChartType{
	report.ChartBars:    excelize.Bar,
	report.ChartColumns: excelize.Col,
	report.ChartStacked: excelize.ColStacked,
	report.ChartLines:   excelize.Line,
}

// addChart adds a chart at a cell.
func (p *page) addChart(at string, c plot) error {
	if c.height == 0 {
		c.height = c.tall()
	}
	title, grey := font(12, ink, true), font(9, inkSoft, false)
	numbers := excelize.ChartNumFmt{CustomNumFmt: chartFormat(c.kind)}
	legend := excelize.ChartLegend{Position: "none"}
	if len(c.series) > 1 || c.Kind == report.ChartStacked { // what a single part is of is told too
		legend = excelize.ChartLegend{Position: "bottom", Font: grey}
	}
	// A bar or column alone carries its value, so the axis needs no figures.
	labelled := len(c.series) == 1 && c.Kind != report.ChartLines && c.labels <= 16
	figures := excelize.ChartTickLabelNextToAxis
	if labelled {
		figures = excelize.ChartTickLabelNone
	}
	chart := &excelize.Chart{
		Type: forms[c.Kind], Series: c.series, Title: literal(c.Title, title), Legend: legend,
		VaryColors: new(false), ShowBlanksAs: "gap", GapWidth: new(uint(45)),
		Dimension: excelize.ChartDimension{Width: c.width, Height: c.height},
		Format:    excelize.GraphicOptions{AltText: text(c.Title), Positioning: c.anchor},
		PlotArea:  excelize.ChartPlotArea{ShowVal: labelled, NumFmt: numbers},
		XAxis:     excelize.ChartAxis{ReverseOrder: c.Kind == report.ChartBars, Font: *grey},
		YAxis: excelize.ChartAxis{Title: literal(c.Unit, grey), Font: *grey, NumFmt: numbers,
			Minimum: new(0.0), MajorGridLines: true, TickLabelPosition: figures},
	}
	if c.Head != "" && c.Kind != report.ChartBars {
		chart.XAxis.Title = literal(c.Head, grey)
	}
	return p.AddChart(p.name, at, chart)
}

// dress gives a series its colour.
func (p *page) dress(kind report.ChartKind, colour string, s excelize.ChartSeries) excelize.ChartSeries {
	s.Fill = solid(colour)
	if kind == report.ChartLines {
		s.Line = excelize.LineOptions{Type: excelize.LineSolid, Width: 2, Fill: solid(colour)}
		s.Marker = excelize.ChartMarker{Symbol: "circle", Size: 5, Fill: solid(colour),
			Border: excelize.LineOptions{Type: excelize.LineSolid, Fill: solid(colour)}}
	}
	return s
}

// chartFormat is how a chart writes values: bytes in decimal steps, for the digits
// of a billion leave no room for its bar. The exact figure stands in the cell.
func chartFormat(kind report.CellKind) string {
	if kind == report.KindBytes {
		return `[>=1000000000]#,##0.0,,," G";[>=1000000]#,##0.0,," M";#,##0`
	}
	return formats[kind]
}

// literal returns a chart's text. It is no reference: a title taken from a cell
// would follow when the table is sorted.
func literal(s string, f *excelize.Font) excelize.ChartTitle {
	return excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: text(s), Font: f}}}
}

// absolute returns rows from to to of a column as a chart refers to them:
// 'Tags'!$E$5:$E$14.
func (p *page) absolute(col, from, to int) string {
	ref := fmt.Sprintf("%s!$%s$%d", quoted(p.name), letters(col), from)
	if to > from {
		ref += fmt.Sprintf(":$%s$%d", letters(col), to)
	}
	return ref
}
