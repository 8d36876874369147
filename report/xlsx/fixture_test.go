package xlsx_test

import (
	"fmt"
	"slices"
	"time"

	"poolsweep/report"
)

func day(d, h, m int) time.Time { return time.Date(2031, 11, d, h, m, 0, 0, time.UTC) }

func text(title string, width float64) report.SheetColumn {
	return report.SheetColumn{Title: title, Kind: report.KindText, Width: width}
}

func typed(title string, kind report.CellKind, width float64) report.SheetColumn {
	return report.SheetColumn{Title: title, Kind: kind, Width: width}
}

// lab is a workbook as a small lab gets it: one runaway attachment, one process
// leak, and machines that are fine.
func lab() *report.Workbook {
	return &report.Workbook{
		Title: "Kernel pool summary", Tool: "poolsweep 0.1", Created: day(24, 6, 19),
		Sheets: []report.Sheet{readMe(), cases(), machines(), tags(), filters(), silent()},
	}
}

func readMe() report.Sheet {
	return report.Sheet{
		Name: "Read me", Heading: "Kernel pool summary", Intro: "4 machines, 5 logs, 2 open cases.",
		Groups: []report.Group{
			{Title: "Covered", Pairs: []report.Pair{
				{Label: "Newest input", Value: "2031-11-24 06:19 UTC"},
				{Label: "Logs", Value: "5 found: 3 read, 1 partial, 1 refused"},
				{Label: "Machines", Value: "1 runaway-attachment, 1 leak, 1 healthy, 1 insufficient"}}},
			{Title: "How to read it", Pairs: []report.Pair{
				{Label: "Verdict",
					Value: "“leak” needs structural proof; “suspect” looks wrong without it."},
				{Label: "Tag keys",
					Value: "Excel compares text without case, so NtFC, NtfC and Ntfc collapse in lookups: " +
						"key and sort by the hex column, which holds the four bytes in memory order. " +
						"A tag of four bytes may begin with = + - or @; it stays a text."}}},
			{Title: "Inputs", Pairs: []report.Pair{
				{Label: "drop/XP-TABLET-03/kd.log",
					Value: "9d4f6ab1c07e55d21b3e8f0a6c9d7e4412ab34cd56ef7890a1b2c3d4e5f60718"}}},
		},
	}
}

func cases() report.Sheet {
	return report.Sheet{
		Name: "Cases", Heading: "Cases",
		Intro: "A row is a case: one defect, on one or more machines. Worst first.",
		Columns: []report.SheetColumn{
			text("Case", 14), text("Title", 48), typed("Verdict", report.KindVerdict, 20), text("Class", 12),
			{Title: "Confidence", Kind: report.KindShare, Width: 12, Bars: true},
			typed("Machines", report.KindCount, 11),
			typed("Events", report.KindCount, 11),
			{Title: "Bytes", Kind: report.KindBytes, Width: 15, Bars: true},
			typed("Bytes/event", report.KindRatio, 13), typed("Exhausts in (h)", report.KindHours, 13),
			text("Owner", 14), text("Holder", 14), typed("Last seen (UTC)", report.KindTime, 18),
			text("Next step", 52), typed("Write-up", report.KindLink, 20),
		},
		Rows: slices.Values([][]any{
			{"PS-5E1D20C4",
				"WavxDMgr attaches to the volumes again and again: 10,841 instances, peers have at most 5",
				report.Tagged{Text: "runaway-attachment", Tone: report.ToneAlarm}, "peer-gap", 0.97,
				int64(1), int64(10841),
				uint64(101_395_928), 9353.01, nil, "WavxDMgr", "WavxDMgr", day(2, 9, 30),
				"Unload the filter or update its driver; then run !fltkd.filters again and compare.",
				report.Link{Text: "PS-5E1D20C4.pdf", Target: "cases/PS-5E1D20C4 rev 1.pdf"}},
			{"PS-0B77A913", "Process objects are kept after exit: 2,114 outstanding, 96 alive",
				report.Tagged{Text: "suspect", Tone: report.ToneWarning}, "object-gap", 0.58, int64(2),
				int64(2018),
				uint64(3_447_552), 1708.4, 412.5, "nt", "not established", day(23, 22, 5), "!process 0 0",
				report.Link{Text: "PS-0B77A913.pdf", Target: "cases/PS-0B77A913 rev 3.pdf"}},
		}), Len: 2,
	}
}

