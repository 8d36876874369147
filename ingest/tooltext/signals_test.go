package tooltext

import (
	"strings"
	"testing"

	"poolsweep/ingest"
)

func TestSignalHead(t *testing.T) {
	for _, head := range []string{
		"| signal | before | after |", "| Metric | Value |", "Counter | T0 | T+1h", "| Condition | Non-paged pool growth |",
		"| cold boot | leaked `Qzsc` contexts in first 4 min |", "| What | 2031-05-01 | 2031-05-02 | Δ |",
	} {
		if !signalTable.Begins([]byte(head)) {
			t.Errorf("%q begins no table", head)
		}
	}
	for _, head := range []string{
		"", "|---|---|", "| a | b |", "signal before after", "| Name | Value |", "| Metric | |", "| Condition | Growth |",
		"| Process | Handles |", "| Objects | 12 | 13 |", "| `Qzfc` objects | before | after |", "0: kd> | metric", "| Kernel object metric of it | 1 |", "| Condition | Pool tag |",
		"| Metric" + strings.Repeat("| x", 500) + " |",
	} {
		if signalTable.Begins([]byte(head)) {
			t.Errorf("%q begins a table", head)
		}
	}
}

// rowsIn makes a Markdown table of lines without the outer bars.
func rowsIn(lines ...string) string {
	var b strings.Builder
	for i, l := range lines {
		b.WriteString("| " + l + " |\n")
		if i == 0 {
			b.WriteString("|" + strings.Repeat("---|", strings.Count(l, "|")+1) + "\n")
		}
	}
	return b.String()
}

func TestSignalTablesStateDifferences(t *testing.T) {
	checkSays(t, map[string]string{
		rowsIn("signal | before | after", "threads | **+76** | **0**", "kernel handles | +1,227 | 0", "USER handles | +78 | -2"): `threads +76 "before"; ` +
			`threads +0 "after"; handles +1227 "before"; handles +0 "after"; user handles +78 "before"; user handles -2 "after"`,
		rowsIn("Condition | Non-paged pool growth", "VM up, idle | **21.5 GB/hr**", "clean boot | 0.8 GB baseline"): `nonpaged ` +
			`pool +23085449216 bytes per 1h0m0s "VM up, idle"`,
		rowsIn("cold boot | leaked `Qzsc` contexts in first 4 min", "service on | 6,811", "service off | 812"): `pool tag Qzsc ` +
			`unknown +6811 per 4m0s "service on"; pool tag Qzsc unknown +812 per 4m0s "service off"`,
		rowsIn("Metric | Growth (MB/h) | Notes", "Paged pool | 12 | odd", "`Qzfc` | 8.5 | x"): "",
		rowsIn("Metric | Growth (MB/h)", "Paged pool | 12", "`Qzfc` | 8.5"): `paged pool +12582912 bytes per 1h0m0s ` +
			`"Growth (MB/h)"; pool tag Qzfc unknown +8912896 bytes per 1h0m0s "Growth (MB/h)"`,
		rowsIn("Load | Handle growth per tab | CPU", "typing | 16 | 12%"): `handles +16 per 1 tab "typing"`,
	})
}

func TestSignalTablesNearMisses(t *testing.T) {
	cases := map[string]string{}
	for _, table := range []string{
		rowsIn("signal | before | after", "threads | 0 | 0"),
		rowsIn("signal | before | after", "threads | +76 | 12"),
		rowsIn("signal | before | after", "nonpaged pool | +76 | +12"),
		rowsIn("signal | before | after", "threads | +76 MB | +12 MB"),
		rowsIn("signal | host A | host B", "threads | 1,204 | 8,311"),
		rowsIn("Metric | Value", "Score | 12", "Paged pool limit | 12 GB", "Handles opened by tests | 12"),
		rowsIn("Metric | Value", "System handles | <5", "Paged pool | ?"),
		rowsIn("Condition | Non-paged pool growth", "idle | 12", "busy | much"),
		rowsIn("Metric | Old | New", "p99 latency | 12 ms | 13 ms"),
		rowsIn("Metric | Value", "Processes | 3", "apples | 300"),
	} {
		cases[table] = ""
	}
	checkSays(t, cases)
}

func TestSignalTablesOfOneMoment(t *testing.T) {
	checkSays(t, map[string]string{
		rowsIn("Metric | Value", "System handles | 161,000", "lsass.exe handle count | 31,207", "Token handles | 40,111",
			"Nonpaged pool | **12.5 GB**", "Physical memory | 64 GB", "Processes | 291", "Threads | 4,810", "logon sessions | 5,311", "Uptime | 8 days"): `System(0) 161000; ` +
			`lsass.exe(0) 31207;  Token 40111; live threads 4810; logon sessions 5311; processes 291; nonpaged 12800 paged 0; ram 65536`,
		rowsIn("Metric | Value", "USER handles | 161,000", "Paged pool | 2 GB"): "nonpaged 0 paged 2048",
	})
}

func TestSignalTablesCompareMoments(t *testing.T) {
	text := rowsIn("Metric | After 2 h | After 9 h | Δ", "Paged pool | 1.5 GB | 9.5 GB | +8 GB", "`Qzfc` objects | 25,100 | 1,511,000 | +1,485,900",
		"System handles | 9,000 | 812,000 | +803,000", "CPU | 3% | 4% | +1%")
	snaps := read([]byte(text))
	if len(snaps) != 2 {
		t.Fatal(dumped(snaps))
	}
	a, b := snaps[0], snaps[1]
	if a.Label != "After 2 h" || b.Label != "After 9 h" || a.VM.Paged != 3<<29 || b.VM.Paged != 19<<29 ||
		a.Tags[0].Outstanding != 25100 || b.Tags[0].Outstanding != 1511000 || b.Running[0].Handles != 812000 ||
		len(a.Changes) != 0 || len(b.Changes) != 3 {
		t.Errorf("%s", dumped(snaps))
	}
	if again := read([]byte(text + "\n" + text)); len(again) != 2 {
		t.Errorf("a second copy gives %d snapshots", len(again))
	}
	both := rowsIn("Tag | After 2 h | After 9 h", "`Qzpp` | 1.5 MB | 2.5 MB") + "\n" + text
	if joined := read([]byte(both)); len(joined) != 2 || len(joined[1].Tags) != 2 || joined[1].VM == nil {
		t.Errorf("two tables of the same moments give\n%s", dumped(joined))
	}
}

func TestSignalTablesOfTwoMomentsInOneLog(t *testing.T) {
	a, b := rowsIn("Metric | Value", "Paged pool | 2 GB"), rowsIn("Metric | Value", "Paged pool | 3 GB")
	for text, want := range map[string]int{a + "\n" + a: 1, a + "\n" + b: 2} {
		if snaps := read([]byte(text)); len(snaps) != want {
			t.Errorf("%q: %d snapshots, want %d", text, len(snaps), want)
		}
	}
}

func TestSizedRight(t *testing.T) {
	for c, want := range map[ingest.Change]bool{
		{What: ingest.ChangePaged, Delta: 5, Bytes: true}: true, {What: ingest.ChangePaged, Delta: 5}: false,
		{What: ingest.ChangePaged}: true, {What: ingest.ChangeHandles, Delta: 5, Bytes: true}: false,
		{What: ingest.ChangeHandles, Delta: 5}: true, {What: "working set", Delta: 5}: true,
	} {
		if got := sizedRight(c); got != want {
			t.Errorf("sizedRight(%+v) = %v", c, got)
		}
	}
}
