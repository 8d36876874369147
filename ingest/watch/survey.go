package watch

import (
	"fmt"
	"time"
)

// Survey tells how a folder would be watched.
type Survey struct {
	Kind             string        // of file system, or what Options say
	End, Quiet, Long time.Duration // how long a drop has to stand still: see Options
	Files            int           // that are drops by their names
	Closed           []string      // folders and files that may not be read, the first few
	Tried            bool          // a file was there to try the next on
	Probes           bool          // the system tells whether a writer has a file open
}

// closedListed is how many names of what may not be read a survey holds.
const closedListed = 5

// Survey looks at the folder without taking up any drop. Its error says why the
// folder cannot be watched.
func (f *Folder) Survey() (Survey, error) {
	root, id, err := openRoot(f.path)
	if err != nil {
		return Survey{}, err
	}
	defer root.close()
	if f.o.Kind != "" {
		id.kind = f.o.Kind
	}
	if err := f.marked(root); err != nil {
		return Survey{}, err
	}
	f.adopt(id)
	t := f.timesFor(id.kind)
	s := Survey{Kind: id.kind, End: t.end, Quiet: t.quiet, Long: t.long}
	if err := s.folder(root, "", f.o.Depth); err != nil {
		return s, fmt.Errorf("list folder %q: %w", f.path, err)
	}
	return s, nil
}

// folder counts what is in a folder and in those below it.
func (s *Survey) folder(d *dir, below string, depth int) error {
	return d.list(func(name []byte, seen sighting, err error) {
		switch {
		case err != nil:
			s.closed(below + string(name))
		case IsHelper(name):
		case seen.kind == folder && depth > 1:
			sub, err := d.sub(string(name))
			if err == nil {
				err = s.folder(sub, below+string(name)+"/", depth-1)
				sub.close()
			}
			if err != nil && !isGone(err) {
				s.closed(below + string(name))
			}
		case seen.kind == regular:
			s.Files++
			s.file(d, below, string(name))
		}
	})
}

// file opens a file, and tries on the first whether the system tells who has it open.
func (s *Survey) file(d *dir, below, name string) {
	if s.Tried && s.Files > closedListed {
		return // opening all would keep a slow share busy
	}
	h, _, err := d.open(name)
	if isGone(err) {
		return
	}
	if err != nil {
		s.closed(below + name)
		return
	}
	defer closeHandle(h)
	if !s.Tried {
		s.Tried = true
		s.Probes = probes(s.Kind) && writersOf(d, h, name) != writersUnknown
	}
}

func (s *Survey) closed(name string) {
	if len(s.Closed) < closedListed {
		s.Closed = append(s.Closed, name)
	}
}
