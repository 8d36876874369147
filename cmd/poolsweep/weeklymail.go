package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"

	"poolsweep/ingest/store"
	"poolsweep/report"
	"poolsweep/report/mail"
)

// Files of a mail in its folder.
const (
	emlFile  = "mail.eml"
	htmlFile = "mail.html"
	textFile = "mail.txt"
)

// letter is a mail that is drawn: the model, its files, and where they go.
type letter struct {
	*report.Weekly
	folder string
	files  []mail.File    // in the order of the model's
	paths  []string       // of the files, below the folder
	small  *report.Weekly // the same for a server that takes no large mails
}

// drawn is a report that may go along with a mail.
type drawn struct {
	path string // below the folder of the mail
	draw func(io.Writer) error
}

// compose makes a letter: the reports first, since the model says which go along and
// where the others lie.
func (d *desk) compose(name string, told report.Mailing, reports []drawn,
	build func(report.Mailing) (*report.Weekly, error)) (*letter, error) {
	l := &letter{folder: d.mailFolder(name)}
	for _, r := range reports {
		var out bytes.Buffer
		if err := r.draw(&out); err != nil {
			return nil, err
		}
		f := mail.File{Name: path.Base(r.path), Body: out.Bytes()}
		l.files, l.paths = append(l.files, f), append(l.paths, r.path)
		place := filepath.ToSlash(filepath.Join(l.folder, filepath.FromSlash(r.path)))
		if d.cfg.public() {
			place = f.Name // the lab's folders are its own
		}
		told.Files = append(told.Files, report.MailFile{Name: f.Name, Path: place, Size: int64(out.Len())})
	}
	var err error
	if l.Weekly, err = build(told); err != nil {
		return nil, err
	}
	told.Limit = 0
	l.small, err = build(told)
	return l, err
}

// message is the letter to somebody, or as it lies on disk.
func (l *letter) message(w *report.Weekly, from, to string) (*mail.Message, error) {
	m, err := mail.New(w)
	if err != nil {
		return nil, err
	}
	m.From, m.To = from, to
	for _, f := range l.files {
		for _, name := range w.Attach {
			if f.Name == name {
				m.Attachments = append(m.Attachments, f)
			}
		}
	}
	return m, nil
}

// nobody stands for an address that is not configured: the file on disk has to have one.
const nobody = "poolsweep@localhost"

// pages are the files of the letter: what a mail program opens, what is readable
// without one, and the reports.
func (l *letter) pages(from, to, messageID string) ([]page, error) {
	m, err := l.message(l.Weekly, from, to)
	if err != nil {
		return nil, err
	}
	raw, err := m.Bytes()
	if err != nil {
		return nil, err
	}
	raw = append([]byte("Message-ID: "+messageID+"\r\n"), raw...)
	at := func(name string, body []byte) page {
		return drawnPage(filepath.Join(l.folder, filepath.FromSlash(name)), body)
	}
	pages := []page{at(emlFile, raw), at(htmlFile, []byte(m.Page())), at(textFile, []byte(m.Text))}
	for i, f := range l.files {
		pages = append(pages, at(l.paths[i], f.Body))
	}
	return pages, nil
}

// letters are the texts for the outbox, one a recipient.
func (l *letter) letters(from string, recipients []string) ([]store.Letter, error) {
	var out []store.Letter
	for _, r := range recipients {
		one := store.Letter{Recipient: r, Sender: from}
		m, err := l.message(l.Weekly, from, r)
		if err == nil {
			one.Text, err = m.Bytes()
		}
		if err == nil && len(m.Attachments) > 0 {
			if m, err = l.message(l.small, from, r); err == nil {
				one.Small, err = m.Bytes()
			}
		}
		if err != nil {
			return nil, fmt.Errorf("mail to %s: %w", r, err)
		}
		out = append(out, one)
	}
	return out, nil
}

// post writes a letter to disk, and puts it into the outbox: for the group's recipients
// when there is a server, else only as done.
func (d *desk) post(ctx context.Context, l *letter, p *store.Period) error {
	install, err := d.db.InstallID(ctx, freshInstall(d.cfg.Mail.From))
	if err != nil {
		return err
	}
	if err := d.write(ctx, l, store.MessageID(install, store.MailKey{Series: p.Series, Key: p.Key})); err != nil {
		return err
	}
	var letters []store.Letter
	if d.cfg.Mail.Server != "" {
		if letters, err = l.letters(d.cfg.Mail.From, d.group.Recipients); err != nil {
			return err
		}
	}
	d.log.Info("mail made", "series", p.Series, "key", p.Key, "recipients", len(letters), "folder", l.folder)
	return d.db.Queue(ctx, p.Series, p.Key, install, letters, d.now)
}

// write writes a letter to disk.
func (d *desk) write(ctx context.Context, l *letter, messageID string) error {
	to := nobody
	if len(d.group.Recipients) > 0 {
		to = d.group.Recipients[0]
	}
	pages, err := l.pages(cmp.Or(d.cfg.Mail.From, nobody), to, messageID)
	if err != nil {
		return err
	}
	return writeAll(ctx, pages)
}

// freshInstall is a name for a new installation, of the domain that its mails come from.
func freshInstall(from string) string {
	var lot [6]byte
	_, _ = rand.Read(lot[:]) // it never fails
	_, domain, _ := strings.Cut(from, "@")
	return hex.EncodeToString(lot[:]) + "." + cmp.Or(domain, "poolsweep")
}

// weekLetter makes the letter of a week.
func (d *desk) weekLetter(w *week) (*letter, error) {
	reports := []drawn{{bookFile, w.drawBook}}
	for _, id := range report.NeedsWriteup(w.Input, w.told) {
		for i := range w.Result.Cases {
			if c := &w.Result.Cases[i]; c.ID == id {
				writeup, _ := caseFiles(id)
				reports = append(reports, drawn{writeup, func(out io.Writer) error { return w.drawWriteup(out, c) }})
			}
		}
	}
	in := w.Input
	in.Scope = nil // the mail itself says what it is about
	return d.compose(w.Key, w.told, reports, func(m report.Mailing) (*report.Weekly, error) { return report.NewWeekly(in, m) })
}

// mail writes a week's mail to disk and puts it into the outbox.
func (d *desk) mail(ctx context.Context, w *week) error {
	l, err := d.weekLetter(w)
	if err != nil {
		return err
	}
	return d.post(ctx, l, w.Period)
}
