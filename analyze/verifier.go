package analyze

import (
	"cmp"
	"slices"
	"strings"

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

// leftBehind returns the verified drivers that hold allocations after they were
// unloaded, or that a stop C4/62 is about. A loaded driver may hold what it needs.
func (e *exam) leftBehind() []ingest.VerifiedDriver {
	var out []ingest.VerifiedDriver
	for _, v := range e.Verified {
		if v.NonPaged.Allocs+v.Paged.Allocs > 0 && (unloaded(v) || e.forgotten()) {
			out = append(out, v)
		}
	}
	slices.SortStableFunc(out, func(a, b ingest.VerifiedDriver) int {
		return cmp.Compare(b.NonPaged.Bytes+b.Paged.Bytes, a.NonPaged.Bytes+a.Paged.Bytes)
	})
	return out
}

func unloaded(v ingest.VerifiedDriver) bool {
	return strings.Contains(strings.ToLower(v.State), "unloaded")
}

func verifierSign(e *exam, d *docket) {
	left := e.leftBehind()
	for _, v := range left {
		d.file(e.verifierCase(v))
	}
	if e.forgotten() && len(left) == 0 {
		d.file(e.stopCase())
	}
}

// verifierCase reports what Driver Verifier counted. Small is fine: one
// allocation of four bytes left by an unloaded driver is a leak.
func (e *exam) verifierCase(v ingest.VerifiedDriver) Case {
	d := e.draft(PoolLeak, Verified, Leak)
	allocs := v.NonPaged.Allocs + v.Paged.Allocs
	d.Events = int64(allocs)
	facts := Facts{"module": v.Module, "allocs": int64(allocs), "bytes": Bytes(v.NonPaged.Bytes + v.Paged.Bytes),
		"unloaded": unloaded(v), "caller": ""}
	if len(v.Blocks) > 0 {
		facts["caller"] = v.Blocks[0].Caller
	}
	d.why(d.th.Weights.Verifier, RuleVerifierList, facts, v.Source)
	d.stopReason(0)
	d.Core = verifiedMembers(v)
	who := Attribution{Module: v.Module, Weight: 0.97, Proven: true, Sources: []ingest.Source{v.Source},
		Basis: Reason{HolderVerifier, nil, []ingest.Source{v.Source}}}
	d.Owner, d.Holder = who, who
	d.then(ChainVerifier, Facts{"module": v.Module}, v.Source)
	d.issueReasons()
	d.next("lmvm "+strings.TrimSuffix(v.Module, ".sys"), NextVersion, Facts{"module": v.Module})
	d.next("!verifier 80 <address of an allocation>", NextStack, nil)
	return d.finish()
}

// stopCase reports a stop C4/62 whose log does not list the driver's
// allocations: a leak for certain, of a driver that is not named here.
func (e *exam) stopCase() Case {
	d := e.draft(PoolLeak, Verified, Leak)
	d.stopReason(d.th.Weights.Verifier)
	d.Owner = Attribution{Basis: Reason{Rule: OwnerNoTable}}
	d.Holder = Attribution{Basis: Reason{HolderNone, Facts{"object": ""}, nil}}
	if name := e.Bugcheck.Driver; name != "" {
		from := []ingest.Source{e.Bugcheck.Source}
		d.Holder = Attribution{Module: name, Weight: 0.95, Proven: true, Sources: from, Basis: Reason{HolderVerifier, nil, from}}
		d.Owner = d.Holder
	}
	d.then(ChainVerifier, Facts{"module": d.Holder.Module}, e.Bugcheck.Source)
	d.issueReasons()
	d.next("!verifier 3 <name of the driver>", NextVerifier, nil)
	return d.finish()
}

func (d *draft) stopReason(weight float64) {
	if d.forgotten() {
		d.Events = max(d.Events, int64(d.Bugcheck.Args[3]))
		d.why(weight, RuleVerifierStop, Facts{"allocs": int64(d.Bugcheck.Args[3])}, d.Bugcheck.Source)
	}
}

// verifiedMembers makes the listed allocations the members of the case, by tag.
func verifiedMembers(v ingest.VerifiedDriver) []Member {
	pool := ingest.NonPaged
	if v.NonPaged.Allocs == 0 {
		pool = ingest.Paged
	}
	var out []Member
	for _, b := range v.Blocks {
		out = append(out, Member{TagUsage: ingest.TagUsage{Tag: b.Tag, Pool: pool, Source: b.Source,
			Usage: ingest.Usage{Outstanding: int64(b.Count), Bytes: b.Bytes}},
			Owner: Attribution{Module: v.Module, Weight: 0.97, Proven: true, Basis: Reason{HolderVerifier, nil, nil}}})
	}
	return out
}
