package report

import (
	"slices"

	"poolsweep/analyze"
)

// NewNotice makes the mail that tells of new cases as soon as they are known: of one in
// the subject itself, of several by their number.
func NewNotice(in Input, m Mailing, ids []string) (*Weekly, error) {
	k := newClerk(in, m)
	k.needs = nil
	for i := range in.Result.Cases {
		if c := &in.Result.Cases[i]; slices.Contains(ids, c.ID) {
			k.needs = append(k.needs, c)
		}
	}
	w := &Weekly{Lang: in.Lang, Date: m.Made.In(k.zone), Tone: ToneAlarm, Brief: true, Notices: values(k.notices()),
		Heading: k.say("newcase.heading", facts{"group": shortName(m.Group)}),
		State:   k.say("newcase.state", k.noticeFacts()), Subject: k.say("newcase.subject", k.noticeFacts()),
		Covers:     k.say("newcase.made", facts{"at": k.moment(m.Made), "zone": k.zone.String()}),
		NeedsTitle: k.say("weekly.needs", facts{"n": len(k.needs)}), Cases: k.cards(), More: k.moreCases(),
		Alive: []Pair{{Value: k.label("newcase.why")}}}
	w.Files, w.Attach = k.files()
	return w, k.done("notice")
}

// noticeFacts name the only case, or count several.
func (k *clerk) noticeFacts() facts {
	f := facts{"n": len(k.needs), "id": "", "title": "", "machines": k.names(machinesOf(k.needs))}
	if len(k.needs) == 1 {
		f["id"], f["title"] = k.needs[0].ID, brief(k.title(k.needs[0]), longestName)
	}
	return f
}

// machinesOf are the machines of some cases, each once, in the order of the cases.
func machinesOf(cases []*analyze.Case) []string {
	var out []string
	for _, c := range cases {
		for _, m := range leadFirst(c) {
			if !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}
