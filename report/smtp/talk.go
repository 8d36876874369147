package smtp

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strings"
)

// mostAnswer bounds one answer. Real ones take a few hundred bytes.
const mostAnswer = 64 << 10

// bounded reads from a connection no more than one answer may have.
type bounded struct {
	conn net.Conn
	left int
}

// Read reads what is left of the answer's share.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, ErrFlood
	}
	n, err := b.conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// command sends one line and reads the answer, which must have the code.
func (s *session) command(code int, line string) (string, error) {
	verb, _, _ := strings.Cut(line, ":")
	text, err := s.exchange(code, line)
	if err != nil {
		return "", fmt.Errorf("%s: %w", verb, err)
	}
	return text, nil
}

func (s *session) exchange(code int, line string) (string, error) {
	// A line that already waits would be taken for the answer.
	if s.text.R.Buffered() > 0 {
		return "", ErrChatter
	}
	if err := s.by(); err != nil {
		return "", err
	}
	if _, err := s.conn.Write([]byte(line + "\r\n")); err != nil {
		return "", err
	}
	return s.answer(code)
}

// answer reads an answer within the time of a step.
func (s *session) answer(code int) (string, error) {
	if err := s.by(); err != nil {
		return "", err
	}
	return s.read(code)
}

// read reads an answer, of one line or several, the last one without a hyphen:
//
//	250-mail.lab
//	250-SIZE 10240000
//	250 STARTTLS
//
// It returns the texts, joined by newlines; another code is a *textproto.Error. A code
// of two digits leaves the third one open.
func (s *session) read(code int) (string, error) {
	s.in.left = mostAnswer
	_, text, err := s.text.ReadResponse(code)
	var said *textproto.Error
	if errors.As(err, &said) {
		said.Msg = clean(said.Msg)
	}
	if err != nil {
		return "", err
	}
	return clean(text), nil
}

// clean keeps of a server's words what may stand in a report, and not too much.
func clean(text string) string {
	const most = 500
	text = strings.Map(func(r rune) rune {
		if r == '\n' || r >= ' ' && r < 0x7f {
			return r
		}
		return '?'
	}, text)
	return text[:min(most, len(text))]
}

// login authenticates, which happens under TLS only: check refuses a user without.
// PLAIN says all in one line, LOGIN is what some servers have instead:
//
//	AUTH LOGIN
//	334 VXNlcm5hbWU6   "Username:"
//	334 UGFzc3dvcmQ6   "Password:"
//	235 2.7.0 Authentication successful
func (s *session) login() error {
	if s.Server.User == "" {
		return nil
	}
	offered := strings.Fields(strings.ToUpper(s.offer["AUTH"]))
	encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	lines := map[string][]string{
		"PLAIN": {"AUTH PLAIN " + encode("\x00"+s.Server.User+"\x00"+s.Server.Password)},
		"LOGIN": {"AUTH LOGIN", encode(s.Server.User), encode(s.Server.Password)},
	}
	for _, mechanism := range []string{"PLAIN", "LOGIN"} {
		if slices.Contains(offered, mechanism) {
			return s.authenticate(lines[mechanism])
		}
	}
	return fmt.Errorf("%s: %w", s.Server.Host, ErrNoAuth)
}

// authenticate says the lines of a mechanism; its errors never show them.
func (s *session) authenticate(lines []string) error {
	for i, line := range lines {
		code := 334
		if i == len(lines)-1 {
			code = 235
		}
		if _, err := s.exchange(code, line); err != nil {
			return fmt.Errorf("log in to %s as %s: %w; check the user and the password file", s.Server.Host, s.Server.User, err)
		}
	}
	return nil
}
