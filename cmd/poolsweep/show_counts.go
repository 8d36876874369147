package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"poolsweep/ingest"
)

// shownProcesses is how many processes show prints, those with most handles.
const shownProcesses = 20

// showCounts prints what is counted beside pool tags: handles, zombies, tallies.
func showCounts(w io.Writer, s *ingest.Snapshot) {
	t := newListing("line", "counted", "of", "count")
	rows := 0
	add := func(line int, what, of string, count int64) {
		rows++
		t.row(line, what, of, count)
	}
	for _, r := range mostHandles(s.Running) {
		add(r.Line, "handles", r.Image, r.Handles)
	}
	for _, h := range s.Handles {
		add(h.Line, cmp.Or(h.Type, "all")+" handles", h.Process, h.Count)
	}
	for _, z := range s.Zombies {
		add(z.Line, fmt.Sprintf("zombies held (processes %d, threads %d)", z.Processes, z.Threads), z.Holder, z.Held)
	}
	for _, c := range s.Tallies {
		add(c.Line, c.What, "", c.Count)
	}
	if rows > 0 {
		fmt.Fprint(w, "\nCounts\n")
		t.write(w)
	}
}

// mostHandles returns the processes with most handles, most first.
func mostHandles(running []ingest.ProcessHandles) []ingest.ProcessHandles {
	most := slices.DeleteFunc(slices.Clone(running), func(r ingest.ProcessHandles) bool { return r.Handles < 0 })
	slices.SortStableFunc(most, func(a, b ingest.ProcessHandles) int { return cmp.Compare(b.Handles, a.Handles) })
	return most[:min(len(most), shownProcesses)]
}

// showChanges prints the differences that the log states itself.
func showChanges(w io.Writer, changes []ingest.Change) {
	if len(changes) == 0 {
		return
	}
	fmt.Fprint(w, "\nStated changes\n")
	t := newListing("line", "of", "change", "in", "under")
	for _, c := range changes {
		t.row(c.Line, changed(c), fmt.Sprintf("%+d", c.Delta), spent(c), c.Label)
	}
	t.write(w)
}

// changed names what a change is of.
func changed(c ingest.Change) string {
	name := c.What
	if c.What == ingest.ChangeTag {
		name = "'" + c.Tag.String() + "'"
		if c.Pool != 0 {
			name += " " + c.Pool.String()
		}
	}
	if c.Bytes {
		name += ", bytes"
	}
	return name
}

// spent tells in what time, or after how many events, something changed.
func spent(c ingest.Change) string {
	switch {
	case c.Per > 0:
		return c.Per.String()
	case c.Events > 0:
		return fmt.Sprintf("%d %s", c.Events, c.Event)
	}
	return ""
}
