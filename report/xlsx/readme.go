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
func (b *book) pairs(s *report.Sheet, name string) error {
	if err := errors.Join(
		b.page(name),
		b.SetColWidth(name, "A", "A", labelWidth),
		b.SetColWidth(name, "B", "B", pairWidth),
		b.title(heldRows{b, name}, s),
	); err != nil {
		return err
	}
	row, err := b.index(name, 4)
	for i := 0; i < len(s.Groups) && err == nil; i++ {
		row, err = b.group(name, row+1, &s.Groups[i])
	}
	return errors.Join(err, b.SetSheetDimension(name, "A1:"+place(2, row)))
}

// index lists the other sheets with what their rows are, from row on. It returns
// the row below.
func (b *book) index(name string, row int) (int, error) {
	for i := range b.model.Sheets {
		if b.names[i] == name {
			continue
		}
		link, intro := style{use: useIndex}, style{use: usePair, wrap: true}
		err := errors.Join(
			b.pair(name, row, link, b.names[i], intro, b.model.Sheets[i].Intro),
			b.SetCellHyperLink(name, place(1, row), quoted(b.names[i])+"!A1", "Location"),
		)
		if err != nil {
			return row, err
		}
		row++
	}
	return row, nil
}

// group writes a titled group from row on and returns the row below.
func (b *book) group(name string, row int, g *report.Group) (int, error) {
	title := style{use: useGroup}
	if err := b.pair(name, row, title, g.Title, title, ""); err != nil {
		return row, err
	}
	for _, p := range g.Pairs {
		row++
		if err := b.pair(name, row, style{use: useLabel, wrap: true}, p.Label, style{use: usePair, wrap: true}, p.Value); err != nil {
			return row, err
		}
	}
	return row + 1, nil
}

func (b *book) pair(name string, row int, left style, label string, right style, value string) error {
	height := rowHeight(max(lines(label, labelWidth), lines(value, pairWidth)))
	return heldRows{b, name}.SetRow(place(1, row), []any{
		&excelize.Cell{StyleID: b.style(left), Value: text(label)},
		&excelize.Cell{StyleID: b.style(right), Value: text(value)},
	}, excelize.RowOpts{Height: height})
}
