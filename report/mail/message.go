package mail

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	netmail "net/mail"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"poolsweep/report"
)

// Message is a mail to one recipient.
type Message struct {
	From, To    string // "Lab <lab@example.com>"
	Subject     string
	Date        time.Time // with the zone that it is printed in
	Lang        string    // BCP 47
	Text, HTML  string
	Pictures    []File // Name is what the HTML refers to: "cid:" and the name
	Attachments []File
}

// largestPage is how many bytes the HTML and its pictures take at most: mail readers cut
// off what is longer than about 100 KB.
const largestPage = 90_000

// New makes the message of a mail, still without sender, recipient and attachments. A
// picture that there is no room for gives way to its words.
func New(w *report.Weekly) (*Message, error) {
	pictures, err := draw(w)
	if err != nil {
		return nil, err
	}
	shown := *w
	shown.Charts = slices.Clone(w.Charts)
	plain, page, err := layOut(&shown)
	for err == nil && len(pictures) > 0 && len(page)+sizeOf(pictures) > largestPage {
		pictures = pictures[:len(pictures)-1]
		shown.Charts[len(pictures)].Name = ""
		plain, page, err = layOut(&shown)
	}
	if err != nil {
		return nil, err
	}
	return &Message{Subject: w.Subject, Date: w.Date, Lang: w.Lang, Text: plain, HTML: page, Pictures: pictures}, nil
}

// Page is the HTML with its pictures inside, for a file that a browser opens.
func (m *Message) Page() string {
	page := m.HTML
	for _, f := range m.Pictures {
		page = strings.ReplaceAll(page, `"cid:`+f.Name+`"`,
			`"data:image/png;base64,`+base64.StdEncoding.EncodeToString(f.Body)+`"`)
	}
	return page
}

func sizeOf(files []File) (bytes int) {
	for _, f := range files {
		bytes += len(f.Body)
	}
	return bytes
}

// File is a part of a message that is no text.
type File struct {
	Name string
	Body []byte
}

// types are the media types of what we attach; those of the system are not the same
// everywhere.
var types = map[string]gomail.ContentType{
	".pdf": "application/pdf", ".png": "image/png", ".json": "application/json",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// Bytes returns the whole message but its Message-ID, lines ended by CRLF. The same
// message always has the same bytes.
func (m *Message) Bytes() ([]byte, error) {
	msg, err := m.build()
	if err != nil {
		return nil, fmt.Errorf("make mail: %w", err)
	}
	var out bytes.Buffer
	if _, err := msg.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("make mail: %w", err)
	}
	// The store has its own Message-ID, which must stay the same at each sending.
	raw := bytes.Replace(out.Bytes(), []byte("\r\nMessage-ID:\r\n"), []byte("\r\n"), 1)
	settleBoundaries(raw)
	return raw, nil
}

func (m *Message) build() (*gomail.Msg, error) {
	from, err := netmail.ParseAddress(m.From)
	if err != nil {
		return nil, fmt.Errorf("sender %q: %w", m.From, err)
	}
	to, err := netmail.ParseAddress(m.To)
	if err != nil {
		return nil, fmt.Errorf("recipient %q: %w", m.To, err)
	}
	msg := gomail.NewMsg(gomail.WithEncoding(encodingOf(m.Subject)), gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	msg.ToMailAddress(to)
	msg.Subject(line(m.Subject))
	msg.SetDateWithValue(m.Date)
	msg.SetBulk() // Precedence and X-Auto-Response-Suppress: nobody's absence has to be told
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("Content-Language", line(m.Lang))
	msg.SetGenHeader(gomail.HeaderMessageID)
	msg.SetBodyString(gomail.TypeTextPlain, crlf(m.Text), gomail.WithPartEncoding(encodingOf(m.Text)))
	msg.AddAlternativeString(gomail.TypeTextHTML, crlf(m.HTML), gomail.WithPartEncoding(encodingOf(m.HTML)))
	for _, f := range m.Pictures {
		id := gomail.WithFileContentID("<" + f.Name + ">")
		msg.EmbedReadSeeker(f.Name, bytes.NewReader(f.Body), id, f.contentType())
	}
	for _, f := range m.Attachments {
		msg.AttachReadSeeker(f.Name, bytes.NewReader(f.Body), f.contentType())
	}
	return msg, nil
}

func (f *File) contentType() gomail.FileOption {
	kind := cmp.Or(types[strings.ToLower(path.Ext(f.Name))], "application/octet-stream")
	return gomail.WithFileContentType(kind)
}

// encodingOf chooses what a text is shorter and more readable in.
func encodingOf(text string) gomail.Encoding {
	foreign := 0
	for i := range len(text) {
		if text[i] >= 0x80 {
			foreign++
		}
	}
	if foreign > len(text)/6 {
		return gomail.EncodingB64
	}
	return gomail.EncodingQP
}

// crlf ends the lines of a text as mails do. Only base64 leaves that to us.
func crlf(text string) string {
	return strings.ReplaceAll(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n", "\r\n")
}

// line keeps of a header's value what may stand in one.
func line(value string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, value)
}

// boundary finds the line of a header that go-mail drew a boundary for.
var boundary = regexp.MustCompile(`(?m)^ boundary=([0-9a-f]{60})\r$`)

// settleBoundaries puts boundaries that follow from the content in place of those that
// were drawn by lot: a hash that no text can foresee, since it is part of what is hashed.
func settleBoundaries(raw []byte) {
	var places [][]int
	for _, found := range boundary.FindAllSubmatch(raw, -1) {
		places = append(places, occurrences(raw, slices.Clone(found[1])))
	}
	put := func(hex string) {
		for i, at := range places {
			name := fmt.Sprintf("%s%02d", hex, i)
			for _, pos := range at {
				copy(raw[pos:], name)
			}
		}
	}
	put(strings.Repeat("0", 58))
	sum := sha256.Sum256(raw)
	put(hex.EncodeToString(sum[:])[:58])
}

// occurrences returns where a word stands in a text.
func occurrences(text, word []byte) []int {
	var out []int
	for from := 0; ; {
		i := bytes.Index(text[from:], word)
		if i < 0 {
			return out
		}
		out = append(out, from+i)
		from += i + len(word)
	}
}
