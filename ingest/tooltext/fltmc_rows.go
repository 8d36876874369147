package tooltext

import (
	"bytes"
	"math"

	"poolsweep/ingest"
)

// filter reads a row of "fltmc filters", one of
//
//	UCPD                                    5       385250.5       0
//	AVLegacy                                        389998.99   <Legacy>
//	cbfsconnect2017                                             <Legacy>
//	FileScreenFilter                3         0
//	DfsDriver
//
// The last two are of Windows Server 2003, which prints no altitude and of a
// legacy filter nothing but the name. Some people add a remark on the right.
func (f *fltmc) filter(l ingest.Line) bool {
	w := &f.words
	row := ingest.Filter{Source: ingest.Source{Line: l.No}}
	var name, attached []byte
	switch end := w.len(); {
	case f.old && end == 1 && !l.Open && !f.blank:
		name, row.Legacy = w.word(0), true
	case f.old && end > 2 && isFrame(w.word(end-1)) && allDigits(w.word(end-2), 9):
		name, attached, row.Frame = w.join(0, end-2), w.word(end-2), f.keep(w.word(end-1))
	case f.old:
		return false
	case end > 1 && isLegacy(w.word(end-1)):
		name, attached, row.Altitude = f.legacy(end - 1)
		row.Legacy = true
	default:
		at := w.filterAt()
		if at < 0 {
			return false
		}
		name, attached = w.join(0, at), w.word(at)
		row.Altitude, row.Frame = ingest.Altitude(f.keep(w.word(at+1))), f.keep(w.word(at+2))
	}
	if !isServiceName(name) || len(f.list) == maxFilters {
		return false
	}
	row.Name = f.keep(name)
	if n, _ := decimal(attached); n > 0 && n <= math.MaxInt32 {
		row.Instances = []ingest.Instance{{Altitude: row.Altitude, Count: int(n), Source: row.Source}}
	}
	f.list = append(f.list, row)
	return true
}

// maxFilters is how many filters are told apart; a machine has some thirty.
const maxFilters = 1 << 14

// legacy reads what stands before <Legacy>: a name, and where the driver has
// entered them the number of instances and the altitude.
func (f *fltmc) legacy(end int) (name, attached []byte, altitude ingest.Altitude) {
	w := &f.words
	if at := end - 1; at > 0 && isAltitude(w.word(at)) && len(w.word(at)) > 3 {
		altitude = ingest.Altitude(f.keep(w.word(at)))
		end = at
		if at > 1 && w.apart(at) && w.apart(at-1) && allDigits(w.word(at-1), 9) {
			attached, end = w.word(at-1), at-1
		}
	}
	return w.join(0, end), attached, altitude
}

// filterAt returns the word that is the number of instances, with an altitude, a
// frame and nothing or a remark behind it; -1 when there is none.
func (w *rowWords) filterAt() int {
	for at := w.len() - 3; at > 0; at-- {
		if isFrame(w.word(at+2)) && isAltitude(w.word(at+1)) && allDigits(w.word(at), 9) && w.apart(at+3) {
			return at
		}
	}
	return -1
}

// filterColumns reports whether a line is a row of "fltmc filters" in its columns,
// for lines that stand alone: the number of instances ends 40 columns behind the
// begin of the name, the altitude's whole part 53, the frame 63.
func (w *rowWords) filterColumns() bool {
	end := w.len()
	if end < 2 || !isServiceName(w.word(0)) {
		return false
	}
	column := w.at[end-1].from - w.at[0].from
	if isLegacy(w.word(end - 1)) {
		return (end == 2 || end == 3 && isAltitude(w.word(1))) && column == 60
	}
	if end != 4 || w.filterAt() != 1 {
		return false
	}
	whole, _, _ := bytes.Cut(w.word(2), []byte("."))
	ends := w.at[2].from + len(whole) - w.at[0].from
	return ends == 54 && column == 63 && w.at[1].to-w.at[0].from == 41
}

// instance reads a row of "fltmc instances":
//
//	FileInfo              \Device\Mup                40500     FileInfo                  0     0000000f
//	RsFx0603              C:                         41006.03  RsFx0603 MiniFilter Instance    0     00000000
//	test                  C:                        329998.99                         <Legacy> 00000000
//	EvFilter                      D:               185100      EvFilter
//
// The last one is of Windows Server 2003. Rows that print alike are different
// volumes without a name, or the same filter again on one volume: they are counted.
func (f *fltmc) instance(l ingest.Line, warn func(string)) bool {
	w := &f.words
	end, legacy, ok := f.frameAt(l)
	if !ok {
		return false
	}
	at := w.altitudeAt(end, f.noFilter)
	if at < 0 || at+1 == end && !legacy {
		return false
	}
	filter, volume := f.ownerOf(at)
	if !isServiceName(filter) || !isVolumeName(volume) {
		return false
	}
	name := w.join(at+1, end)
	if f.old && l.Open && !f.knows(name) {
		return false // the name may be cut
	}
	row := attachment{filter: filter, name: name, volume: volume, altitude: w.word(at), legacy: legacy}
	if !legacy && end < w.len() {
		row.frame = w.word(end)
		row.detached = bytes.EqualFold(w.word(w.len()-1), detached)
	}
	return f.attach(l, row, warn)
}

