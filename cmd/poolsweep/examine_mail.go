package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tryWithin is how long the mail server may take to be tried.
const tryWithin = 30 * time.Second

// checkMail looks at what sends the groups' mails, and at the groups that get none.
func (d *doctor) checkMail(ctx context.Context, cfg *config) {
	var without []string
	for _, g := range cfg.Groups {
		if (g.Weekday != "" || g.Notices) && len(g.Recipients) == 0 {
			without = append(without, g.Name)
		}
	}
	m := &cfg.Mail
	switch {
	case m.Server == "" && !cfg.mails():
		return
	case m.Server == "":
		d.warn("mail", "there is no server: mails are only written to "+filepath.ToSlash(cfg.mailFolder()),
			"name one with the key mail, or leave it so")
		return
	case len(without) > 0:
		d.warn("mail", "no recipients, so the mail is only written to disk: "+strings.Join(without, ", "),
			"name them with the key recipients, or leave it so")
	}
	check := "mail " + m.Server
	client, err := m.client()
	if err == nil {
		ctx, end := context.WithTimeout(ctx, tryWithin)
		defer end()
		err = client.Try(ctx)
	}
	if err != nil {
		d.fail(check, err, "see docs/mail.md")
		return
	}
	says := []string{"answers", m.Security}
	if m.User != "" {
		says = append(says, "logs in as "+m.User)
	}
	d.ok(check, strings.Join(says, ", ")+"; no mail was sent")
	d.checkWitness(m)
}

// checkWitness looks at what is asked about mails in doubt.
func (d *doctor) checkWitness(m *mailConfig) {
	w := m.witness()
	if w == nil {
		if slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, strings.Trim(hostOf(m.Server), "[]")) {
			d.warn("mail", "nothing tells whether the server took a mail whose sender was killed",
				"name the server's log or a mailbox with the key verify")
		}
		return
	}
	var err error
	switch {
	case m.Verify.Log != "":
		var f *os.File
		if f, err = os.Open(m.Verify.Log); err == nil {
			err = f.Close()
		}
	default:
		for _, sub := range []string{"new", "cur"} {
			_, odd := os.ReadDir(filepath.Join(m.Verify.Maildir, sub))
			err = errors.Join(err, odd)
		}
	}
	if err != nil {
		d.fail("mail witness", err, "let the watcher's user read the "+w.String())
		return
	}
	d.ok("mail witness", fmt.Sprintf("the %s can be read", w))
}
