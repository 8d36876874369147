package pdf

import (
	"fmt"
	"strings"
	"time"

	"poolsweep/report"
)

// The figures of the fixtures are made up after cases that are publicly
// described; names of machines and dates are ours.

func english() report.Labels {
	return report.Labels{PageOf: "page %d of %d", Attribution: "Attribution",
		Evidence: "Evidence", Contents: "Contents"}
}

func cells(texts ...string) []report.Cell {
	row := make([]report.Cell, len(texts))
	for i, t := range texts {
		row[i] = report.Cell{Text: t}
	}
	return row
}

func toned(t report.Tone, row []report.Cell) []report.Cell {
	for i := range row {
		row[i].Tone = t
	}
	return row
}

func evidenceColumns(titles ...string) []report.Column {
	columns := []report.Column{
		{Mono: true, Share: 0.08}, {Mono: true, Share: 0.12}, {Share: 0.1},
		{Align: report.AlignRight, Share: 0.11}, {Align: report.AlignRight, Share: 0.08},
		{Align: report.AlignRight, Share: 0.12}, {Align: report.AlignRight, Share: 0.13},
		{Align: report.AlignRight, Share: 0.08}, {Align: report.AlignRight, Share: 0.09},
		{Align: report.AlignRight, Share: 0.09},
	}
	for i, t := range titles {
		columns[i].Title = t
	}
	return columns
}

func runawayEvidence() report.Table {
	return report.Table{
		Columns: evidenceColumns("Tag", "Bytes of the tag", "Pool", "Allocs", "Frees", "Outstanding",
			"Bytes", "Bytes each", "Change", "Ratio"),
		Rows: [][]report.Cell{
			toned(report.ToneAlarm, cells("tsni", "74 73 6e 69", "NonPaged", "–", "–", "62,403",
				"33,947,232", "544", "–", "5.76")),
			toned(report.ToneWarning, cells("FMvo", "46 4d 76 6f", "NonPaged", "–", "–", "21,652",
				"21,825,376", "1,008", "–", "2.00")),
			toned(report.ToneAlarm, cells("SBcx", "53 42 63 78", "NonPaged", "–", "–", "10,828",
				"11,780,864", "1,088", "–", "1.00")),
			cells("FMis", "46 4d 69 73", "NonPaged", "–", "–", "10,841", "6,503,328", "600", "–", "1.00"),
			toned(report.ToneAlarm, cells("Drti", "44 72 74 69", "NonPaged", "–", "–", "10,844",
				"5,899,136", "544", "–", "1.00")),
			cells("FMrr", "46 4d 72 72", "NonPaged", "–", "–", "21,682", "2,425,184", "112", "–", "2.00"),
			cells("FMct", "46 4d 63 74", "NonPaged", "–", "–", "10,841", "2,339,864", "216", "–", "1.00"),
			toned(report.ToneMuted, cells("FMwi", "46 4d 77 69", "NonPaged", "–", "–", "10,831", "433,240",
				"40", "–", "1.00")),
		},
	}
}

func runawayChart() *report.Chart {
	return &report.Chart{
		Title: "Outstanding allocations, and the band of healthy machines",
		Unit:  "outstanding allocations, logarithmic", Log: true,
		Bars: []report.Bar{
			{Label: "tsni", Value: 62403, Text: "62,403", Tone: report.ToneAlarm},
			{Label: "FMrr", Value: 21682, Text: "21,682"},
			{Label: "FMvo", Value: 21652, Text: "21,652", Tone: report.ToneWarning},
			{Label: "Drti", Value: 10844, Text: "10,844", Tone: report.ToneAlarm},
			{Label: "FMis", Value: 10841, Text: "10,841"},
			{Label: "FMct", Value: 10841, Text: "10,841"},
			{Label: "FMwi", Value: 10831, Text: "10,831", Tone: report.ToneNotice},
			{Label: "SBcx", Value: 10828, Text: "10,828", Tone: report.ToneAlarm},
			{Label: "Thre", Value: 1033, Text: "1,033", Tone: report.ToneMuted},
		},
		Marks: []report.Mark{{Value: 60, Label: "healthy at most 60"}, {Value: 10841,
			Label: "10,841 attachments"}},
	}
}

