package judge

import (
	"cmp"
	"slices"
	"strings"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// opener is a process with the handles it has open, as far as the log tells.
type opener struct {
	name  string // as printed; empty: the log does not tell processes apart
	pid   uint64
	total int64                // all handles, or those of the types that were counted
	most  ingest.HandleCount   // the type with most of them; its Count is 0 when not told
	types []ingest.HandleCount // all that were counted
	from  []ingest.Source
}

// openers puts the handle counts of a log together by process, most handles first.
func (e *exam) openers() []opener {
	var out []opener
	for _, p := range e.Running {
		if p.Handles < 0 { // not printed
			continue
		}
		out = append(out, opener{name: p.Image, pid: p.PID, total: p.Handles, from: []ingest.Source{p.Source}})
	}
	out = byTotal(out)
	for _, h := range e.Handles {
		i := slices.IndexFunc(out, func(o opener) bool { return ingest.ProcessKey(o.name) == ingest.ProcessKey(h.Process) })
		if i < 0 {
			i = len(out)
			out = append(out, opener{name: h.Process})
		}
		out[i].add(h)
	}
	return byTotal(out)
}

// add counts handles of one type, or of all types together.
func (o *opener) add(h ingest.HandleCount) {
	o.from = append(o.from, h.Source)
	if h.Type == "" {
		o.total = max(o.total, h.Count)
		return
	}
	o.types = append(o.types, h)
	sum := int64(0)
	for _, t := range o.types {
		sum += t.Count
	}
	o.total = max(o.total, sum)
	if h.Count > o.most.Count {
		o.most = h
	}
}

func byTotal(list []opener) []opener {
	slices.SortStableFunc(list, func(a, b opener) int { return cmp.Compare(b.total, a.total) })
	return list
}

// systemPID is the process that holds the handles of the kernel's own components.
const systemPID = 4

func (o opener) system() bool { return o.pid == systemPID || ingest.ProcessKey(o.name) == "system" }

// storing are the processes that are published as needing more handles than others:
// the security authority and the data bases.
var storing = []string{"lsass", "store", "sqlservr"}

// limit is how many handles are published as worth a look for a process of this role.
func (o opener) limit(th analyze.Thresholds) int64 {
	switch {
	case o.system():
		return th.HandleSystem
	case slices.Contains(storing, ingest.ProcessKey(o.name)):
		return th.HandleStore
	}
	return th.HandleFloor
}

// crowd is a process, or a log's only handle count, with far too many handles.
type crowd struct {
	opener
	signs []analyze.Reason
}

// crowds returns what stands out among the handle counts, most handles first.
func (e *exam) crowds() []crowd {
	var out []crowd
	list := e.openers()
	for i, o := range list {
		var signs []analyze.Reason
		for _, look := range []func(opener, []opener) (analyze.Reason, bool){e.oneType, e.farAbove, e.aboveAll} {
			if r, found := look(o, slices.Delete(slices.Clone(list), i, i+1)); found {
				signs = append(signs, r)
			}
		}
		if len(signs) > 0 {
			out = append(out, crowd{o, signs})
		}
	}
	return out
}

// oneType looks for a type that makes up nearly all handles of a process. A type
// alone says nothing: the others may not have been asked for.
func (e *exam) oneType(o opener, _ []opener) (analyze.Reason, bool) {
	share := float64(o.most.Count) / float64(max(1, o.total))
	facts := analyze.Facts{"process": o.name, "type": o.most.Type, "count": o.most.Count, "handles": o.total,
		"share": analyze.Percent(share)}
	return analyze.Reason{Rule: analyze.RuleHandleType, Facts: facts, Sources: o.from},
		o.most.Count >= e.th.HandleFloor && share >= e.th.HandleShare && o.total > o.most.Count
}

// farAbove compares a process with the published limit for its role.
func (e *exam) farAbove(o opener, _ []opener) (analyze.Reason, bool) {
	limit := o.limit(e.th)
	facts := analyze.Facts{"process": o.name, "handles": o.total, "limit": limit}
	return analyze.Reason{Rule: analyze.RuleHandleLimit, Facts: facts, Sources: o.from[:1]},
		o.name != "" && o.total >= e.th.HandleFar*limit
}

// aboveAll looks for a process with many times the handles of every other, and more
// than is usual for its role: a data base stands out on every server.
func (e *exam) aboveAll(o opener, others []opener) (analyze.Reason, bool) {
	if len(others) == 0 {
		return analyze.Reason{}, false
	}
	next := others[0]
	facts := analyze.Facts{"process": o.name, "handles": o.total, "next": next.total}
	return analyze.Reason{Rule: analyze.RuleHandlePeers, Facts: facts,
			Sources: []ingest.Source{o.from[0], next.from[0]}},
		o.total >= o.limit(e.th) && o.total >= e.th.HandleFactor*max(1, next.total)
}

// handleSign is silent beside a pool case, which explains its handles better.
func handleSign(e *exam, d *docket) {
	crowds := e.crowds()
	if len(crowds) == 0 {
		e.nearHandles()
	}
	if len(d.cases) > 0 {
		return
	}
	for _, c := range crowds {
		d.file(e.handleCase(c))
	}
}

// handleCase only suspects: a process with many handles may need them, and what
// it keeps goes when it ends.
func (e *exam) handleCase(c crowd) analyze.Case {
	d := e.draft(analyze.ObjectLeak, analyze.HandleGap, analyze.Suspect)
	d.Events = c.total
	if c.most.Count > 0 {
		d.Object, d.Events = strings.ToLower(c.most.Type), c.most.Count
	}
	for i, r := range c.signs {
		weight := d.th.Weights.Handles
		if i > 0 { // the same handles, seen another way
			weight = d.th.Weights.HandlesToo
		}
		d.Why = append(d.Why, d.weigh(weight, r))
	}
	d.then(analyze.ChainHandles, analyze.Facts{"process": c.name, "type": c.most.Type}, c.from...)
	d.Owner = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.OwnerNoTable}}
	d.holdByHandles(c.opener)
	d.expectHandles(c.opener)
	d.next("!htrace -snapshot", analyze.NextHtrace, nil)
	d.next("!htrace -diff", analyze.NextHtraceDiff, nil)
	return d.finish()
}

