package analyze

import (
	"cmp"
	"slices"
	"strings"

	"poolsweep/ingest"
)

// crowd is a process, or a log's only handle count, with far too many handles.
type crowd struct {
	process string // empty: not told
	kind    string // of handle; empty: not told apart
	count   int64  // handles of that kind
	reason  Reason
}

// crowds returns what stands out among the handle counts: one type that makes
// up nearly all of them, or one process far above all others.
func (e *exam) crowds() []crowd {
	var out []crowd
	if c, ok := e.crowdedType(); ok {
		out = append(out, c)
	}
	if c, ok := e.crowdedProcess(); ok && len(out) == 0 {
		out = append(out, c)
	}
	return out
}

// crowdedType looks for a type that holds nearly all handles of a process.
func (e *exam) crowdedType() (crowd, bool) {
	total := map[string]int64{}
	for _, h := range e.Handles {
		if h.Type != "" {
			total[h.Process] += h.Count
		}
	}
	for _, h := range e.Handles {
		share := float64(h.Count) / float64(max(1, total[h.Process]))
		if h.Type == "" || h.Count < e.th.HandleFloor || share < e.th.HandleShare || total[h.Process] == h.Count {
			continue
		}
		return crowd{h.Process, h.Type, h.Count, Reason{RuleHandleType, Facts{"process": h.Process, "type": h.Type, "count": h.Count,
			"handles": total[h.Process], "share": Percent(share)}, []ingest.Source{h.Source}}}, true
	}
	return crowd{}, false
}

// crowdedProcess looks for a process with many times the handles of the next.
func (e *exam) crowdedProcess() (crowd, bool) {
	running := slices.Clone(e.Running)
	slices.SortStableFunc(running, func(a, b ingest.ProcessHandles) int { return cmp.Compare(b.Handles, a.Handles) })
	if len(running) < 2 {
		return crowd{}, false
	}
	most, next := running[0], running[1]
	if most.Handles < e.th.HandleFloor || most.Handles < e.th.HandleFactor*max(1, next.Handles) {
		return crowd{}, false
	}
	return crowd{most.Image, "", most.Handles, Reason{RuleHandlePeers, Facts{"process": most.Image, "handles": most.Handles,
		"next": next.Handles}, []ingest.Source{most.Source, next.Source}}}, true
}

// handleSign is silent beside a pool case, which explains its handles better.
func handleSign(e *exam, d *docket) {
	crowds := e.crowds()
	if len(crowds) == 0 {
		e.nearHandles()
	}
	for _, c := range crowds {
		if len(d.cases) == 0 {
			d.file(e.handleCase(c))
		}
	}
}

// handleCase only suspects: a process with many handles may need them, and what
// it keeps goes when it ends.
func (e *exam) handleCase(c crowd) Case {
	d := e.draft(ObjectLeak, HandleGap, Suspect)
	d.Object = strings.ToLower(c.kind)
	d.Events = c.count
	d.Why = append(d.Why, d.weigh(d.th.Weights.Share, c.reason))
	d.whyNot(0, RuleUserHandles, nil)
	d.then(ChainHandles, Facts{"process": c.process, "type": c.kind}, c.reason.Sources...)
	d.Owner = Attribution{Basis: Reason{Rule: OwnerNoTable}}
	d.Holder = Attribution{Basis: Reason{HolderNone, Facts{"object": d.Object}, nil}}
	if d.Object != "" {
		d.unsure(RuleHolderUnknown, Facts{"object": d.Object})
	}
	d.next("!htrace -snapshot", NextHtrace, nil)
	d.next("!htrace -diff", NextHtrace, nil)
	return d.finish()
}
