package xlsx

import (
	"errors"

	"github.com/xuri/excelize/v2"

	"poolsweep/report"
)

// Widths of the two columns, in characters.
const (
	labelWidth = 34
	pairWidth  = 112
)

// pairs draws a sheet of labels and values: title, the way to the other sheets,
// then the groups.
func (p *page) pairs() error {
	if err := errors.Join(
		p.SetColWidth(p.name, "A", "A", labelWidth),
		p.SetColWidth(p.name, "B", "B", pairWidth),
		p.layout(1),
		p.title(1),
	); err != nil {
		return err
	}
	row, err := p.index(headerRow)
	for i := 0; i < len(p.sheet.Groups) && err == nil; i++ {
		row, err = p.group(row+1, &p.sheet.Groups[i])
	}
	return errors.Join(err, p.fill(row), p.SetSheetDimension(p.name, "A1:"+place(2, row)))
}

// fill has the rows fill their pages: where they would go on for a little on a last
// one, they are printed a little smaller.
func (p *page) fill(last int) error {
	const pageHeight, little = 509, 0.35 // points of A4 between the margins; of a page
	points := 0.0
	for row := 1; row <= last; row++ {
		height, err := p.GetRowHeight(p.name, row)
		if err != nil {
			return err
		}
		if err := p.SetRowHeight(p.name, row, height); err != nil {
			return err
		}
		points += height
	}
	whole := int(points / pageHeight)
	if whole == 0 || points/pageHeight-float64(whole) > little {
		return nil
	}
	return p.SetPageLayout(p.name, &excelize.PageLayoutOptions{FitToHeight: &whole})
}

// index lists the other sheets with what their rows are, from row on. It returns
// the row below.
func (p *page) index(row int) (int, error) {
	for _, other := range p.pages {
		if other == p {
			continue
		}
		err := errors.Join(
			p.pair(row, style{use: useIndex}, report.Pair{Label: other.name, Value: other.sheet.Intro}),
			p.SetCellHyperLink(p.name, place(1, row), quoted(other.name)+"!A1", "Location"),
		)
		if err != nil {
			return row, err
		}
		row++
	}
	return row, nil
}

// group writes a titled group from row on and returns the row below. A low row
// keeps the texts away from the title's line.
func (p *page) group(row int, g *report.Group) (int, error) {
	const air = 4
	line := style{use: useGroup}
	if err := errors.Join(p.set(place(1, row), line, g.Title), p.set(place(2, row), line, nil),
		p.SetRowHeight(p.name, row+1, air)); err != nil {
		return row, err
	}
	row++
	for _, pair := range g.Pairs {
		row++
		if err := p.pair(row, style{use: useLabel, wrap: true}, pair); err != nil {
			return row, err
		}
	}
	return row + 1, nil
}

// pair writes a label and its value.
func (p *page) pair(row int, label style, pair report.Pair) error {
	err := errors.Join(p.set(place(1, row), label, pair.Label),
		p.set(place(2, row), style{use: usePair, wrap: true}, pair.Value))
	if n := max(lines(pair.Label, labelWidth), lines(pair.Value, pairWidth)); n > 1 {
		err = errors.Join(err, p.SetRowHeight(p.name, row, rowHeight(n)))
	}
	return err
}
