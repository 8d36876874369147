package windbg

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"

	"poolsweep/ingest"
)

// verifier reads the list of verified drivers in !verifier. Since Windows 8.1:
//
//	MODULE: 0x84226b28 MyDriver.sys (Loaded)
//	nt!_VF_TARGET_DRIVER 0xffffcb8438730e10: ebpfcore.sys (Loaded and Unloaded)
//	    Current Pool Allocations: ( 0x00000003 / 0x00000000 )        nonpaged / paged
//	    Current Pool Bytes:       ( 0x00001058 / 0x00000000 )
//	      Address     Length      Tag   Caller
//	      0x982a8fe0  0x00000020  VMdl  0x9a3bf6ac  MyDriver!DeviceControlDispatch
//
// Windows 2000 to 7, all numbers hexadecimal without saying so:
//
//	Entry     State           NonPagedPool   PagedPool   Module
//	fffffa8003b6f670 Loaded           000000a0       00000854    videoprt.sys
//	Current Pool Allocations  00000002    00000013
//	PoolAddress  SizeInBytes    Tag       CallersAddress
//	fffff9800157efc0     0x0000003c     Vprt      fffff88002c62963
//
// The summary above the list adds up all verified drivers and is not kept. Below
// the list, old debuggers print logs with stacks: "fffff8800420f2ca USBPORT!Dpc+0x9a".
type verifier struct {
	p       *parser
	asked   string // the driver named on the command line
	list    []ingest.VerifiedDriver
	groups  map[ingest.Tag]int // the tags of the last driver
	special ingest.Source      // where the text says that special pool is on
	options bool               // between "Verify Level" and the empty line after it
	logs    bool               // below the list
}

// Flags of !verifier: bit 0 lists the drivers, bit 1 their allocations, bit 7 is
// the log of one address.
const (
	verifierList = 3
	verifierLog  = 0x80
)

// verifierFlags splits "3 drv.sys" and "0x3".
func verifierFlags(args string) (flags uint64, driver string) {
	fields := strings.Fields(args)
	if len(fields) == 0 {
		return 0, ""
	}
	flags, err := strconv.ParseUint(strings.TrimPrefix(fields[0], "0x"), 16, 32)
	if err != nil {
		return 0, ""
	}
	if len(fields) > 1 && strings.Contains(fields[1], ".") {
		driver = fields[1]
	}
	return flags, driver
}

// listsVerified leaves out logs of one address, of faults, of IRQL changes.
func listsVerified(c typed) bool {
	flags, _ := verifierFlags(c.args)
	return flags == 0 || flags&verifierList != 0 && flags&verifierLog == 0
}

func newVerifier(p *parser, c typed) (body, string) {
	_, driver := verifierFlags(c.args)
	return &verifier{p: p, asked: driver}, "!verifier"
}

// verifierHeader recognises the first line of the summary, or the title of the list.
func verifierHeader(text []byte) bool {
	_, ok := verifyLevel(text)
	return ok || driverListTitle(text)
}

// verifyLevel reads "Verify Flags Level 0x000209bb" and "Verify Level 9bb ... enabled options are:".
func verifyLevel(text []byte) (level uint64, ok bool) {
	rest, ok := bytes.CutPrefix(text, []byte("Verify Flags Level "))
	if !ok {
		rest, ok = bytes.CutPrefix(text, []byte("Verify Level "))
	}
	level, _, whole := hexWord(rest)
	return level, ok && whole
}

// driverListTitle recognises the title, also where it became a heading of Markdown.
func driverListTitle(text []byte) bool {
	return string(bytes.Trim(text, "# \t")) == "Driver Verification List"
}

func (v *verifier) read(b *block, l line) verdict {
	text := trim(l.text)
	if len(text) == 0 {
		v.options = false
		return foreign
	}
	if level, ok := verifyLevel(text); ok {
		if b.begun && !b.typed {
			return foreign // printed once more
		}
		b.begun, v.options = true, bytes.HasSuffix(text, []byte(":"))
		v.flag(level&1 != 0 && !l.open, l)
		return noise
	}
	if driverListTitle(text) {
		b.begun = true
		return noise
	}
	if !b.begun {
		return foreign
	}
	b.Command = cmp.Or(b.Command, "!verifier")
	if v.logs || v.options || chatter(text) {
		return v.aside(b, text)
	}
	return v.listed(b, l, text)
}

// flag notes that special pool is on: every allocation takes pages of its own then.
func (v *verifier) flag(on bool, l line) {
	if on && v.special.Line == 0 {
		v.special = v.p.source(l.no)
	}
}

