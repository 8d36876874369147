package mail

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// part is a leaf of a message, decoded.
type part struct {
	header textproto.MIMEHeader
	body   string
}

// parse reads a message the way a mail reader does: the leaves in order, and the types
// of the containers from the outside in.
func parse(t *testing.T, text string) (netmail.Header, []part, []string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var leaves []part
	var containers []string
	leavesOf(t, textproto.MIMEHeader(m.Header), m.Body, &leaves, &containers)
	return m.Header, leaves, containers
}

func leavesOf(t *testing.T, h textproto.MIMEHeader, body io.Reader, leaves *[]part, containers *[]string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		switch h.Get("Content-Transfer-Encoding") {
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, body)
		case "quoted-printable":
			body = quotedprintable.NewReader(body)
		}
		all, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		*leaves = append(*leaves, part{h, string(all)})
		return
	}
	*containers = append(*containers, kind)
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		leavesOf(t, p.Header, p, leaves, containers)
	}
}

func TestMessagesReadBack(t *testing.T) {
	m := message(t)
	header, leaves, containers := parse(t, raw(t, m))
	if got := strings.Join(containers, " "); got != "multipart/mixed multipart/related multipart/alternative" {
		t.Errorf("containers %s", got)
	}
	want := []string{m.Text, m.HTML, string(m.Pictures[0].Body), string(m.Pictures[1].Body),
		string(m.Attachments[0].Body), string(m.Attachments[1].Body)}
	for i, p := range leaves {
		if got := p.body; got != want[i] && strings.ReplaceAll(got, "\r\n", "\n") != want[i] {
			t.Errorf("part %d: %q", i, p.body[:min(80, len(p.body))])
		}
	}
	if id := leaves[2].header.Get("Content-Id"); id != "<open-cases.png>" {
		t.Errorf("Content-ID %s", id)
	}
	if d := leaves[5].header.Get("Content-Disposition"); d != `attachment; filename="PS-1.pdf"` {
		t.Errorf("disposition %s", d)
	}
	for name, want := range map[string]string{"Auto-Submitted": "auto-generated", "Precedence": "bulk",
		"X-Auto-Response-Suppress": "All", "Date": "Mon, 24 Nov 2031 07:00:00 +0100", "Mime-Version": "1.0",
		"From": `"poolsweep" <lab@example.com>`, "Content-Language": "en", "Message-Id": ""} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	to, err := header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Name != "Jörg" || to[0].Address != "j@example.com" {
		t.Errorf("To: %v, %v", to, err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
	if err != nil || subject != m.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
}

func TestTheSameMessageHasTheSameBytes(t *testing.T) {
	first := raw(t, message(t))
	for range 3 {
		if again := raw(t, message(t)); again != first {
			t.Fatal("differs")
		}
	}
	other := message(t)
	other.Attachments[1].Body = []byte("%PDF-1.4")
	if strings.Contains(raw(t, other), boundary.FindString(first)) {
		t.Error("another message has the same boundaries")
	}
}

// checkLines holds a message against what servers accept.
func checkLines(t *testing.T, text string) {
	t.Helper()
	for i, l := range strings.Split(text, "\r\n") {
		if len(l) > 998 {
			t.Errorf("line %d has %d bytes", i+1, len(l))
		}
		for _, b := range []byte(l) {
			if b == '\r' || b == '\n' || b == 0 || b >= 0x7f {
				t.Errorf("line %d holds the byte %#x", i+1, b)
				break
			}
		}
	}
}

func TestMessagesAreSevenBitLines(t *testing.T) {
	m := message(t)
	m.Text = "lone\rCR\n.\n" + strings.Repeat("漢字", 2000) + "\x00\nFrom here"
	m.HTML = strings.Repeat("x", 5000)
	m.Subject = strings.Repeat("漢字é", 60) + "\r\nBcc: evil@example.com\r\n\r\nbody"
	text := raw(t, m)
	checkLines(t, text)
	header, leaves, _ := parse(t, text)
	for _, p := range leaves[:2] {
		if strings.Contains(strings.ReplaceAll(p.body, "\r\n", ""), "\n") || strings.Count(p.body,
			"\r") != strings.Count(p.body, "\n") {
			t.Error("a line of a text does not end in CRLF")
		}
	}
	if header.Get("Bcc") != "" {
		t.Error("a subject made a header")
	}
}

// The header has always the same names, whatever a name holds.
func TestNothingAddsAHeader(t *testing.T) {
	names := func(m *Message) string {
		text := raw(t, m)
		head, _, _ := strings.Cut(text, "\r\n\r\n")
		var out []string
		for l := range strings.SplitSeq(head, "\r\n") {
			if name, _, found := strings.Cut(l, ":"); found && !strings.HasPrefix(l, " ") {
				out = append(out, name)
			}
		}
		return strings.Join(out, " ")
	}
	want := names(message(t))
	for _, bad := range []string{"\r\nBcc: x@example.com", "\nSubject: y", "a\x00b", "\r", "é\r\n\r\n<html>",
		strings.Repeat("w", 3000)} {
		m := message(t)
		m.Subject, m.Lang = bad, bad
		m.Attachments[0].Name, m.Pictures[0].Name = bad+".pdf", bad+".png"
		if got := names(m); got != want {
			t.Errorf("%q: %s, want %s", bad, got, want)
		}
	}
	for _, bad := range []string{"", "a@b\r\nBcc: c@d", "a@b, c@d", "a", "a@b\x00"} {
		m := message(t)
		m.To = bad
		if _, err := m.Bytes(); err == nil {
			t.Errorf("recipient %q is taken", bad)
		}
		m = message(t)
		m.From = bad
		if _, err := m.Bytes(); err == nil {
			t.Errorf("sender %q is taken", bad)
		}
	}
}

func TestMessagesWithoutFilesAreSimple(t *testing.T) {
	m := message(t)
	m.Pictures, m.Attachments = nil, nil
	text := raw(t, m)
	checkLines(t, text)
	if _, leaves, containers := parse(t, text); len(leaves) != 2 || len(containers) != 1 ||
		containers[0] != "multipart/alternative" {
		t.Errorf("%d parts in %v", len(leaves), containers)
	}
	if !strings.HasPrefix(text, "Auto-Submitted: auto-generated\r\n") {
		t.Errorf("begins with %q", text[:40])
	}
}

func BenchmarkMessageOf20MB(b *testing.B) {
	m := message(b)
	m.Attachments[0].Body = bytes.Repeat([]byte{1, 2, 3, 4}, 5<<20)
	m.Date = time.Unix(0, 0).UTC()
	b.SetBytes(20 << 20)
	for b.Loop() {
		raw(b, m)
	}
}
