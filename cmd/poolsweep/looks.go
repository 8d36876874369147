package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"poolsweep/report"
	"poolsweep/report/pdf"
)

// Values of Paper, the first being the default.
const (
	paperA4     = "a4"
	paperLetter = "letter"
)

var (
	papers   = []string{paperA4, paperLetter}
	profiles = []string{report.ProfileEngineer, report.ProfilePublic}
)

// looks are the flags for how reports look; each goes before the same key of the
// configuration file.
type looks struct{ paper, profile string }

func (l *looks) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.paper, "paper", "", "draw PDFs on `SIZE`: a4 (default) or letter")
	l.profileFlag(cmd)
}

// profileFlag is for commands that draw no page.
func (l *looks) profileFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.profile, "profile", "",
		"for `WHOM`: engineer (default) says all, public names nobody")
}

// over puts the flags over a configuration.
func (l *looks) over(c *config) error {
	for _, f := range []struct {
		flag, value string
		known       []string
		key         *string
	}{{"paper", l.paper, papers, &c.Paper}, {"profile", l.profile, profiles, &c.Profile}} {
		if f.value == "" {
			continue
		}
		if !slices.Contains(f.known, f.value) {
			return fmt.Errorf("--%s: %s", f.flag, neither(f.value, f.known))
		}
		*f.key = f.value
	}
	return nil
}

// neither says that a value is none of two.
func neither(value string, known []string) string {
	return fmt.Sprintf("%q is neither %s", value, strings.Join(known, " nor "))
}

// public reports whether reports are for readers outside.
func (c *config) public() bool { return c.Profile == report.ProfilePublic }

// sheet is the paper that PDFs are drawn on.
func (c *config) sheet() pdf.Paper {
	if c.Paper == paperLetter {
		return pdf.Letter
	}
	return pdf.A4
}
