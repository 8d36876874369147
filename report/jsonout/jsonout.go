// Package jsonout writes the JSON document of schema poolsweep/1.
package jsonout

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"

	"poolsweep/report"
)

// Write writes m as indented UTF-8 with a final newline. Debugger text keeps its
// < > & as they are: the document is for scripts, never part of a web page.
func Write(w io.Writer, m *report.Output) error {
	whole := reflect.New(reflect.TypeFor[report.Output]()).Elem()
	whole.Set(reflect.ValueOf(m).Elem())
	fillLists(whole)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(whole.Interface()); err != nil {
		return fmt.Errorf("write json: %w", err)
	}
	return nil
}

// fillLists makes every list below v a list: encoding/json writes a nil slice as
// null, and a script that loops over null fails. Lists are copied on the way, so
// that the caller's document stays as it is.
func fillLists(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				fillLists(f)
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			c := reflect.New(v.Type().Elem())
			c.Elem().Set(v.Elem())
			fillLists(c.Elem())
			v.Set(c)
		}
	case reflect.Slice:
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(c, v)
		for i := range c.Len() {
			fillLists(c.Index(i))
		}
		v.Set(c)
	}
}
