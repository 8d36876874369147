package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"poolsweep/ingest/jobs"
	"poolsweep/ingest/store"
)

// statusNode is a process that works on a history on a database server.
type statusNode struct {
	Host    string    `json:"host"`
	Role    string    `json:"role"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	Alive   bool      `json:"alive"`
	Silent  float64   `json:"silent_seconds"` // since it was last heard of
}

// statusQueue counts the logs that nodes are to read.
type statusQueue struct {
	Waiting int `json:"waiting"`
	Running int `json:"running"`
	Failed  int `json:"failed"`
}

// addNodes adds what only a database server has.
func (st *status) addNodes(ctx context.Context, db *store.Store) error {
	if !db.Served() {
		return nil
	}
	nodes, err := db.Nodes(ctx)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		st.Nodes = append(st.Nodes, statusNode{n.Host, n.Role, n.Version, n.Started, n.Alive(silence), n.Silent.Seconds()})
	}
	if len(nodes) == 0 { // and nobody has made the queue yet
		return nil
	}
	counts, err := jobs.Count(ctx, db.Pool())
	if err != nil {
		return fmt.Errorf("count jobs: %w", err)
	}
	st.Queue = &statusQueue{counts.Waiting, counts.Running, counts.Failed}
	return nil
}

// printNodes shows the nodes, and what waits for them.
func (st *status) printNodes(w io.Writer) {
	if len(st.Nodes) == 0 {
		return
	}
	nodes := newTable("host", "command", "version", "started", "last heard of")
	for _, n := range st.Nodes {
		heard := "now"
		if !n.Alive {
			heard = fmt.Sprintf("%s ago", time.Duration(n.Silent*float64(time.Second)).Round(time.Second))
		}
		nodes.AppendRow(table.Row{plain(n.Host), n.Role, n.Version, n.Started.Format(time.DateTime), heard})
	}
	fmt.Fprintf(w, "\n%s\n", nodes.Render())
	if q := st.Queue; q != nil {
		fmt.Fprintf(w, "Logs to be read: %d waiting, %d being read, %d given up\n", q.Waiting, q.Running, q.Failed)
	}
}

// nodesTrouble says when nobody is left to work.
func (st *status) nodesTrouble() string {
	for _, n := range st.Nodes {
		if n.Alive {
			return ""
		}
	}
	if len(st.Nodes) == 0 {
		return ""
	}
	return "no process works on the history; start 'poolsweep watch' or 'poolsweep work'"
}
