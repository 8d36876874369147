package smtp

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fake is a mail server that does as it is told. What is left out, it does well.
type fake struct {
	banner   string            // "220 fake"
	plain    []string          // extensions offered in the clear
	secure   []string          // and under TLS
	answers  map[string]string // by verb, "." for the end of the text; "-" hangs up
	talk     func(net.Conn)    // all it does, instead
	tls      *tls.Config
	implicit bool

	mu       sync.Mutex
	commands []string
	texts    []string // whose end came
}

// start has the server listen until the test ends, and returns its port.
func (f *fake) start(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if f.talk != nil {
					f.talk(conn)
					return
				}
				f.serve(conn)
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

func (f *fake) serve(conn net.Conn) {
	offers := f.plain
	if f.implicit {
		conn, offers = tls.Server(conn, f.tls), f.secure
	}
	in := bufio.NewReader(conn)
	if f.banner == "" {
		f.banner = "220 fake"
	}
	fmt.Fprintf(conn, "%s\r\n", f.banner)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSuffix(line, "\r\n")
		verb := strings.ToUpper(strings.FieldsFunc(line+" ", func(r rune) bool { return r == ' ' || r == ':' })[0])
		f.note(&f.commands, line)
		answer, ok := f.answers[verb]
		switch {
		case ok && answer == "-":
			return
		case ok:
		case verb == "EHLO":
			answer = "250-fake\r\n250-" + strings.Join(append(offers, "HELP"), "\r\n250-")
			i := strings.LastIndex(answer, "250-")
			answer = answer[:i] + "250 " + answer[i+4:]
		case verb == "STARTTLS":
			fmt.Fprint(conn, "220 go ahead\r\n")
			conn = tls.Server(conn, f.tls)
			in, offers = bufio.NewReader(conn), f.secure
			continue
		case verb == "AUTH":
			answer = "235 welcome"
		case verb == "DATA":
			answer = "354 go ahead"
		default:
			answer = "250 fine"
		}
		fmt.Fprintf(conn, "%s\r\n", answer)
		if verb == "DATA" && strings.HasPrefix(answer, "354") && !f.take(conn, in) {
			return
		}
	}
}

// take reads a text and answers its end.
func (f *fake) take(conn net.Conn, in *bufio.Reader) bool {
	var text strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		text.WriteString(line)
	}
	f.note(&f.texts, text.String())
	answer, ok := f.answers["."]
	if !ok {
		answer = "250 2.0.0 queued as 4711"
	}
	if answer == "-" {
		return false
	}
	fmt.Fprintf(conn, "%s\r\n", answer)
	return true
}

func (f *fake) note(list *[]string, line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	*list = append(*list, line)
}

func (f *fake) said(t *testing.T, what string) bool {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Contains(strings.Join(f.commands, "\n"), what)
}

// quick are limits a hundredth of the usual ones.
var quick = Limits{Step: 300 * time.Millisecond, Total: 2 * time.Second, Dot: 2 * time.Second}

func client(port int) *Client {
	return &Client{Server: Server{Host: "127.0.0.1", Port: port, Security: None, Hello: "lab"}, Limits: quick,
		Dial: (&net.Dialer{}).DialContext, Now: time.Now}
}

var mail = Message{From: "poolsweep@lab", To: "team@lab", Text: []byte("Subject: x\r\n\r\nhello\r\n")}

// send sends a mail and reports whether it got as far as the dot.
func send(c *Client, m Message) (out Outcome, dotted bool) {
	out = c.Send(context.Background(), m, func() error { dotted = true; return nil })
	return out, dotted
}

func TestSendHandsInAMail(t *testing.T) {
	f := &fake{plain: []string{"SIZE 1000000"}}
	out, dotted := send(client(f.start(t)), mail)
	if out.Kind != Sent || out.Answer != "250 2.0.0 queued as 4711" || out.Err != nil || !dotted {
		t.Errorf("%+v", out)
	}
	want := []string{"EHLO lab", "MAIL FROM:<poolsweep@lab> SIZE=21", "RCPT TO:<team@lab>", "DATA"}
	f.mu.Lock()
	defer f.mu.Unlock()
	if diff := cmp.Diff(want, f.commands[:len(want)]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{string(mail.Text)}, f.texts); diff != "" {
		t.Error(diff)
	}
}

