package ingest

import "strings"

// Module is a driver image in the kernel's address space, from lm. driverquery
// lists drivers too, but no addresses, and not whether they are loaded.
type Module struct {
	Start, End uint64 // [Start, End)
	Name       string // as lm prints it, without extension: "WavxDMgr", "nt"
	Symbols    string // "deferred", "pdb symbols", …
	Image      string // path or file of image or symbols when printed
	Version    string // file version when printed
	Built      string // time stamp as printed, or the hash of a reproducible build
	Company    string // from the version resource, when printed
	Unloaded   bool   // from the "Unloaded modules" list
	Source
}

// Contains reports whether the address lies in the image.
func (m Module) Contains(address uint64) bool { return m.Start <= address && address < m.End }

// Scan is one memory search over the loaded modules:
// !for_each_module s -a @#Base @#End "tsni".
type Scan struct {
	Pattern string // the text searched for, without quotes
	Hits    []ScanHit
	Source  // of the command
}

// ScanHit is one place where the searched bytes stand. The debugger prints the
// address but no module: it has to be looked up in the module ranges.
type ScanHit struct {
	Address uint64
	Text    string // the ASCII column, as printed
	Module  string // named for the address by the log itself; empty: the module ranges tell
	Source
}

// Processes counts the records of !process 0 0.
type Processes struct {
	Listed  int // all records
	Zombies int // records with no handle table: exited, kept by a reference
	Source
}

// Live returns the processes that still run.
func (p Processes) Live() int { return p.Listed - p.Zombies }

// VM holds the figures of !vm that poolsweep uses, in bytes. A figure that was
// not printed is 0.
type VM struct {
	Physical      uint64
	NonPaged      uint64 // NonPagedPool Usage plus NonPagedPoolNx Usage
	NonPagedMax   uint64
	Paged         uint64 // PagedPool Usage
	PagedMax      uint64
	NonPagedAlert bool // "Excessive NonPaged Pool Usage" was printed
	Source
}

// ModuleKey folds a module's name for comparison: "WavxDMgr.sys" and
// "WAVXDMGR" are the same driver.
func ModuleKey(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	if i := strings.LastIndexAny(name, `\/`); i >= 0 {
		name = name[i+1:]
	}
	for _, ext := range []string{".sys", ".dll", ".exe"} {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}

// ProcessKey folds a process's name for comparison, without the PID that some tools
// print behind it: "svchost.exe(2496)".
func ProcessKey(name string) string {
	name, _, _ = strings.Cut(name, "(")
	return ModuleKey(name)
}

// MachineKey folds a machine's name for comparison: Windows names differ in case
// only by accident.
func MachineKey(name string) string { return strings.ToUpper(name) }
