package templates

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"text/template"
	"time"
	"unicode"
)

// funcs are the functions that templates may call. They take facts of any named
// number type, so that the analysis may give its figures units without this
// package knowing them.
func (w *Words) funcs() template.FuncMap {
	return template.FuncMap{
		"hold":     w.hold,
		"word":     func(kind string, v any) (string, error) { return w.Word(kind, fmt.Sprint(v)) },
		"count":    count,
		"plural":   plural,
		"tag":      quoteTag,
		"list":     w.list,
		"listed":   listed,
		"unlisted": unlisted,
		"ratio":    onNumber(func(v float64) (string, error) { return Ratio(v), nil }),
		"sig":      onNumber(func(v float64) (string, error) { return Significant(v), nil }),
		"bytes":    onNumber(w.Bytes),
		"exact":    onNumber(func(v float64) (string, error) { return w.Exact(uint64(v)) }),
		"percent":  onNumber(w.Percent),
		"hours":    onNumber(w.Hours),
		"duration": onNumber(w.Duration),
	}
}

// count writes a whole number: 12,979.
func count(v any) (string, error) {
	n, err := whole(v)
	return Count(n), err
}

// plural picks the word that goes with a number:
// {{plural .instances "instance" "instances"}}. A language with other plural rules
// writes the same word twice, or a sentence that needs none.
func plural(v any, one, many string) (string, error) {
	n, err := whole(v)
	if n == 1 {
		return one, err
	}
	return many, err
}

// quoteTag writes a pool tag as engineers do: bare when it is four letters or
// digits, in quotes when blanks or signs would be lost in a sentence: 'Pp  '.
func quoteTag(v any) string {
	text := fmt.Sprint(v)
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return "'" + text + "'"
		}
	}
	return text
}

// Word puts the label "kind.value" in place of a word of the analysis, such as the
// kind of an object, which may be several: "irp and mdl". A word without a label is
// the log's own and stays.
func (w *Words) Word(kind, text string) (string, error) {
	values := strings.Split(text, " and ")
	for i, value := range values {
		if name := kind + "." + value; w.Has(name) {
			var err error
			if values[i], err = w.Label(name); err != nil {
				return "", err
			}
		}
	}
	return w.List(values)
}

// list joins the elements of a slice: a, b and c.
func (w *Words) list(v any) (string, error) {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Slice {
		return "", fmt.Errorf("list: want a slice, have %T", v)
	}
	items := make([]string, rv.Len())
	for i := range items {
		items[i] = fmt.Sprint(rv.Index(i).Interface())
	}
	return w.List(items)
}

// mostListed is how many items a sentence lists. Of thousands nobody reads all, and each
// line of evidence repeats its sentence; the tables have them all.
const mostListed = 40

// listed are the elements of a slice that a sentence lists, unlisted how many it does not:
//
//	{{range listed .members}} … {{end}}{{with unlisted .members}} and {{count .}} more{{end}}
func listed(v any) (any, error) {
	rv := reflect.ValueOf(v)
	left, err := unlisted(v)
	if err != nil || left == 0 {
		return v, err
	}
	return rv.Slice(0, rv.Len()-left).Interface(), nil
}

func unlisted(v any) (int, error) {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Slice {
		return 0, fmt.Errorf("listed: want a slice, have %T", v)
	}
	if rv.Len() <= mostListed {
		return 0, nil
	}
	return rv.Len() - (mostListed - 1), nil
}

// List joins items the way the language does: a, b and c. Of very many it says how many
// more there are.
func (w *Words) List(items []string) (string, error) {
	if len(items) < 2 {
		return strings.Join(items, ""), nil
	}
	if left, _ := unlisted(items); left > 0 {
		rest, err := w.Sentence("list.rest", map[string]any{"n": left})
		if err != nil {
			return "", err
		}
		items = append(slices.Clip(items[:len(items)-left]), rest)
	}
	last := len(items) - 1
	first, err := w.Join("list.more", items[:last])
	if err != nil {
		return "", err
	}
	return w.Sentence("list.last", map[string]any{"first": first, "last": items[last]})
}

// Join puts items one after the other with a sentence that joins two of them, the
// first and the next.
func (w *Words) Join(link string, items []string) (string, error) {
	var first string
	for i, next := range items {
		if i == 0 {
			first = next
			continue
		}
		var err error
		if first, err = w.Sentence(link, map[string]any{"first": first, "next": next}); err != nil {
			return "", err
		}
	}
	return first, nil
}

// onNumber makes a template function of one that writes a number.
func onNumber(write func(float64) (string, error)) func(any) (string, error) {
	return func(v any) (string, error) {
		n, err := number(v)
		if err != nil {
			return "", err
		}
		return write(n)
	}
}

// whole returns the value of a fact of any integer type.
func whole(v any) (int64, error) {
	switch rv := reflect.ValueOf(v); {
	case rv.CanInt():
		return rv.Int(), nil
	case rv.CanUint():
		return int64(rv.Uint()), nil
	}
	return 0, fmt.Errorf("want a whole number, have %T", v)
}

// number returns the value of a fact of any number type; a time.Duration counts
// in hours.
func number(v any) (float64, error) {
	if d, ok := v.(time.Duration); ok {
		return d.Hours(), nil
	}
	if rv := reflect.ValueOf(v); rv.CanFloat() {
		return rv.Float(), nil
	}
	n, err := whole(v)
	return float64(n), err
}