// TestFaults has servers fail in each way, and wants it known whether the mail was
// accepted.
func TestFaults(t *testing.T) {
	silent := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	for _, tt := range []struct {
		name     string
		server   *fake
		kind     Kind
		answered bool
		err      string
	}{
		{"silent", &fake{talk: silent}, Temporary, false, "timeout"},
		{"a byte at a time", &fake{talk: drip}, Temporary, false, "short response"},
		{"busy at the start", &fake{banner: "421 too busy"}, Temporary, false, `421 "too busy"`},
		{"no service", &fake{banner: "554 not for you"}, Temporary, false, "554"},
		{"greylisted", &fake{answers: map[string]string{"RCPT": "451 4.7.1 come back later"}}, Temporary, true, `RCPT TO: 451 "4.7.1 come back later"`},
		{"sender refused", &fake{answers: map[string]string{"MAIL": "550 not from you"}}, Permanent, true, "MAIL FROM: 550"},
		{"recipient refused", &fake{answers: map[string]string{"RCPT": "550 5.1.1 no such user"}}, Permanent, true, "no such user"},
		{"log in first", &fake{answers: map[string]string{"MAIL": "530 5.7.0 authentication required"}}, Temporary, false, "530"},
		{"text refused", &fake{answers: map[string]string{"DATA": "554 no"}}, Permanent, true, "DATA: 554"},
		{"refused after the text", &fake{answers: map[string]string{".": "554 5.7.1 spam"}}, Permanent, true, "after the text: 554"},
		{"put off after the text", &fake{answers: map[string]string{".": "451 disk full"}}, Temporary, true, "after the text: 451"},
		{"too big", &fake{plain: []string{"SIZE 20"}}, TooBig, true, "takes at most 20 bytes"},
		{"too big by its answer", &fake{answers: map[string]string{"MAIL": "552 5.3.4 too big"}}, TooBig, true, "552"},
		{"too big after the text", &fake{answers: map[string]string{".": "552 5.3.4 too big"}}, TooBig, true, "552"},
		{"full mailbox", &fake{answers: map[string]string{"RCPT": "552 5.2.2 mailbox full"}}, Permanent, true, "5.2.2"},
		{"hangs up before the text", &fake{answers: map[string]string{"DATA": "-"}}, Temporary, false, "EOF"},
		{"accepts and hangs up", &fake{answers: map[string]string{".": "-"}}, InDoubt, false, "no answer to the end"},
		{"nonsense after the text", &fake{answers: map[string]string{".": "what?"}}, InDoubt, false, "no answer to the end"},
		{"another good code after the text", &fake{answers: map[string]string{".": "220 hello"}}, InDoubt, false, "220"},
		{"a line put into an answer", &fake{answers: map[string]string{"RCPT": "250 fine\r\n250 sent, believe me"}}, Temporary, false, "not asked for"},
		{"a line put before the dot", &fake{answers: map[string]string{"DATA": "354 go\r\n250 sent, believe me"}}, Temporary, false, "not asked for"},
		{"a banner of 1 MB", &fake{banner: "220 " + strings.Repeat("x", 1<<20)}, Temporary, false, "too long"},
		{"a flood of lines", &fake{banner: "220-" + strings.Repeat("\r\n220-", 1<<17)}, Temporary, false, "too long"},
		{"a flood of empty lines", &fake{banner: strings.Repeat("\r\n", 1<<17)}, Temporary, false, "short response"},
		{"a flood after the text", &fake{answers: map[string]string{".": "250-" + strings.Repeat("x", 1<<20)}}, InDoubt, false, "too long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, dotted := send(client(tt.server.start(t)), mail)
			if out.Kind != tt.kind || out.Answered != tt.answered || out.Err == nil || !strings.Contains(out.Err.Error(), tt.err) {
				t.Errorf("kind %d, answered %v, %v; want %d, %v, %q", out.Kind, out.Answered, out.Err, tt.kind, tt.answered, tt.err)
			}
			if want := out.Kind == InDoubt || strings.Contains(out.Err.Error(), "after the text"); dotted != want {
				t.Errorf("got as far as the dot: %v, want %v", dotted, want)
			}
		})
	}
}

