// Package redact takes what names people out of what was read from a log: users'
// names in paths and after domains, security identifiers, mail and network
// addresses. Each becomes a placeholder, user-1, sid-2, that stands for the same
// in all of a document, so that what belongs together still can be seen.
//
// A machine's name stays: it is what the reports are about. So does what no form
// tells from other words, such as a user's name by itself.
package redact

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"poolsweep/ingest"
)

// Document replaces personal data in all texts of a document. Source is the
// document's file as shown: there it stays, because who reads a report has to find
// the file, but not in what follows it, such as a name inside an archive.
func Document(d *ingest.Document, source string) {
	p := newPlaceholders(source)
	eachText(reflect.ValueOf(d), "", func(field, text string) string {
		if kept[field] {
			return text
		}
		return p.text(text)
	})
	for _, s := range d.Snapshots {
		p.machine(s)
	}
}

// machine replaces a machine's name that was taken from a path inside an archive,
// Users/jdoe/kd.log, and is that of a user. Our own warnings quote it.
func (p *placeholders) machine(s *ingest.Snapshot) {
	name := s.Machine.Name
	given := p.given["user "+strings.ToLower(name)]
	guessed := s.Machine.From == ingest.NameFromFolder || s.Machine.From == ingest.NameFromFile
	if given == "" || !guessed || slices.Contains(strings.Split(p.source, "/"), name) {
		return
	}
	s.Machine.Name = given
	for i := range s.Warnings {
		w := &s.Warnings[i]
		w.Message = strings.ReplaceAll(w.Message, strconv.Quote(name), strconv.Quote(given))
	}
}

// Text does the same with one text by itself.
func Text(s, source string) string {
	return newPlaceholders(source).text(s)
}

// kept are the texts that are no free text: names that things are known by, and
// versions, which read like addresses.
var kept = map[string]bool{
	"Machine.Name": true, "Document.SHA256": true, "Document.Encoding": true, "Module.Version": true,
}

// eachText walks all that a document consists of, so that no text in it is forgotten,
// also not one of a field that is added later. change gets each text with the name of
// its field, Warning.Text, and returns what takes its place.
func eachText(v reflect.Value, field string, change func(field, text string) string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			eachText(v.Elem(), field, change)
		}
	case reflect.Slice, reflect.Array:
		if !holdsText(v.Type().Elem().Kind()) {
			return
		}
		for i := range v.Len() {
			eachText(v.Index(i), field, change)
		}
	case reflect.Struct:
		t := v.Type()
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				eachText(v.Field(i), t.Name()+"."+f.Name, change)
			}
		}
	case reflect.String:
		if now := change(field, v.String()); now != v.String() {
			v.SetString(now)
		}
	case reflect.Map, reflect.Interface, reflect.Chan, reflect.Func:
		panic(fmt.Sprintf("redact: cannot walk a %s", v.Type()))
	}
}

// holdsText reports whether values of a kind can hold text; the bytes of a tag
// cannot.
func holdsText(k reflect.Kind) bool {
	return k == reflect.String || k == reflect.Struct || k == reflect.Pointer || k == reflect.Slice || k == reflect.Array
}

// placeholders are those of one document.
type placeholders struct {
	source string
	given  map[string]string // by kind and what they stand for
	counts map[string]int    // by kind
}

func newPlaceholders(source string) *placeholders {
	return &placeholders{source: source, given: map[string]string{}, counts: map[string]int{}}
}

// give returns the placeholder of what a person is known by. Letters' case does not
// matter in any of these.
func (p *placeholders) give(kind, name string) string {
	if ours.MatchString(name) {
		return name
	}
	key := kind + " " + strings.ToLower(name)
	if p.given[key] == "" {
		p.counts[kind]++
		p.given[key] = fmt.Sprintf("%s-%d", kind, p.counts[kind])
	}
	return p.given[key]
}

// ours is a placeholder: a text may pass here twice.
var ours = regexp.MustCompile(`^(user|sid|mail|ip|path)-\d+$`)

