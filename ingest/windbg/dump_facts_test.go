package windbg

import (
	"fmt"
	"io"

	"poolsweep/ingest"
)

// dumpFacts writes what the commands around the pool tables tell.
func dumpFacts(w io.Writer, s *ingest.Snapshot) {
	for _, d := range s.Verified {
		fmt.Fprintf(w, "  verified %s %q nonpaged %d/%d paged %d/%d :%d\n", d.Module, d.State,
			d.NonPaged.Allocs, d.NonPaged.Bytes, d.Paged.Allocs, d.Paged.Bytes, d.Line)
		for _, b := range d.Blocks {
			fmt.Fprintf(w, "    blocks %q x%d bytes %d %q :%d\n", b.Tag, b.Count, b.Bytes, b.Caller, b.Line)
		}
	}
	if c := s.Bugcheck; c != nil {
		fmt.Fprintf(w, "  bugcheck %x args %x known %d driver %q image %q :%d\n",
			c.Code, c.Args, c.Known, c.Driver, c.Image, c.Line)
	}
	for _, r := range s.Running {
		fmt.Fprintf(w, "  running %q pid %d handles %d exited %t :%d\n", r.Image, r.PID, r.Handles, r.Exited, r.Line)
	}
	for _, h := range s.Handles {
		fmt.Fprintf(w, "  handles %q %q %d :%d\n", h.Process, h.Type, h.Count, h.Line)
	}
	for _, o := range s.Objects {
		fmt.Fprintf(w, "  object %x %s %q handles %d pointers %d :%d\n",
			o.Address, o.Type, o.Name, o.Handles, o.Pointers, o.Line)
	}
	for _, f := range s.Found {
		fmt.Fprintf(w, "  found %q %s x%d bytes %d first %x large %t owner %q :%d\n",
			f.Tag, f.Pool, f.Count, f.Bytes, f.First, f.Large, f.Owner, f.Line)
	}
	for _, z := range s.Zombies {
		fmt.Fprintf(w, "  zombies of %q pid %d: %d, %d processes %d threads :%d\n",
			z.Holder, z.PID, z.Held, z.Processes, z.Threads, z.Line)
	}
	for _, t := range s.Tallies {
		fmt.Fprintf(w, "  tally %q %d :%d\n", t.What, t.Count, t.Line)
	}
}
