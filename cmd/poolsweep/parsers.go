package main

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"poolsweep/ingest"
)

// parserLimits bound what one drop may cost.
type parserLimits struct {
	memory int64         // bytes a parser may hold
	step   time.Duration // for taking a part of a drop, and for every 100 MiB of it at the end
}

func defaultParserLimits() parserLimits { return parserLimits{memory: 512 << 20, step: time.Minute} }

// parsers are the processes that parse drops, as many as are asked for at once.
// One that fails is replaced.
type parsers struct {
	command []string // how to start one, without flags
	limits  parserLimits
	mu      sync.Mutex
	idle    []*process
}

// process is one of them.
type process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	orders  *gob.Encoder
	answers *gob.Decoder
	words   lastWords // of a crash
}

func (ps *parsers) take() (*process, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if n := len(ps.idle); n > 0 {
		p := ps.idle[n-1]
		ps.idle = ps.idle[:n-1]
		return p, nil
	}
	return ps.start()
}

func (ps *parsers) start() (*process, error) {
	args := append(ps.command[1:len(ps.command):len(ps.command)], "parse", "--memory", strconv.FormatInt(ps.limits.memory, 10))
	p := &process{cmd: exec.Command(ps.command[0], args...)}
	p.cmd.Stderr = &p.words
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start parser: %w", err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start parser: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start parser: %w", err)
	}
	p.orders, p.answers = gob.NewEncoder(p.in), gob.NewDecoder(out)
	return p, nil
}

// close ends all processes that are idle.
func (ps *parsers) close() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range ps.idle {
		p.in.Close()
		_ = p.cmd.Wait() // it has nothing to lose
	}
	ps.idle = nil
}

// parse has a drop parsed. Whatever goes wrong with the drop is in the answer; an
// error means that it could not be read, or that no process could be had.
func (ps *parsers) parse(o order, drop io.Reader) (answer, error) {
	p, err := ps.take()
	if err != nil {
		return answer{}, err
	}
	a, err := p.run(o, drop, ps.limits)
	var broke *breakdown
	switch {
	case err == nil:
		ps.mu.Lock()
		ps.idle = append(ps.idle, p)
		ps.mu.Unlock()
		return a, nil
	case errors.As(err, &broke):
		return answer{Reason: broke.reason, Detail: broke.Error()}, nil
	}
	return answer{}, err
}

// breakdown is a process that ended, or had to be ended, over a drop.
type breakdown struct {
	reason ingest.Reason
	words  string
}

func (b *breakdown) Error() string { return b.words }

// run hands one drop to the process and waits for its answer. After an error the
// process is gone.
func (p *process) run(o order, drop io.Reader, limits parserLimits) (answer, error) {
	var late atomic.Bool
	watchdog := time.AfterFunc(limits.step, func() {
		late.Store(true)
		_ = p.cmd.Process.Kill()
	})
	bytes, err := p.send(o, drop, watchdog, limits.step)
	var a answer
	if err == nil {
		watchdog.Reset(limits.step * time.Duration(1+bytes/(100<<20)))
		err = p.answers.Decode(&a)
	}
	watchdog.Stop()
	if err == nil {
		return a, nil
	}
	p.in.Close()
	end := time.AfterFunc(time.Second, func() { _ = p.cmd.Process.Kill() })
	_ = p.cmd.Wait() // how it ended is in ProcessState
	end.Stop()
	var read *readError
	switch {
	case errors.As(err, &read):
		return answer{}, read.err
	case late.Load():
		return answer{}, &breakdown{ingest.ReasonLimitCPU, "parsing took too long and was ended"}
	case p.cmd.ProcessState.ExitCode() == exitMemory:
		return answer{}, &breakdown{ingest.ReasonLimitMemory, "parsing took too much memory and was ended"}
	}
	how := strings.TrimSuffix(p.cmd.ProcessState.String()+": "+p.words.String(), ": ")
	return answer{}, &breakdown{ingest.ReasonCrashedParser, "the parser ended: " + how}
}

// readError is an error of the drop itself, not of the process.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }

// send hands over the order and the drop, part by part, and returns the drop's
// bytes. The watchdog rests while the next part is read: how long a share takes is
// not the parser's doing.
func (p *process) send(o order, drop io.Reader, watchdog *time.Timer, step time.Duration) (bytes int64, err error) {
	if err := p.orders.Encode(o); err != nil {
		return 0, err
	}
	buf := make([]byte, 64<<10)
	for {
		watchdog.Stop()
		n, err := drop.Read(buf)
		watchdog.Reset(step)
		if n > 0 {
			bytes += int64(n)
			if err := p.orders.Encode(part{buf[:n]}); err != nil {
				return bytes, err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return bytes, p.orders.Encode(part{})
		case err != nil:
			return bytes, &readError{err}
		}
	}
}