// drip sends a greeting without end, a byte now and then.
func drip(c net.Conn) {
	for {
		if _, err := c.Write([]byte("2")); err != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestAClosedPortSaysWhatToDo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	out, _ := send(client(port), mail)
	if out.Kind != Temporary || !strings.Contains(out.Err.Error(), "check the server's name and port") {
		t.Errorf("%+v", out)
	}
}

func TestALateAnswerIsWaitedFor(t *testing.T) {
	c := client((&fake{talk: func(conn net.Conn) {
		in := bufio.NewReader(conn)
		fmt.Fprint(conn, "220 fake\r\n")
		for _, answer := range []string{"250 fake", "250 ok", "250 ok", "354 go"} {
			_, _ = in.ReadString('\n')
			fmt.Fprintf(conn, "%s\r\n", answer)
		}
		for line := ""; line != ".\r\n"; {
			line, _ = in.ReadString('\n')
		}
		time.Sleep(3 * quick.Step)
		fmt.Fprint(conn, "250 at last\r\n")
	}}).start(t))
	if out, _ := send(c, mail); out.Kind != Sent {
		t.Errorf("%+v", out)
	}
}

func TestNoDotWhenTheCallerSaysNo(t *testing.T) {
	f := &fake{}
	no := errors.New("lease lost")
	out := client(f.start(t)).Send(context.Background(), mail, func() error { return no })
	if out.Kind != Temporary || !errors.Is(out.Err, no) {
		t.Errorf("%+v", out)
	}
	time.Sleep(20 * time.Millisecond) // for the server to see the end
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.texts) > 0 {
		t.Error("the server has the mail")
	}
}

func TestADotThatIsLateIsNotSent(t *testing.T) {
	f := &fake{}
	out := client(f.start(t)).Send(context.Background(), mail, func() error { time.Sleep(2 * quick.Step); return nil })
	if out.Kind != InDoubt {
		t.Errorf("%+v", out)
	}
	time.Sleep(20 * time.Millisecond)
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.texts) > 0 {
		t.Error("the server has the mail")
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	c := client((&fake{talk: func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }}).start(t))
	c.Limits = Limits{Step: time.Minute, Total: time.Minute, Dot: time.Minute}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	if out := c.Send(ctx, mail, func() error { return nil }); out.Kind != Temporary {
		t.Errorf("%+v", out)
	}
}

func TestAddressesCannotHoldCommands(t *testing.T) {
	f := &fake{}
	c := client(f.start(t))
	for _, address := range []string{"", "team", "a@lab>\r\nRCPT TO:<b@lab", "a b@lab", "a@lab\x00", "ä@lab", "<a@lab>"} {
		if out, _ := send(c, Message{From: mail.From, To: address}); out.Kind != Permanent || !errors.Is(out.Err, ErrAddress) {
			t.Errorf("%q: %+v", address, out)
		}
	}
	if f.said(t, "EHLO") {
		t.Error("got as far as the server")
	}
}

// authority is a certificate authority of the test, and what it vouched for.
func authority(t *testing.T, name string) (*x509.CertPool, tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	if ip := net.ParseIP(name); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return pool, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestTLS(t *testing.T) {
	roots, cert := authority(t, "127.0.0.1")
	_, stranger := authority(t, "127.0.0.1")
	_, other := authority(t, "mail.elsewhere")
	good := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	old := good(cert)
	old.MinVersion, old.MaxVersion = tls.VersionTLS11, tls.VersionTLS11
	offer, auth := []string{"STARTTLS"}, []string{"AUTH LOGIN PLAIN"}
	for _, tt := range []struct {
		name     string
		server   *fake
		security Security
		want     string // of the error; "" sent
	}{
		{"STARTTLS", &fake{plain: offer, secure: auth, tls: good(cert)}, StartTLS, ""},
		{"implicit", &fake{secure: auth, tls: good(cert), implicit: true}, ImplicitTLS, ""},
		{"no STARTTLS", &fake{plain: auth}, StartTLS, "offers no STARTTLS"},
		{"STARTTLS refused", &fake{plain: offer, answers: map[string]string{"STARTTLS": "454 not now"}}, StartTLS, "454"},
		{"a line behind STARTTLS", &fake{plain: offer, answers: map[string]string{"STARTTLS": "220 go\r\n250-AUTH PLAIN\r\n250 ok"}}, StartTLS, "not asked for"},
		{"a certificate of nobody known", &fake{plain: offer, secure: auth, tls: good(stranger)}, StartTLS, "check the name of the server"},
		{"a certificate of another name", &fake{plain: offer, secure: auth, tls: good(other)}, StartTLS, "check the name of the server"},
		{"old TLS", &fake{plain: offer, secure: auth, tls: old}, StartTLS, "protocol version"},
		{"plain where TLS belongs", &fake{}, ImplicitTLS, "TLS with"},
		{"no AUTH", &fake{plain: offer, tls: good(cert)}, StartTLS, "neither AUTH PLAIN nor AUTH LOGIN"},
		{"wrong password", &fake{plain: offer, secure: auth, tls: good(cert), answers: map[string]string{"AUTH": "535 5.7.8 wrong"}}, StartTLS, "check the user and the password file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(tt.server.start(t))
			c.Server.Security, c.Server.Roots, c.Server.User, c.Server.Password = tt.security, roots, "sweep", "canary"
			out, dotted := send(c, mail)
			if tt.want == "" {
				if out.Kind != Sent || !tt.server.said(t, "AUTH PLAIN AHN3ZWVwAGNhbmFyeQ==") {
					t.Errorf("%+v", out)
				}
				return
			}
			if out.Kind != Temporary || out.Answered || dotted || !strings.Contains(out.Err.Error(), tt.want) {
				t.Errorf("%+v, want %q", out, tt.want)
			}
			if tt.name != "wrong password" && tt.server.said(t, "AUTH ") {
				t.Error("the password was sent")
			}
			if strings.Contains(out.Err.Error(), "canary") {
				t.Error("the error shows the password")
			}
		})
	}
}