// aside reads options and logs, which have no rows.
func (v *verifier) aside(b *block, text []byte) verdict {
	if !b.typed && b.blank && v.logs || elided(text) || b.p.headed(text) != nil {
		return foreign
	}
	return noise
}

// listed reads the list and the figures above it.
func (v *verifier) listed(b *block, l line, text []byte) verdict {
	if verdict := v.driver(l, text); verdict != foreign {
		return verdict
	}
	if len(v.list) > 0 {
		d := &v.list[len(v.list)-1]
		if rest, ok := bytes.CutPrefix(text, []byte("Current Pool Allocations")); ok {
			return pair(b, l, rest, &d.NonPaged.Allocs, &d.Paged.Allocs)
		}
		if rest, ok := bytes.CutPrefix(text, []byte("Current Pool Bytes")); ok {
			return pair(b, l, rest, &d.NonPaged.Bytes, &d.Paged.Bytes)
		}
		if verdict := v.block(l, text, d); verdict != foreign {
			return verdict
		}
	}
	return v.caption(b, l, text)
}

// driver reads the line that begins a driver, in both layouts.
func (v *verifier) driver(l line, text []byte) verdict {
	d, ok := targetDriver(text)
	if !ok {
		d, ok = oldDriver(text)
		if ok && l.open && !bytes.HasSuffix(text, []byte(".sys")) {
			return partial
		}
	}
	if !ok {
		return foreign
	}
	d.Module, d.State = strings.ToValidUTF8(d.Module, "\ufffd"), strings.ToValidUTF8(d.State, "\ufffd")
	d.Source = v.p.source(l.no)
	v.list = append(v.list, d)
	v.groups = map[ingest.Tag]int{}
	return row
}

// targetDriver reads "MODULE: 0x84226b28 MyDriver.sys (Loaded)".
func targetDriver(text []byte) (d ingest.VerifiedDriver, ok bool) {
	rest, ok := bytes.CutPrefix(text, []byte("MODULE: "))
	if !ok {
		rest, ok = bytes.CutPrefix(text, []byte("nt!_VF_TARGET_DRIVER "))
	}
	_, n := address(rest)
	state := bytes.LastIndex(rest, []byte(" ("))
	if !ok || n == 0 || state <= n || rest[len(rest)-1] != ')' {
		return d, false
	}
	name := trim(bytes.TrimPrefix(rest[n:state], []byte(":")))
	d.Module, d.State = string(name), string(rest[state+2:len(rest)-1])
	return d, len(name) > 0
}

// oldDriver reads "8459ca50 Loaded           00000000       00000000    buggy.sys".
func oldDriver(text []byte) (d ingest.VerifiedDriver, ok bool) {
	_, n := address(text)
	if n == 0 || !blank(first(text[n:])) || first(unindent(text[n:])) < 'A' {
		return d, false // rows of allocations have a number there
	}
	fields := bytes.Fields(text[n:])
	k := len(fields)
	if k < 4 || bytes.IndexByte(fields[k-1], '.') < 0 || bytes.IndexByte(fields[k-1], '!') >= 0 {
		return d, false
	}
	nonpaged, np := hex(fields[k-3])
	paged, pg := hex(fields[k-2])
	if np < 8 || pg < 8 || np < len(fields[k-3]) || pg < len(fields[k-2]) {
		return d, false
	}
	d.NonPaged.Bytes, d.Paged.Bytes = nonpaged, paged
	d.Module, d.State = string(fields[k-1]), string(bytes.Join(fields[:k-3], []byte(" ")))
	return d, true
}

// pair reads the numbers of both pools: "( 0x00000003 / 0x00000000 )" after a
// colon, or two columns of at least eight digits.
func pair(b *block, l line, text []byte, nonpaged, paged *uint64) verdict {
	inside, bracket := bytes.CutSuffix(trim(text), []byte(")"))
	inside = bytes.TrimLeft(inside, ":( \t")
	one, n := hex(inside)
	rest := bytes.TrimLeft(inside[n:], "/ \t")
	two, k := hex(rest)
	whole := n > 0 && k > 0 && len(trim(rest[k:])) == 0
	if !whole || l.open && !bracket && k < 8 {
		return broken(l)
	}
	*nonpaged, *paged = one, two
	return noise
}

