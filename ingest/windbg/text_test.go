package windbg

import (
	"strings"
	"testing"
)

func TestPrompt(t *testing.T) {
	for _, c := range []struct {
		line, command string
		ok            bool
	}{
		{"kd> !vm", "!vm", true},
		{"kd>!vm", "!vm", true},
		{"0: kd> !poolused 2", "!poolused 2", true},
		{"12: kd>  lm  ", "lm", true},
		{"lkd> !vm 1", "!vm 1", true},
		{": kd> !poolused 1 Hack", "!poolused 1 Hack", true},
		{"\t 3: kd> g", "g", true},
		{"16.0: kd:x86> lm", "lm", true},
		{"||0:0: kd> .time", ".time", true},
		{"0:000> .time", ".time", true},
		{"0:000>0: kd> g", "g", true},
		{"kd> ", "", true},
		{"", "", false},
		{"kd", "", false},
		{"> quoted", "", false},
		{"10> ten", "", false},
		{"kdx> !vm", "", false},
		{" 1394        1      520         0        0<a>b", "", false},
		{"link: http://kd>", "", false},
		{"0: kd:not an isa> x", "", false},
	} {
		command, ok := prompt([]byte(c.line))
		if ok != c.ok || ok && string(command) != c.command {
			t.Errorf("prompt(%q) = %q, %t; want %q, %t", c.line, command, ok, c.command, c.ok)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		text string
		v    uint64
		n    int
	}{
		{"0UNKNOWN", 0, 1},
		{"33930272 ", 33930272, 8},
		{"18446744073709551615", 18446744073709551615, 20},
		{"18446744073709551616", 0, 0},
		{"99999999999999999999999999", 0, 0},
		{"00000000000000000000000007", 7, 26},
		{"-1", 0, 0},
		{"", 0, 0},
	} {
		if v, n := number([]byte(c.text)); v != c.v || n != c.n {
			t.Errorf("number(%q) = %d, %d; want %d, %d", c.text, v, n, c.v, c.n)
		}
	}
}

func TestAddress(t *testing.T) {
	for _, c := range []struct {
		text string
		v    uint64
		n    int
	}{
		{"a7e0f300  74", 0xa7e0f300, 8},
		{"fffff801`14b40000 x", 0xfffff80114b40000, 17},
		{"fffff801\\`14b40000", 0xfffff80114b40000, 18},
		{"0xFFFFF80114B40000", 0xfffff80114b40000, 18},
		{"ffffcb0e0b3a50d0", 0xffffcb0e0b3a50d0, 16},
		{"00000000", 0, 8},
		{"a7e0f30", 0, 0},
		{"a7e0f3000", 0, 0},
		{"fffff801`14b4", 0, 0},
		{"", 0, 0},
	} {
		if v, n := address([]byte(c.text)); v != c.v || n != c.n {
			t.Errorf("address(%q) = %x, %d; want %x, %d", c.text, v, n, c.v, c.n)
		}
	}
}

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("名", 100)
	for in, want := range map[string]string{
		"  TOTAL 1  \t": "  TOTAL 1",
		"caf\xe9":       "caf\ufffd",
		long:            strings.Repeat("名", 40) + "…",
		"x" + long:      "x" + strings.Repeat("名", 39) + "…",
		"":              "",
	} {
		if got := excerpt([]byte(in)); got != want {
			t.Errorf("excerpt(%.20q) = %q, want %q", in, got, want)
		}
	}
}

func TestCommandsIn(t *testing.T) {
	all := commandsIn([]byte(`!poolused 2 ; .echo "a;b";; lm`), 3)
	var words []string
	for _, c := range all {
		words = append(words, c.word+"|"+c.args)
		if c.line != 3 {
			t.Errorf("%+v", c)
		}
	}
	if got, want := strings.Join(words, " "), `!poolused|2 .echo|"a;b" lm|`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSearchPattern(t *testing.T) {
	for in, want := range map[string]string{
		`!for_each_module s -a @#Base @#End "tsni"`:       "tsni",
		`!for_each_module "s -a @#Base @#End \"Io  \""`:   "Io  ",
		`!for_each_module s -a ${@#Base} ${@#End} "A B" `: "A B",
		`s -a fffff880'00000000 L?0x1000 Leak`:            "Leak",
		`s -a 80000000 L?0x1000 ""`:                       "",
	} {
		if got := searchPattern(in); got != want {
			t.Errorf("searchPattern(%s) = %q, want %q", in, got, want)
		}
	}
}

// TestNamed checks which uses of a command are read.
func TestNamed(t *testing.T) {
	for text, known := range map[string]bool{
		"!poolused": true, "!POOLUSED 2": true, "!poolused 0x3 Even": true, "!kdexts.poolused 4": true,
		"!poolused 8": true, "!poolusedx 2": false, "!poolfind Even": true, "!pool": true, "!verifier 3": true, "!verifier 80 1234": false, "!verifier 4": false,
		"!analyze -v": true, "!analyze -show c4": false, "da 80000000": true, "da poi(nt!x)": false, "!irpfind 0 0 userevent": false,
		"!fltkd.filters": true, "!filters": true, "!fltkd.filter 1234": true, "!fltkd.volumes": true, "!fltkd.cbd": false,
		"lm": true, "lm a 80000000": true, "LM": false, "lmvm nt": true, "!lmi nt": true, "lmDvmntfs": true, "lm 1m": false, "lmhosts": false, "lm t n": true, "x *!": true, "x nt!*": false, "ln 80000000": true,
		"!process 0 0": true, "!process 0 7": true, "!process": false, "!process 0 0 a.exe": false, "!process 0": false,
		"!vm": true, "!vm 1": true, "!vm 21": true,
		"!for_each_module": false, "!for_each_module .echo @#ModuleName": false, "s -d 0 L1 41": false, "s -a 0 L1 \"A\"": true,
		"s -u 0 L1 \"A\"": true, `.foreach (m {lm1m}) { s -a m L1 "A" }`: true, `.foreach (m {lm1m}) { .echo m }`: false,
		".time": true, "vertarget": true, "version": true,
	} {
		if got := newParser("", newMemory()).named(newTyped([]byte(text), 1)) != nil; got != known {
			t.Errorf("named(%q) = %t, want %t", text, got, known)
		}
	}
}