func runawaySteps() []report.Step {
	return []report.Step{
		{Command: `!for_each_module s -a @#Base @#End "tsni"`, Where: "debugger",
			Why: "Finds the module whose image holds the tag. A hit inside the image of WavxDMgr settles " +
				"the owner."},
		{Command: "!fltkd.instances -f WavxDMgr", Where: "debugger",
			Why: "Counts the instances once more, to see whether the number still grows."},
		{Command: "!fltkd.volumes", Where: "debugger", Why: "Shows on which volumes the instances sit."},
		{Command: `findstr /m /l /s tsni C:\Windows\System32\drivers\*.sys`, Where: "command prompt",
			Why: "The same search on disk, for a machine without a debugger."},
		{Why: "Ask the vendor for a build after the note on file system filters that load later and " +
			"resolve names."},
	}
}

// runaway is the typical case: one snapshot of a filter that attached itself
// ten thousand times.
func runaway() *report.Writeup {
	return &report.Writeup{
		ID: "PS-1A2B3C4D", Revision: "rev 1", Lang: "en",
		Title:    "WavxDMgr attached itself 10,841 times to its volumes and holds 78 MiB of nonpaged pool",
		Subtitle: "LAB-014, Windows XP SP3 x86, and 2 other machines with the same signature",
		Band: report.Band{Tone: report.ToneAlarm, Verdict: "Runaway attachment",
			Class: "minifilter instances", Confidence: "confidence 0.93"},
		Figures: []report.Pair{{Label: "Events", Value: "10,841"}, {Label: "Held by the cluster",
			Value: "81.2 MiB of nonpaged pool, 7.67 KiB per event"},
			{Label: "Rate", Value: "3,880 events/h, 17.8 MB/h: mean over 2 hours 47 minutes since boot"},
			{Label: "Exhaustion", Value: "no date: one snapshot gives a mean, no slope"}},
		Attribution: []report.Attribution{
			{Role: "Owner of the bytes", Module: "WavxDMgr.sys", Weight: "0.97", Known: true,
				Basis: "tsni, SBcx and Drti were found inside a7ddb000–a7e14180 (wavx.log:412–431)"},
			{Role: "Holder of the references", Module: "WavxDMgr.sys", Weight: "0.91", Known: true,
				Basis: "10,841 FLT_INSTANCE at altitude 145300, where its five peers have 2 to 5"},
			{Role: "Trigger", Module: "SEyeFilter.sys", Weight: "0.55", Known: true,
				Basis: "loads later and resolves names, as the vendor's note describes"},
			{Role: "Amplifier", Module: "not established", Basis: "no peer repeats the count"},
		},
		Evidence: runawayEvidence(), Chart: runawayChart(),
		Points: []report.Points{
			{Title: "Why", Tone: report.ToneAlarm, Items: []string{
				"The filter manager's own tags FMvo, FMis, FMct and FMwi stand at the same count, 10,831 " +
					"to 10,841, as the instances of one filter.",
				"fltmgr.sys is Microsoft's and rarely at fault: one of the minifilters makes it allocate.",
				"WavxDMgr has 10,841 instances on 3 volumes; every other filter has at most 5.",
				"Three unknown tags with that count have their four bytes inside the image of WavxDMgr."}},
			{Title: "Why not", Tone: report.ToneMuted, Items: []string{
				"SEyeFilter's own tags are balanced: SEY4 has 2,970 outstanding, the others none.",
				"Devi (32,861) is about three to one and could belong to the volumes themselves.",
				"Tef2 and WPSd are large, but their counts follow nothing here."}},
			{Title: "Unsure", Tone: report.ToneNotice, Items: []string{
				"One snapshot: the growth was not seen, only its result.",
				"The listing of instances was cut after 14 lines; the count is that of FMis.",
				"The trigger rests on a note by the vendor and on the load order alone."}},
		},
		Notes: []report.Note{
			note("Seen on", "3 of 41 machines, all with the security manager installed (Fisher p = 0.0003, "+
				"power 0.92)"),
			note("Known issue", "zenworks-2.6.3: excessive use of the file system stack by WavxDMgr.sys, noted "+
				"for name-resolving filters that load later"),
			{Pair: report.Pair{Label: "Gone?", Value: "12.2 of 48.8 machine-days without it"}, Bar: &quarter},
			{Pair: report.Pair{Label: "Ticket", Value: "https://tracker.example/LAB-12#c3"},
				Link: "https://tracker.example/LAB-12#c3"}},
		NextTitle: "Do next", Next: runawaySteps(),
		Sections: runawaySections(),
		Footer: report.Footer{Left: "PS-1A2B3C4D rev 1", Hash: "sha256 9f31c2aa07b4",
			Tool: "poolsweep 0.1"},
		Created: time.Date(2026, 3, 9, 14, 30, 0, 0, time.UTC), Labels: english(),
	}
}

