package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"poolsweep/ingest/store"
	"poolsweep/report/smtp"
)

// mailConfig is how mails are sent. Without a server they are only written to disk.
type mailConfig struct {
	// Server is where mails are handed in: host:port.
	Server string `yaml:"server"`
	// Security is how the connection is protected: starttls, tls, or none, which is
	// for a server on this machine alone.
	Security string `yaml:"security"`
	// User logs in with what stands in PasswordFile; without, nobody logs in.
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	// CAFile holds the certificates that may vouch for the server, if the system's do not.
	CAFile string `yaml:"ca_file"`
	// From is the address that mails come from.
	From string `yaml:"from"`
	// Verify is what knows which mails the server took, InDoubt what is done about one
	// that was perhaps sent.
	Verify  verifyConfig `yaml:"verify"`
	InDoubt doubtConfig  `yaml:"in_doubt"`
}

// verifyConfig names the witness of what the server took.
type verifyConfig struct {
	Log     string `yaml:"log"`     // of the server, on this machine
	Maildir string `yaml:"maildir"` // mailbox that gets a copy of each mail
}

// doubtConfig is a policy for each kind of mail; empty: verify with a witness, else
// resend-once for the weekly mail and hold for notices.
type doubtConfig struct {
	Weekly  doubtPolicy `yaml:"weekly"`
	Notices doubtPolicy `yaml:"notices"`
}

// Values of Security, the first being the default.
const (
	securityStartTLS = "starttls"
	securityTLS      = "tls"
	securityNone     = "none"
)

var (
	securities = map[string]smtp.Security{securityStartTLS: smtp.StartTLS, securityTLS: smtp.ImplicitTLS, securityNone: smtp.None}
	policies   = []doubtPolicy{doubtVerify, doubtHold, doubtResend}
)

// problems are those of the keys below mail.
func (m *mailConfig) problems() []problem {
	var all []problem
	wrong := func(words string, key ...any) { all = append(all, problem{append([]any{"mail"}, key...), words}) }
	host, port, err := net.SplitHostPort(m.Server)
	if n, odd := strconv.Atoi(port); m.Server != "" && (err != nil || host == "" || odd != nil || n < 1 || n > 65535) {
		wrong(fmt.Sprintf("%q is no host and port; write mail.lab.example:587", m.Server), "server")
	}
	if _, known := securities[m.Security]; m.Security != "" && !known {
		wrong(fmt.Sprintf("%q is none of starttls, tls, none", m.Security), "security")
	}
	if m.Security == securityNone {
		if ip := net.ParseIP(host); m.Server != "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			wrong("none is for a server on this machine alone, such as localhost:25", "security")
		}
		if m.User != "" {
			wrong("no password is sent without TLS; leave user out, or let security be starttls or tls", "user")
		}
	}
	if (m.User == "") != (m.PasswordFile == "") {
		wrong("user and password_file go together", "user")
	}
	if m.Server != "" && m.From == "" {
		wrong("mails need an address that they come from", "from")
	}
	if m.From != "" && !isAddress(m.From) {
		wrong(fmt.Sprintf("%q is no mail address; write poolsweep@lab.example", m.From), "from")
	}
	if m.Verify.Log != "" && m.Verify.Maildir != "" {
		wrong("there is one witness: log or maildir, not both", "verify")
	}
	for key, p := range map[string]doubtPolicy{"weekly": m.InDoubt.Weekly, "notices": m.InDoubt.Notices} {
		if p != "" && !slices.Contains(policies, p) {
			wrong(fmt.Sprintf("%q is none of verify, hold, resend-once", p), "in_doubt", key)
		}
		if p == doubtVerify && m.Verify == (verifyConfig{}) {
			wrong("verify needs a witness: give the key verify", "in_doubt", key)
		}
	}
	return all
}

