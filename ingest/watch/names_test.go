package watch

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHelperNames(t *testing.T) {
	for name, want := range map[string]bool{
		".x.log": true, "x.log.tmp": true, "x.TMP": true, "x.part": true, "x.log.partial": true,
		"x.filepart": true, "x.crdownload": true, ".x.log.swp": true, "x.swp": true, "~$x.log": true,
		".nfs0000000000a1": true, "Thumbs.db": true, "DESKTOP.INI": true, ".x.log.AbC123": true,
		".": true, "$RECYCLE.BIN": true, "System Volume Information": true, "lost+found": true,
		"x.log": false, "tmp": false, "part": false, "x.tmp.log": false, "~x": false, "thumbs.db.log": false,
		"party": false, "x.parts": false, "": false, "x.tm\xff": false, ".tmp": true,
	} {
		if got := IsHelper([]byte(name)); got != want {
			t.Errorf("IsHelper(%q) = %v", name, got)
		}
	}
}

// hostile are names that mean more than a plain file somewhere.
var hostile = []string{
	"", ".", "..", "...", "..log", "a/b", `a\b`, `..\b`, "/abs", `C:\x.log`, `\\?\x`, `\\host\x`, "a:b.log",
	"x.log::$DATA", "a.log.", "a.log ", "a. . .", " a", "-rf", "~root", "%s%n", "$(x)", "`x`", "a|b", "a<b>",
	"a\nINFO fake.log", "a\rb", "a\tb", "a\x1b[2J", "a\ab", "a\x00b", "LAB\u202Egol.exe", "\xff\xfe.log",
	"CON", "con.log", "NUL", "nul.tar.gz", "PRN.txt", "AUX", "COM1", "COM0.log", "COM\u00b9", "com\u00b2.x",
	"LPT9.txt", "LPT\u00b3", "CONIN$", "CONOUT$.log", "CON .log", "nul:", "aux.", "COM1 . .",
	strings.Repeat("x", 101), strings.Repeat("机", 80), strings.Repeat("a", 96) + "机.log",
	"x." + strings.Repeat("y", 200), strings.Repeat(".", 120), "a\ufffdb", "a\u00a0b", "*", "?", `"q"`,
}

func TestCleanNameMakesHostileNamesPlain(t *testing.T) {
	seen := map[string]string{}
	for _, name := range hostile {
		clean := CleanName(name)
		checkClean(t, name, clean)
		if clean == name {
			t.Errorf("%q passes", name)
		}
		if other, ok := seen[strings.ToLower(clean)]; ok {
			t.Errorf("%q and %q both become %q", name, other, clean)
		}
		seen[strings.ToLower(clean)] = name
	}
}

func TestCleanNameKeepsPlainNames(t *testing.T) {
	for _, name := range []string{
		"LAB01", "lab-01_x.log", "a b.log", "机器-14.log", "LАB1", "COM10", "COMA", "CONSOLE", "LPT", "a.con",
		"x.y.z", "a~1", strings.Repeat("x", 100), "e\u0301.log",
	} {
		if got := CleanName(name); got != name {
			t.Errorf("%q becomes %q", name, got)
		}
	}
}

func TestCleanNameKeepsTheEnding(t *testing.T) {
	got := CleanName("LAB01:x.log")
	if !strings.HasPrefix(got, "LAB01_x-") || !strings.HasSuffix(got, ".log") {
		t.Errorf("got %q", got)
	}
}

func TestUnsafeOnWindows(t *testing.T) {
	for name, want := range map[string]bool{
		"x.log": false, "机.log": false, "COM10.log": false, "a b": false,
		"NUL": true, "com1.log": true, "a:b": true, "x.log::$DATA": true, "x.": true, "x ": true, `a\b`: true,
	} {
		if got := unsafeOnWindows(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func checkClean(t *testing.T, name, clean string) {
	t.Helper()
	switch {
	case !filepath.IsLocal(clean) || strings.ContainsAny(clean, `/\:`) || clean != filepath.Base(clean):
		t.Errorf("%q becomes %q, which is a path", name, clean)
	case !utf8.ValidString(clean) || len(clean) > longName || clean == "":
		t.Errorf("%q becomes %q of %d bytes", name, clean, len(clean))
	case unsafeOnWindows(clean) || IsHelper([]byte(clean)) && !IsHelper([]byte(name)):
		t.Errorf("%q becomes %q, which means something else", name, clean)
	case CleanName(clean) != clean:
		t.Errorf("%q becomes %q, and that %q", name, clean, CleanName(clean))
	case strings.ContainsFunc(clean, func(r rune) bool { return cleanRune(r) != r }):
		t.Errorf("%q becomes %q", name, clean)
	}
}

func FuzzCleanName(f *testing.F) {
	for _, name := range hostile {
		f.Add(name, name+".")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		one, two := CleanName(a), CleanName(b)
		checkClean(t, a, one)
		checkClean(t, b, two)
		if a != b && one == two && one != a && two != b {
			t.Errorf("%q and %q both become %q", a, b, one)
		}
	})
}