// text replaces what it finds in one text. Most texts hold no sign of any of it and
// are left alone at once.
func (p *placeholders) text(s string) string {
	if rest, ok := strings.CutPrefix(s, p.source); ok && p.source != "" {
		return p.source + p.text(rest)
	}
	if strings.Contains(s, "-1-") {
		s = sids.ReplaceAllStringFunc(s, func(sid string) string { return p.give("sid", sid) })
	}
	if strings.Contains(s, "@") {
		s = mails.ReplaceAllStringFunc(s, p.mail)
	}
	if strings.ContainsAny(s, `\/`) {
		s = homes.ReplaceAllStringFunc(s, p.home)
		s = p.pairs(s)
	}
	if strings.Count(s, ".") >= 3 || strings.Count(s, ":") >= 2 {
		s = p.addresses(s)
	}
	return s
}

// sids are the identifiers of accounts: of a domain or machine (S-1-5-21), and of
// the directory in the cloud (S-1-12-1). S-1-5-18 is the system itself, on every
// machine. One may be cut short where the text was.
var sids = regexp.MustCompile(`(?i)\bS-1-(5-21|12-1)(-\d+)+`)

// mails are addresses, and the names that users log on by. In "_DriverEntry@8" the
// number is of bytes.
var mails = regexp.MustCompile(`[\pL\pN._%+-]+@[\pL\pN-]+(\.[\pL\pN-]+)*`)

func (p *placeholders) mail(found string) string {
	_, domain, _ := strings.Cut(found, "@")
	if strings.Trim(domain, "0123456789") == "" {
		return found
	}
	return p.give("mail", found)
}

// homes are the folders of users: \Users\NAME, /home/NAME, and that of Windows XP,
// also in its short form and in archives, kd.zip!Users/NAME. A name with a blank in it ends only at the next folder.
var homes = regexp.MustCompile(`(?i)((?:^|[\\/!])[\\/]*(?:users|home|documents and settings|docume~\d)[\\/]+)` +
	`(?:([^\\/:*?"<>|\r\n]{1,64})([\\/])|([^\\/:*?"<>|\s,;)'\]]+))`)

// common are the folders beside those of users, and accounts that all machines have.
var common = map[string]bool{
	"public": true, "default": true, "default user": true, "all users": true, "administrator": true,
	"networkservice": true, "localservice": true, "system": true,
}

func (p *placeholders) home(found string) string {
	m := homes.FindStringSubmatch(found)
	name := m[2] + m[4]
	if common[strings.ToLower(name)] {
		return found
	}
	return m[1] + p.give("user", name) + m[3]
}

// pair is DOMAIN\user standing by itself, which a part of a path never does.
var pair = regexp.MustCompile(`[\pL\pN][\pL\pN._-]*\\[\pL\pN][\pL\pN._$-]*`)

// programEnding is how the second half of what is a file ends.
var programEnding = regexp.MustCompile(
	`(?i)\.(sys|exe|dll|pdb|inf|log|txt|dmp|ini|dat|drv|cat|etl|evtx|mui|bin|json|xml|zip|gz)$`)

// noDomain are first halves of what is no account: the object manager's and the
// disk's folders, and the authorities of accounts that all machines have.
var noDomain = map[string]bool{
	"authority": true, "builtin": true, "service": true, "apppool": true, "manager": true, "host": true,
	"device": true, "driver": true, "filesystem": true, "filters": true, "pipe": true,
	"globalroot": true, "global": true, "sessions": true, "basenamedobjects": true, "knowndlls": true,
	"registry": true, "machine": true, "software": true, "control": true, "currentcontrolset": true,
	"services": true, "hklm": true, "hkcu": true,
	"system": true, "system32": true, "syswow64": true, "systemroot": true, "windows": true, "winnt": true,
	"drivers": true, "files": true, "settings": true, "users": true, "temp": true,
}

// pairs replaces accounts. Neither side of one goes on: neither as a path, nor as a
// symbol.
func (p *placeholders) pairs(s string) string {
	var b strings.Builder
	from := 0
	for _, at := range pair.FindAllStringIndex(s, -1) {
		found := s[at[0]:at[1]]
		domain, user, _ := strings.Cut(found, `\`)
		user = strings.TrimRight(user, ".")
		goesOn := at[0] > 0 && strings.IndexByte(`\/:!%.`, s[at[0]-1]) >= 0 ||
			at[1] < len(s) && strings.IndexByte(`\/!%:`, s[at[1]]) >= 0
		if goesOn || noDomain[strings.ToLower(domain)] || common[strings.ToLower(user)] || programEnding.MatchString(user) {
			continue
		}
		b.WriteString(s[from:at[0]])
		b.WriteString(p.give("user", user))
		from = at[0] + len(domain) + 1 + len(user)
	}
	return b.String() + s[from:]
}
