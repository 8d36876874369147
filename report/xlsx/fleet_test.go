package xlsx_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"poolsweep/report"
)

// weeks are the columns of charts and heat.
func weeks(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("wk %d", 36+i)
	}
	return names
}

// fleet is a workbook with every form that a sheet can take: key figures, each kind
// of chart, heat, signs, tiny charts, every kind of cell.
func fleet(machines int) *report.Workbook {
	return &report.Workbook{Title: "Kernel pool summary, wk 47", Tool: "poolsweep 0.1", Created: day(24, 6, 19),
		Sheets: []report.Sheet{
			{Name: "Read me", Heading: "Kernel pool summary", Intro: "wk 47"},
			dashboard(), everyKind(), heat(machines), trends(machines * 10),
		}}
}

func dashboard() report.Sheet {
	n := 12
	wave := func(a, b float64) []float64 {
		values := make([]float64, n)
		for i := range values {
			values[i] = math.Round(a + b*math.Sin(float64(i)/3))
		}
		return values
	}
	gap := wave(40, 20)
	gap[4] = math.NaN()
	return report.Sheet{
		Name: "Dashboard", Heading: "Dashboard", Intro: "The lab at a glance, week 47 of 2031.",
		Figures: []report.Figure{
			{Label: "Open cases", Value: int64(12), Kind: report.KindCount, Tone: report.ToneAlarm,
				Note: "2 new, 1 worse, 3 fixed"},
			{Label: "Machines heard", Value: int64(61), Kind: report.KindCount, Tone: report.ToneGood,
				Note: "of 63; 2 silent for more than a week"},
			{Label: "First to exhaust", Value: day(26, 14, 0), Kind: report.KindLocal, Tone: report.ToneWarning,
				Note: "LAB-014 with a name that goes on and on until it needs a second line in its tile, PS-5E1D20C4"},
			{Label: "Held by cases", Value: uint64(101_395_928_123), Kind: report.KindBytes,
				Note: "bytes, nonpaged and paged"},
			{Label: "Worst verdict", Value: report.Tagged{Text: "runaway-attachment", Tone: report.ToneAlarm},
				Kind: report.KindVerdict, Tone: report.ToneAlarm, Note: "on XP-TABLET-03"},
		},
		Charts: []report.SheetChart{
			{Kind: report.ChartStacked, Title: "Open cases by class", Unit: "cases", Head: "Week",
				Labels: weeks(n), Series: []report.ChartSeries{
					{Name: "growing", Values: wave(4, 2), Kind: report.KindCount},
					{Name: "retained", Values: wave(3, 1), Kind: report.KindCount},
					{Name: "no frees", Values: wave(2, 1), Kind: report.KindCount}}},
			{Kind: report.ChartLines, Title: "Machines by state", Unit: "machines", Head: "Week",
				Labels: weeks(n), Series: []report.ChartSeries{
					{Name: "leak", Tone: report.ToneAlarm, Values: wave(9, 5), Kind: report.KindCount},
					{Name: "suspect", Tone: report.ToneWarning, Values: wave(15, 3), Kind: report.KindCount},
					{Name: "healthy", Tone: report.ToneGood, Values: gap, Kind: report.KindCount}}},
			{Kind: report.ChartBars, Title: "Tags by growth", Unit: "bytes more than a week ago", Head: "Tag",
				Labels: []string{"tsni", "FMvo", "SBcx", "Devi", "FMis", "Drti", "=ab1", "-UMD", "Pp  ", "文件"},
				Series: []report.ChartSeries{{Name: "Growth", Kind: report.KindBytes,
					Values: []float64{33947232, 21825376, 11780864, 10905648, 6503328, 5899136, 2425184, 2339864, 924200, 12000}}}},
			{Kind: report.ChartColumns, Title: "Hours to exhaustion", Unit: "hours", Head: "Machine",
				Labels: []string{"LAB-014", "XP-TABLET-03", "实验室-07", "WIN-8F3K2LQ0V1B"},
				Series: []report.ChartSeries{{Name: "Hours", Kind: report.KindHours,
					Values: []float64{56.4, 120, 412.5, 803}}}},
			{Kind: report.ChartBars, Title: "Cases by filter", Unit: "cases", Empty: "No case names a filter."},
		},
	}
}

