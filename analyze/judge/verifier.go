package judge

import (
	"cmp"
	"slices"
	"strings"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// Stop C4 with first argument 62: "A driver has forgotten to free its pool
// allocations prior to unloading." The fourth argument counts them; the second is
// the address of the driver's name, never the name.
const (
	stopVerifier  = 0xC4
	stopForgotten = 0x62
)

// forgotten reports whether Driver Verifier stopped the machine for allocations
// that a driver left.
func (e *exam) forgotten() bool {
	return e.Bugcheck != nil && e.Bugcheck.Code == stopVerifier && e.Bugcheck.Args[0] == stopForgotten
}

// holding returns the verified drivers that hold allocations and that somebody
// has to explain: those that were unloaded or that a stop C4/62 is about, and those
// the log asks for by name. Any other loaded driver needs what it holds.
func (e *exam) holding() []ingest.VerifiedDriver {
	var out []ingest.VerifiedDriver
	for _, v := range e.Verified {
		if v.NonPaged.Allocs+v.Paged.Allocs > 0 && (e.left(v) || e.askedFor(v.Module) && len(v.Blocks) > 0) {
			out = append(out, v)
		}
	}
	slices.SortStableFunc(out, func(a, b ingest.VerifiedDriver) int {
		return cmp.Compare(b.NonPaged.Bytes+b.Paged.Bytes, a.NonPaged.Bytes+a.Paged.Bytes)
	})
	return out
}

// left reports whether what a driver holds is left over for certain.
func (e *exam) left(v ingest.VerifiedDriver) bool { return unloaded(v) || e.forgotten() }

// askedFor reports whether "!verifier 3 name.sys" was typed for this driver: whoever
// asks by name has a reason to.
func (e *exam) askedFor(module string) bool {
	return slices.ContainsFunc(e.Blocks, func(b ingest.Block) bool {
		words := strings.Fields(b.Command)
		return len(words) > 1 && strings.EqualFold(words[0], "!verifier") &&
			slices.ContainsFunc(words[1:], func(w string) bool { return ingest.ModuleKey(w) == ingest.ModuleKey(module) })
	})
}

func unloaded(v ingest.VerifiedDriver) bool {
	return strings.Contains(strings.ToLower(v.State), "unloaded")
}

func verifierSign(e *exam, d *docket) {
	holding := e.holding()
	for _, v := range holding {
		d.file(e.verifierCase(v))
	}
	switch {
	case len(holding) > 0:
	case e.forgotten():
		d.file(e.stopCase())
	default:
		e.nearVerifier()
	}
}

// verifierCase reports what Driver Verifier counted. Small is fine: one
// allocation of four bytes left by an unloaded driver is a leak.
func (e *exam) verifierCase(v ingest.VerifiedDriver) analyze.Case {
	d := e.draft(analyze.PoolLeak, analyze.Verified, analyze.Leak)
	allocs := v.NonPaged.Allocs + v.Paged.Allocs
	d.Events = int64(allocs)
	facts := analyze.Facts{"module": v.Module, "allocs": int64(allocs),
		"bytes": analyze.Bytes(v.NonPaged.Bytes + v.Paged.Bytes), "unloaded": unloaded(v), "caller": ""}
	if len(v.Blocks) > 0 {
		facts["caller"] = v.Blocks[0].Caller
	}
	if e.left(v) {
		d.why(d.th.Weights.Verifier, analyze.RuleVerifierList, facts, v.Source)
	} else {
		d.Verdict = analyze.Suspect
		d.why(d.th.Weights.Loaded, analyze.RuleVerifierHolds, facts, v.Source)
		d.whyNot(0, analyze.RuleStillLoaded, analyze.Facts{"module": v.Module}, v.Source)
	}
	d.stopReason(0)
	d.Core = verifiedMembers(v)
	d.unwrap()
	who := analyze.Attribution{Module: v.Module, Weight: 0.97, Proven: true, Sources: []ingest.Source{v.Source},
		Basis: analyze.Reason{Rule: analyze.HolderVerifier, Sources: []ingest.Source{v.Source}}}
	d.Owner, d.Holder = who, who
	d.then(analyze.ChainVerifier, analyze.Facts{"module": v.Module}, v.Source)
	d.issueReasons()
	d.next("lmvm "+strings.TrimSuffix(v.Module, ".sys"), analyze.NextVersion, analyze.Facts{"module": v.Module})
	if !e.left(v) {
		d.next("!verifier 3 "+v.Module, analyze.NextUnload, nil)
	}
	d.next("!verifier 80 <address of an allocation>", analyze.NextStack, nil)
	return d.finish()
}

// stopCase reports a stop C4/62 whose log does not list the driver's
// allocations: a leak for certain, of a driver that is not named here.
func (e *exam) stopCase() analyze.Case {
	d := e.draft(analyze.PoolLeak, analyze.Verified, analyze.Leak)
	d.stopReason(d.th.Weights.Verifier)
	d.Owner = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.OwnerNoTable}}
	d.Holder = analyze.Attribution{Basis: analyze.Reason{Rule: analyze.HolderNone,
		Facts: analyze.Facts{"object": ""}}}
	if name := e.Bugcheck.Driver; name != "" {
		from := []ingest.Source{e.Bugcheck.Source}
		d.Holder = analyze.Attribution{Module: name, Weight: 0.95, Proven: true, Sources: from,
			Basis: analyze.Reason{Rule: analyze.HolderVerifier, Sources: from}}
		d.Owner = d.Holder
		for _, tag := range e.know.TagsOf(name) {
			d.expect(tag, 0, 1, analyze.ExpectLeft, analyze.Facts{"tag": tag, "module": name}, from...)
		}
	}
	d.then(analyze.ChainVerifier, analyze.Facts{"module": d.Holder.Module}, e.Bugcheck.Source)
	d.issueReasons()
	d.next("!verifier 3 <name of the driver>", analyze.NextVerifier, nil)
	return d.finish()
}

