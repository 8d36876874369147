package templates

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Count writes a whole number with thousands separators: 12,979.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	return sign + grouped(digits)
}

// grouped puts a comma between every three digits, from the right.
func grouped(digits string) string {
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Significant writes a number with three significant digits and thousands
// separators, never in powers of ten: 8.22, 32.4, 1,020, 0.00125. A value that
// is whole and below 1000 keeps no decimals: 3.
func Significant(v float64) string {
	if v == 0 {
		return "0"
	}
	if v < 0 {
		return "-" + Significant(-v)
	}
	places := 2 - int(math.Floor(math.Log10(v)))
	scale := math.Pow(10, float64(places))
	rounded := math.Round(v*scale) / scale
	if rounded >= 1000 || rounded == math.Trunc(rounded) && v == rounded {
		return grouped(strconv.FormatFloat(rounded, 'f', 0, 64))
	}
	if rounded >= math.Pow(10, float64(3-places)) { // 9.996 became 10.00
		places--
	}
	return strconv.FormatFloat(rounded, 'f', max(places, 0), 64)
}

// byteUnits are the labels of the units of memory, each 1024 times the last.
var byteUnits = [...]string{"unit.bytes", "unit.kb", "unit.mb", "unit.gb", "unit.tb"}

// Bytes writes an amount of memory with three significant digits: 8.22 MB. A MB
// is 1024 · 1024 bytes, as in the debugger's own figures.
func (w *Words) Bytes(n float64) (string, error) {
	unit := 0
	for math.Abs(n) >= 1024 && unit < len(byteUnits)-1 {
		n /= 1024
		unit++
	}
	return w.unit(Significant(n), byteUnits[unit])
}

// Exact writes an amount of memory to the byte: 8,618,056 bytes. Two logs are
// compared by exact figures, never by rounded ones.
func (w *Words) Exact(n uint64) (string, error) {
	return w.unit(grouped(strconv.FormatUint(n, 10)), byteUnits[0])
}

// Percent writes a share between 0 and 1: 12.3 %. What is short of the whole is
// never rounded up to 100 %.
func (w *Words) Percent(share float64) (string, error) {
	percent := share * 100
	if share < 1 && percent > 99.9 {
		percent = 99.9
	}
	return w.Sentence("percent", map[string]any{"number": Significant(percent)})
}

// Ratio writes a quotient of counts with two decimals: 2.00.
func Ratio(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// Hours writes a length of time in hours: 26.1 hours.
func (w *Words) Hours(hours float64) (string, error) {
	if hours == 1 {
		return w.unit("1", "unit.hour")
	}
	return w.unit(Significant(hours), "unit.hours")
}

// Duration writes a length of time in its two largest units: 3 days 4 hours.
func (w *Words) Duration(hours float64) (string, error) {
	minutes := int64(math.Round(hours * 60))
	parts := []struct {
		n    int64
		name string
	}{{minutes / (24 * 60), "unit.day"}, {minutes / 60 % 24, "unit.hour"}, {minutes % 60, "unit.minute"}}
	for len(parts) > 1 && parts[0].n == 0 {
		parts = parts[1:]
	}
	var out []string
	for i, p := range parts {
		if i > 1 || i > 0 && p.n == 0 {
			break
		}
		name := p.name
		if p.n != 1 {
			name += "s"
		}
		text, err := w.unit(Count(p.n), name)
		if err != nil {
			return "", err
		}
		out = append(out, text)
	}
	return strings.Join(out, " "), nil
}

// unit joins a number with the label of its unit.
func (w *Words) unit(number, label string) (string, error) {
	name, err := w.Label(label)
	if err != nil {
		return "", fmt.Errorf("write %s: %w", number, err)
	}
	return number + " " + name, nil
}
