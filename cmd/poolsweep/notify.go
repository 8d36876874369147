package main

import (
	"net"
	"os"
)

// notifier tells systemd how the service does, by the protocol of sd_notify(3): a
// datagram of lines like READY=1 to the socket that the environment names. Without
// one, as everywhere but under systemd, it says nothing.
type notifier struct{ socket string }

func newNotifier() notifier { return notifier{os.Getenv("NOTIFY_SOCKET")} }

// say sends one state. That nobody listens is no trouble of the service.
func (n notifier) say(state string) {
	if n.socket == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.socket, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(state))
}
