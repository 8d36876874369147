// Package smtp hands a mail to a mail server. It knows nothing of what the mail
// says, and it keeps nothing: the caller decides when a mail is tried again. Unlike
// net/smtp it has deadlines, tells what is certain from what is in doubt, and calls
// the caller before the one moment that makes the difference, the final dot.
package smtp

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// Security is how the connection to the server is protected.
type Security int

// Kinds of security.
const (
	StartTLS Security = iota + 1 // the connection is upgraded before anything else is said
	ImplicitTLS
	None // only to a server on this machine
)

// Server is where mails are handed in.
type Server struct {
	Host     string
	Port     int
	Security Security
	Roots    *x509.CertPool // that may vouch for the server; nil: the system's
	User     string         // empty: no authentication
	Password string
	Hello    string // what this machine is called in EHLO
}

// Limits bound how long a server may take.
type Limits struct {
	Step  time.Duration // connecting, each command, and each piece of the text
	Total time.Duration // until the dot
	Dot   time.Duration // for the answer to the dot
}

// DefaultLimits returns limits that even slow servers keep. RFC 5321 asks for ten
// minutes after the dot: a client that gives up earlier makes duplicates.
func DefaultLimits() Limits {
	return Limits{Step: 30 * time.Second, Total: 10 * time.Minute, Dot: 10 * time.Minute}
}

// Client sends mails to one server, each on a connection of its own.
type Client struct {
	Server Server
	Limits Limits
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Now    func() time.Time // by a clock that agrees with the connections' deadlines
}

// Message is one mail to one recipient.
type Message struct {
	From, To string // bare addresses
	Text     []byte // 7 bit, lines of at most 998 bytes
}

// Kind is what is certain about a mail.
type Kind int

// Kinds of outcome.
const (
	Sent      Kind = iota + 1
	Temporary      // not accepted; may be tried again
	Permanent      // not accepted, and will not be
	TooBig         // not accepted; a smaller one may be
	InDoubt        // perhaps accepted
)

// Outcome is what became of a mail.
type Outcome struct {
	Kind     Kind
	Answered bool   // the server itself said so, about this mail
	Answer   string // of the server that took the mail, with its code
	Err      error  // why it was not sent, and what to do; nil when Sent
}

// Errors of the client's own.
var (
	ErrNoTLS    = errors.New("the server offers no STARTTLS; have it offer it, or use implicit TLS (port 465)")
	ErrNoAuth   = errors.New("the server offers neither AUTH PLAIN nor AUTH LOGIN; leave out the user, or have it offer one")
	ErrNotLocal = errors.New("without TLS only a server on this machine is spoken to; use STARTTLS or implicit TLS")
	ErrPassword = errors.New("no password is sent without TLS; leave out the user, or use STARTTLS or implicit TLS")
	ErrAddress  = errors.New("the address cannot stand in an SMTP command")
	ErrChatter  = errors.New("the server sent a line that it was not asked for; nothing it says is believed")
	ErrFlood    = errors.New("the server's answer is too long to be one")
)

// Send hands a mail in. Just before the final dot, with all the text sent, it calls
// beforeDot, and ends without the dot if that fails: the mail is certainly not
// accepted then.
func (c *Client) Send(ctx context.Context, m Message, beforeDot func() error) Outcome {
	if err := c.check(m); err != nil {
		return Outcome{Kind: Permanent, Err: err}
	}
	s, err := c.connect(ctx)
	if err != nil {
		return Outcome{Kind: Temporary, Err: err}
	}
	raw := s.conn
	defer raw.Close()
	defer context.AfterFunc(ctx, func() { raw.Close() })()
	if err := s.open(); err != nil {
		return Outcome{Kind: Temporary, Err: err}
	}
	text := stuff(m.Text)
	if out := s.envelope(m, len(text)); out != nil {
		return *out
	}
	if out := s.data(text); out != nil {
		return *out
	}
	// The time of the dot begins here: one that was stopped while beforeDot promised
	// that it comes may not send it when others have long given it up.
	if err := s.by(); err != nil {
		return Outcome{Kind: Temporary, Err: err}
	}
	if err := beforeDot(); err != nil {
		return Outcome{Kind: Temporary, Err: err}
	}
	return s.dot()
}

