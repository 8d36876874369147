package ingest_test

import (
	"slices"
	"strings"
	"testing"

	"poolsweep/ingest"
)

func TestParseTag(t *testing.T) {
	for in, want := range map[string]ingest.Tag{
		"NtFC": {'N', 't', 'F', 'C'},
		"Io":   {'I', 'o', ' ', ' '},
		" Str": {' ', 'S', 't', 'r'},
		"8042": {'8', '0', '4', '2'},
		".UMD": {'.', 'U', 'M', 'D'},
		"\x00": {0, ' ', ' ', ' '},
	} {
		got, err := ingest.ParseTag(in)
		if err != nil || got != want {
			t.Errorf("ParseTag(%q) = %v, %v; want %v", in, got, err, want)
		}
		if ingest.MustTag(in) != want {
			t.Errorf("MustTag(%q) != %v", in, want)
		}
	}
	for _, in := range []string{"", "Proce", "名名"} {
		if _, err := ingest.ParseTag(in); err == nil || !strings.HasPrefix(err.Error(), "parse tag ") {
			t.Errorf("ParseTag(%q): err = %v", in, err)
		}
	}
}

func TestMustTagPanicsOnLongTags(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	ingest.MustTag("Proce")
}

func TestTagText(t *testing.T) {
	for _, c := range []struct {
		tag       ingest.Tag
		text, hex string
	}{
		{ingest.Tag{'A', 'G', 'P', ' '}, "AGP ", "41475020"},
		{ingest.Tag{'a', 'g', 'p', ' '}, "agp ", "61677020"},
		{ingest.Tag{0, 0x7f, 0xe9, '~'}, "...~", "007FE97E"},
	} {
		if c.tag.String() != c.text || c.tag.Hex() != c.hex {
			t.Errorf("tag %v: %q, %q; want %q, %q", c.tag, c.tag.String(), c.tag.Hex(), c.text, c.hex)
		}
	}
}

func TestTagsSortByBytes(t *testing.T) {
	tags := []ingest.Tag{ingest.MustTag("ntfc"), ingest.MustTag("NtfC"), ingest.MustTag("NtFC"), ingest.MustTag(" tFC")}
	slices.SortFunc(tags, ingest.Tag.Compare)
	var got []string
	for _, tag := range tags {
		got = append(got, tag.String())
	}
	if text := strings.Join(got, ","); text != " tFC,NtFC,NtfC,ntfc" {
		t.Errorf("sorted: %s", text)
	}
}

func TestPoolNames(t *testing.T) {
	for pool, want := range map[ingest.Pool]string{ingest.NonPaged: "nonpaged", ingest.Paged: "paged", 0: "unknown"} {
		if got := pool.String(); got != want {
			t.Errorf("pool %d is called %q, want %q", pool, got, want)
		}
	}
}

func TestFreedShare(t *testing.T) {
	for _, c := range []struct {
		usage ingest.Usage
		share float64
		known bool
	}{
		{ingest.Usage{Allocs: 8, Frees: 6, Counted: true}, 0.75, true},
		{ingest.Usage{Allocs: 8, Counted: true}, 0, true},
		{ingest.Usage{Counted: true}, 0, false},
		{ingest.Usage{Outstanding: 3}, 0, false},
	} {
		if share, known := c.usage.FreedShare(); share != c.share || known != c.known {
			t.Errorf("%+v: %g, %t; want %g, %t", c.usage, share, known, c.share, c.known)
		}
	}
}

func TestBytesEach(t *testing.T) {
	for _, c := range []struct {
		usage ingest.Usage
		want  float64
	}{
		{ingest.Usage{Outstanding: 4, Bytes: 130}, 32.5},
		{ingest.Usage{Outstanding: 0, Bytes: 130}, 0},
		{ingest.Usage{Outstanding: -2, Bytes: 130}, 0},
	} {
		if got := c.usage.BytesEach(); got != c.want {
			t.Errorf("%+v: %g, want %g", c.usage, got, c.want)
		}
	}
}

func TestBinaryAndUnknown(t *testing.T) {
	for _, c := range []struct {
		description, binary string
		unknown             bool
	}{
		{"Process objects , Binary: nt!ps", "nt!ps", false},
		{"ReadyBoost , Binary: nt!store or rdyboost.sys", "nt!store", false},
		{"GDITAG_HMGR_SURF_TYPE, Binary : win32k.sys", "win32k.sys", false},
		{"UNKNOWN pooltag 'Qbuf', please update pooltag.txt", "", true},
		{"File objects ", "", false},
		{"cut , Binary:", "", false},
		{"", "", false},
	} {
		u := ingest.TagUsage{Description: c.description}
		if u.Binary() != c.binary || u.Unknown() != c.unknown {
			t.Errorf("%q: binary %q, unknown %t", c.description, u.Binary(), u.Unknown())
		}
	}
}

func FuzzParseTag(f *testing.F) {
	for _, s := range []string{"NtFC", "Io  ", "", ".UMD", "\xff\x00", "12345", "名"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tag, err := ingest.ParseTag(s)
		if (err == nil) != (len(s) >= 1 && len(s) <= 4) {
			t.Fatalf("ParseTag(%q): err = %v", s, err)
		}
		if err != nil {
			return
		}
		if string(tag[:len(s)]) != s || strings.Trim(string(tag[len(s):]), " ") != "" {
			t.Errorf("ParseTag(%q) = %v", s, tag)
		}
		text := tag.String()
		if len(text) != 4 || len(tag.Hex()) != 8 || strings.ToUpper(tag.Hex()) != tag.Hex() {
			t.Errorf("tag %v prints as %q, %q", tag, text, tag.Hex())
		}
		for _, r := range text {
			if r < 0x20 || r > 0x7e {
				t.Errorf("tag %v prints as %q", tag, text)
			}
		}
		if tag.Compare(tag) != 0 {
			t.Errorf("tag %v is not equal to itself", tag)
		}
		if again, err := ingest.ParseTag(text); err != nil || again.String() != text {
			t.Errorf("tag %q printed and parsed again is %q", text, again)
		}
	})
}
