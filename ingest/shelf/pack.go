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
}

// numbered gives values numbers in the order of their first use.
type numbered[T comparable] struct {
	number map[T]uint64
	values []T
}

func newDictionary() dictionary {
	return dictionary{numbered[string]{number: map[string]uint64{}}, numbered[rowName]{number: map[rowName]uint64{}}}
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

// text numbers a text. The reader's texts may be parts of longer ones, which must not
// be held for them.
func (d *dictionary) text(s string) uint64 { return d.texts.of(s, strings.Clone) }

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
	out []byte
}

// pack returns the tables of a snapshot in bytes.
func (d *dictionary) pack(snap *ingest.Snapshot) []byte {
	p := packer{dictionary: d}
	v := reflect.ValueOf(snap).Elem()
	for _, i := range tableFields {
		if rows, is := v.Field(i).Interface().([]ingest.TagUsage); is {
			p.rows(rows, snap.File)
		} else {
			p.value(v.Field(i))
		}
	}
	return slices.Clip(slices.Clone(p.out))
}

func (p *packer) unsigned(n uint64) { p.out = binary.AppendUvarint(p.out, n) }

func (p *packer) signed(n int64) { p.out = binary.AppendVarint(p.out, n) }

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
		p.unsigned(p.text(v.String()))
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
	in []byte
}

func (r reader) unpack(packed []byte, snap *ingest.Snapshot) {
	u := unpacker{r, packed}
	v := reflect.ValueOf(snap).Elem()
	for _, i := range tableFields {
		if rows, is := v.Field(i).Addr().Interface().(*[]ingest.TagUsage); is {
			*rows = u.rows(snap.File)
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
		v.SetString(u.texts[u.unsigned()])
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
