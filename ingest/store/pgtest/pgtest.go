// Package pgtest runs a private PostgreSQL server for tests.
package pgtest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// errMissing is returned where no PostgreSQL is installed.
var errMissing = errors.New("PostgreSQL is not installed: Debian's package is postgresql")

// role is the server's only user, and may do all.
const role = "poolsweep"

// Server is a PostgreSQL server of its own, reached by a socket in its folder.
type Server struct {
	folder  string
	program string
	process *exec.Cmd
}

// New starts a server that ends with a test. Where none is installed the test is skipped,
// unless the environment says that this is not to be passed over.
func New(t testing.TB, getenv func(string) string) *Server {
	t.Helper()
	s, err := start()
	if errors.Is(err, errMissing) && getenv("POOLSWEEP_NEED_POSTGRES") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// start makes a server in a new folder and starts it. It ends with this process, or
// when it is closed.
func start() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "pg") // short: a socket's name has at most 107 bytes
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder, program: filepath.Join(bin, "postgres")}
	if err := s.make(filepath.Join(bin, "initdb")); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	if err := s.Restart(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// binaries finds the newest version's folder of programs.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errMissing
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}

// make lays out the server's files. Its language sorts unlike bytes do, so that who
// counts on the order of bytes is found out.
func (s *Server) make(initdb string) error {
	if err := give(s.folder); err != nil {
		return err
	}
	cmd := exec.Command(initdb, "-D", s.data(), "-U", role, "-A", "trust", "-E", "UTF8", "--no-sync",
		"--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en")
	unprivileged(cmd)
	cmd.Dir = s.folder
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// URL names a database of the server; the one called postgres is always there.
// The parameters are name and value in turn.
func (s *Server) URL(database string, parameters ...string) string {
	q := url.Values{"host": {s.folder}}
	for i := 0; i+1 < len(parameters); i += 2 {
		q.Set(parameters[i], parameters[i+1])
	}
	return (&url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + database, RawQuery: q.Encode()}).String()
}

// Restart starts a server that was stopped, and waits until it takes connections.
func (s *Server) Restart() error {
	log, err := os.OpenFile(filepath.Join(s.folder, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.process = exec.Command(s.program, "-D", s.data(), "-k", s.folder, "-c", "listen_addresses=", "-c", "fsync=on",
		"-c", "shared_buffers=64MB", "-c", "max_connections=200")
	unprivileged(s.process)
	s.process.Dir, s.process.Stdout, s.process.Stderr = s.folder, log, log
	if err := s.process.Start(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	return s.wait()
}

// wait waits for the word that the server writes when it is ready.
func (s *Server) wait() error {
	const patience, pause = 60 * time.Second, 20 * time.Millisecond
	for range patience / pause {
		if text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid")); err == nil && s.ready(string(text)) {
			return nil
		}
		time.Sleep(pause)
	}
	text, _ := os.ReadFile(filepath.Join(s.folder, "log"))
	return fmt.Errorf("PostgreSQL does not come up:\n%s", text)
}

// ready reads what a server writes of itself: its number in the first line, how it is
// in the eighth. What an earlier one left behind does not count.
func (s *Server) ready(text string) bool {
	lines := strings.Split(text, "\n")
	return len(lines) > 7 && lines[0] == strconv.Itoa(s.process.Process.Pid) && strings.HasPrefix(lines[7], "ready")
}

// Stop stops the server: at once, as if the power failed, or when its sessions have
// been ended.
func (s *Server) Stop(immediate bool) error {
	how := syscall.SIGINT
	if immediate {
		how = syscall.SIGQUIT
	}
	if err := s.process.Process.Signal(how); err != nil {
		return err
	}
	var exit *exec.ExitError
	if err := s.process.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	s.process = nil
	return nil
}

// Close stops the server and removes it.
func (s *Server) Close() error {
	var err error
	if s.process != nil {
		err = s.Stop(true)
	}
	return errors.Join(err, os.RemoveAll(s.folder))
}