// block reads a row of the allocations that a driver has not freed yet. Its
// columns do not stand below their names in the old layout.
func (v *verifier) block(l line, text []byte, d *ingest.VerifiedDriver) verdict {
	_, n := address(text)
	if n == 0 || !blank(first(text[n:])) {
		return foreign
	}
	size, rest, ok := hexWord(text[n:])
	tag, caller, found := tagAndCaller(rest)
	if !ok || !found || l.open && len(caller) < n-2 {
		return broken(l)
	}
	i, known := v.groups[tag]
	if !known {
		i = len(d.Blocks)
		v.groups[tag] = i
		symbol := caller
		if fields := bytes.Fields(caller); len(fields) > 1 {
			symbol = fields[len(fields)-1]
		}
		d.Blocks = append(d.Blocks, ingest.VerifiedBlocks{
			Tag: tag, Caller: v.p.intern(symbol), Source: v.p.source(l.no),
		})
	}
	d.Blocks[i].Count++
	d.Blocks[i].Bytes += size
	return row
}

// tagAndCaller splits what follows the size: a tag, which may hold blanks, and the
// address of the caller with its symbol.
func tagAndCaller(text []byte) (tag ingest.Tag, caller []byte, ok bool) {
	text = unindent(text)
	for at := 1; at < len(text) && at < 20; at++ {
		if !blank(text[at-1]) || blank(text[at]) {
			continue
		}
		if _, n := address(text[at:]); n > 0 && (at+n == len(text) || blank(text[at+n])) {
			name := trim(text[:at])
			return padded(name), text[at:], len(name) <= len(tag)
		}
	}
	return tag, nil, false
}

// verifierCaptions begin the lines without figures of a driver.
var verifierCaptions = [][]byte{
	[]byte("STANDARD FLAGS"), []byte("ADDITIONAL FLAGS"), []byte("RESERVED FLAGS"), []byte("["),
	[]byte("Summary of All"), []byte("RaiseIrqls"), []byte("AcquireSpinLocks"), []byte("Synch Exec"),
	[]byte("Trims"), []byte("Pool Allocation"), []byte("Resource Alloc"), []byte("Current "),
	[]byte("Peak "), []byte("Contiguous "), []byte("Entry "), []byte("PoolAddress "),
	[]byte("Address "), []byte("--"),
}

// caption accepts titles, options and the figures that are not kept.
func (v *verifier) caption(b *block, l line, text []byte) verdict {
	if bytes.Contains(text, []byte(" trace log")) {
		v.logs = true
		return noise
	}
	if bytes.HasPrefix(text, []byte("[X]")) && bytes.HasSuffix(text, []byte("Special pool")) {
		v.flag(true, l)
	}
	for _, c := range verifierCaptions {
		if bytes.HasPrefix(text, c) {
			return noise
		}
	}
	if _, n := hex(text); n >= 8 {
		return broken(l)
	}
	if b.typed && blank(first(l.text)) && !elided(text) && b.p.headed(text) == nil {
		return noise // a figure of another system
	}
	return foreign
}

func (v *verifier) finish(b *block, end ending) { b.State = listed(end) }

// differs compares the drivers that both lists have.
func (v *verifier) differs(before body) bool {
	old, ok := before.(*verifier)
	if !ok {
		return false
	}
	held := make(map[string]*ingest.VerifiedDriver, len(old.list))
	for i := range old.list {
		held[ingest.ModuleKey(old.list[i].Module)] = &old.list[i]
	}
	for _, d := range v.list {
		was := held[ingest.ModuleKey(d.Module)]
		if was != nil && (changed(was.NonPaged, d.NonPaged) || changed(was.Paged, d.Paged)) {
			return true
		}
	}
	return false
}

// changed compares what both lists print: the short one has no counts.
func changed(a, b ingest.VerifiedPool) bool {
	return a.Bytes != b.Bytes || a.Allocs != b.Allocs && a.Allocs != 0 && b.Allocs != 0
}

// merge adds the drivers. "!verifier 3 drv.sys" completes what "!verifier 1" began.
func (v *verifier) merge(m *moment) {
	for _, d := range v.list {
		i, known := m.place(fact{kind: "verified", name: ingest.ModuleKey(d.Module)}, len(m.snap.Verified))
		switch {
		case !known:
			m.snap.Verified = append(m.snap.Verified, d)
		case len(d.Blocks) > len(m.snap.Verified[i].Blocks):
			m.snap.Verified[i] = d
		}
	}
	if v.special.Line > 0 {
		m.tally("verifier option: special pool", 1, v.special)
	}
	if v.asked != "" {
		m.asked[ingest.ModuleKey(v.asked)] = v.asked
	}
}
