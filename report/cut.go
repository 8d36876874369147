package report

import (
	"maps"
	"unicode/utf8"
)

// How many characters of a field as found in a log, a name or a path a page shows. No
// path of Windows is longer; what is, would push all else off the page. The beginning
// that is kept is shorter by what is then said about the rest.
const (
	fieldMost = 300
	fieldKept = 220
	textMost  = 3000 // of texts that people wrote to be read
)

// prose is a text made of sentences whose fields were cut already.
type prose string

// cut leaves the beginning of a field that is too long for a page, and says so.
func (s *speaker) cut(field string) string { return s.cutTo(fieldMost, fieldKept, field) }

// cutText does so with a text that people wrote.
func (s *speaker) cutText(text string) string { return s.cutTo(textMost, textMost, text) }

func (s *speaker) cutTo(most, kept int, field string) string {
	if !s.onPaper || len(field) <= most {
		return field
	}
	all := utf8.RuneCountInString(field)
	if all <= most {
		return field
	}
	end := 0
	for range kept {
		_, size := utf8.DecodeRuneInString(field[end:])
		end += size
	}
	text, err := s.in.Words.Sentence("field.cut", facts{"start": field[:end], "characters": all})
	s.fail(err)
	return text
}

// cutFacts cuts the fields among the facts of a sentence. They are those of the
// analysis, too, so that what changes is a copy.
func (s *speaker) cutFacts(f facts) facts {
	var short facts
	for name, value := range f {
		now := s.cutFact(value)
		if now == nil {
			continue
		}
		if short == nil {
			short = maps.Clone(f)
		}
		short[name] = now
	}
	if short == nil {
		return f
	}
	return short
}

// cutFact returns a fact without what is too long, or nil when nothing is.
func (s *speaker) cutFact(value any) any {
	long := func(text string) bool { return utf8.RuneCountInString(text) > fieldMost }
	switch v := value.(type) {
	case string:
		if long(v) {
			return s.cut(v)
		}
	case interface{ In(lang string) string }: // what the knowledge says in words
		if long(s.text(v)) {
			return s.cut(s.text(v))
		}
	case []string:
		var short []string
		for i, text := range v {
			if !long(text) {
				continue
			}
			if short == nil {
				short = append(short, v...)
			}
			short[i] = s.cut(text)
		}
		if short != nil {
			return short
		}
	}
	return nil
}