func runawaySections() []report.Section {
	return []report.Section{
		{Number: 1, Title: "What happened", Blocks: []report.Block{
			{Text: "Windows keeps a pool of memory for drivers that must never be paged out. On this " +
				"machine 81.2 MiB of it belong to one driver, a data manager that comes with the " +
				"vendor's security software. Each time a volume is looked at it attaches itself once " +
				"more and never lets go. When the pool is full the machine stops answering. A " +
				"restart frees the memory until the count has grown again."}}},
		{Number: 2, Title: "How the tags lead to the driver", Blocks: []report.Block{
			{Chain: []string{
				"The filter manager's own tags are large: FMvo 21.8 MB, FMis 6.5 MB, FMrr 2.4 MB, FMct " +
					"2.3 MB (wavx.log:11–19).",
				"fltmgr is Microsoft's and rarely at fault, so the question is which minifilter makes it " +
					"allocate.",
				"One filter has 10,841 instances where its peers have 2 to 5: WavxDMgr at altitude " +
					"145300 (wavx.log:61–75).",
				"The unknown tags with the same count belong to it: SBcx 10,828 and Drti 10,844 are " +
					"within 0.2 %, tsni is 5.76 to one.",
				"A scan of the modules finds those four bytes inside a7ddb000–a7e14180, which is WavxDMgr.",
				"The vendor's readme describes the defect and its trigger."}},
			{Text: "Each of these alone would be weak. Together they leave no other module that has the " +
				"count, the bytes and the address."}}},
		{Number: 3, Title: "Filters and attachments", Blocks: []report.Block{
			{Table: &report.Table{Caption: "Minifilters by altitude, with their instances",
				Columns: []report.Column{{Title: "Filter", Share: 0.22}, {Title: "Altitude",
					Align: report.AlignRight, Mono: true, Share: 0.12},
					{Title: "Instances", Align: report.AlignRight, Share: 0.12}, {Title: "Volumes",
						Align: report.AlignRight, Share: 0.1},
					{Title: "Remark", Share: 0.44}},
				Rows: [][]report.Cell{
					cells("SEyeFilter", "382020", "2", "2",
						"above the suspect, loads later, resolves names"),
					cells("SPBBCDrv", "365100", "2", "2", ""), cells("eeCtrl", "329010", "2", "2", ""),
					cells("SRTSP", "329000", "4", "4", ""), cells("vfsmfd", "263410", "5", "4",
						"two instances on one volume, under different names: by design"),
					toned(report.ToneAlarm, cells("WavxDMgr", "145300", "10,841", "3",
						"3,614 on each volume; one is usual"))}}},
			{Bullets: []string{"No filter is attached twice at one altitude except WavxDMgr.",
				"The frame named “Frame 1” holds all of them; no legacy filter was listed."}},
			{Chart: &report.Chart{Title: "Instances per filter", Unit: "instances", Bars: []report.Bar{
				{Label: "WavxDMgr", Value: 10841, Text: "10,841", Tone: report.ToneAlarm},
				{Label: "vfsmfd", Value: 5, Text: "5"}, {Label: "SRTSP", Value: 4, Text: "4",
					Tone: report.ToneGood}}}}}},
		{Number: 4, Title: "Limits of this judgement", Blocks: []report.Block{{Bullets: []string{
			"One snapshot shows no growth; a second one an hour later would turn the structure into a rate.",
			"The debugger did not print frees in this form of the command."}}}},
		{Number: 5, Title: "Ticket text", Blocks: []report.Block{{Code: strings.Split(
			"Summary: WavxDMgr.sys attaches to volumes without end (10,841 instances)\n\nEnvironment: "+
				"Windows XP SP3 x86, WavxDMgr.sys, altitude 145300\n"+
				"    tsni   62,403   33,947,232\n    SBcx   10,828   11,780,864\nExpected: one instance "+
				"per volume", "\n")}}},
		{Number: 6, Title: "Lines the numbers came from", Appendix: true,
			Blocks: []report.Block{{Code: appendixLines(70)}}},
	}
}

