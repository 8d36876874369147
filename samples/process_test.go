package samples_test

import (
	"fmt"
	"strings"
)

// process is one record of !process 0 0.
type process struct {
	cid, parent uint32
	session     string
	image       string
	zombie      bool
}

// tree makes processes from words "image*count" under a parent's identifier.
// Identifiers are multiples of four, handed out upwards with gaps.
func tree(next *uint32, parent uint32, session, list string) []process {
	var ps []process
	for _, word := range strings.Fields(list) {
		n := 1
		name, count, _ := strings.Cut(word, "*")
		if count != "" {
			fmt.Sscan(count, &n)
		}
		for range n {
			*next += 4 * (1 + uint32(noise(fmt.Sprint(name, *next))*17))
			ps = append(ps, process{cid: *next, parent: parent, session: session, image: name})
		}
	}
	return ps
}

// cid returns the identifier of the first process of an image.
func cid(ps []process, image string) uint32 {
	for _, p := range ps {
		if p.image == image {
			return p.cid
		}
	}
	panic("no " + image)
}

// processes2000 prints !process 0 0 of the 32-bit extensions: everything up to
// the parent on one line, blank padded.
func processes2000(ps []process) string {
	var b strings.Builder
	b.WriteString("**** NT ACTIVE PROCESS DUMP ****\n")
	for i, p := range ps {
		key := fmt.Sprint(p.image, p.cid)
		peb := "00000000"
		if p.session != "none" {
			peb = fmt.Sprintf("7ff%x000", 0xd0+uint32(noise(key+"peb")*16))
		}
		fmt.Fprintf(&b, "PROCESS %s  SessionId: %s  Cid: %04x    Peb: %s  ParentCid: %04x\n",
			pooled("process"+key, false), p.session, p.cid, peb, p.parent)
		fmt.Fprintf(&b, "    DirBase: %08x  ObjectTable: e%07x  HandleCount: %3d.\n    Image: %s\n\n",
			0x7f0a0020+0x20*i, 0x1000c98+uint32(noise(key)*0x1f00000)&^0x7, handles(p), p.image)
	}
	return b.String()
}

// processes64 prints !process 0 0 of a 64-bit target. An exited process that
// somebody still references has no handle table: eight zeros even here.
func processes64(ps []process) string {
	var b strings.Builder
	b.WriteString("**** NT ACTIVE PROCESS DUMP ****\n")
	for _, p := range ps {
		key := fmt.Sprint(p.image, p.cid)
		peb, object := "00000000", "00000000"
		if p.session != "none" {
			peb = fmt.Sprintf("%x000", 0x4c1a10+uint32(noise(key+"peb")*0xb00000))
		}
		if !p.zombie {
			object = fmt.Sprintf("ffff9f86%08x", 0x0c000000+uint32(noise(key)*0x30000000)&^0x3f)
		}
		fmt.Fprintf(&b, "PROCESS %s\n    SessionId: %s  Cid: %04x    Peb: %s  ParentCid: %04x\n",
			pooled("process"+key, true), p.session, p.cid, peb, p.parent)
		dirBase := 0x1ad000 + uint64(noise(key+"dir")*0x3f0000)*0x1000
		fmt.Fprintf(&b, "    DirBase: %08x  ObjectTable: %s  HandleCount: %3d.\n    Image: %s\n\n",
			dirBase, object, handles(p), p.image)
	}
	return b.String()
}

func handles(p process) int {
	switch {
	case p.zombie:
		return 0
	case p.image == "System":
		return 1877
	}
	return 61 + int(noise(p.image+fmt.Sprint(p.cid)+"handles")*740)
}
