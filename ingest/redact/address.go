package redact

import (
	"net/netip"
	"regexp"
	"strings"
)

// address is what may be an address of version 4, or of version 6 as it is written
// in full or with "::", also with one of version 4 at its end.
var address = regexp.MustCompile(
	`(?i)(?:[0-9a-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{0,4})|(?:\d{1,3}\.){3}\d{1,3}`)

// versionBefore is how a text goes before four numbers that are a version.
var versionBefore = regexp.MustCompile(`(?i)(version|ver|v|build|rev)[.:= ]*$`)

// addresses replaces network addresses, but for those that mean the same on every
// machine.
func (p *placeholders) addresses(s string) string {
	var b strings.Builder
	from := 0
	for _, at := range address.FindAllStringIndex(s, -1) {
		found := s[at[0]:at[1]]
		ip, err := netip.ParseAddr(found)
		if err != nil || ip.IsLoopback() || ip.IsUnspecified() || !standsAlone(s, at[0], at[1]) {
			continue
		}
		if ip.Is6() && !strings.ContainsAny(found, "0123456789") || versionBefore.MatchString(s[:at[0]]) {
			continue // a::b is a symbol
		}
		b.WriteString(s[from:at[0]])
		b.WriteString(p.give("ip", found))
		from = at[1]
	}
	return b.String() + s[from:]
}

// standsAlone reports whether what stands between two places is no part of a longer
// number, word or symbol. A dot may follow: that of a sentence.
func standsAlone(s string, from, to int) bool {
	if from > 0 && (isWord(s[from-1]) || strings.IndexByte(".:!`", s[from-1]) >= 0) {
		return false
	}
	after := s[to:]
	if len(after) > 1 && after[0] == '.' && isWord(after[1]) {
		return false
	}
	return after == "" || !isWord(after[0]) && strings.IndexByte("!`", after[0]) < 0
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c >= 0x80
}
