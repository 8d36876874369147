package tooltext

import (
	"testing"

	"poolsweep/ingest"
)

func TestFindstrSearchedIn(t *testing.T) {
	for command, want := range map[string]string{
		"findstr /m /l /s KeTp *.sys":                `KeTp`,
		"FINDSTR.EXE -m -l KeTp *.sys":               `KeTp`,
		`findstr /smil "Ke p" *.sys`:                 `Ke p`,
		`findstr /m /c:"Ke p" *.sys`:                 `Ke p`,
		`findstr /m /C:KeTp *.sys`:                   `KeTp`,
		"strings64 -s *.sys | findstr KeTp":          `KeTp`,
		"strings *.sys | findstr /i KeTp > hits.txt": `KeTp`,
		"strings *.sys":                              "",
		"findstr":                                    "",
		"findstr /?":                                 "",
		"find \"KeTp\" x.sys":                        "",
		"":                                           "",
	} {
		if got := searchedIn(command); got != want {
			t.Errorf("searchedIn(%q) = %q, want %q", command, got, want)
		}
	}
}

func TestFindstrFileOf(t *testing.T) {
	for line, want := range map[string]string{
		`kestrel.sys`:                             `kestrel.sys`,
		`.\vault\OLDVAULT.SYS`:                    `.\vault\OLDVAULT.SYS`,
		`C:\Windows\System32\drivers\kestrel.sys`: `C:\Windows\System32\drivers\kestrel.sys`,
		`C:\drivers\kestrel.sys: KeTp`:            `C:\drivers\kestrel.sys`,
		`drivers\kestrel.sys:..KeTp..`:            `drivers\kestrel.sys`,
		`\\server\c$\vault 2026\oldvault.sys`:     `\\server\c$\vault 2026\oldvault.sys`,
		`kestrel.sy`:                              ``,
		`.sys`:                                    ``,
		`nothing of note`:                         ``,
		`see "kestrel.sys"`:                       ``,
		`KeTp: kestrel.sys`:                       ``,
		`C:\`:                                     ``,
		``:                                        ``,
	} {
		if got := string(fileOf([]byte(line))); got != want {
			t.Errorf("fileOf(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestShellCommand(t *testing.T) {
	for _, c := range []struct {
		line, command string
		ok            bool
	}{
		{`C:\>fltmc`, "fltmc", true},
		{`C:\Windows\system32> fltmc filters `, "fltmc filters", true},
		{`PS C:\> fltmc`, "fltmc", true},
		{`\\server\share>`, "", true},
		{`C:\&gt; findstr X *.sys > out.txt`, "findstr X *.sys > out.txt", true},
		{`C:\Program Files\Vault`, "", false},
		{`C:\mnt     329998.99    <Legacy> 00000000`, "", false},
		{`\Device\Mup > x`, "", false},
		{`0: kd> !poolused 2`, "", false},
		{`a > b`, "", false},
		{``, "", false},
	} {
		command, ok := shellCommand([]byte(c.line))
		if ok != c.ok || string(command) != c.command {
			t.Errorf("shellCommand(%q) = %q, %t", c.line, command, ok)
		}
	}
}

// TestFindstrKeepsThatNothingWasFound tells a search without hits from one whose
// output is missing.
func TestFindstrKeepsThatNothingWasFound(t *testing.T) {
	for log, want := range map[string]int{
		"C:\\>findstr /m KeTp *.sys\nC:\\>ver\n":       1,
		"C:\\>findstr /m KeTp *.sys\n\nC:\\>ver\n":     1,
		"C:\\>findstr /m KeTp *.sys\n":                 0,
		"C:\\>findstr /m KeTp *.sys\n\nThat is all.\n": 0,
		"C:\\>findstr /m KeTp *.sys\nhm\nC:\\>ver\n":   0,
	} {
		var hits []ingest.FileHit
		for _, s := range read([]byte(log)) {
			hits = append(hits, s.FileHits...)
		}
		if len(hits) != want || want == 1 && (hits[0].File != "" || hits[0].Pattern != "KeTp" || hits[0].Line == 0) {
			t.Errorf("%q: %+v", log, hits)
		}
	}
}
