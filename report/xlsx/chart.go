package xlsx

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"poolsweep/report"
)

// charts adds the charts over the sheet's own table.
func (g *grid) charts() error {
	for i := range g.sheet.Charts {
		if c := &g.sheet.Charts[i]; len(c.Series) == 0 && g.sheet.Len > 0 {
			if err := g.chart(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// chart adds a bar chart: below a short table, beside a long one, over
// its first rows. Row heights are not known before Excel has wrapped the texts,
// so below is the place where nothing stretches it.
func (g *grid) chart(c *report.SheetChart) error {
	const short, width, perBar, around = 40, 760, 22, 110
	bars := min(max(c.Top, 1), g.len)
	at := place(1, headerRow+g.len+3)
	if g.len > short {
		at = place(len(g.titles)+2, firstRow)
	}
	chart := bareChart(c)
	chart.Dimension = excelize.ChartDimension{Width: width, Height: uint(bars*perBar + around)}
	chart.Series = []excelize.ChartSeries{{
		Name:       g.absolute(c.Value, 0, 0),
		Categories: g.absolute(c.Category, 1, bars),
		Values:     g.absolute(c.Value, 1, bars),
		Fill:       solid(bar),
	}}
	return g.AddChart(g.name, at, chart)
}

// bareChart returns the chart without its data. Each bar carries its value, so
// the value axis has a title with the unit and a grid but no figures. The first
// row's bar is on top: a bar chart begins at the bottom unless reversed.
func bareChart(c *report.SheetChart) *excelize.Chart {
	title, grey := font(12, ink, true), font(9, inkSoft, false)
	thousands := excelize.ChartNumFmt{CustomNumFmt: "#,##0"}
	return &excelize.Chart{
		Type:       excelize.Bar,
		Title:      words(c.Title, title),
		Legend:     excelize.ChartLegend{Position: "none"},
		VaryColors: new(false),
		Format:     excelize.GraphicOptions{AltText: text(c.Title), Positioning: "oneCell"},
		PlotArea:   excelize.ChartPlotArea{ShowVal: true, NumFmt: thousands},
		GapWidth:   new(uint(40)),
		XAxis:      excelize.ChartAxis{ReverseOrder: true, Font: *grey},
		YAxis: excelize.ChartAxis{
			Title: words(c.Unit, grey), Font: *grey, NumFmt: thousands, Minimum: new(0.0),
			MajorGridLines: true, TickLabelPosition: excelize.ChartTickLabelNone,
		},
	}
}

// words returns a chart's text. It is a literal, never a reference: a title taken
// from a cell would follow when the table is sorted.
func words(s string, f *excelize.Font) excelize.ChartTitle {
	return excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: text(s), Font: f}}}
}

// absolute returns rows from to to of a column, counted below its title, as a
// chart refers to them: 'Tags'!$E$5:$E$14. Row 0 is the title.
func (g *grid) absolute(col, from, to int) string {
	letter := strings.TrimRight(place(col+1, 1), "1")
	ref := fmt.Sprintf("%s!$%s$%d", quoted(g.name), letter, headerRow+from)
	if to > from {
		ref += fmt.Sprintf(":$%s$%d", letter, headerRow+to)
	}
	return ref
}