// isAddress reports whether a text is a bare mail address that can stand in a header
// and in an SMTP command as it is.
func isAddress(text string) bool {
	odd := strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`<>"(),;:\`, r) })
	a, err := mail.ParseAddress(text)
	return err == nil && !odd && a.Address == text
}

// policy is what is done about a mail in doubt of a series.
func (m *mailConfig) policy(series string) doubtPolicy {
	chosen, otherwise := m.InDoubt.Weekly, doubtResend
	if strings.HasPrefix(series, noticeSeries) {
		chosen, otherwise = m.InDoubt.Notices, doubtHold
	}
	switch {
	case chosen != "":
		return chosen
	case m.witness() != nil:
		return doubtVerify
	}
	return otherwise
}

func (m *mailConfig) witness() witness {
	switch {
	case m.Verify.Log != "":
		return mailLog(m.Verify.Log)
	case m.Verify.Maildir != "":
		return maildir(m.Verify.Maildir)
	}
	return nil
}

// client reads the files that the configuration names and returns what speaks to the
// server.
func (m *mailConfig) client() (*smtp.Client, error) {
	host, port, err := net.SplitHostPort(m.Server)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	server := smtp.Server{Host: host, Port: n, Security: securities[m.Security], User: m.User, Hello: helloName()}
	if m.PasswordFile != "" {
		if server.Password, err = readPassword(m.PasswordFile); err != nil {
			return nil, err
		}
	}
	if m.CAFile != "" {
		if server.Roots, err = readRoots("mail: ca_file", m.CAFile); err != nil {
			return nil, err
		}
	}
	return &smtp.Client{Server: server, Limits: smtp.DefaultLimits(), Dial: (&net.Dialer{}).DialContext, Now: time.Now}, nil
}

// sender returns what sends the mails of an outbox.
func (m *mailConfig) sender(db *store.Store, log *slog.Logger) (*sender, error) {
	client, err := m.client()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	return &sender{store: db, deliver: client.Send, policy: m.policy, witness: m.witness(), times: defaultSendTimes(),
		owner: fmt.Sprintf("%s/%d", helloName(), os.Getpid()), now: time.Now,
		mono: func() time.Duration { return time.Since(began) }, log: log}, nil
}

// hostOf is the host of a server.
func hostOf(server string) string {
	host, _, _ := net.SplitHostPort(server)
	return host
}

// helloName is what this machine is called in EHLO.
func helloName() string {
	name, err := os.Hostname()
	if err != nil || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "localhost"
	}
	return name
}

// readPassword reads the password for the mail server.
func readPassword(file string) (string, error) {
	return readSecret("mail: password_file", file, exitUsage, func(line string) (string, error) {
		if line = strings.TrimSuffix(line, "\r"); line == "" {
			return "", errors.New("its first line is empty")
		}
		return line, nil
	}, "write the password into the first line of the file, for the watcher's user alone")
}

// readSecret reads what is kept in the first line of a file that not everybody may read,
// and that a key of the configuration names.
func readSecret(key, file string, exit int, secret func(line string) (string, error), hint string) (string, error) {
	return readPrivate(key, file, exit, func(text string) (string, error) {
		line, _, _ := strings.Cut(text, "\n")
		return secret(line)
	}, hint)
}

// readPrivate reads what is kept in a file that not everybody may read, and that a key of
// the configuration names.
func readPrivate[T any](key, file string, exit int, read func(text string) (T, error), hint string) (held T, err error) {
	shown := filepath.ToSlash(file)
	info, err := os.Stat(file)
	if err == nil && modesCount && info.Mode()&othersAny != 0 {
		return held, &failure{exit, fmt.Errorf("%s: everybody may open %s", key, shown), "chmod 600 " + shown}
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(file)
	}
	if err == nil {
		held, err = read(string(text))
	}
	if err != nil {
		return held, &failure{exit, fmt.Errorf("%s: read %s: %w", key, shown, cause(err)), hint}
	}
	return held, nil
}

// cause is an error of a file without the file's name, which stands before it.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func readRoots(key, file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	roots := x509.NewCertPool()
	if err == nil && !roots.AppendCertsFromPEM(text) {
		err = errors.New("it holds no certificate")
	}
	if err != nil {
		return nil, &failure{exitUsage, fmt.Errorf("%s: read %s: %w", key, filepath.ToSlash(file), cause(err)),
			"give a PEM file with the certificate of the CA, or leave ca_file out for the system's"}
	}
	return roots, nil
}
