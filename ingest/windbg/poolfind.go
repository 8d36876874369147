package windbg

import (
	"bytes"
	"strings"

	"poolsweep/ingest"
)

// poolfind counts the blocks that !poolfind lists, millions of them where a tag
// leaks. Since Windows 10, and before:
//
//	ffffd48ca040f340 : tag Proc, size     0xb70, Nonpaged pool
//	826fa130 size:   c0 previous size:   40  (Allocated) SeSd
//
// Captions tell what is searched: "Searching NonPaged pool (823b1000 : 82800000) for Tag: SeSd".
type poolfind struct {
	p       *parser
	pool    ingest.Pool // the one being searched, 0 unknown
	large   bool        // the table of large allocations is being searched
	stopped bool        // somebody interrupted the search

	list   []ingest.PoolBlocks
	groups map[blocksKey]int
	key    blocksKey // of the row before
	last   *ingest.PoolBlocks
}

// blocksKey tells groups of blocks apart.
type blocksKey struct {
	tag   ingest.Tag
	pool  ingest.Pool
	large bool
}

// maxBlockGroups is how many groups of blocks are told apart: more than all tags
// of a machine in both pools.
const maxBlockGroups = 1 << 14

func newPoolfind(p *parser, c typed) (body, string) {
	f := &poolfind{p: p, groups: map[blocksKey]int{}, pool: searchedPool(c.args)}
	return f, "!poolfind " + c.args
}

// searchedPool reads the flag behind the tag: "SeSd 1" and "-tag Proc -nonpaged".
func searchedPool(args string) ingest.Pool {
	for i, field := range strings.Fields(args) {
		switch {
		case field == "-paged", i == 1 && field == "1":
			return ingest.Paged
		case field == "-nonpaged", i == 1 && field == "0":
			return ingest.NonPaged
		}
	}
	return 0
}

// poolfindHeader recognises a caption of a search, but not those of !irpfind.
func poolfindHeader(text []byte) bool { return searchCaption(text) && !searchesIRPs(text) }

var (
	scanningLarge = []byte("Scanning large pool allocation table for ")
	searching     = []byte("Searching ")
)

// searchCaption recognises "Searching nonpaged pool (a : b) for tag 0x636f7250 (Proc)"
// and "Scanning large pool allocation table for Tag: SeSd (a : b)".
func searchCaption(text []byte) bool {
	if bytes.HasPrefix(text, scanningLarge) {
		return true
	}
	_, after, ok := bytes.Cut(text, []byte(" pool ("))
	return ok && bytes.HasPrefix(text, searching) && bytes.Contains(after, []byte(" for "))
}

func (f *poolfind) read(b *block, l line) verdict {
	text := bytes.TrimPrefix(unindent(l.text), []byte("*"))
	addr, n := address(text)
	if n > 0 {
		if v := f.block(b, l, addr, text[n:]); v != foreign {
			return v
		}
	}
	switch {
	case searchCaption(text):
		b.begun = true
		if b.Command == "" {
			b.Command = "!poolfind"
		}
		f.caption(text)
		return noise
	case bytes.HasPrefix(text, []byte("...terminating")):
		f.stopped = true
		b.warn(l, "the search was interrupted, there may be more blocks")
		return noise
	case n > 0:
		return broken(l)
	case chatter(text), len(text) > 0 && len(bytes.Trim(text, ".")) == 0 && b.typed && !b.begun:
		return noise
	}
	return foreign
}

// caption takes over what is being searched.
func (f *poolfind) caption(text []byte) {
	f.large = bytes.HasPrefix(text, scanningLarge)
	if f.large {
		return
	}
	name, _, _ := bytes.Cut(text[len(searching):], []byte(" ("))
	f.pool = poolNamed(name)
}

// poolNamed reads "NonPaged pool", "Nonpaged pool" and "Paged pool"; pools of
// sessions are neither.
func poolNamed(name []byte) ingest.Pool {
	switch strings.ToLower(string(trim(name))) {
	case "nonpaged pool":
		return ingest.NonPaged
	case "paged pool":
		return ingest.Paged
	}
	return 0
}

// block reads a row behind its address. A freed block is a row, but is not counted:
// its tag may be garbage, and it is nobody's.
func (f *poolfind) block(b *block, l line, addr uint64, rest []byte) verdict {
	r, ok := taggedBlock(rest)
	if ok {
		if l.open && !bytes.HasSuffix(trim(rest), []byte(" pool")) {
			return partial
		}
		f.add(b, l, addr, r)
		return row
	}
	if r, ok = sizedBlock(rest, 0); !ok {
		if r, ok = largeBlock(rest); !ok {
			return foreign
		}
	}
	if l.open && len(r.tag) < 4 {
		return partial
	}
	if r.pool == 0 {
		r.pool = f.pool
	}
	if !r.free {
		f.add(b, l, addr, r)
	}
	b.begun = true
	return row
}

// poolBlock is one row of !poolfind or !pool.
type poolBlock struct {
	tag   []byte // as printed, without the blanks behind it
	size  uint64
	pool  ingest.Pool
	free  bool
	large bool
}

