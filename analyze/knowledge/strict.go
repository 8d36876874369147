package knowledge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Decode reads one YAML document strictly: a key that is not expected is an error
// which names file and line, the nearest key and all that are allowed. An empty
// document leaves into as it is.
func Decode(name string, text []byte, into any) error {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	err := d.Decode(into)
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return explain(name, err, allowedKeys(reflect.TypeOf(into)))
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %s: more than one YAML document", name)
	}
	return nil
}

// The two ways in which the YAML library names a line:
//
//	line 3: field tagmap not found in type main.config
//	yaml: line 7: mapping values are not allowed in this context
var (
	unknownKey = regexp.MustCompile(`^line (\d+): field (.*) not found in type (\S+)$`)
	otherError = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)
)

// explain turns the library's error into one of ours, with the place first.
func explain(name string, err error, allowed map[string][]string) error {
	lines := []string{err.Error()}
	var several *yaml.TypeError
	if errors.As(err, &several) {
		lines = several.Errors
	}
	for i, line := range lines {
		if m := unknownKey.FindStringSubmatch(line); m != nil {
			lines[i] = fmt.Sprintf("%s:%s: unknown key %q%s", name, m[1], m[2], hint(m[2], allowed[m[3]]))
		} else if m := otherError.FindStringSubmatch(line); m != nil {
			lines[i] = fmt.Sprintf("%s:%s: %s", name, m[1], m[2])
		} else {
			lines[i] = name + ": " + strings.TrimPrefix(line, "yaml: ")
		}
	}
	return errors.New(strings.Join(lines, "\n"))
}

func hint(key string, allowed []string) string {
	text := "; allowed are " + strings.Join(allowed, ", ")
	if near := nearest(key, allowed); near != "" {
		text = fmt.Sprintf("; did you mean %q?%s", near, strings.Replace(text, ";", "", 1))
	}
	return text
}

// allowedKeys lists the keys of a struct type and of all below it by type name.
func allowedKeys(t reflect.Type) map[string][]string {
	keys := map[string][]string{}
	collectKeys(t, keys)
	return keys
}

func collectKeys(t reflect.Type, into map[string][]string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		collectKeys(t.Elem(), into)
	case reflect.Struct:
		if _, seen := into[t.String()]; seen {
			return
		}
		into[t.String()] = []string{}
		for field := range t.Fields() {
			tag, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			switch {
			case tag == "-" || !field.IsExported():
				continue
			case tag == "":
				tag = strings.ToLower(field.Name)
			}
			into[t.String()] = append(into[t.String()], tag)
			collectKeys(field.Type, into)
		}
		slices.Sort(into[t.String()])
	}
}

// nearest returns the allowed key that a mistyped one is meant to be, "" when
// none is near: at most a third of its letters differ.
func nearest(key string, allowed []string) string {
	best, least := "", len(key)/3+1
	for _, a := range allowed {
		if n := edits(strings.ToLower(key), a); n < least || n == least && best == "" {
			best, least = a, n
		}
	}
	return best
}

// edits counts the letters to add, drop or change between two words
// (Levenshtein distance).
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
