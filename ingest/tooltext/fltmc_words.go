package tooltext

import (
	"bytes"
	"unicode/utf8"
)

// rowWords is a line cut at its blanks. What separates columns is the width of a
// gap: names hold single blanks, columns stand two or more apart. Only in copies
// that lost their runs of blanks are all gaps narrow.
type rowWords struct {
	text []byte
	at   []wordAt
}

// wordAt is where a word stands in its line.
type wordAt struct {
	from, to int
	apart    bool // two blanks or a tab stand before it, or nothing
}

// mostWords bounds the words of a line that are looked at. The rows read here
// have ten; whatever has more is no row.
const mostWords = 40

// split cuts the text anew, in the memory of the line before.
func (w *rowWords) split(text []byte) {
	w.text, w.at = text, w.at[:0]
	for i := 0; i < len(text) && len(w.at) < mostWords; {
		blanks, tab := 0, false
		for i < len(text) && blank(text[i]) {
			tab = tab || text[i] == '\t'
			blanks++
			i++
		}
		from := i
		for i < len(text) && !blank(text[i]) {
			i++
		}
		if i > from {
			w.at = append(w.at, wordAt{from: from, to: i, apart: blanks > 1 || tab || len(w.at) == 0})
		}
	}
}

func (w *rowWords) len() int { return len(w.at) }

// word returns the i-th word.
func (w *rowWords) word(i int) []byte { return w.text[w.at[i].from:w.at[i].to] }

// apart reports whether a wide gap, or the line's end, stands before word i.
func (w *rowWords) apart(i int) bool { return i >= len(w.at) || w.at[i].apart }

// join returns the text from word i up to word j, which is not part of it.
func (w *rowWords) join(i, j int) []byte {
	if i >= j {
		return nil
	}
	return w.text[w.at[i].from:w.at[j-1].to]
}

// unquoted removes what copies put in front of every line: blanks, the marks of
// quoted mail ("> "), of lists ("- ", "* ") and of comments ("# ").
func unquoted(text []byte) []byte {
	for {
		text = bytes.TrimLeft(text, " \t")
		if len(text) < 2 || !blank(text[1]) {
			return text
		}
		switch text[0] {
		case '>', '-', '*', '#', '|':
			text = text[1:]
		default:
			return text
		}
	}
}

// allDigits reports whether the word is a decimal number of at most the given length.
func allDigits(word []byte, most int) bool {
	if len(word) == 0 || len(word) > most {
		return false
	}
	for _, c := range word {
		if !digit(c) {
			return false
		}
	}
	return true
}

// isAltitude recognises "328010", "385250.5".
func isAltitude(word []byte) bool {
	whole, fraction, point := bytes.Cut(word, []byte("."))
	return allDigits(whole, 20) && (!point || allDigits(fraction, 40))
}

// isFrame recognises the number of a frame of the filter manager.
func isFrame(word []byte) bool { return allDigits(word, 2) }

// isLegacy recognises "<Legacy>", printed in place of the frame; the word in the
// brackets is translated.
func isLegacy(word []byte) bool {
	return len(word) > 2 && word[0] == '<' && word[len(word)-1] == '>' && word[1] != '-'
}

// isMask recognises the eight hex digits of SprtFtrs.
func isMask(word []byte) bool {
	if len(word) != 8 {
		return false
	}
	for _, c := range word {
		if !digit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// isServiceName reports whether the text may name a driver's service.
func isServiceName(name []byte) bool {
	const longest = 256
	return len(name) > 0 && len(name) <= longest && !bytes.ContainsAny(name, `\/:*?"<>|`) &&
		utf8.Valid(name)
}

// isVolumeName recognises C:, C:\mount point, \Device\Mup and the blank names
// of volumes without a letter.
func isVolumeName(name []byte) bool {
	switch {
	case len(name) == 0:
		return true
	case name[0] == '\\':
		return true
	}
	return len(name) > 1 && name[1] == ':' && (name[0]|0x20) >= 'a' && (name[0]|0x20) <= 'z'
}
