package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"poolsweep/report/smtp"
)

// readText reads a configuration of a text.
func readText(t *testing.T, text string) (*config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "poolsweep.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return readConfig(file)
}

func TestMailConfigThatCannotBeMeant(t *testing.T) {
	const group = "groups:\n  - name: g\n    default: true\n    "
	for _, c := range []struct{ text, want string }{
		{"mail: {server: mail.lab.example, from: a@lab}", "2:"},
		{"mail: {server: 'mail.lab.example', from: a@lab}", `server: "mail.lab.example" is no host and port`},
		{"mail: {server: 'lab:99999', from: a@lab}", "is no host and port"},
		{"mail: {server: 'lab:25'}", "mails need an address that they come from"},
		{"mail: {server: 'lab:25', from: a@lab, security: ssl}", `"ssl" is none of starttls, tls, none`},
		{"mail: {server: 'lab:25', from: a@lab, security: none}", "none is for a server on this machine alone"},
		{"mail: {server: '127.0.0.1:25', from: a@lab, security: none, user: u, password_file: p}", "no password is sent without TLS"},
		{"mail: {server: 'lab:25', from: a@lab, user: u}", "user and password_file go together"},
		{"mail: {server: 'lab:25', from: 'Lab <a@lab>'}", "is no mail address"},
		{"mail: {password: x}", "password"},
		{"mail: {verify: {log: a, maildir: b}}", "there is one witness"},
		{"mail: {in_doubt: {weekly: maybe}}", `"maybe" is none of verify, hold, resend-once`},
		{"mail: {in_doubt: {notices: verify}}", "verify needs a witness"},
		{group + `recipients: ["a@lab\r\nBcc: all@lab"]`, "is no mail address"},
		{group + `recipients: ["ü@lab.example"]`, "is no mail address"},
		{group + `recipients: ["a@lab,b@lab"]`, "is no mail address"},
		{group + `recipients: [a@lab, A@lab]`, "stands there twice"},
		{group + "recipients: [a@lab]", "they get nothing: give weekday"},
		{group + "weekday: mon", `"mon" is no day; write monday`},
		{group + "hour: 24", "24 is no hour of the day"},
		{group + "zone: Berlin", `"Berlin" is no time zone`},
		{group + "zone: Local", `"Local" is no time zone`},
		{group + "lang: fr", `"fr" is none of`},
		{group + "profile: vendor", `"vendor" is none of engineer, public`},
		{group + "floor: healthy", `"healthy" is none of suspect, leak`},
		{group + "attach_bytes: -1", "-1 is no size"},
		{group + "notices_a_day: -1", "-1 is no number of mails"},
		{group + "weekday: monday\n  - name: h\n    default: true", "g is the default group already"},
	} {
		_, err := readText(t, c.text)
		if err == nil {
			t.Errorf("%s: taken", c.text)
		} else if c.want != "2:" && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n%v\nwant %q", c.text, err, c.want)
		}
	}
}

func TestMailConfigOfALab(t *testing.T) {
	c, err := readText(t, `mail:
  server: mail.lab.example:587
  user: poolsweep
  password_file: secret
  from: poolsweep@lab.example
  in_doubt: {weekly: hold}
groups:
  - name: g
    default: true
    recipients: [a@lab.example]
    weekday: Friday
    hour: 0
    zone: Asia/Shanghai
    attach_bytes: 0
`)
	if err != nil {
		t.Fatal(err)
	}
	c.fill()
	secret := c.Mail.PasswordFile
	if !filepath.IsAbs(secret) {
		t.Errorf("the password file is %s", secret)
	}
	if _, err := c.Mail.client(); err == nil || !strings.Contains(err.Error(), "password_file: read") {
		t.Errorf("without the file: %v", err)
	}
	if err := os.WriteFile(secret, []byte("hunter2\r\nmore\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Mail.client(); modesCount && (err == nil || !strings.Contains(err.Error(), "everybody may open")) {
		t.Errorf("with an open file: %v", err)
	}
	if err := os.Chmod(secret, 0o600); err != nil {
		t.Fatal(err)
	}
	client, err := c.Mail.client()
	if err != nil || client.Server.Password != "hunter2" || client.Server.Security != smtp.StartTLS || client.Server.Port != 587 {
		t.Errorf("%v, %+v", err, client)
	}
	if c.Mail.policy("weekly/g") != doubtHold || c.Mail.policy("notice/g") != doubtHold {
		t.Error("another policy than the one configured, and the default")
	}
	c.Mail.Verify.Maildir, c.Mail.InDoubt.Weekly = "box", ""
	if c.Mail.policy("weekly/g") != doubtVerify || c.Mail.policy("notice/g") != doubtVerify {
		t.Error("a witness is not asked")
	}
	g := &c.Groups[0]
	if *g.Hour != 0 || *g.AttachBytes != 0 || g.NoticesDay != defaultNotices {
		t.Errorf("%+v", g)
	}
	c.Mail.CAFile = secret
	if _, err := c.Mail.client(); err == nil || !strings.Contains(err.Error(), "ca_file: read") {
		t.Errorf("with a CA file that is none: %v", err)
	}
}