func machines() report.Sheet {
	tone := func(text string, tone report.Tone) report.Tagged { return report.Tagged{Text: text, Tone: tone} }
	return report.Sheet{
		Name: "Machines", Heading: "Machines", Intro: "A row is a machine, judged by its newest snapshot.",
		Columns: []report.SheetColumn{
			text("Machine", 18), text("System", 26), typed("Verdict", report.KindVerdict, 20),
			typed("Snapshots", report.KindCount, 11), typed("Uptime (h)", report.KindHours, 12),
			typed("Last heard (UTC)", report.KindTime, 18),
			{Title: "Nonpaged pool", Kind: report.KindBytes, Width: 16, Bars: true},
			{Title: "Of ceiling", Kind: report.KindShare, Width: 11, Scale: true},
			typed("Worst case", report.KindLink, 16),
		},
		Rows: slices.Values([][]any{
			{"BUILD-11", "Windows 10 22621 x64", tone("healthy", report.ToneGood), int64(3), 402.25,
				day(24, 6, 19),
				uint64(412_385_280), 0.06, nil},
			{"LAB-014", "Windows 10 19045 x64", tone("suspect", report.ToneWarning), int64(2), 1180.5,
				day(23, 22, 5),
				uint64(988_020_736), 0.31, report.Link{Text: "PS-0B77A913", Target: "Cases", Row: 2,
					Sheet: true}},
			{"XP-TABLET-03", "Windows XP SP3 x86", tone("runaway-attachment", report.ToneAlarm), int64(1),
				51.75, day(2, 9, 30),
				uint64(121_634_816), 0.93, report.Link{Text: "PS-5E1D20C4", Target: "Cases", Row: 1,
					Sheet: true}},
			{"实验室-07", "Windows 11 26100 x64", tone("insufficient", report.ToneNotice), int64(1), nil, nil,
				nil, nil, nil},
		}), Len: 4,
	}
}

func tags() report.Sheet {
	s := report.Sheet{
		Name: "Tags", Heading: "Tags", Intro: "A row is a tag in a pool over all machines. Largest first.",
		Columns: []report.SheetColumn{
			text("Hex", 11), text("Tag", 8), text("Pool", 11), text("Owner", 14),
			{Title: "Bytes", Kind: report.KindBytes, Width: 14, Bars: true},
			{Title: "Outstanding", Kind: report.KindCount, Width: 13, Scale: true},
			typed("Machines", report.KindCount, 11),
			text("Description", 50),
		},
		Charts: []report.SheetChart{{Kind: report.ChartBars, Title: "Largest tags", Category: 1, Value: 4, Top: 10,
			Unit: "bytes in all machines"}},
	}
	var rows [][]any
	for _, r := range []struct {
		tag, owner  string
		outstanding int64
		bytes       uint64
		text        string
	}{
		{"tsni", "WavxDMgr", 62403, 33947232, "UNKNOWN pooltag 'tsni', please update pooltag.txt"},
		{"FMvo", "fltmgr.sys", 21652, 21825376, "FLT_VOLUME structure , Binary: fltmgr.sys"},
		{"SBcx", "WavxDMgr", 10828, 11780864, "UNKNOWN pooltag 'SBcx', please update pooltag.txt"},
		{"Devi", "nt", 32861, 10905648, "Device objects"},
		{"FMis", "fltmgr.sys", 10841, 6503328, "FLT_INSTANCE structure , Binary: fltmgr.sys"},
		{"Drti", "WavxDMgr", 10844, 5899136, "UNKNOWN pooltag 'Drti', please update pooltag.txt"},
		{"FMrr", "fltmgr.sys", 21682, 2425184,
			"Per-processor Cache-aware rundown ref structure , Binary: fltmgr.sys"},
		{"FMct", "fltmgr.sys", 10841, 2339864, "TRACK_COMPLETION_NODES structure , Binary: fltmgr.sys"},
		{"Tef2", "", 220, 2242016, "UNKNOWN pooltag 'Tef2', please update pooltag.txt"},
		{"WPSd", "", 278, 1677896, "UNKNOWN pooltag 'WPSd', please update pooltag.txt"},
		{"MmCm", "nt", 30, 963440, "Calls made to MmAllocateContiguousMemory , Binary: nt!mm"},
		{"Pp  ", "", 10822, 779184, "UNKNOWN pooltag 'Pp  ', please update pooltag.txt"},
		{"=ab1", "", 12, 9216, ""},
		{"-UMD", "", 3, 768, "user-mode driver"},
	} {
		rows = append(rows, []any{fmt.Sprintf("%X", r.tag), r.tag, "nonpaged", r.owner, r.bytes,
			r.outstanding, int64(1), r.text})
	}
	s.Rows, s.Len = slices.Values(rows), len(rows)
	return s
}

