package samples_test

import (
	"fmt"
	"strings"
)

// vmLine is one line of !vm in pages. A line without a label is text as it stands.
type vmLine struct {
	label string
	pages uint64
}

const pageSize = 4096

// pages rounds bytes up to whole pages.
func pages(bytes int64) uint64 { return uint64(bytes+pageSize-1) / pageSize }

// vmTabbed prints !vm of the XP era: a banner, then lines behind a TAB whose
// numbers end 28 columns further.
func vmTabbed(pagefile string, lines []vmLine) string {
	var b strings.Builder
	b.WriteString("\n*** Virtual Memory Usage ***\n")
	for i, l := range lines {
		fmt.Fprintf(&b, "\t%s:%*d (%10d Kb)\n", l.label, 27-len(l.label), l.pages, l.pages*4)
		if i == 0 { // the page file stands behind the physical memory
			b.WriteString(pagefile)
		}
	}
	return b.String()
}

// pageFile prints a page file's three lines, each behind the given indent.
func pageFile(indent, path string, current, free, maximum int) string {
	return fmt.Sprintf("%[1]s%[2]s\n%[1]s  Current:%10[3]d Kb  Free Space:%10[4]d Kb\n"+
		"%[1]s  Minimum:%10[3]d Kb  Maximum:%13[5]d Kb\n", indent, path, current, free, maximum)
}

// vmPlain prints !vm from Windows 7 on: page files first, no banner, no TABs.
func vmPlain(pagefiles string, lines []vmLine) string {
	var b strings.Builder
	b.WriteString(pagefiles + "\n")
	for _, l := range lines {
		if l.pages == 0 && strings.HasPrefix(l.label, "***") { // alerts stand between blank lines
			fmt.Fprintf(&b, "\n%s\n\n", l.label)
			continue
		}
		fmt.Fprintf(&b, "%s:%*d (%11d Kb)\n", l.label, 32-len(l.label), l.pages, l.pages*4)
	}
	return b.String()
}

// vmXP is !vm of a 32-bit machine. rest is what !vm counts and no tag explains.
func vmXP(t table, physical, available, nonpagedMax, rest uint64) []vmLine {
	np, pg := t.total()
	paged := pages(pg.bytes) + rest/2
	small := paged / 9
	return []vmLine{
		{"Physical Memory", physical}, {"Available Pages", available}, {"ResAvail Pages", available + 41207},
		{"Locked IO Pages", 214}, {"Free System PTEs", 181344}, {"Free NP PTEs", 19872}, {"Free Special NP", 0},
		{"Modified Pages", 1187}, {"Modified PF Pages", 1164}, {"NonPagedPool Usage", pages(np.bytes) + rest},
		{"NonPagedPool Max", nonpagedMax}, {"PagedPool 0 Usage", paged - 4*small},
		{"PagedPool 1 Usage", small + 14}, {"PagedPool 2 Usage", small - 6},
		{"PagedPool 3 Usage", small + 3}, {"PagedPool 4 Usage", small - 11},
		{"PagedPool Usage", paged}, {"PagedPool Maximum", 90112}, {"Session Commit", 1411}, {"Shared Commit", 7216},
		{"Special Pool", 0}, {"Shared Process", 3208}, {"PagedPool Commit", paged}, {"Driver Commit", 1977},
		{"Committed pages", 168204 + pages(np.bytes)}, {"Commit limit", physical + 497151},
	}
}

// vmNT6 is !vm of a 64-bit machine up to Windows 7: one nonpaged pool.
func vmNT6(t table, physical, available, nonpagedMax, rest uint64) []vmLine {
	np, pg := t.total()
	paged := pages(pg.bytes) + rest/2
	return []vmLine{
		{"Physical Memory", physical}, {"Available Pages", available}, {"ResAvail Pages", physical - 98411},
		{"Locked IO Pages", 0}, {"Free System PTEs", 33501877}, {"Modified Pages", 17204},
		{"Modified PF Pages", 17111}, {"NonPagedPool Usage", pages(np.bytes) + rest},
		{"NonPagedPool Max", nonpagedMax}, {"PagedPool 0 Usage", paged - 4*1204}, {"PagedPool 1 Usage", 1220},
		{"PagedPool 2 Usage", 1188}, {"PagedPool 3 Usage", 1201}, {"PagedPool 4 Usage", 1207},
		{"PagedPool Usage", paged}, {"PagedPool Maximum", 33554432}, {"Session Commit", 6204},
		{"Shared Commit", 41877}, {"Special Pool", 0}, {"Shared Process", 8211}, {"PagedPool Commit", paged + 12},
		{"Driver Commit", 5204}, {"Committed pages", 511877}, {"Commit limit", 2*physical - 311},
	}
}

// vmNT10 is !vm of Windows 10: nearly all nonpaged pool is NX, the maxima are
// the same meaningless constant everywhere.
func vmNT10(t table, physical, available, rest uint64) []vmLine {
	const boundless = 4294967296
	np, pg := t.total()
	nx, paged := pages(np.bytes)+rest-271, pages(pg.bytes)+rest/2
	return []vmLine{
		{"Physical Memory", physical}, {"Available Pages", available}, {"ResAvail Pages", physical - 151204},
		{"Locked IO Pages", 0}, {"Free System PTEs", 4295011877},
		{"******* 204118 kernel stack PTE allocations have failed ******", 0},
		{"Modified Pages", 31877}, {"Modified PF Pages", 31664}, {"Modified No Write Pages", 41},
		{"NonPagedPool Usage", 271}, {"NonPagedPoolNx Usage", nx}, {"NonPagedPool Max", boundless},
		{"PagedPool Usage", paged}, {"PagedPool Maximum", boundless}, {"Processor Commit", 1204},
		{"Session Commit", 4411}, {"Shared Commit", 204771}, {"Special Pool", 0}, {"Kernel Stacks", 16808},
		{"Pages For MDLs", 5217}, {"ContigMem Pages", 81}, {"Partition Pages", 0}, {"Pages For AWE", 0},
		{"NonPagedPool Commit", nx + 2204}, {"PagedPool Commit", paged}, {"Driver Commit", 16411},
		{"Boot Commit", 4872}, {"PFN Array Commit", physical / 85}, {"System PageTables", 1604},
		{"ProcessLockedFilePages", 17}, {"Pagefile Hash Pages", 64}, {"Sum System Commit", nx + paged + 259664},
		{"Total Private", 1204881}, {"Misc/Transient Commit", 3118}, {"Committed pages", 1467663 + nx + paged},
		{"Commit limit", physical + 983040},
	}
}