func (d *draft) stopReason(weight float64) {
	if d.forgotten() {
		d.Events = max(d.Events, int64(d.Bugcheck.Args[3]))
		d.why(weight, analyze.RuleVerifierStop, analyze.Facts{"allocs": int64(d.Bugcheck.Args[3])}, d.Bugcheck.Source)
	}
}

// wrappers are the tags under which Driver Verifier itself allocates what it hands
// to a driver, with the object that the driver asked for.
var wrappers = map[ingest.Tag]string{ingest.MustTag("VMdl"): "mdl", ingest.MustTag("Vfwi"): "work item"}

// unwrap puts the driver's own tags before Verifier's, and names the objects that
// those stand for.
func (d *draft) unwrap() {
	var own, wrapped []analyze.Member
	var tags, objects []string
	for _, m := range d.Core {
		if object := wrappers[m.Tag]; object != "" {
			wrapped = append(wrapped, m)
			tags, objects = append(tags, m.Tag.String()), appendOnce(objects, object)
		} else {
			own = append(own, m)
		}
	}
	if len(wrapped) == 0 {
		return
	}
	d.Core = append(own, wrapped...)
	d.Object = strings.Join(objects, " and ")
	d.whyNot(0, analyze.RuleWrapped, analyze.Facts{"tags": tags, "object": d.Object}, sources(wrapped)...)
}

// verifiedMembers makes the listed allocations the members of the case, by tag.
func verifiedMembers(v ingest.VerifiedDriver) []analyze.Member {
	pool := ingest.NonPaged
	if v.NonPaged.Allocs == 0 {
		pool = ingest.Paged
	}
	var out []analyze.Member
	for _, b := range v.Blocks {
		out = append(out, analyze.Member{TagUsage: ingest.TagUsage{Tag: b.Tag, Pool: pool, Source: b.Source,
			Usage: ingest.Usage{Outstanding: int64(b.Count), Bytes: b.Bytes}},
			Owner: analyze.Attribution{Module: v.Module, Weight: 0.97, Proven: true,
				Basis: analyze.Reason{Rule: analyze.HolderVerifier}}})
	}
	return out
}