func appendixLines(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf(`wavx.log:%03d       FLT_INSTANCE: %08x "WavxDMgr Instance" "145300"`, i+61,
			0x86ff02d0+i*0x2b8)
	}
	return lines
}

// leak is a case with few parts: no chart marks, no sections but one.
func leak() *report.Writeup {
	return &report.Writeup{
		ID: "PS-77C0FFEE", Revision: "rev 3", Lang: "en",
		Title: "12,979 process objects were never freed", Subtitle: "BUILD-07 and no other machine",
		Band: report.Band{Tone: report.ToneWarning, Verdict: "Suspect", Class: "process references",
			Confidence: "confidence 0.71"},
		Figures: []report.Pair{{Label: "Events", Value: "12,979"}, {Label: "Held", Value: "8.2 MiB"},
			{Label: "Frees", Value: "1"}, {Label: "Rate", Value: "208 / h over 62.4 h"},
			{Label: "Exhaustion", Value: "2026-05-02 ± 3 d"},
			{Label: "Followers", Value: "SePa 12,978; SeTd 13,021"}},
		Attribution: []report.Attribution{{Role: "Owner of the bytes", Module: "ntoskrnl.exe",
			Weight: "1.00", Basis: "Proc is the kernel's own tag", Known: true},
			{Role: "Holder of the references", Module: "not established",
				Basis: "the log has no handle summary"}},
		Evidence: report.Table{Columns: evidenceColumns("Tag", "Hex", "Pool", "Allocs", "Frees",
			"Outstanding", "Bytes", "Each", "Change", "Ratio"),
			Rows: [][]report.Cell{toned(report.ToneWarning, cells("Proc", "50 72 6f 63", "NonPaged",
				"12,980", "1", "12,979", "8,618,056", "664", "+1,204", "1.00"))}},
		Sections: []report.Section{{Number: 1, Title: "What happened",
			Blocks: []report.Block{{Text: "Processes end, but what describes them stays."}}}},
		Footer: report.Footer{Left: "PS-77C0FFEE rev 3", Hash: "sha256 0badcafe", Tool: "poolsweep 0.1"},
		Labels: english(),
	}
}

