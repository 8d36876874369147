package judge

import (
	"slices"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// sign looks for one kind of evidence in a snapshot and files the cases that it
// raises.
type sign func(*exam, *docket)

// signs in the order in which they are taken up: what was counted or listed
// outright comes before what has to be inferred, and a tag that one case
// explains raises no second one.
var signs = []sign{
	verifierSign, attachmentSign, nameCacheSign,
	objectSign, zombieSign, sessionSign,
	noFreesSign, lockstepSign,
	growthSign,
	handleSign, changeSign,
	shareSign,
	bandSign, leaderSign,
	pressureSign,
}

// docket collects the cases of one snapshot.
type docket struct {
	cases []analyze.Case
	taken map[ingest.Tag]bool // tags that a filed case explains
}

func (d *docket) file(c analyze.Case) {
	for _, members := range [][]analyze.Member{c.Core, c.Followers, c.Related} {
		for _, m := range members {
			d.taken[m.Tag] = true
		}
	}
	d.cases = append(d.cases, c)
}

// alarming reports whether a snapshot that has no past raises any case.
func (e *exam) alarming() bool {
	d := &docket{taken: map[ingest.Tag]bool{}}
	return slices.ContainsFunc(signs, func(look sign) bool {
		look(e, d)
		return len(d.cases) > 0
	})
}

// cases raises every case of a snapshot.
func (e *exam) cases() []analyze.Case {
	d := &docket{taken: map[ingest.Tag]bool{}}
	for _, look := range signs {
		look(e, d)
	}
	d.cases = slices.DeleteFunc(d.cases, func(c analyze.Case) bool { return e.calm(&c) })
	for i := range d.cases {
		d.cases[i].Missed = e.misses
	}
	return d.cases
}
