package ingest_test

import (
	"testing"

	"poolsweep/ingest"
)

func TestModuleContains(t *testing.T) {
	m := ingest.Module{Start: 0xa7ddb000, End: 0xa7e14180}
	for address, want := range map[uint64]bool{
		0xa7ddafff: false, 0xa7ddb000: true, 0xa7e0f300: true, 0xa7e1417f: true, 0xa7e14180: false, 0: false,
	} {
		if got := m.Contains(address); got != want {
			t.Errorf("address %x: %t", address, got)
		}
	}
}

func TestModuleKey(t *testing.T) {
	for in, want := range map[string]string{
		"WavxDMgr":     "wavxdmgr",
		"WAVXDMGR.SYS": "wavxdmgr",
		`\SystemRoot\System32\drivers\WavxDMgr.sys`: "wavxdmgr",
		"C:/drivers/nt.exe":                         "nt",
		" win32k.sys ":                              "win32k",
		"hal.dll":                                   "hal",
		"a.b":                                       "a.b",
		"":                                          "",
	} {
		if got := ingest.ModuleKey(in); got != want {
			t.Errorf("ModuleKey(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLiveProcesses(t *testing.T) {
	if got := (ingest.Processes{Listed: 120, Zombies: 45}).Live(); got != 75 {
		t.Errorf("live %d", got)
	}
}
