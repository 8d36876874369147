package report

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"poolsweep/ingest"
)

// lengthen sets every text that a log, a person or a file's name brings into a case. Words
// of our own and reasons' names stay, and so do ids.
func lengthen(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			lengthen(v.Elem(), text)
		}
	case reflect.Interface:
		if _, is := v.Interface().(string); is {
			v.Set(reflect.ValueOf(text))
		}
	case reflect.Slice:
		for i := range v.Len() {
			lengthen(v.Index(i), text)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if _, is := v.MapIndex(key).Interface().(string); is {
				v.SetMapIndex(key, reflect.ValueOf(text))
			}
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			switch f := v.Field(i); {
			case f.Kind() != reflect.String:
				lengthen(f, text)
			case f.Type() == reflect.TypeFor[string]() && v.Type().Field(i).Name != "ID" && v.Type().Field(i).Name != "Object" &&
				v.Type().Field(i).Name != "Role":
				f.SetString(text)
			}
		}
	}
}

func TestNoFieldOfACaseIsLongerThanAPageBears(t *testing.T) {
	for _, text := range []string{strings.Repeat("x", 10000), strings.Repeat("很长的名字", 2000), strings.Repeat("a word ", 1500)} {
		in, k := fleet(t), runawayCase()
		lengthen(reflect.ValueOf(&k).Elem(), text)
		in.Documents[0].File, k.Lead.Machine.Name = text, text
		in.Result.Machines[1].Machine.Name = text
		w := writeup(t, in, k)
		cuts, longest := 0, 0
		for _, s := range textsOf(reflect.ValueOf(w), nil) {
			longest = max(longest, utf8.RuneCountInString(s))
			cuts += strings.Count(s, "whole text in the JSON")
		}
		if cuts < 30 || longest > textMost+100 {
			t.Errorf("%.10s…: %d fields are cut, the longest text has %d characters", text, cuts, longest)
		}
		if !strings.Contains(w.Subtitle, "… (10,000 characters, whole text in the JSON)") && len(text) != 10500 {
			t.Errorf("the machine: %s", w.Subtitle)
		}
	}
}

// textsOf returns all texts of a model.
func textsOf(v reflect.Value, list []string) []string {
	switch v.Kind() {
	case reflect.String:
		return append(list, v.String())
	case reflect.Pointer:
		if !v.IsNil() {
			return textsOf(v.Elem(), list)
		}
	case reflect.Slice:
		for i := range v.Len() {
			list = textsOf(v.Index(i), list)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			list = textsOf(v.Field(i), list)
		}
	}
	return list
}

func TestACutFieldIsNotCutAgain(t *testing.T) {
	s := &speaker{in: Input{Words: english(t)}, onPaper: true}
	long := strings.Repeat("名", fieldMost)
	if s.cut(long) != long {
		t.Error("a field that just fits is cut")
	}
	once := s.cut(long + "字")
	if want := strings.Repeat("名", fieldKept) + "… (301 characters, whole text in the JSON)"; once != want || s.cut(once) != want {
		t.Errorf("%s", once)
	}
	f := facts{"names": []string{"a", long + "b"}, "tag": ingest.MustTag("Abcd"), "n": int64(3)}
	cut := s.cutFacts(f)
	if names := cut["names"].([]string); names[0] != "a" || utf8.RuneCountInString(names[1]) > fieldMost {
		t.Errorf("%v", names)
	}
	if len(f["names"].([]string)[1]) != len(long)+1 {
		t.Error("the analysis's own facts are changed")
	}
	if s.onPaper = false; s.cut(once+once) != once+once {
		t.Error("what goes into no page is cut")
	}
}

func TestAReasonsFieldsAreCutOnPaperOnly(t *testing.T) {
	k := runawayCase()
	k.Why[0].Facts["filter"] = strings.Repeat("f", 5000)
	in := fleet(t)
	in.Result.Cases[0] = k
	if got := sectionOf(t, k, 9); !strings.Contains(got, "fff… (5,000 characters, whole text in the JSON) (altitude 141000) has 7,204") {
		t.Error(got)
	}
	out, err := NewOutput(in)
	if err != nil || !strings.Contains(out.Cases[0].Why[0], strings.Repeat("f", 5000)+" (altitude") {
		t.Errorf("the JSON has it not whole: %v", err)
	}
}