// chinese is the runaway case for a reader of Chinese.
func chinese() *report.Writeup {
	m := runaway()
	m.Lang = "zh-CN"
	m.Title = "WavxDMgr 对卷重复附加了 10,841 次，占用 78 MiB 非分页池"
	m.Subtitle = "实验室-014（Windows XP SP3 x86），另有 2 台机器出现相同特征；Компьютер «Лаборатория»"
	m.Band = report.Band{Tone: report.ToneAlarm, Verdict: "失控的附加", Class: "微筛选器实例", Confidence: "置信度 0.93"}
	m.Figures = []report.Pair{{Label: "事件数", Value: "10,841"}, {Label: "该簇占用", Value: "81.2 MiB"},
		{Label: "速率", Value: "只有一次快照，无法计算"}, {Label: "耗尽日期", Value: "无法推算"}}
	m.Attribution = []report.Attribution{
		{Role: "内存的所有者", Module: "WavxDMgr.sys", Weight: "0.97", Known: true,
			Basis: "tsni、SBcx、Drti 三个标记都在映像 a7ddb000–a7e14180 之内（wavx.log:412–431）"},
		{Role: "引用的持有者", Module: "WavxDMgr.sys", Weight: "0.91", Known: true,
			Basis: "高度 145300 处有 10,841 个 FLT_INSTANCE，而其余五个筛选器只有 2 到 5 个"},
		{Role: "触发者", Module: "SEyeFilter.sys", Weight: "0.55", Known: true, Basis: "加载较晚并使用名称解析，与厂商说明相符"},
		{Role: "放大者", Module: "未能确定", Basis: "没有其他模块重复这一计数"}}
	m.Evidence.Columns = evidenceColumns("标记", "十六进制", "池", "分配", "释放", "未释放", "字节", "每次字节", "变化", "比值")
	m.Chart.Title, m.Chart.Unit = "未释放的分配与健康机器的范围", "未释放的分配数（对数坐标）"
	m.Chart.Marks = []report.Mark{{Value: 60, Label: "健康机器至多 60"}, {Value: 10841, Label: "10,841 次附加"}}
	m.Points = []report.Points{
		{Title: "依据", Tone: report.ToneAlarm, Items: []string{
			"筛选器管理器自己的标记 FMvo、FMis、FMct、FMwi 计数一致，都在 10,831 到 10,841 之间，与某一个筛选器的实例数相同。",
			"fltmgr.sys 是微软的文件过滤管理器，一般可以排除由它直接造成泄漏，应当怀疑基于它的微筛选器驱动。",
			"WavxDMgr 在 3 个卷上有 10,841 个实例，其他筛选器最多 5 个。"}},
		{Title: "反面理由", Tone: report.ToneMuted,
			Items: []string{"SEyeFilter 自己的标记是平衡的：SEY4 有 2,970 个未释放，其余为零。"}},
		{Title: "不确定之处", Tone: report.ToneNotice, Items: []string{"只有一次快照：看到的是结果，没有看到增长的过程。"}}}
	m.Notes = []report.Note{note("出现于", "41 台机器中的 3 台，全部装有该安全管理器"),
		note("已知问题", "厂商说明 2.6.3：WavxDMgr.sys 过度使用文件系统堆栈")}
	m.NextTitle = "下一步"
	for i := range m.Next {
		if m.Next[i].Where == "debugger" {
			m.Next[i].Where = "调试器"
		}
		m.Next[i].Why = "在所有模块的映像中查找这四个字节；若命中 WavxDMgr，即可确定所有者。"
	}
	m.Sections = []report.Section{
		{Number: 1, Title: "发生了什么",
			Blocks: []report.Block{{Text: strings.Repeat("系统为驱动程序保留一块永不换出的内存，称为非分页池。这台机器上有 81.2 MiB "+
				"属于同一个驱动程序：每次访问卷时它都会再附加一次，并且从不释放。", 4)}}},
		{Number: 2, Title: "从标记到驱动程序", Blocks: []report.Block{{Chain: []string{
			"筛选器管理器的标记占用很大：FMvo 21.8 MB，FMis 6.5 MB。", "fltmgr 由微软提供，很少出错，问题在于哪个微筛选器使它分配内存。",
			"有一个筛选器拥有 10,841 个实例：高度 145300 的 WavxDMgr。"}}}},
		{Number: 3, Title: "附录：原始日志行", Appendix: true,
			Blocks: []report.Block{{Code: append(appendixLines(12), "中文注释：省略若干重复输出")}}}}
	m.Labels = report.Labels{PageOf: "第 %d 页，共 %d 页", Attribution: "归因", Evidence: "证据", Contents: "目录"}
	return m
}