// everyKind has a column for each kind of cell.
func everyKind() report.Sheet {
	lab := time.FixedZone("UTC+8", 8*3600)
	rows := [][]any{
		{"LAB-014", int64(1234567), uint64(1 << 40), 0.4, 0.031, day(2, 9, 30), 12.25,
			report.Link{Text: "PS-5E1D20C4.pdf", Target: "cases/PS-5E1D20C4.pdf"},
			report.Tagged{Text: "leak", Tone: report.ToneAlarm}, day(2, 20, 0).In(lab), day(2, 20, 0).In(lab),
			report.Tagged{Text: "leak", Tone: report.ToneAlarm},
			[]float64{1, 3, 2, 5, 8, math.NaN(), 13}, 0.00012, int64(1)},
		{strings.Repeat("M", 200), int64(-5), uint64(0), -1.5, 0.93, day(24, 6, 19), 0.1,
			report.Link{Text: "Dashboard", Target: "Dashboard", Sheet: true},
			report.Tagged{Text: "healthy", Tone: report.ToneGood}, day(24, 6, 19), day(24, 6, 19),
			report.Tagged{Text: "healthy", Tone: report.ToneGood}, []float64{4}, 0.0000012, int64(0)},
		{"实验室计算机零七的名字相当长", int64(0), uint64(18446744073709551615), math.Inf(1), math.NaN(),
			time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC), 8760.5, nil, nil, time.Time{}, nil,
			report.Tagged{Text: "?", Tone: report.ToneNotice}, nil, 1.0, int64(-1)},
	}
	columns := []report.SheetColumn{text("Text", 20), typed("Count", report.KindCount, 8),
		typed("Bytes", report.KindBytes, 8),
		typed("Ratio", report.KindRatio, 8), {Title: "Share", Kind: report.KindShare, Width: 8, Bars: true},
		typed("Time (UTC)", report.KindTime, 8), typed("Hours", report.KindHours, 8), typed("Link", report.KindLink, 18),
		typed("Verdict", report.KindVerdict, 16), typed("Local", report.KindLocal, 8), typed("Date", report.KindDate, 8),
		typed("Heat", report.KindHeat, 9), typed("Trend", report.KindSpark, 16), typed("Chance", report.KindChance, 8),
		{Title: "Movement", Kind: report.KindCount, Width: 8, Lights: &report.Lights{From: [2]float64{0, 1}}}}
	return report.Sheet{Name: "Kinds & 'more'", Heading: "Every kind of cell", Intro: "A row is a test.", Columns: columns,

		Rows: slices.Values(rows), Len: len(rows)}
}

// heat is the picture of a lab: a machine a row, a week a column.
func heat(machines int) report.Sheet {
	states := []report.Tagged{{Text: "healthy", Tone: report.ToneGood}, {Text: "suspect", Tone: report.ToneWarning},

		{Text: "leak", Tone: report.ToneAlarm}, {Text: "?", Tone: report.ToneNotice}, {Text: "silent", Tone: report.ToneMuted}}
	s := report.Sheet{Name: "Fleet heat", Heading: "Fleet heat", Intro: "A row is a machine, a column a week.",
		Columns: []report.SheetColumn{text("Machine", 18)}}
	for _, week := range weeks(12) {
		s.Columns = append(s.Columns, typed(week, report.KindHeat, 9))
	}
	rows := make([][]any, machines)
	for i := range rows {
		rows[i] = []any{fmt.Sprintf("LAB-%03d", i)}
		for w := range 12 {
			rows[i] = append(rows[i], states[max((i*7+w*3)%11-6, 0)])
		}
	}
	s.Rows, s.Len = slices.Values(rows), len(rows)
	return s
}

// trends has a tiny chart, lights and bars on each row.
func trends(n int) report.Sheet {
	s := report.Sheet{Name: "Tags", Heading: "Tags", Intro: "A row is a tag.",
		Columns: []report.SheetColumn{text("Hex", 11), text("Tag", 8), text("Description", 48),
			{Title: "Bytes", Kind: report.KindBytes, Width: 14, Bars: true},
			{Title: "Of the band", Kind: report.KindRatio, Width: 10,
				Lights: &report.Lights{From: [2]float64{1, 3}}},
			typed("12 weeks", report.KindSpark, 20), typed("Write-up", report.KindLink, 18)},
		Charts: []report.SheetChart{{Kind: report.ChartBars, Title: "Largest tags", Unit: "bytes",
			Category: 1, Value: 3, Top: 10}}}
	rows := make([][]any, n)
	for i := range rows {
		line := make([]float64, 12)
		for w := range line {
			line[w] = 100 + 50*math.Sin(float64(i+w)/2) + float64(w*i%37)
		}
		tag := fmt.Sprintf("T%03d", i%1000)
		rows[i] = []any{fmt.Sprintf("%X", tag), tag, strings.Repeat("pool of a driver, ", 1+i%5), uint64(n-i) * 40960,
			float64(i%9) / 2, line, report.Link{Text: "PS-1.pdf", Target: fmt.Sprintf("cases/PS-%d.pdf", i)}}
	}
	s.Rows, s.Len = slices.Values(rows), n
	return s
}
