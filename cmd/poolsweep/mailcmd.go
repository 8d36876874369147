package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"poolsweep/ingest/store"
)

func newMail(con *console) *cobra.Command {
	var config, state string
	cmd := &cobra.Command{
		Use:   "mail arrived|resend ID",
		Short: "Decide on a mail that may or may not have arrived",
		Long: `Decide on a mail that is held: its end may have been sent, and nobody knows whether the
server took it. Ask the recipient, or look into the server's log, for its Message-ID.
'poolsweep status' lists these mails.

  arrived  it counts as sent
  resend   it is sent once more, with the same Message-ID, and marked as a possible
           duplicate

ID is the Message-ID, or a part of it that no other held mail has.

Exit codes:
  0  done
  1  failed, or no held mail has this ID, or several do
  2  the command line is wrong`,
		Example: `  poolsweep mail arrived 3f2a91 --config poolsweep.yaml
  poolsweep mail resend w.2026-W47.weekly-building-3 --state /var/lib/poolsweep`,
		Args: usage(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] != "arrived" && args[0] != "resend" {
				return usageError(cmd, errors.New(neither(args[0], []string{"arrived", "resend"})))
			}
			cfg, err := readConfig(config)
			if err != nil {
				return err
			}
			if cfg.keepIn(state); !cfg.kept() {
				return usageError(cmd, errNoHistory)
			}
			return decideMail(cmd, con, cfg, args[0] == "resend", args[1])
		},
	}
	f := cmd.Flags()
	f.StringVar(&config, "config", "", "take the state folder from `FILE` (YAML)")
	f.StringVar(&state, "state", "", "the watcher's state folder `DIR`")
	return cmd
}

// decideMail does to a held mail what a person decided.
func decideMail(cmd *cobra.Command, con *console, cfg *config, resend bool, id string) error {
	ctx := cmd.Context()
	db, err := openBeside(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	m, err := heldMail(cmd, db, id)
	if err != nil {
		return err
	}
	what := "counts as arrived"
	if resend {
		what = "is sent once more"
		err = db.Resend(ctx, m.MailKey, time.Now())
	} else {
		err = db.Arrived(ctx, m.MailKey, time.Now())
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(con.out, "%s %s to %s %s.\n", plain(m.Series), plain(m.Key), plain(m.Recipient), what)
	return nil
}

// heldMail finds the one held mail of an ID.
func heldMail(cmd *cobra.Command, db *store.Store, id string) (*store.Mail, error) {
	mails, err := db.Outbox(cmd.Context())
	if err != nil {
		return nil, err
	}
	mails = slices.DeleteFunc(mails, func(m store.Mail) bool {
		return m.State != store.MailHeld || !strings.Contains(m.MessageID, strings.Trim(id, "<>"))
	})
	switch {
	case len(mails) == 0:
		return nil, &failure{exitFailed, fmt.Errorf("no held mail has the ID %q", id), "'poolsweep status' lists them"}
	case len(mails) > 1:
		return nil, &failure{exitFailed, fmt.Errorf("%d held mails have %q in their IDs", len(mails), id), "give more of the Message-ID"}
	}
	return &mails[0], nil
}
