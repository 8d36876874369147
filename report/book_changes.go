package report

import "poolsweep/analyze"

// changeSheet lists what changed in the period: the rules that judge, then on each
// machine. One update of the system changes a hundred drivers on each of them, so the
// rows are streamed.
func (b *binder) changeSheet() Sheet {
	sheet := b.sheet("changes")
	columns := []SheetColumn{b.column("changed-at", KindTime, timeWidth),
		b.column("changed-since-last", KindTime, timeWidth), b.column("machine", KindText, 20),
		b.column("change-kind", KindText, 18), b.column("name", KindText, 22), b.column("was", KindText, 34),
		b.column("is", KindText, 34), b.column("source", KindText, 36)}
	words, n := b.changeWords(), len(b.in.Rules)
	for _, t := range b.past.Tracks {
		n += len(t.Changes)
	}
	b.stream(&sheet, columns, n, func(yield func(func([]any)) bool) {
		for i := range b.in.Rules {
			if !yield(func(row []any) { words.fillRules(row, &b.in.Rules[i]) }) {
				return
			}
		}
		for _, t := range b.past.Tracks {
			for i := range t.Changes {
				if !yield(func(row []any) { words.fill(row, t.Machine, &t.Changes[i]) }) {
					return
				}
			}
		}
	})
	return sheet
}

// changeWords are the words of the sheet, looked up once.
type changeWords struct {
	kinds          map[analyze.ChangeKind]string
	absent, loaded string

	rules, allMachines, mails string // of a change of the rules
}

func (b *binder) changeWords() *changeWords {
	w := &changeWords{map[analyze.ChangeKind]string{}, b.label("change.absent"), b.label("change.loaded"),
		b.label("change.rules"), b.label("change.all-machines"), b.label("change.by-mails")}
	for _, k := range []analyze.ChangeKind{analyze.ChangedSystem, analyze.ChangedDriver, analyze.ChangedFilter} {
		w.kinds[k] = b.label("change." + k.String())
	}
	return w
}

func (w *changeWords) fill(row []any, machine string, c *analyze.Changed) {
	row[0], row[1], row[2], row[3] = orEmpty(c.At.UTC()), orEmpty(c.Since.UTC()), machine, w.kinds[c.Kind]
	row[4], row[5], row[6] = orEmpty(c.Name), w.version(c.Before, c.Had), w.version(c.After, c.Loaded)
	row[7] = c.Source.String()
}

// fillRules writes a change of the rules, which is one for all machines.
func (w *changeWords) fillRules(row []any, c *RuleChange) {
	row[0], row[1], row[2], row[3] = orEmpty(c.At.UTC()), orEmpty(c.Since.UTC()), w.allMachines, w.rules
	row[4], row[5], row[6], row[7] = nil, c.Before, c.After, w.mails
}

// version is what stands for one side of a change.
func (w *changeWords) version(v string, loaded bool) string {
	switch {
	case !loaded:
		return w.absent
	case v == "":
		return w.loaded
	}
	return v
}