func TestLoginWithLOGIN(t *testing.T) {
	roots, cert := authority(t, "127.0.0.1")
	f := &fake{secure: []string{"AUTH LOGIN"}, tls: &tls.Config{Certificates: []tls.Certificate{cert}}, implicit: true,
		answers: map[string]string{"AUTH": "334 VXNlcm5hbWU6",
			strings.ToUpper("c3dlZXA="): "334 UGFzc3dvcmQ6", strings.ToUpper("Y2FuYXJ5"): "235 welcome"}}
	c := client(f.start(t))
	c.Server.Security, c.Server.Roots, c.Server.User, c.Server.Password = ImplicitTLS, roots, "sweep", "canary"
	if out, _ := send(c, mail); out.Kind != Sent || !f.said(t, "AUTH LOGIN\nc3dlZXA=\nY2FuYXJ5\nMAIL") {
		t.Errorf("%+v", out)
	}
}

func TestWithoutTLSNothingLeavesTheMachine(t *testing.T) {
	f := &fake{plain: []string{"AUTH PLAIN"}}
	c := client(f.start(t))
	c.Server.User, c.Server.Password = "sweep", "canary"
	if out, _ := send(c, mail); !errors.Is(out.Err, ErrPassword) {
		t.Errorf("with a password: %+v", out)
	}
	c.Server.User = ""
	dial := c.Dial
	c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return elsewhere{conn}, err
	}
	if out, _ := send(c, mail); !errors.Is(out.Err, ErrNotLocal) {
		t.Errorf("to another machine: %+v", out)
	}
	if f.said(t, "EHLO") || f.said(t, "AUTH") {
		t.Error("something was said")
	}
}

// elsewhere is a connection to another machine.
type elsewhere struct{ net.Conn }

func (elsewhere) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)} }

func TestStuff(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "\r\n",
		"a\r\n":                  "a\r\n",
		"a":                      "a\r\n",
		"a\nb\rc\r\nd":           "a\r\nb\r\nc\r\nd\r\n",
		".":                      "..\r\n",
		"a\r\n.\r\nQUIT\r\n":     "a\r\n..\r\nQUIT\r\n",
		"a\n.\nb\r.\rc":          "a\r\n..\r\nb\r\n..\r\nc\r\n",
		"a.\r\n..b\r\n":          "a.\r\n...b\r\n",
		"a\r\r\n.\r\nMAIL FROM:": "a\r\n\r\n..\r\nMAIL FROM:\r\n",
	} {
		if got := string(stuff([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// FuzzStuff wants that no text ends itself, and that all of it arrives.
func FuzzStuff(f *testing.F) {
	f.Add([]byte("a\r\n.\r\nQUIT\r\n"))
	f.Add([]byte("\r.\r\n\n.\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var back []string
		lines := strings.Split(string(stuff(text)), "\r\n")
		if last := lines[len(lines)-1]; last != "" {
			t.Fatalf("ends in %q", last)
		}
		for _, line := range lines[:len(lines)-1] {
			if line == "." || strings.ContainsAny(line, "\r\n") {
				t.Fatalf("line %q", line)
			}
			back = append(back, strings.TrimPrefix(line, "."))
		}
		ends := strings.NewReplacer("\r\n", "\n", "\r", "\n")
		want := strings.Split(strings.TrimSuffix(ends.Replace(string(text)), "\n"), "\n")
		if !slices.Equal(back, want) {
			t.Fatalf("%q became %q", want, back)
		}
	})
}
