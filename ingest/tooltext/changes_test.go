package tooltext

import (
	"testing"
	"time"

	"poolsweep/ingest"
)

func TestReadChange(t *testing.T) {
	for cell, want := range map[string]string{
		"+1,227":                " +1227 signed",
		"**-76**":               " -76 signed",
		"0":                     " +0",
		"− 12":                  " -12 signed",
		"+64.5 MB":              " +67633152 bytes signed",
		"+372,736 bytes":        " +372736 bytes signed",
		"`+12 KB (~0.01 MB)`":   " +12288 bytes signed",
		"21.5 GB/hr":            " +23085449216 bytes per 1h0m0s signed",
		"400/s":                 " +400 per 1s signed",
		"+6 per print job":      " +6 per 1 print job signed",
		"+320 over 30 launches": " +320 per 30 launches signed",
		"1,200 objects per day": " +1200 per 24h0m0s signed",
		"12 MB in 30 min":       " +12582912 bytes per 30m0s signed",
		"+2.5K":                 " +2500 signed",
		// no differences
		"0.8 GB baseline": "-", "": "-", "none": "-", "97.1%": "-", "+12%": "-", "+12 apples": "-", "ok": "-",
	} {
		c, signed, ok := readChange([]byte(cell), 0)
		got := changeText(c)
		if signed {
			got += " signed"
		}
		if !ok {
			got = "-"
		}
		if got != want {
			t.Errorf("readChange(%q) = %q, want %q", cell, got, want)
		}
	}
}

func TestReadChangeInTheUnitOfItsColumn(t *testing.T) {
	if c, _, ok := readChange([]byte("+1.5"), 1<<20); !ok || !c.Bytes || c.Delta != 3<<19 {
		t.Errorf("%+v %v", c, ok)
	}
	if c, _, ok := readChange([]byte("+1.5"), 0); ok {
		t.Errorf("half a thing is read as %+v", c)
	}
}

func TestOver(t *testing.T) {
	for text, want := range map[string]ingest.Change{
		"delta over 4.5 days":   {Per: 108 * time.Hour},
		"MB/h":                  {Per: time.Hour},
		"growth per hour":       {Per: time.Hour},
		"leaked in first 4 min": {Per: 4 * time.Minute},
		"after 30 runs":         {Events: 30, Event: "runs"},
		"per tab":               {Events: 1, Event: "tab"},
		"bytes in use":          {},
		"over 2.5 launches":     {},
		"delta":                 {},
		"after the fix":         {},
	} {
		var got ingest.Change
		if over(text, &got); got != want {
			t.Errorf("over(%q) = %+v, want %+v", text, got, want)
		}
	}
}

func TestSubject(t *testing.T) {
	for name, want := range map[string]string{
		"Non-paged pool growth": ingest.ChangeNonPaged, `Memory\Pool Nonpaged Bytes`: ingest.ChangeNonPaged,
		"Paged pool": ingest.ChangePaged, "kernel handles": ingest.ChangeHandles, "Handles": ingest.ChangeHandles,
		"**threads**": ingest.ChangeThreads, `Objects\Processes`: ingest.ChangeProcesses,
		"USER handles": "user handles", "Token handles": "token handles", "Working Set": "working set",
		"Paged kernel stacks": "paged kernel stacks",
	} {
		if got, _ := subject(name); got != want {
			t.Errorf("subject(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestDifferencesBesideFiguresAreChanges(t *testing.T) {
	snaps := read([]byte("Tag,Pool,Bytes,Growth (KB/h)\nQzfc,Nonp,4096,+12\nQznm,Paged,8192,?\n"))
	if len(snaps) != 1 || len(snaps[0].Tags) != 2 || len(snaps[0].Changes) != 1 {
		t.Fatal(dumped(snaps))
	}
	want := `pool tag Qzfc nonpaged +12288 bytes per 1h0m0s "Growth (KB/h)"`
	if got := changeText(snaps[0].Changes[0]); got != want {
		t.Errorf("change %q, want %q", got, want)
	}
}