// hostile is what nobody should write but somebody will.
func hostile() *report.Writeup {
	name := strings.Repeat("WIN-LONGMACHINENAME0", 10)
	path := `C:\` + strings.Repeat(`very_long_directory_without_a_blank`, 6) + `\x.sys`
	m := runaway()
	m.ID, m.Revision = strings.Repeat("PS-", 12)+"Ж", "rev \x00 1"
	m.Title = "Tags \U0001F600\U0001F525 of " + name + " \u202Eevil\u202C שלום مرحبا"
	m.Subtitle = name
	m.Band = report.Band{Tone: report.Tone(99), Verdict: "Insufficient: " + path, Class: path,
		Confidence: "bad bytes \xff\xfe and a tab\there"}
	m.Figures = append(m.Figures, report.Pair{Label: path, Value: name}, report.Pair{},
		report.Pair{Label: "x", Value: "\r\nline"})
	m.Attribution = append(m.Attribution, report.Attribution{Role: name, Module: path, Weight: "0.123456",
		Basis: path + name, Known: true})
	m.Evidence.Rows = append(m.Evidence.Rows, cells("\x01\x02\x03\x04", "01 02 03 04", path,
		"18,446,744,073,709,551,615",
		"18,446,744,073,709,551,615", "18,446,744,073,709,551,615", "18,446,744,073,709,551,615", "1", "2",
		"3"), cells("too few"))
	m.Chart.Bars = append(m.Chart.Bars, report.Bar{Label: path, Value: -1, Text: name},
		report.Bar{Label: "\U0001F600", Tone: report.Tone(77)})
	m.Chart.Marks = append(m.Chart.Marks, report.Mark{Value: 11000, Label: name}, report.Mark{Value: 1e300,
		Label: "far"})
	m.Notes = append(m.Notes, note(path, strings.Repeat("word ", 2000)))
	m.Next = append(m.Next, report.Step{Command: `dir /s /b "` + path + path + `"`, Where: name, Why: path})
	m.Sections = append([]report.Section{{Number: 7, Title: name + " \U0001F4A9", Blocks: []report.Block{
		{Table: bigTable(600)}, {Table: &report.Table{}}, {},
		{Table: &report.Table{Columns: []report.Column{{Title: "a cell taller than a page", Share: 0.3},
			{Title: strings.Repeat("long ", 300), Share: 0.1}},
			Rows: [][]report.Cell{cells(strings.Repeat("tall ", 1500), "short")}}},
		{Chart: &report.Chart{}}, {Chart: manyBars(150)},
		{Code: []string{path + path, "\ttab", "", "漢字 in code \U00020000"}},
		{Chain: []string{strings.Repeat("step ", 3000), name}}}},
		{Number: 8}}, m.Sections...)
	m.Footer = report.Footer{Left: name, Hash: path, Tool: "t\U0001F600\xff"}
	m.Labels.PageOf = ""
	return m
}

func bigTable(n int) *report.Table {
	t := &report.Table{Caption: "Six hundred tags", Columns: []report.Column{{Title: "Tag", Mono: true,
		Share: 0.2},
		{Title: "Outstanding", Align: report.AlignRight, Share: 0.3}, {Title: "Description", Share: 0.5}}}
	for i := range n {
		t.Rows = append(t.Rows, cells(fmt.Sprintf("T%03d", i), fmt.Sprint(i*997),
			strings.Repeat("described ", i%13)))
	}
	return t
}

func manyBars(n int) *report.Chart {
	c := &report.Chart{Title: "Many bars", Unit: "bytes"}
	for i := range n {
		c.Bars = append(c.Bars, report.Bar{Label: fmt.Sprintf("B%d", i), Value: float64(i) * 1e9,
			Text: fmt.Sprint(i, " GB"), Tone: report.Tone(i % 6)})
	}
	return c
}

// fixtures are all of them by name.
func fixtures() map[string]*report.Writeup {
	return map[string]*report.Writeup{"runaway": runaway(), "leak": leak(), "chinese": chinese(),
		"hostile": hostile(), "charted": charted(), "empty": {}}
}

// quarter is how far a bar of the fixture is filled.
var quarter = 0.25

func note(label, value string) report.Note {
	return report.Note{Pair: report.Pair{Label: label, Value: value}}
}
