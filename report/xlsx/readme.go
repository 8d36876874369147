package xlsx

import (
	"errors"

	"github.com/xuri/excelize/v2"

	"poolsweep/report"
)

// Widths of the two columns, in characters.
const (
	labelWidth = 30
	pairWidth  = 105
)

// pairs draws a sheet of labels and values: title, the way to the other sheets,
// then the groups.
func (p *page) pairs() error {
	if err := errors.Join(
		p.SetColWidth(p.name, "A", "A", labelWidth),
		p.SetColWidth(p.name, "B", "B", pairWidth),
		p.title(heldRows{p}),
	); err != nil {
		return err
	}
	row, err := p.index(headerRow)
	for i := 0; i < len(p.sheet.Groups) && err == nil; i++ {
		row, err = p.group(row+1, &p.sheet.Groups[i])
	}
	return errors.Join(err, p.SetSheetDimension(p.name, "A1:"+place(2, row)))
}

// index lists the other sheets with what their rows are, from row on. It returns
// the row below.
func (p *page) index(row int) (int, error) {
	for i, name := range p.names {
		if name == p.name {
			continue
		}
		err := errors.Join(
			p.pair(row, style{use: useIndex}, report.Pair{Label: name, Value: p.model.Sheets[i].Intro}),
			p.SetCellHyperLink(p.name, place(1, row), quoted(name)+"!A1", "Location"),
		)
		if err != nil {
			return row, err
		}
		row++
	}
	return row, nil
}

// group writes a titled group from row on and returns the row below.
func (p *page) group(row int, g *report.Group) (int, error) {
	title := &excelize.Cell{StyleID: p.style(style{use: useGroup}), Value: text(g.Title)}
	underline := &excelize.Cell{StyleID: title.StyleID}
	if err := (heldRows{p}).SetRow(place(1, row), []any{title, underline}); err != nil {
		return row, err
	}
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
	height := rowHeight(max(lines(pair.Label, labelWidth), lines(pair.Value, pairWidth)))
	return heldRows{p}.SetRow(place(1, row), []any{
		&excelize.Cell{StyleID: p.style(label), Value: text(pair.Label)},
		&excelize.Cell{StyleID: p.style(style{use: usePair, wrap: true}), Value: text(pair.Value)},
	}, excelize.RowOpts{Height: height})
}
