package shelf

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"poolsweep/ingest"
)

// dictionary numbers what is printed again and again. Logs of a fleet name the same
// tags with the same descriptions, and the same drivers.
type dictionary struct {
	texts numbered[string]
	names numbered[rowName]
	last  map[rowPlace]uint64 // number of the name that a tag had last
	room  []byte              // to pack into
}

// numbered gives values numbers in the order of their first use.
type numbered[T comparable] struct {
	number map[T]uint64
	values []T
}

func newDictionary() dictionary {
	return dictionary{
		texts: numbered[string]{number: map[string]uint64{}},
		names: numbered[rowName]{number: map[rowName]uint64{}},
		last:  map[rowPlace]uint64{},
	}
}

// of returns the number of a value; keep makes the copy to hold of a new one.
func (n *numbered[T]) of(v T, keep func(T) T) uint64 {
	id, known := n.number[v]
	if !known {
		v, id = keep(v), uint64(len(n.values))
		n.number[v] = id
		n.values = append(n.values, v)
	}
	return id
}

// name numbers what a row says beside its figures. Nearly always that is what the last
// row of its tag said.
func (d *dictionary) name(r *ingest.TagUsage) uint64 {
	place := placeOf(r)
	id, known := d.last[place]
	if !known || d.names.values[id].description != r.Description {
		id = d.names.of(rowName{r.Tag, r.Pool, r.Description}, rowName.keep)
		d.last[place] = id
	}
	return id
}

// reader is a dictionary for reading: what it holds is never changed.
type reader struct {
	texts []string
	names []rowName
}

func (d *dictionary) reader() reader { return reader{d.texts.values, d.names.values} }

// packer appends values to its bytes: numbers of variable length, texts by their
// number, lists after their length.
type packer struct {
	*dictionary
	file string // of the snapshot
	out  []byte
}

// pack returns the tables of a snapshot in bytes.
func (d *dictionary) pack(snap *ingest.Snapshot) []byte {
	p := packer{d, snap.File, d.room[:0]}
	v := reflect.ValueOf(snap).Elem()
	for _, i := range tableFields {
		if rows, is := v.Field(i).Interface().([]ingest.TagUsage); is {
			p.rows(rows)
		} else {
			p.value(v.Field(i))
		}
	}
	d.room = p.out
	return slices.Clip(slices.Clone(p.out))
}

func (p *packer) unsigned(n uint64) { p.out = binary.AppendUvarint(p.out, n) }

func (p *packer) signed(n int64) { p.out = binary.AppendVarint(p.out, n) }

// Numbers of texts that need no place in the dictionary.
const (
	noText   = iota
	ownFile  // the file of the snapshot
	ownTexts // how many these are
)

// text packs a text. The reader's texts may be parts of longer ones, which must not be
// held for them.
func (p *packer) text(s string) {
	switch s {
	case "":
		p.unsigned(noText)
	case p.file:
		p.unsigned(ownFile)
	default:
		p.unsigned(ownTexts + p.texts.of(s, strings.Clone))
	}
}

// value packs all but rows of tags, of which there are a hundred times more than of
// anything else.
func (p *packer) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		p.flag(v.Bool())
	case reflect.Int, reflect.Int64:
		p.signed(v.Int())
	case reflect.Uint8, reflect.Uint64:
		p.unsigned(v.Uint())
	case reflect.String:
		p.text(v.String())
	case reflect.Slice:
		p.unsigned(uint64(v.Len()))
		p.elements(v)
	case reflect.Array:
		p.elements(v)
	case reflect.Struct:
		for i := range v.NumField() {
			p.value(v.Field(i))
		}
	default:
		panic(fmt.Sprintf("tables hold a %s, which is not packed", v.Type()))
	}
}

func (p *packer) elements(v reflect.Value) {
	for i := range v.Len() {
		p.value(v.Index(i))
	}
}

func (p *packer) flag(is bool) {
	if is {
		p.out = append(p.out, 1)
	} else {
		p.out = append(p.out, 0)
	}
}

// unpacker reads what a packer wrote. The bytes never leave the program, so that one
// that does not fit is our own mistake and panics.
type unpacker struct {
	reader
	file string // of the snapshot
	in   []byte
}

func (r reader) unpack(packed []byte, snap *ingest.Snapshot) {
	u := unpacker{r, snap.File, packed}
	v := reflect.ValueOf(snap).Elem()
	for _, i := range tableFields {
		if rows, is := v.Field(i).Addr().Interface().(*[]ingest.TagUsage); is {
			*rows = u.rows()
		} else {
			u.value(v.Field(i))
		}
	}
}

func (u *unpacker) unsigned() uint64 {
	n, size := binary.Uvarint(u.in)
	u.in = u.in[size:]
	return n
}

func (u *unpacker) signed() int64 {
	n, size := binary.Varint(u.in)
	u.in = u.in[size:]
	return n
}

func (u *unpacker) text() string {
	switch n := u.unsigned(); n {
	case noText:
		return ""
	case ownFile:
		return u.file
	default:
		return u.texts[n-ownTexts]
	}
}

// value fills a zero value in.
func (u *unpacker) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(u.unsigned() != 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(u.signed())
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(u.unsigned())
	case reflect.String:
		v.SetString(u.text())
	case reflect.Slice:
		if n := int(u.unsigned()); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			u.elements(v)
		}
	case reflect.Array:
		u.elements(v)
	case reflect.Struct:
		for i := range v.NumField() {
			u.value(v.Field(i))
		}
	}
}

func (u *unpacker) elements(v reflect.Value) {
	for i := range v.Len() {
		u.value(v.Index(i))
	}
}
