package xlsx

import (
	"errors"
	"fmt"

	"github.com/xuri/excelize/v2"

	"poolsweep/report"
)

// The Dashboard is a grid of equal columns. Key figures stand on top, four abreast,
// then the charts, two abreast: what is printed, on one page. Below are the values
// that the charts draw.
const (
	gridColumns = 12
	gridWidth   = 13  // characters
	gridPixels  = 104 // as excelize reckons, which places charts by it
	linePixels  = 18  // so too
	tileColumns = 3
	cellColumns = gridColumns / 2 // of a chart
)

func (p *page) dashboard() error {
	if err := errors.Join(p.title(1), p.SetColWidth(p.name, "A", letters(gridColumns-1), gridWidth),
		p.layout(1)); err != nil {
		return err
	}
	row, err := p.tiles(headerRow)
	if err != nil {
		return err
	}
	blocks, below := p.arrange(row)
	area := fmt.Sprintf("%s!$A$1:$%s$%d", quoted(p.name), letters(gridColumns-1), below-1)
	err = errors.Join(p.level(row, below), p.SetPageLayout(p.name, &excelize.PageLayoutOptions{FitToHeight: new(1)}),
		p.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", Scope: p.name, RefersTo: area}))
	if err != nil {
		return err
	}
	for i := range blocks {
		if err := p.block(&blocks[i]); err != nil {
			return err
		}
		row = max(row, blocks[i].below)
	}
	return p.SetSheetDimension(p.name, "A1:"+place(gridColumns, row))
}

// level sets rows to the height that charts are placed by: a reader has its own
// for rows without one.
func (p *page) level(from, to int) error {
	var errs []error
	for row := from; row < to; row++ {
		errs = append(errs, p.SetRowHeight(p.name, row, usualHeight))
	}
	return errors.Join(errs...)
}

// tiles writes the key figures and returns the row below.
func (p *page) tiles(row int) (int, error) {
	const abreast, gap = gridColumns / tileColumns, 6
	for i := 0; i < len(p.sheet.Figures); i += abreast {
		line := p.sheet.Figures[i:min(i+abreast, len(p.sheet.Figures))]
		notes := 1
		for k := range line {
			if err := p.tile(1+k*tileColumns, row, &line[k]); err != nil {
				return row, err
			}
			notes = max(notes, lines(line[k].Note, tileColumns*gridWidth))
		}
		err := errors.Join(p.level(row, row+1), p.SetRowHeight(p.name, row+1, 28),
			p.SetRowHeight(p.name, row+2, max(rowHeight(notes), 16)), p.SetRowHeight(p.name, row+3, gap))
		if err != nil {
			return row, err
		}
		row += 4
	}
	return row + 1, nil
}

// tile writes a key figure: its label, the figure, what it counts.
func (p *page) tile(col, row int, f *report.Figure) error {
	value := f.Value
	if t, ok := value.(report.Tagged); ok {
		value = t.Text
	}
	if l, ok := value.(report.Link); ok {
		value = l.Text
	}
	var errs []error
	for i, line := range []struct {
		use   use
		value any
	}{{useTileLabel, f.Label}, {useTileValue, value}, {useTileNote, f.Note}} {
		from, to := place(col, row+i), place(col+tileColumns-1, row+i)
		look := style{use: line.use, kind: f.Kind, tone: f.Tone}
		errs = append(errs, p.MergeCell(p.name, from, to), p.set(from, look, line.value),
			p.SetCellStyle(p.name, from, to, p.style(look)))
	}
	return errors.Join(errs...)
}

// block is the place of a chart and of its values.
type block struct {
	*report.SheetChart
	col, row int // of the chart
	height   int // in rows
	data     int // the row of the title of its values; 0 when it has none
	below    int // the row below its values
}

// arrange gives each chart its place from row on, and its values theirs below all
// charts, where no chart covers them. It returns the row below the charts too.
func (p *page) arrange(row int) ([]block, int) {
	blocks := make([]block, len(p.sheet.Charts))
	for i := 0; i < len(blocks); i += 2 {
		height := 0
		for k := i; k < min(i+2, len(blocks)); k++ {
			c := &p.sheet.Charts[k]
			blocks[k] = block{SheetChart: c, col: 1 + (k-i)*cellColumns, row: row}
			height = max(height, blocks[k].rows())
		}
		for k := i; k < min(i+2, len(blocks)); k++ {
			blocks[k].height = height
		}
		row += height + 1
	}
	charts := row
	for i := range blocks {
		if blocks[i].below = row; len(blocks[i].Series) > 0 {
			blocks[i].data = row
			row += len(blocks[i].Labels) + 3
			blocks[i].below = row
		}
	}
	return blocks, charts
}

// rows returns how many rows a chart is high.
func (b *block) rows() int {
	if len(b.Series) == 0 {
		return 2
	}
	c := plot{SheetChart: b.SheetChart, labels: len(b.Labels)}
	return int(max(c.tall(), chartHeight)+linePixels-1) / linePixels
}

// block writes a chart with its values; a chart without any says so.
func (p *page) block(b *block) error {
	if b.data == 0 {
		return errors.Join(p.span(b.col, b.col+cellColumns-2, b.row, style{use: useGroup}, b.Title),
			p.set(place(b.col, b.row+1), style{use: useIntro}, b.Empty))
	}
	c := plot{SheetChart: b.SheetChart, labels: len(b.Labels), kind: b.Series[0].Kind,
		width: cellColumns*gridPixels - 16, height: uint(b.height * linePixels)}
	first, last := b.data+2, b.data+1+len(b.Labels)
	for i, s := range b.Series {
		col := valueColumn + i
		c.series = append(c.series, p.dress(b.Kind, colour(s.Tone, i), excelize.ChartSeries{
			Name:       p.absolute(col, b.data+1, b.data+1),
			Categories: p.absolute(0, first, last), Values: p.absolute(col, first, last)}))
	}
	return errors.Join(p.values(b), p.addChart(place(b.col, b.row), c))
}

// valueColumn is the column of a chart's first series, counted from 0: labels take
// two.
const valueColumn = 2

// span writes a text into a cell and gives its look to the columns up to another.
func (p *page) span(from, to, row int, look style, s string) error {
	return errors.Join(p.set(place(from, row), look, s),
		p.SetCellStyle(p.name, place(from, row), place(to, row), p.style(look)))
}

// values writes the values of a chart as a small table.
func (p *page) values(b *block) error {
	errs := []error{
		p.span(1, valueColumn+len(b.Series), b.data, style{use: useGroup}, b.Title),
		p.span(1, valueColumn, b.data+1, style{use: useHead}, b.Head),
	}
	for r, label := range b.Labels {
		errs = append(errs, p.span(1, valueColumn, b.data+2+r, style{kind: report.KindText}, label))
	}
	for i, s := range b.Series {
		col := valueColumn + i + 1
		errs = append(errs, p.set(place(col, b.data+1), style{use: useHead, kind: s.Kind}, s.Name))
		for r := range b.Labels {
			var v any
			if r < len(s.Values) && finite(s.Values[r]) {
				v = s.Values[r]
			}
			errs = append(errs, p.set(place(col, b.data+2+r), style{kind: s.Kind}, v))
		}
	}
	return errors.Join(errs...)
}
