package tooltext

import "testing"

func TestReadAmount(t *testing.T) {
	for _, c := range []struct {
		text  string
		unit  uint64
		bytes uint64
		count int64 // -1 when the number is no count
		end   int
	}{
		{"0", 0, 0, 0, 1},
		{"18446", 0, 18446, 18446, 5},
		{"12,345,678", 0, 12345678, 12345678, 10},
		{"15.120.687", 0, 15120687, 15120687, 10},
		{"1'204'000", 0, 1204000, 1204000, 9},
		{"1 204 000", 0, 1204000, 1204000, 9},
		{"1\u00a0204", 0, 1204, 1204, 6},
		{"1\u202f204 x", 0, 1204, 1204, 7},
		{"12 34", 0, 12, 12, 2},
		{"7,695.5 MB", 0, 7695<<20 + 1<<19, 7695500000, 10},
		{"7.695,5 MB", 0, 7695<<20 + 1<<19, 7695500000, 10},
		{"2,719 MB", 0, 2719 << 20, 2719000000, 8},
		{"2.719 GB", 0, 2919504019, 2719000000, 8},
		{"2.719", 0, 2719, 2719, 5},
		{"2.719", 1 << 20, 2851078, 2719, 5},
		{"21353.25", 1 << 20, 22390505472, -1, 8},
		{"0,5", 1 << 10, 512, -1, 3},
		{"134M", 0, 134 << 20, 134000000, 4},
		{"2.9K", 0, 2970, 2900, 4},
		{"~583k", 0, 583 << 10, 583000, 5},
		{"64 KiB,", 0, 64 << 10, 64000, 6},
		{"17 bytes", 0, 17, 17, 8},
		{"+503,677", 0, 503677, 503677, 8},
		{"5 K", 0, 5, 5, 1},
		{"1024 NtFC", 0, 1024, 1024, 4},
	} {
		a, end := readAmount([]byte(c.text))
		bytes, ok := a.bytes(c.unit)
		if end != c.end || bytes != c.bytes || !ok {
			t.Errorf("readAmount(%q): %d bytes %v, end %d, want %d, end %d", c.text, bytes, ok, end, c.bytes, c.end)
		}
		count, ok := a.count()
		if ok != (c.count >= 0) || ok && count != c.count {
			t.Errorf("readAmount(%q): count %d %v, want %d", c.text, count, ok, c.count)
		}
	}
}

func TestReadAmountRefuses(t *testing.T) {
	for _, text := range []string{
		"", "MB", "97.1%", "97.1 %", "21.4 GB/hr", "<5 MB", "0x1f", "12th", "12,34,567", "1,23.456.789",
		"1,234.567,890", "12345,678,901", "1234567890123456789012", "-", "1.2.3.4.5.6.7.8.9.0",
	} {
		if a, end := readAmount([]byte(text)); end != 0 {
			t.Errorf("readAmount(%q) = %+v, end %d, want none", text, a, end)
		}
	}
	for _, text := range []string{"90000000000 GB", "-5 MB"} {
		a, end := readAmount([]byte(text))
		if bytes, ok := a.bytes(0); end == 0 || ok {
			t.Errorf("readAmount(%q): %d bytes", text, bytes)
		}
	}
	if a, _ := readAmount([]byte("-1,024")); true {
		if n, ok := a.count(); n != -1024 || !ok {
			t.Errorf("count of -1,024: %d %v", n, ok)
		}
	}
}