func filters() report.Sheet {
	s := report.Sheet{
		Name: "Filters", Heading: "Filters",
		Intro: "A row is a minifilter on a machine, highest altitude first.",
		Columns: []report.SheetColumn{
			text("Machine", 18), text("Frame", 10), text("Filter", 16), text("Altitude", 12),
			{Title: "Instances", Kind: report.KindCount, Width: 13, Bars: true},
			typed("Peers have", report.KindCount, 12),
			typed("Flag", report.KindVerdict, 20),
		},
		Charts: []report.SheetChart{{Kind: report.ChartBars, Title: "Instances by filter", Category: 2, Value: 4, Top: 6,
			Unit: "instances"}},
	}
	plain := report.Tagged{}
	var rows [][]any
	for _, r := range []struct {
		name, altitude string
		n, peers       int64
		flag           report.Tagged
	}{
		{"SEyeFilter", "382020", 2, 10841, plain},
		{"SPBBCDrv", "365100", 2, 10841, plain},
		{"eeCtrl", "329010", 2, 10841, plain},
		{"SRTSP", "329000", 4, 10841, plain},
		{"vfsmfd", "263410", 5, 10841, plain},
		{"WavxDMgr", "145300", 10841, 5, report.Tagged{Text: "runaway-attachment", Tone: report.ToneAlarm}},
	} {
		rows = append(rows, []any{"XP-TABLET-03", "Frame 1", r.name, r.altitude, r.n, r.peers, r.flag})
	}
	s.Rows, s.Len = slices.Values(rows), len(rows)
	return s
}

func silent() report.Sheet {
	return report.Sheet{
		Name: "Silent & bad", Heading: "Silent & bad",
		Intro: "A row is a machine or file that could not be judged.", Empty: "None in the period.",
		Columns: []report.SheetColumn{
			typed("Last heard (UTC)", report.KindTime, 18), text("Machine or file", 40),
			typed("Line", report.KindCount, 8),
		},
	}
}

// long returns a sheet of n rows and ten columns, as the long form of a year's
// snapshots has them.
func long(n int) report.Sheet {
	s := report.Sheet{
		Name: "Series", Heading: "Series", Intro: "A row is a tag on a machine at a time.",
		Columns: []report.SheetColumn{
			text("Machine", 14), typed("At (UTC)", report.KindTime, 18), text("Hex", 11), text("Tag", 8),
			text("Pool", 11),
			typed("Outstanding", report.KindCount, 13),
			{Title: "Bytes", Kind: report.KindBytes, Width: 15, Bars: true},
			{Title: "Ratio", Kind: report.KindRatio, Width: 10, Scale: true}, typed("Uptime (h)",
				report.KindHours, 12),
			typed("Verdict", report.KindVerdict, 20),
		},
		Charts: []report.SheetChart{{Kind: report.ChartBars, Title: "First rows", Category: 3, Value: 5, Top: 8,
			Unit: "allocations"}},
	}
	rows := make([][]any, n)
	for i := range rows {
		tag := fmt.Sprintf("T%03d", i%1000)
		rows[i] = []any{fmt.Sprintf("LAB-%03d", i%200), day(1, 0, 0).Add(time.Duration(i) * time.Minute),
			fmt.Sprintf("%X", tag), tag, "nonpaged", int64(i) * 7, uint64(i) * 4096, float64(i%100) / 7,
			float64(i) / 60,
			report.Tagged{Text: "healthy", Tone: report.ToneGood}}
	}
	s.Rows, s.Len = slices.Values(rows), len(rows)
	return s
}