// Try connects, protects the connection, logs in and ends without a mail.
func (c *Client) Try(ctx context.Context) error {
	if c.Server.Security == None && c.Server.User != "" {
		return ErrPassword
	}
	s, err := c.connect(ctx)
	if err != nil {
		return err
	}
	raw := s.conn
	defer raw.Close()
	defer context.AfterFunc(ctx, func() { raw.Close() })()
	if err := s.open(); err != nil {
		return err
	}
	_, err = s.command(221, "QUIT")
	return err
}

// check refuses what must not get as far as a connection.
func (c *Client) check(m Message) error {
	if c.Server.Security == None && c.Server.User != "" {
		return ErrPassword
	}
	for _, a := range []string{m.From, m.To} {
		odd := strings.ContainsFunc(a, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' })
		if odd || !strings.Contains(a, "@") {
			return fmt.Errorf("%w: %q", ErrAddress, a)
		}
	}
	return nil
}

// session is one connection.
type session struct {
	*Client
	conn  net.Conn
	in    *bounded
	text  *textproto.Reader
	offer map[string]string // extension to its parameters
	end   time.Time         // of Limits.Total
}

func (c *Client) connect(ctx context.Context) (*session, error) {
	address := net.JoinHostPort(c.Server.Host, strconv.Itoa(c.Server.Port))
	dialing, cancel := context.WithTimeout(ctx, c.Limits.Step)
	defer cancel()
	conn, err := c.Dial(dialing, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w; check the server's name and port, and that it runs", address, err)
	}
	s := &session{Client: c, end: c.Now().Add(c.Limits.Total)}
	s.use(conn)
	if c.Server.Security == None && !local(conn.RemoteAddr()) {
		conn.Close()
		return nil, fmt.Errorf("%s: %w", address, ErrNotLocal)
	}
	return s, nil
}

func local(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// use goes on with a connection, plain or protected.
func (s *session) use(conn net.Conn) {
	s.conn, s.in = conn, &bounded{conn: conn}
	s.text = textproto.NewReader(bufio.NewReader(s.in))
}

// by sets the deadline of the next step.
func (s *session) by() error {
	t := s.Now().Add(s.Limits.Step)
	if t.After(s.end) {
		t = s.end
	}
	return s.conn.SetDeadline(t)
}

// open greets the server, protects the connection and logs in.
func (s *session) open() error {
	if s.Server.Security == ImplicitTLS {
		if err := s.protect(); err != nil {
			return err
		}
	}
	if _, err := s.answer(220); err != nil {
		return fmt.Errorf("greeting of %s: %w", s.Server.Host, err)
	}
	if err := s.hello(); err != nil {
		return err
	}
	if s.Server.Security == StartTLS {
		if _, ok := s.offer["STARTTLS"]; !ok {
			return fmt.Errorf("%s: %w", s.Server.Host, ErrNoTLS)
		}
		if _, err := s.command(220, "STARTTLS"); err != nil {
			return err
		}
		// What was said in the clear before the handshake is forgotten with the old
		// reader; a line that already waits in it was put there by somebody else.
		if s.text.R.Buffered() > 0 {
			return ErrChatter
		}
		if err := s.protect(); err != nil {
			return err
		}
		if err := s.hello(); err != nil {
			return err
		}
	}
	return s.login()
}

func (s *session) protect() error {
	conn := tls.Client(s.conn, &tls.Config{
		ServerName: s.Server.Host, RootCAs: s.Server.Roots, MinVersion: tls.VersionTLS12})
	if err := s.by(); err != nil {
		return err
	}
	if err := conn.Handshake(); err != nil {
		return fmt.Errorf("TLS with %s: %w; check the name of the server, its certificate and the file of the CA",
			s.Server.Host, err)
	}
	s.use(conn)
	return nil
}

func (s *session) hello() error {
	text, err := s.command(250, "EHLO "+s.Server.Hello)
	if err != nil {
		return err
	}
	s.offer = map[string]string{}
	for line := range strings.SplitSeq(text, "\n") {
		name, parameters, _ := strings.Cut(line, " ")
		s.offer[strings.ToUpper(name)] = parameters
	}
	return nil
}

// envelope says who the mail is from, who it is for and how long it is. It returns
// nil when the server takes the text next.
func (s *session) envelope(m Message, size int) *Outcome {
	from := "MAIL FROM:<" + m.From + ">"
	if limit, ok := s.offer["SIZE"]; ok {
		if n, err := strconv.Atoi(limit); err == nil && n > 0 && size > n {
			err := fmt.Errorf("%s takes at most %d bytes, the mail has %d", s.Server.Host, n, size)
			return &Outcome{Kind: TooBig, Answered: true, Err: err}
		}
		from += " SIZE=" + strconv.Itoa(size)
	}
	for _, c := range []struct {
		code    int
		command string
	}{{250, from}, {25, "RCPT TO:<" + m.To + ">"}, {354, "DATA"}} {
		if _, err := s.command(c.code, c.command); err != nil {
			out := refusal(err)
			return &out
		}
	}
	return nil
}

// refusal is the outcome of a step before the dot that went wrong: the mail is not
// accepted for certain. Only what the server says of the mail itself is final.
func refusal(err error) Outcome {
	var said *textproto.Error
	if !errors.As(err, &said) {
		return Outcome{Kind: Temporary, Err: err}
	}
	out := Outcome{Kind: Temporary, Answered: true, Err: err}
	switch {
	case said.Code == 552 && strings.HasPrefix(said.Msg, "5.3.4"), said.Code == 523:
		out.Kind = TooBig
	case said.Code == 530, said.Code == 538: // log in, or protect the connection, first
		out.Answered = false
	case said.Code >= 500:
		out.Kind = Permanent
	}
	return out
}

// unasked is no code of SMTP, so that every answer to it is an error with its code.
const unasked = 999

// data sends the text, in pieces that each have a deadline.
func (s *session) data(text []byte) *Outcome {
	const piece = 64 << 10
	for rest := text; len(rest) > 0; {
		n := min(piece, len(rest))
		err := s.by()
		if err == nil {
			_, err = s.conn.Write(rest[:n])
		}
		if err != nil {
			// A server that has had enough says so before it hangs up.
			if _, said := s.answer(unasked); said != nil {
				err = errors.Join(err, said)
			}
			out := refusal(fmt.Errorf("send the text: %w", err))
			return &out
		}
		rest = rest[n:]
	}
	if s.text.R.Buffered() > 0 {
		return &Outcome{Kind: Temporary, Err: ErrChatter}
	}
	return nil
}

// dot ends the text. From here on only an answer makes anything certain.
func (s *session) dot() Outcome {
	_, err := s.conn.Write([]byte(".\r\n"))
	if err == nil {
		err = s.conn.SetDeadline(s.Now().Add(s.Limits.Dot))
	}
	var text string
	if err == nil {
		text, err = s.read(250)
	}
	if err == nil {
		_, _ = s.conn.Write([]byte("QUIT\r\n")) // out of courtesy: it is sent, whatever comes now
		return Outcome{Kind: Sent, Answered: true, Answer: "250 " + text}
	}
	var said *textproto.Error
	if errors.As(err, &said) && said.Code >= 400 {
		return refusal(fmt.Errorf("after the text: %w", err))
	}
	return Outcome{Kind: InDoubt, Err: fmt.Errorf("no answer to the end of the text: %w", err)}
}

// stuff makes a text ready for DATA: each line ends in CRLF, also where only one of
// the two stood, and a dot at the start of a line is doubled, so that nothing in the
// text can end it.
func stuff(text []byte) []byte {
	out := make([]byte, 0, len(text)+len(text)/64+2)
	start := true
	for i, b := range text {
		switch {
		case b == '\r' && i+1 < len(text) && text[i+1] == '\n':
			continue // the LF ends the line
		case b == '\r' || b == '\n':
			out, start = append(out, '\r', '\n'), true
			continue
		case b == '.' && start:
			out = append(out, '.')
		}
		out, start = append(out, b), false
	}
	if !start || len(text) == 0 {
		out = append(out, '\r', '\n')
	}
	return out
}
