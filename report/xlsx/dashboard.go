package xlsx

import (
	"errors"
	"math"

	"github.com/xuri/excelize/v2"

	"poolsweep/report"
)

// The Dashboard is a grid of equal columns. Key figures stand on top, four abreast,
// then the charts, two abreast, then the values that the charts draw.
const (
	gridColumns = 12
	gridWidth   = 13 // characters
	gridPixels  = 96
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
	blocks := p.arrange(row)
	for i := range blocks {
		if err := p.block(&blocks[i]); err != nil {
			return err
		}
		row = max(row, blocks[i].below)
	}
	return p.SetSheetDimension(p.name, "A1:"+place(gridColumns, row))
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
		err := errors.Join(p.SetRowHeight(p.name, row+1, 28), p.SetRowHeight(p.name, row+2, max(rowHeight(notes), 16)),
			p.SetRowHeight(p.name, row+3, gap))
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
// charts, where no chart covers them.
func (p *page) arrange(row int) []block {
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
	for i := range blocks {
		if blocks[i].below = row; len(blocks[i].Series) > 0 {
			blocks[i].data = row
			row += len(blocks[i].Labels) + 3
			blocks[i].below = row
		}
	}
	return blocks
}

// rows returns how many rows a chart is high.
func (b *block) rows() int {
	if len(b.Series) == 0 {
		return 2
	}
	c := plot{SheetChart: b.SheetChart, labels: len(b.Labels)}
	return int(max(c.tall(), chartHeight)+rowPixels-1) / rowPixels
}

// block writes a chart with its values; a chart without any says so.
func (p *page) block(b *block) error {
	if b.data == 0 {
		return errors.Join(p.set(place(b.col, b.row), style{use: useGroup}, b.Title),
			p.SetCellStyle(p.name, place(b.col, b.row), place(b.col+cellColumns-2, b.row), p.style(style{use: useGroup})),
			p.set(place(b.col, b.row+1), style{use: useIntro}, b.Empty))
	}
	c := plot{SheetChart: b.SheetChart, labels: len(b.Labels), kind: b.Series[0].Kind,
		width: cellColumns*gridPixels - 16, height: uint(b.height * rowPixels)}
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

// values writes the values of a chart as a small table.
func (p *page) values(b *block) error {
	last := place(valueColumn+len(b.Series), b.data)
	errs := []error{p.set(place(1, b.data), style{use: useGroup}, b.Title),
		p.SetCellStyle(p.name, place(1, b.data), last, p.style(style{use: useGroup})),
		p.set(place(1, b.data+1), style{use: useHead}, b.Head),
		p.SetCellStyle(p.name, place(1, b.data+1), place(2, b.data+1), p.style(style{use: useHead}))}
	for r, label := range b.Labels {
		errs = append(errs, p.set(place(1, b.data+2+r), style{}, label),
			p.SetCellStyle(p.name, place(1, b.data+2+r), place(2, b.data+2+r), p.style(style{})))
	}
	for i, s := range b.Series {
		col := valueColumn + i + 1
		errs = append(errs, p.set(place(col, b.data+1), style{use: useHead, kind: s.Kind}, s.Name))
		for r := range b.Labels {
			var v any
			if r < len(s.Values) && !math.IsNaN(s.Values[r]) && !math.IsInf(s.Values[r], 0) {
				v = s.Values[r]
			}
			errs = append(errs, p.set(place(col, b.data+2+r), style{kind: s.Kind}, v))
		}
	}
	return errors.Join(errs...)
}