// taggedBlock reads " : tag Proc, size     0xb70, Nonpaged pool".
func taggedBlock(text []byte) (r poolBlock, ok bool) {
	rest, ok := bytes.CutPrefix(text, []byte(" : tag "))
	if !ok {
		return r, false
	}
	end := bytes.Index(rest, []byte(", size "))
	if end < 1 || end > 4 {
		return r, false
	}
	r.tag = rest[:end]
	rest = unindent(rest[end+len(", size "):])
	size, n := hex(rest) // "0xb70", but a bare "0" where there is no size
	rest, comma := bytes.CutPrefix(rest[n:], []byte(","))
	if n == 0 || !comma {
		return r, false
	}
	r.size = size
	switch pool := trim(rest); string(pool) { // compared without making a string
	case "Nonpaged pool":
		r.pool = ingest.NonPaged
	case "Paged pool":
		r.pool = ingest.Paged
	}
	return r, true
}

// sizedBlock reads " size:   c0 previous size:   40  (Allocated) SeSd". The state
// is padded to the width of "(Allocated)"; !pool has a mark of one column between
// it and the tag.
func sizedBlock(text []byte, mark int) (r poolBlock, ok bool) {
	rest, ok := bytes.CutPrefix(unindent(text), []byte("size:"))
	size, rest, whole := hexWord(rest)
	rest, found := bytes.CutPrefix(unindent(rest), []byte("previous size:"))
	_, rest, previous := hexWord(rest)
	rest = unindent(rest)
	end := bytes.IndexByte(rest, ')')
	if !ok || !whole || !found || !previous || end < 0 || rest[0] != '(' {
		return r, false
	}
	const state = len("(Allocated) ") // the widest: "(Free)" and others are padded to it
	tag := rest[min(len(rest), state+mark):]
	if column := min(len(rest), state); end >= state || len(trim(rest[end+1:column])) > 0 {
		tag = bytes.TrimPrefix(trim(rest[end+1:]), []byte("*")) // a copy that lost its columns
	}
	if i := bytes.Index(tag, []byte(" Process: ")); i > 0 {
		tag = tag[:i]
	}
	tag = bytes.TrimRight(bytes.TrimSuffix(trim(tag), []byte("(Protected)")), " \t")
	if len(tag) == 0 || len(tag) > 4 {
		return r, false
	}
	r.tag, r.size = tag, size
	r.free = !bytes.HasPrefix(rest, []byte("(Allocated"))
	return r, true
}

// largeBlock reads " : large page allocation, tag is Gh05, size is 0x1090 bytes",
// and the older " : large allocation, tag Gh05, size 0x1090 bytes".
func largeBlock(text []byte) (r poolBlock, ok bool) {
	_, rest, ok := bytes.Cut(text, []byte(" : large "))
	_, rest, found := bytes.Cut(rest, []byte("allocation, tag "))
	rest = bytes.TrimPrefix(rest, []byte("is "))
	end := bytes.Index(rest, []byte(", size "))
	if !ok || !found || end < 1 || end > 4 {
		return r, false
	}
	r.tag = rest[:end]
	size, after, whole := hexWord(bytes.TrimPrefix(rest[end+len(", size "):], []byte("is ")))
	r.size, r.large = size, true
	return r, whole && bytes.HasPrefix(after, []byte(" bytes"))
}

// add counts a block. Rows of one kind follow each other, so that the group is
// seldom looked up. Newer systems list blocks inside of pages, too, when they scan
// the table of large ones: those begin at a page.
func (f *poolfind) add(b *block, l line, addr uint64, r poolBlock) {
	b.begun = true
	key := blocksKey{tag: padded(r.tag), pool: r.pool, large: r.large || f.large && addr&0xfff == 0}
	if f.last == nil || key != f.key {
		f.key, f.last = key, f.group(b, l, key)
	}
	if f.last == nil {
		return
	}
	f.last.Count++
	f.last.Bytes += r.size
	if len(f.last.First) < ingest.KeptAddresses {
		f.last.First = append(f.last.First, addr)
	}
}

// group returns the group of a key, nil when there are too many.
func (f *poolfind) group(b *block, l line, key blocksKey) *ingest.PoolBlocks {
	i, ok := f.groups[key]
	if !ok {
		if len(f.list) == maxBlockGroups {
			b.warn(l, "more tags than are kept")
			return nil
		}
		i = len(f.list)
		f.groups[key] = i
		f.list = append(f.list, ingest.PoolBlocks{
			Tag: key.tag, Pool: key.pool, Large: key.large, Source: f.p.source(l.no),
		})
	}
	return &f.list[i]
}

// finish calls an interrupted search unclosed.
func (f *poolfind) finish(b *block, end ending) {
	b.State = listed(end)
	if f.stopped {
		b.State = ingest.BlockUnclosed
	}
}

// merge adds the groups; of two lists of the same blocks the longer one counts.
func (f *poolfind) merge(m *moment) {
	for _, g := range f.list {
		m.found(fact{kind: "blocks", name: string(g.Tag[:]), at: uint64(g.Pool), more: largeWord[g.Large]}, g)
	}
}

var largeWord = map[bool]string{true: "large"}

// found adds blocks to the snapshot unless more of them are known.
func (m *moment) found(f fact, g ingest.PoolBlocks) {
	i, known := m.place(f, len(m.snap.Found))
	switch {
	case !known:
		m.snap.Found = append(m.snap.Found, g)
	case g.Count > m.snap.Found[i].Count:
		m.snap.Found[i] = g
	}
}
