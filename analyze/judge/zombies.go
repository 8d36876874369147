package judge

import (
	"poolsweep/analyze"
	"poolsweep/ingest"
)

// dead are exited processes or threads that are still there, with who keeps them
// where the log tells.
type dead struct {
	ingest.Zombies
	object string
}

// zombieSign reports exited processes that are kept. A table that counts the
// process objects says it, too, and comes first.
func zombieSign(e *exam, d *docket) {
	for _, z := range e.keptDead() {
		if !d.taken[objectTags[z.object]] {
			d.file(e.zombieCase(z))
		}
	}
}

// keptDead returns who keeps many of the dead. Where no holder is listed, they are
// those of "!process 0 0", whose records have no handle table, or that a log counts.
func (e *exam) keptDead() []dead {
	all := e.Zombies
	if len(all) == 0 {
		all = e.unheld()
	}
	var out []dead
	for _, z := range all {
		if z.Held < e.th.ZombieFloor {
			continue
		}
		object := "process"
		if z.Threads > z.Processes {
			object = "thread"
		}
		out = append(out, dead{z, object})
	}
	return out
}

// unheld returns the counts of the dead that name no holder.
func (e *exam) unheld() []ingest.Zombies {
	var out []ingest.Zombies
	if t := e.tallied("dead processes"); t != nil {
		out = append(out, ingest.Zombies{Held: t.Count, Processes: t.Count, Source: t.Source})
	} else if e.Processes != nil {
		n := int64(e.Processes.Zombies)
		out = append(out, ingest.Zombies{Held: n, Processes: n, Source: e.Processes.Source})
	}
	if t := e.tallied("dead threads"); t != nil {
		out = append(out, ingest.Zombies{Held: t.Count, Threads: t.Count, Source: t.Source})
	}
	return out
}

// living returns how many objects of a kind are alive by the same log, and where
// that stands.
func (e *exam) living(object string) (int64, ingest.Source, bool) {
	if object == "process" && e.Processes != nil {
		return int64(e.Processes.Live()), e.Processes.Source, true
	}
	if t := e.tallied("live threads"); object == "thread" && t != nil {
		return t.Count, t.Source, true
	}
	return 0, ingest.Source{}, false
}

// zombieLimit is how many of the dead a machine may have: the published rule for
// process and thread objects, 2 · live + 1,000, without the live ones.
func (e *exam) zombieLimit(object string) int64 {
	live, _, _ := e.living(object)
	return (e.th.ObjectFactor-1)*live + e.th.ObjectExtra
}

// zombieCase argues that exited processes stay because of handles or references to
// them. Each was counted, so many are a leak without any pool table.
func (e *exam) zombieCase(z dead) analyze.Case {
	limit, verdict, weight := e.zombieLimit(z.object), analyze.Leak, e.th.Weights.ObjectGap+e.th.Weights.Confirmed
	if z.Held <= limit {
		verdict, weight = analyze.Suspect, e.th.Weights.Handles
	}
	d := e.draft(analyze.ObjectLeak, analyze.ObjectGap, verdict)
	d.Object, d.Events = z.object, z.Held
	d.why(weight, analyze.RuleZombies, analyze.Facts{"object": z.object, "held": z.Held, "holder": z.Holder,
		"limit": limit}, z.Source)
	d.Owner = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.OwnerNoTable}}
	d.then(analyze.ChainReference, analyze.Facts{"object": z.object})
	tag := objectTags[z.object]
	d.holdByZombies(z)
	d.expect(tag, ingest.NonPaged, z.Held, analyze.ExpectObjects, analyze.Facts{"tag": tag, "handles": z.Held},
		z.Source)
	d.nextForObject(z.object, tag, ingest.NonPaged)
	return d.finish()
}

// holdByZombies names the program that keeps the dead by its handles.
func (d *draft) holdByZombies(z dead) {
	o := opener{name: z.Holder, pid: z.PID}
	if z.Holder == "" || o.system() {
		d.Holder = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.HolderNone,
			Facts: analyze.Facts{"object": z.object}}}
		d.unsure(analyze.RuleHolderUnknown, analyze.Facts{"object": z.object})
		return
	}
	d.whyNot(0, analyze.RuleUserHandles, nil)
	d.holdByProcess(z.Holder, z.PID, analyze.Reason{Rule: analyze.HolderZombies,
		Facts:   analyze.Facts{"process": z.Holder, "held": z.Held, "object": z.object},
		Sources: []ingest.Source{z.Source}})
}
