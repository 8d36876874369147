package judge

import (
	"strings"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func (d *draft) next(command string, r analyze.Rule, f analyze.Facts) {
	d.Next = append(d.Next, analyze.Step{Command: command, Why: analyze.Reason{Rule: r, Facts: f}})
}

func (d *draft) nextShell(command string, r analyze.Rule, f analyze.Facts) {
	d.Next = append(d.Next, analyze.Step{Command: command, Shell: true, Why: analyze.Reason{Rule: r, Facts: f}})
}

// nextForFilter lists what settles a runaway attachment: prove the unknown
// tags, know the driver's version, see which volumes, see whether it grows.
func (d *draft) nextForFilter(f *analyze.FilterFact) {
	scans := d.nextScans(append(d.Core[:len(d.Core):len(d.Core)], d.Related...))
	if scans {
		d.next("lm a <address of a hit>", analyze.NextLookup, nil)
	}
	if d.Holder.Established() {
		d.next("lmvm "+d.Holder.Module, analyze.NextVersion, analyze.Facts{"module": d.Holder.Module})
	}
	if f == nil {
		d.next("!fltkd.filters", analyze.NextInstances, nil)
		return
	}
	if a := d.filterAddress(f.Name); a != 0 {
		d.next("!fltkd.filter "+blockAddress(a), analyze.NextFilter, analyze.Facts{"filter": f.Name})
	}
	d.next("!fltkd.volumes", analyze.NextVolumes, analyze.Facts{"filter": f.Name})
	if safeWord(f.Name) {
		d.nextShell("fltmc instances -f "+f.Name, analyze.NextInstances, nil)
	}
	d.next("!poolused 3", analyze.NextAgain, nil)
}

func (d *draft) filterAddress(name string) uint64 {
	for _, f := range d.Snapshot.Filters {
		if f.Name == name {
			return f.Address
		}
	}
	return 0
}

// nextScans asks for a module scan of each unknown tag that none was made for.
func (d *draft) nextScans(members []analyze.Member) bool {
	asked := false
	for _, m := range members {
		if d.tells(m.TagUsage) != 2 || !typable(m.Tag) {
			continue
		}
		if _, searched := scanTag(d.Snapshot, m.Tag); !searched {
			d.next(`!for_each_module s -a @#Base @#End "`+m.Tag.String()+`"`, analyze.NextScan, analyze.Facts{"tag": m.Tag})
			asked = true
		}
	}
	return asked
}

// nextForObject lists what finds the one who keeps references to objects.
func (d *draft) nextForObject(object string, tag ingest.Tag, pool ingest.Pool) {
	facts := analyze.Facts{"object": object, "tag": tag}
	word := strings.TrimRight(tag.String(), " ")
	if object == "process" || object == "thread" {
		d.next("!process 0 0", analyze.NextLive, facts)
	}
	number := "0"
	if pool == ingest.Paged {
		number = "1"
	}
	d.next("!poolfind "+word+" "+number, analyze.NextFind, facts)
	if typeName, isObject := objectTypes[object]; isObject {
		d.next("!object <address from !poolfind>", analyze.NextObject, facts)
		d.next("!handle 0 1 0 "+typeName, analyze.NextHandles, facts)
		d.nextShell("gflags /ko /t "+word, analyze.NextTrace, facts)
		d.next("!obtrace <address of a kept "+object+">", analyze.NextTraceShow, facts)
	}
	d.nextScans(d.Core)
}

// objectTypes are the object manager's type names; work items, IRPs and MDLs
// are no objects to it.
var objectTypes = map[string]string{"process": "Process", "thread": "Thread", "token": "Token", "file": "File",
	"event": "Event", "semaphore": "Semaphore", "mutant": "Mutant", "section": "Section", "key": "Key"}

// objectTags are the tags of the objects that programs have handles to.
var objectTags = map[string]ingest.Tag{"process": ingest.MustTag("Proc"), "thread": ingest.MustTag("Thre"),
	"token": ingest.MustTag("Toke"), "file": ingest.MustTag("File"), "event": ingest.MustTag("Even"),
	"semaphore": ingest.MustTag("Sema"), "mutant": ingest.MustTag("Muta"), "section": ingest.MustTag("Sect"),
	"key": ingest.MustTag("Key ")}

// nextForTag lists what finds the driver behind a tag and shows growth.
func (d *draft) nextForTag() {
	scans := d.nextScans(d.Core)
	if scans {
		d.next("lm a <address of a hit>", analyze.NextLookup, nil)
	}
	lead := d.Core[0]
	if d.tells(lead.TagUsage) == 2 && typable(lead.Tag) && safeWord(strings.TrimRight(lead.Tag.String(), " ")) {
		d.nextShell(`findstr /m /l `+strings.TrimRight(lead.Tag.String(), " ")+` %windir%\System32\drivers\*.sys`,
			analyze.NextFindstr, analyze.Facts{"tag": lead.Tag})
	}
	if d.Holder.Established() {
		d.next("lmvm "+strings.TrimSuffix(d.Holder.Module, ".sys"), analyze.NextVersion,
			analyze.Facts{"module": d.Holder.Module})
	}
	pool := "0"
	if lead.Pool == ingest.Paged {
		pool = "1"
	}
	if typable(lead.Tag) {
		d.next("!poolfind "+strings.TrimRight(lead.Tag.String(), " ")+" "+pool, analyze.NextBlocks,
			analyze.Facts{"tag": lead.Tag})
	}
	d.next("!poolused 3", analyze.NextAgain, nil)
}

// typable reports whether a tag can be typed inside double quotes as it is. A
// tag is four arbitrary bytes; no command is made of one that could end the
// quotes or start another command.
func typable(t ingest.Tag) bool {
	for _, c := range t {
		if c < 0x20 || c > 0x7e || strings.IndexByte(`"\;`, c) >= 0 {
			return false
		}
	}
	return true
}

// safeWord reports whether a name from a log can stand unquoted in a command.
func safeWord(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '_' || r == '-' || r == '.')
	}) < 0
}