// detached is the status of an instance whose volume is gone. Other languages have
// another word.
var detached = []byte("Detached")

// knows reports whether the text was read before.
func (f *fltmc) knows(text []byte) bool {
	_, ok := f.texts[string(text)]
	return ok
}

// frameAt returns the word that is the frame. Behind it stand eight hex digits
// since Windows 8, and a word or two of status.
func (f *fltmc) frameAt(l ingest.Line) (at int, legacy, ok bool) {
	w := &f.words
	if f.old {
		return w.len(), false, w.len() > 2
	}
	if at = w.maskAt(); at > 0 {
		f.masked = true
		return at - 1, isLegacy(w.word(at - 1)), true
	}
	// Windows 7 has no such column. German headings have none either, but the rows
	// print it; there, and elsewhere, a row without it has lost its end.
	if !f.bare || f.masked || f.width > 0 || l.Open {
		return 0, false, false
	}
	for at = w.len() - 1; at > 1 && at > w.len()-4; at-- {
		if isFrame(w.word(at)) && w.apart(at) && w.apart(at+1) && !hasDigit(w.join(at+1, w.len())) {
			return at, false, true
		}
	}
	return 0, false, false
}

// maskAt returns the word that is SprtFtrs, with a frame before it and nothing or
// a status behind it; 0 when there is none.
func (w *rowWords) maskAt() int {
	for at := w.len() - 1; at > 1; at-- {
		if !isMask(w.word(at)) || !isFrame(w.word(at-1)) && !isLegacy(w.word(at-1)) {
			continue
		}
		if rest := w.len() - 1 - at; w.apart(at+1) || rest < 3 && !hasDigit(w.join(at+1, w.len())) {
			return at
		}
		return 0
	}
	return 0
}

// hasMask reports whether a line is a row of "fltmc instances" that stands alone.
func (w *rowWords) hasMask() bool {
	at := w.maskAt()
	if at < 3 || !w.apart(1) || !isServiceName(w.word(0)) {
		return false
	}
	altitude := w.altitudeAt(at-1, false)
	named := altitude+1 < at-1 || isLegacy(w.word(at-1))
	return altitude > 0 && named && isVolumeName(w.join(1, altitude))
}

// altitudeAt returns the word that is the altitude of an instance, -1 when it is
// not certain: wide gaps stand on both sides of it, and words of the instance's
// name ("UCPD - Top Instance") and of the volume (C:\Program Files) stand closer.
// Without wide gaps it is the only number.
func (w *rowWords) altitudeAt(frame int, first bool) int {
	from := 1
	if first {
		from = 0
	}
	only := -1
	for at := frame - 1; at >= from; at-- {
		if !isAltitude(w.word(at)) {
			continue
		}
		if w.apart(at) && w.apart(at+1) {
			return at
		}
		if only >= 0 {
			return -1
		}
		only = at
	}
	return only
}

// ownerOf splits what stands before the altitude into filter and volume.
func (f *fltmc) ownerOf(altitude int) (filter, volume []byte) {
	w := &f.words
	if f.noFilter {
		return []byte(f.only.filter), w.join(0, altitude)
	}
	// The filter's column is 20 wide, and two blanks follow a name that is longer.
	at := 1
	for at < altitude && !w.at[at].apart {
		at++
	}
	if at == altitude { // no volume, or a copy that lost its wide gaps
		for i := 1; i < altitude; i++ {
			if isVolumeName(w.word(i)) {
				at = i
				break
			}
		}
	}
	volume = w.join(at, altitude)
	if len(volume) == 0 {
		volume = []byte(f.only.volume)
	}
	return w.join(0, at), volume
}

// volume reads a row of "fltmc volumes". Only the device name is always there:
//
//	Dos Name                        Volume Name                              FileSystem   Status
//	C:                              \Device\HarddiskVolume3                  NTFS
//	                                \Device\Mup                              Remote
func (f *fltmc) volume(l ingest.Line) bool {
	w := &f.words
	at := 0
	for at < w.len() && !bytes.HasPrefix(w.word(at), []byte(`\Device\`)) {
		at++
	}
	if at == w.len() || at == w.len()-1 && l.Open || len(f.volumes) == maxFilters {
		return false
	}
	end := at + 1
	for end < w.len() && !w.at[end].apart && w.len()-end > 2 {
		end++
	}
	v := ingest.Volume{
		Name: f.keep(w.join(0, at)), Device: f.keep(w.join(at, end)), Source: ingest.Source{Line: l.No},
	}
	if !isVolumeName([]byte(v.Name)) {
		return false
	}
	if v.Name == "" { // a volume without a letter or a folder goes by its device
		v.Name = v.Device
	}
	f.volumes = append(f.volumes, v)
	return true
}
