package watch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tempEndings are what copy tools, browsers and editors append to the name of a
// file that they have not finished.
var tempEndings = [...]string{".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp"}

// helperNames are files and folders that Windows and storage systems put into any
// share.
var helperNames = [...]string{"thumbs.db", "desktop.ini", "$recycle.bin", "system volume information",
	"lost+found", "@eadir"}

// IsHelper reports whether a name is that of a copy under way or of a helper file.
// A dot begins hidden names, those under which rsync writes (".x.log.AbC123"), and
// what an NFS client keeps of a deleted file (".nfs000…").
func IsHelper(name []byte) bool {
	if len(name) > 0 && name[0] == '.' || bytes.HasPrefix(name, []byte("~$")) {
		return true
	}
	for _, end := range tempEndings {
		if at := len(name) - len(end); at > 0 && equalFold(name[at:], end) {
			return true
		}
	}
	for _, helper := range helperNames {
		if equalFold(name, helper) {
			return true
		}
	}
	return false
}

// equalFold compares with a word of small ASCII letters, without making a string
// of each name in a folder.
func equalFold(name []byte, word string) bool {
	if len(name) != len(word) {
		return false
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// devices are names that open a device in any folder of Windows, also with an
// ending: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
var devices = map[string]bool{
	"CON": true, "PRN": true, "AUX": true, "NUL": true, "CONIN$": true, "CONOUT$": true,
}

// isDevice reports whether a name means a device on Windows: COM and LPT with a
// digit, also a superscript one, and blanks and anything behind a dot or colon do
// not matter.
func isDevice(name string) bool {
	if end := strings.IndexAny(name, ".:"); end >= 0 {
		name = name[:end]
	}
	name = strings.ToUpper(strings.TrimRight(name, " "))
	if devices[name] {
		return true
	}
	digit, ok := strings.CutPrefix(name, "COM")
	if !ok {
		digit, ok = strings.CutPrefix(name, "LPT")
	}
	if !ok {
		return false
	}
	r, n := utf8.DecodeRuneInString(digit)
	return n == len(digit) && strings.ContainsRune("0123456789¹²³", r)
}

// unsafeOnWindows reports whether a name means something else there than the file
// that lists it: a device, a stream of a file, or a name without its last dot.
func unsafeOnWindows(name string) bool {
	return isDevice(name) || strings.ContainsAny(name, `:\`) || strings.TrimRight(name, ". ") != name
}

// longName is how many bytes of a name CleanName keeps: a path with it fits into
// the 260 characters of older Windows programs.
const longName = 100

// CleanName returns a name for an output that is made from the name of a drop, or
// from any other name that a machine gives: one element of a path that is valid,
// means a plain file and can be typed on Linux and Windows alike. A name that is
// clean already comes back as it is. Any other ends in a hash of what it was, so
// that no two of them meet.
func CleanName(name string) string {
	clean := strings.Map(cleanRune, strings.ToValidUTF8(name, "_"))
	if len(clean) > longName {
		clean = strings.ToValidUTF8(clean[:longName], "")
	}
	clean = strings.TrimRight(clean, ". ")
	if clean == "" || strings.ContainsRune(".-~ ", rune(clean[0])) || isDevice(clean) {
		clean = "_" + clean
	}
	if clean == name {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	hash := "-" + hex.EncodeToString(sum[:6])
	end := path.Ext(clean)
	stem := strings.TrimSuffix(clean, end)
	if stem == "" || len(end) > 8 {
		stem, end = clean, ""
	}
	stem = strings.ToValidUTF8(stem[:min(len(stem), longName-len(hash)-len(end))], "")
	return stem + hash + end
}

// cleanRune replaces what Windows forbids, what a shell expands, and what does not
// show or turns the direction of writing.
func cleanRune(r rune) rune {
	if strings.ContainsRune("<>:\"/\\|?*$`%\uFFFD", r) || !unicode.IsPrint(r) {
		return '_'
	}
	return r
}
