package windbg

import "bytes"

// typed is a command as somebody typed it.
type typed struct {
	text string // "!poolused 2 Even", without the prompt
	word string // "!poolused"
	args string // "2 Even"
	line int

	bare    bool // no prompt stands before it
	outside int  // lines outside of all output up to it
}

// prompt returns what stands behind the debugger's prompt, and whether the line
// begins with one:
//
//	kd> !vm            0: kd> !poolused 2     12: kd> lm       lkd> !vm
//	16.0: kd:x86> lm   ||0:0: kd> .time       : kd> !vm        0:000> .time
//
// Pasted prompts may be indented, and a prompt may be printed twice (0:000>0: kd> g).
func prompt(text []byte) (command []byte, ok bool) {
	for {
		n := promptLength(text)
		if n == 0 {
			return trim(text), ok
		}
		text, ok = text[n:], true
	}
}

// promptLength returns the length of the prompt at the start of text, 0 without one.
func promptLength(text []byte) int {
	i := skipBlanks(text, 0)
	if i == len(text) || !bytes.ContainsRune([]byte("0123456789|:kl"), rune(text[i])) {
		return 0
	}
	if text[i] == '|' && (i+1 == len(text) || text[i+1] != '|') {
		return 0 // a quotation
	}
	const longest = 40
	end := bytes.IndexByte(text[i:min(len(text), i+longest)], '>')
	if end < 0 {
		return 0
	}
	body := bytes.TrimLeft(text[i:i+end], "0123456789|.: ")
	mode, isa, _ := bytes.Cut(body, []byte(":"))
	switch string(mode) {
	case "kd", "lkd":
	case "": // user mode: 0:000> or 0:000:x86>
		if !bytes.Contains(text[i:i+end], []byte(":")) || !digit(text[i+end-1]) {
			return 0
		}
	default:
		return 0
	}
	if len(isa) > 5 {
		return 0
	}
	return i + end + 1
}

// shellPrompt returns what stands behind a Windows command prompt, and whether the
// line begins with one:
//
//	C:\>fltmc instances        PS C:\Users\lab> fltmc
func shellPrompt(text []byte) (command []byte, ok bool) {
	text = unindent(text)
	text = bytes.TrimPrefix(text, []byte("PS "))
	if len(text) < 4 || text[1] != ':' || text[2] != '\\' || text[0]|0x20 < 'a' || text[0]|0x20 > 'z' {
		return nil, false
	}
	const longest = 260 // a path's, by the Windows API
	end := bytes.IndexByte(text[:min(len(text), longest)], '>')
	if end < 0 {
		return nil, false
	}
	return trim(text[end+1:]), true
}

// commandsIn splits a command line at the semicolons outside quotes and scripts,
// ".foreach (m {lm1m}) { .echo m; s -a m L?1000 "tsni" }".
func commandsIn(text []byte, no int) []typed {
	var all []typed
	from, depth, quoted := 0, 0, false
	for i := 0; i <= len(text); i++ {
		if i < len(text) {
			switch text[i] {
			case '"':
				quoted = !quoted
			case '{':
				depth++
			case '}':
				depth--
			}
		}
		if i < len(text) && (text[i] != ';' || quoted || depth > 0) {
			continue
		}
		if part := trim(text[from:i]); len(part) > 0 {
			all = append(all, newTyped(part, no))
		}
		from = i + 1
	}
	return all
}

// newTyped takes a command apart at its first blank.
func newTyped(text []byte, no int) typed {
	end := bytes.IndexAny(text, " \t")
	if end < 0 {
		end = len(text)
	}
	return typed{text: excerpt(text), word: excerpt(text[:end]), args: string(trim(text[end:])), line: no}
}
