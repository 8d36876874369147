package xlsx

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/xuri/excelize/v2"

	"poolsweep/report"
)

// bars adds data bars and colour scales. Bars begin at zero, or a column of
// nearly equal values would look like one of very different values; and they are
// solid, which takes the format's newer form where zero has no length: the older
// form draws a tenth of the width even for zero. A share is measured by the whole,
// not by the largest share of the lab: 3 % is never loud.
func (g *grid) bars() error {
	for i, c := range g.sheet.Columns {
		bars := excelize.ConditionalFormatOptions{Type: "data_bar", Criteria: "=", BarColor: pale,
			MinType: "num", MinValue: "0", MaxType: "max", BarSolid: true}
		scale := excelize.ConditionalFormatOptions{Type: "2_color_scale", Criteria: "=",
			MinType: "num", MinValue: "0", MinColor: "FFFFFF", MaxType: "max", MaxColor: loud}
		if c.Kind == report.KindShare {
			bars.MaxType, bars.MaxValue = "num", "1"
			scale.MaxType, scale.MaxValue = "num", "1"
		}
		var rules []excelize.ConditionalFormatOptions
		if c.Bars {
			rules = append(rules, bars)
		}
		if c.Scale {
			rules = append(rules, scale)
		}
		if len(rules) == 0 {
			continue
		}
		if err := g.SetConditionalFormat(g.name, g.column(i), rules); err != nil {
			return err
		}
	}
	return nil
}

// measured returns the newer form of the data bars, which excelize has told to find
// their ends themselves, with the ends of the older form.
func (g *grid) measured(xml []byte) []byte {
	const auto = `<x14:cfvo type="autoMin"></x14:cfvo><x14:cfvo type="autoMax"></x14:cfvo>`
	for _, c := range g.sheet.Columns {
		ends := `<x14:cfvo type="num"><xm:f>0</xm:f></x14:cfvo><x14:cfvo type="max"/>`
		if c.Kind == report.KindShare {
			ends = `<x14:cfvo type="num"><xm:f>0</xm:f></x14:cfvo><x14:cfvo type="num"><xm:f>1</xm:f></x14:cfvo>`
		}
		if c.Bars {
			xml = bytes.Replace(xml, []byte(auto), []byte(ends), 1)
		}
	}
	return xml
}

// lights returns the rules for signs beside figures. They stand before excelize's
// own rules, and are written here because excelize divides the signs by thirds of
// the column's range only.
func (g *grid) lights() []byte {
	const after = 1000 // in the order of rules, behind excelize's
	var b bytes.Buffer
	for i, c := range g.sheet.Columns {
		if c.Lights == nil {
			continue
		}
		// The set begins with red for the lowest values.
		fmt.Fprintf(&b, `<conditionalFormatting sqref="%s"><cfRule type="iconSet" priority="%d">`+
			`<iconSet iconSet="3TrafficLights1" reverse="1"><cfvo type="percent" val="0"/>`, g.column(i), after+i)
		for _, from := range c.Lights.From {
			fmt.Fprintf(&b, `<cfvo type="num" val="%s"/>`, strconv.FormatFloat(from, 'g', -1, 64))
		}
		b.WriteString(`</iconSet></cfRule></conditionalFormatting>`)
	}
	return b.Bytes()
}
