package main

import (
	"bufio"
	"crypto/sha512"
	"io"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestRefuseBinary(t *testing.T) {
	const log = "0: kd> !poolused 2\r\n"
	wide := func(order int) string {
		var b strings.Builder
		for _, u := range utf16.Encode([]rune(strings.Repeat(log, 9))) {
			pair := [2]byte{byte(u), byte(u >> 8)}
			b.WriteByte(pair[order])
			b.WriteByte(pair[1-order])
		}
		return b.String()
	}
	packed := []byte{1}
	for len(packed) < 4096 {
		sum := sha512.Sum512(packed)
		packed = append(packed, sum[:]...)
	}
	for _, tt := range []struct{ name, text, want string }{
		{"plain.log", log, ""},
		{"utf16le.log", wide(0), ""},
		{"utf16be.log", wide(1), ""},
		{"utf16-bom.log", "\xff\xfe" + wide(0), ""},
		{"a few NULs.log", strings.Repeat(log, 90) + "\x00\x00\x00\x00", ""},
		{"text named.dmp", log, ""},
		{"empty.log", "", "is empty"},
		{"MEMORY.DMP", "PAGEDU64\x0f\x00", "kd -z MEMORY.DMP -logo out.log -c"},
		{"old.dmp", "PAGEDUMP", "kd -z old.dmp"},
		{"mini.log", "MDMP\x93\xa7", "is a memory dump"},
		{"strange.dmp", strings.Repeat("\x01\x00\x00\x00", 99), "kd -z strange.dmp"},
		{"strange.bin", strings.Repeat("\x01\x00\x00\x00", 99), "is no text"},
		{"lost.log", strings.Repeat("\x00", 4096), "is no text"},
		{"logs.rar", "Rar!\x1a\x07", "unpack it first"},
		{"logs.cab", "MSCF\x00\x00\x00\x00", "unpack it first"},
		{"ascii, then utf16.log", log[:5] + wide(0), ""},
		{"hole.log", strings.Repeat("\x00", 5000) + strings.Repeat(log, 9), ""},
		{"blank.log", "\r\n \t\r\n", "is no text"},
		{"bell.log", strings.Repeat(log, 9) + "\a", ""},
		{"chinese.log", "\xca\xb5\xd1\xe9\xca\xd2\r\n", ""},
		{"packed.bin", string(packed), "is no text"},
		{"shot.png", "\x89PNG\r\n", "is no text"},
	} {
		r := bufio.NewReaderSize(strings.NewReader(tt.text), sniffed)
		err := refuseBinary(r, "drop/"+tt.name)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: refused: %v", tt.name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
		if rest, _ := io.ReadAll(r); string(rest) != tt.text {
			t.Errorf("%s: bytes were taken", tt.name)
		}
	}
}
