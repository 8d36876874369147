package samples_test

import (
	"fmt"
	"strings"
	"time"
)

// session is a debugger log under construction, as .logopen writes it.
type session struct {
	strings.Builder
	log    string // path on the debugger's machine
	prompt string
}

// open starts a log. The opening line quotes the path, the closing line does not.
func open(log, prompt string) *session {
	s := &session{log: log, prompt: prompt}
	fmt.Fprintf(s, "Opened log file '%s'\n", log)
	return s
}

// run appends a command at the prompt and what the debugger answered.
func (s *session) run(command, output string) {
	fmt.Fprintf(s, "%s %s\n%s", s.prompt, command, output)
}

// close ends the log and returns its text.
func (s *session) close() string {
	s.run(".logclose", "Closing open log file "+s.log+"\n")
	return s.String()
}

// target is what vertarget tells of the machine under test.
type target struct {
	version, product, build, name string
	base, modules                 string
	at                            time.Time
	uptime                        string
}

// lab is the zone of all samples.
var lab = time.FixedZone("", 8*60*60)

// vertarget prints the target block. Machine Name is empty unless the target sent it.
func (t target) vertarget() string {
	name := ""
	if t.name != "" {
		name = fmt.Sprintf(" %q", t.name)
	}
	return fmt.Sprintf("%s\n%s\n%s\nMachine Name:%s\nKernel base = %s PsLoadedModuleList = %s\n"+
		"Debug session time: %s (UTC + 8:00)\nSystem Uptime: %s\n", t.version, t.product, t.build, name,
		t.base, t.modules, t.at.Format("Mon Jan _2 15:04:05.000 2006"), t.uptime)
}

const sympath = "Symbol search path is: SRV*c:\\symbols*http://msdl.microsoft.com/download/symbols\n"

// image is a module of lm: start and size follow from the layout.
type image struct {
	start, end uint64
	name       string
}

// layout places modules one behind the other from a base, with the small gaps
// loaders leave. list holds "name:hexsize" words.
func layout(base uint64, list string) []image {
	var images []image
	for _, word := range strings.Fields(list) {
		var size uint64
		name, hex, _ := strings.Cut(word, ":")
		fmt.Sscanf(hex, "%x", &size)
		images = append(images, image{base, base + size, name})
		gap := uint64(noise(name+"gap")*6) * 0x1000
		base = (base+size+0xfff)&^0xfff + gap
	}
	return images
}

// pdbs names the symbol files of the modules whose symbols were loaded.
type pdbs map[string]string

var (
	xpSymbols = pdbs{
		"nt":     `ntkrpamp.pdb\5A0E1B7C94D24F1FA6633E27C0B98D411\ntkrpamp.pdb`,
		"fltmgr": `fltMgr.pdb\C1B2206EF24A4D2F8B70E53D9A6640E71\fltMgr.pdb`,
	}
	x64Symbols = pdbs{
		"nt":     `ntkrnlmp.pdb\8E3F04A15BC7D2960E9AA41D73C0F2681\ntkrnlmp.pdb`,
		"FLTMGR": `fltMgr.pdb\6E0D94A7B2C13F581D0CE9A4472BB6031\fltMgr.pdb`,
	}
)

// lm prints the module list. Wide addresses have a backtick in the middle here,
// unlike in every !command.
func lm(images []image, symbols pdbs) string {
	var b strings.Builder
	wide := images[0].start>>32 != 0
	b.WriteString("start    end        module name\n")
	if wide {
		b.Reset()
		b.WriteString("start             end                 module name\n")
	}
	for _, i := range images {
		state := fmt.Sprintf("%-23s", "(deferred)")
		if pdb := symbols[i.name]; pdb != "" {
			state = fmt.Sprintf("%-23s", "(pdb symbols)") + `c:\symbols\` + pdb
		}
		fmt.Fprintf(&b, "%s %s   %-8s   %s\n", ticked(i.start, wide), ticked(i.end, wide), i.name, state)
	}
	return b.String()
}

func ticked(address uint64, wide bool) string {
	if wide {
		return fmt.Sprintf("%08x`%08x", address>>32, address&0xffffffff)
	}
	return fmt.Sprintf("%08x", address)
}

// unloaded prints the tail of lm: file names with extension, no symbol state.
func unloaded(images ...image) string {
	var b strings.Builder
	b.WriteString("\nUnloaded modules:\n")
	for _, i := range images {
		wide := i.start>>32 != 0
		fmt.Fprintf(&b, "%s %s   %s\n", ticked(i.start, wide), ticked(i.end, wide), i.name)
	}
	return b.String()
}

// filter is a minifilter with its attachments.
type filter struct {
	address, name, altitude string
	instances               []instance
}

type instance struct{ address, name, altitude string }

// attach gives a filter n instances of one name at invented addresses.
func attach(m string, wide bool, name, altitude, instanceName string, n int) filter {
	f := filter{address: pooled(m+name, wide), name: name, altitude: altitude}
	for i := range n {
		key := fmt.Sprint(m, name, "#", i)
		f.instances = append(f.instances, instance{pooled(key, wide), instanceName, altitude})
	}
	return f
}

// pooled invents an address in nonpaged pool, without the backtick of lm.
func pooled(key string, wide bool) string {
	if wide {
		return fmt.Sprintf("ffffb60c%08x", 0x0a000000+uint32(noise(key)*0x1c000000)&^0xf)
	}
	return fmt.Sprintf("%08x", 0x89200000+uint32(noise(key)*0xe00000)&^0x7)
}

// listing prints !fltkd.filters: the header has a trailing blank, no footer follows.
func listing(list, frame string, filters []filter) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nFilter List: %s %q \n", list, frame)
	for _, f := range filters {
		fmt.Fprintf(&b, "   FLT_FILTER: %s %q %q\n", f.address, f.name, f.altitude)
		for _, i := range f.instances {
			fmt.Fprintf(&b, "      FLT_INSTANCE: %s %q %q\n", i.address, i.name, i.altitude)
		}
	}
	return b.String()
}

// attached counts the instances of all filters.
func attached(filters []filter) int64 {
	n := 0
	for _, f := range filters {
		n += len(f.instances)
	}
	return int64(n)
}

// lines yields the lines of a text without their ends.
func lines(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			if !yield(strings.TrimRight(line, "\r\n")) {
				return
			}
		}
	}
}

// holding returns the modules that hold an address, as lm a does.
func holding(images []image, address string) []image {
	var a uint64
	fmt.Sscanf(address, "%x", &a)
	var found []image
	for _, i := range images {
		if i.start <= a && a < i.end {
			found = append(found, i)
		}
	}
	return found
}