// holdByHandles names the program that holds the handles. Those of System were
// opened by some component of the kernel, which the count does not tell.
func (d *draft) holdByHandles(o opener) {
	d.Holder = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.HolderNone,
		Facts: analyze.Facts{"object": d.Object}}}
	switch {
	case o.system():
		d.Holder.Basis = analyze.Reason{Rule: analyze.HolderSystem, Facts: analyze.Facts{"handles": o.total},
			Sources: o.from[:1]}
		d.unsure(analyze.RuleSystemHandles, analyze.Facts{"handles": o.total}, o.from[:1]...)
	case o.name == "":
		d.whyNot(0, analyze.RuleUserHandles, nil)
		d.unsure(analyze.RuleHolderUnknown, analyze.Facts{"object": d.Object})
	default:
		d.whyNot(0, analyze.RuleUserHandles, nil)
		d.holdByProcess(o.name, o.pid, analyze.Reason{Rule: analyze.HolderHandles,
			Facts: analyze.Facts{"process": o.name, "handles": o.total}, Sources: o.from[:1]})
	}
}

// holdByProcess answers who holds with a program: no module is at fault.
func (d *draft) holdByProcess(image string, pid uint64, basis analyze.Reason) {
	if before, inside, found := strings.Cut(image, "("); found && strings.HasSuffix(inside, ")") {
		image = strings.TrimSpace(before)
	}
	d.Holder = analyze.Attribution{Process: image, PID: pid, Weight: weightProcess, Proven: true, Basis: basis,
		Sources: basis.Sources}
}

// expectHandles says what a pool table has to show: an object for each handle, or,
// when the handles share an object, large handle tables.
func (d *draft) expectHandles(o opener) {
	tag, isObject := objectTags[d.Object]
	if row := d.row(tag); isObject && row != nil && row.Outstanding < d.Events/2 {
		d.whyNot(0, analyze.RuleSharedObject, analyze.Facts{"tag": tag, "outstanding": row.Outstanding,
			"handles": d.Events}, row.Source)
		isObject = false
	}
	if isObject {
		d.expect(tag, 0, d.Events/2, analyze.ExpectObjects, analyze.Facts{"tag": tag, "handles": d.Events}, o.from[0])
		return
	}
	tables := d.Events / handlesPerTable
	d.expect(ingest.MustTag("Obtb"), ingest.Paged, tables, analyze.ExpectTables,
		analyze.Facts{"tables": tables, "handles": d.Events}, o.from[0])
}

// handlesPerTable is how many handles one page of a handle table holds at most: 256
// of 16 bytes on 64-bit systems, 512 of 8 bytes on 32-bit ones.
const handlesPerTable = 512
