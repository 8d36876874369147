package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"poolsweep/ingest"
	"poolsweep/ingest/bucket"
	"poolsweep/ingest/store"
)

func newPurge(con *console) *cobra.Command {
	var h historyFlags
	var machine string
	var yes bool
	cmd := &cobra.Command{
		Use:   "purge --machine NAME [flags]",
		Short: "Take a machine out of the history and the reports",
		Long: `Take a machine out of the history, with all that was read from its logs: the database
keeps no trace of its name, older backups are removed and a new one is made. The
reports of its cases are removed, or made again when other machines have the case,
too; so is the workbook. All mails on disk are removed, and those that were not sent
are made again by the watcher; what was sent stays with its recipients.

Without --yes nothing is removed: it is only told what would be. Logs of the machine
that still lie in a watched folder are left alone, as everything there, and would be
read again: clear them away first.

No watcher may run on the history meanwhile.

Exit codes:
  0  done; without --yes: told what would be removed
  1  failed, or there is no such machine
  2  the command line is wrong`,
		Example: `  poolsweep purge --machine LAB-014 --config poolsweep.yaml
  poolsweep purge --machine LAB-014 --state state --out reports --yes`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if machine == "" {
				return usageError(cmd, errors.New("no machine: give --machine"))
			}
			s, err := h.open(cmd, con)
			if err != nil {
				return err
			}
			defer s.store.Close()
			return s.purge(cmd.Context(), con.out, machine, yes)
		},
	}
	h.flags(cmd)
	cmd.Flags().StringVar(&machine, "machine", "", "the machine's `NAME`, in any case")
	cmd.Flags().BoolVar(&yes, "yes", false, "remove it; without, only tell what would be removed")
	return cmd
}

// trace is what the history holds of a machine.
type trace struct {
	name      string // as the machine spells itself
	documents int
	cases     []string
	drops     []store.Drop
}

func (s *service) trace(ctx context.Context, machine string) (*trace, error) {
	o, err := s.opinion(ctx)
	if err != nil {
		return nil, err
	}
	key := ingest.MachineKey(machine)
	is := func(name string) bool { return ingest.MachineKey(name) == key }
	t := &trace{}
	for _, m := range o.machines {
		if is(m.Name) {
			t.name = m.Name
		}
	}
	if t.name == "" {
		return nil, &failure{exitFailed, fmt.Errorf("no machine %s in the history", plain(machine)), "'poolsweep status --all' names the machines"}
	}
	for _, c := range o.cases {
		if slices.ContainsFunc(c.Machines, is) {
			t.cases = append(t.cases, c.ID)
		}
	}
	held, err := s.store.Documents(ctx, machine, time.Time{})
	if err != nil {
		return nil, err
	}
	t.documents = len(held)
	content := map[string]bool{}
	for _, h := range held {
		content[h.SHA256] = true
	}
	return t, s.store.Drops(ctx, "", func(d store.Drop) error {
		if d.Of(machine) || content[d.SHA256] {
			t.drops = append(t.drops, d)
		}
		return nil
	})
}

// purge removes a machine, or tells what it would remove.
func (s *service) purge(ctx context.Context, out io.Writer, machine string, yes bool) error {
	t, err := s.trace(ctx, machine)
	if err != nil {
		return err
	}
	if !yes {
		fmt.Fprintf(out, "Would remove %s: %d documents, %d drops of the history, the reports of %d cases%s.\n",
			plain(t.name), t.documents, len(t.drops), len(t.cases), listed(t.cases))
		t.tellRemaining(out)
		fmt.Fprintln(out, "Nothing was removed; say --yes to remove it.")
		return nil
	}
	removed, err := s.store.Purge(ctx, machine, s.now())
	if err != nil {
		return err
	}
	if s.store.Served() {
		return s.purgedOnServer(out, t, removed)
	}
	if err := s.judge(ctx, true); err != nil { // withdraws the reports, and makes anew what others still have
		return err
	}
	if err := s.removeAllMails(); err != nil {
		return err
	}
	if err := removeBackups(s.cfg.State, 0); err != nil {
		return err
	}
	if err := backUp(ctx, s.store, s.cfg.State, s.now()); err != nil {
		return err
	}
	fmt.Fprintf(out, "Removed %s: %d documents, %d drops of the history, %d cases; older backups; the mails on disk.\n",
		plain(t.name), removed.Documents, removed.Drops, removed.Cases)
	if shared := int64(len(t.cases)) - removed.Cases; shared > 0 {
		fmt.Fprintf(out, "%d cases stay, for other machines have them, too; their reports were made again.\n", shared)
	}
	t.tellRemaining(out)
	return s.dueReports(ctx)
}

// removeAllMails removes the mails on disk: any of them may tell of the machine.
func (s *service) removeAllMails() error {
	if err := os.RemoveAll(s.cfg.mailFolder()); err != nil {
		return fmt.Errorf("remove mails: %w", err)
	}
	return nil
}

// purgedOnServer leaves the reports to who works on the database server, now or when it
// starts.
func (s *service) purgedOnServer(out io.Writer, t *trace, removed store.Removed) error {
	if err := s.removeAllMails(); err != nil {
		return err
	}
	fmt.Fprintf(out, "Removed %s: %d documents, %d drops of the history, %d cases; the mails on disk.\n"+
		"The reports of %d cases%s go within %s if a watcher runs on this history, else when one starts.\n"+
		"The server keeps removed rows until its vacuum, and in its backups and archived logs.\n",
		plain(t.name), removed.Documents, removed.Drops, removed.Cases, len(t.cases), listed(t.cases), 2*checkEvery)
	t.tellRemaining(out)
	return nil
}

func listed(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return " (" + strings.Join(ids, ", ") + ")"
}

// tellRemaining says which of the machine's logs still lie in the watched folders.
func (t *trace) tellRemaining(out io.Writer) {
	const shown = 10
	n := 0
	for _, d := range t.drops {
		if !stillThere(d) {
			continue
		}
		if n++; n <= shown {
			fmt.Fprintf(out, "  still there: %s\n", plain(filepath.ToSlash(dropPath(d.Share, d.Name))))
		}
	}
	if n > 0 {
		fmt.Fprintf(out, "%d of its logs still lie in the watched folders and would be read again; clear them away before a watcher runs.\n", n)
	}
}

// stillThere reports whether a drop still lies where it was read. A bucket is not asked:
// what the last scan saw counts.
func stillThere(d store.Drop) bool {
	if bucket.IsPath(d.Share) {
		return d.State != store.Gone
	}
	_, err := os.Lstat(dropPath(d.Share, d.Name))
	return err == nil
}
