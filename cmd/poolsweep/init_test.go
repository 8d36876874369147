package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestInitFileHoldsEveryKeyAtItsDefault loads the file that init writes, and one
// with nothing but what has no default: they must say the same.
func TestInitFileHoldsEveryKeyAtItsDefault(t *testing.T) {
	dir := t.TempDir()
	load := func(name, text string) *config {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := readConfig(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.watchable(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	full := load("full.yaml", initText)
	bare := load("bare.yaml", "drops: [{path: drop}]\nout: reports\nstate: state\n")
	// These two are the watch package's own defaults, which it gives to zero.
	bare.Drops[0].Depth, bare.Drops[0].MaxBytes = 2, 2<<30
	bare.TagMaps, bare.Groups, bare.Trackers = []string{}, []groupConfig{}, []trackerConfig{}
	if diff := cmp.Diff(bare, full); diff != "" {
		t.Errorf("init.yaml does not show the defaults (-default +shown):\n%s", diff)
	}
}

func TestInitFileAndDocumentNameEveryKey(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join(top, "docs", "configuring.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range configKeys(reflect.TypeFor[config]()) {
		if !regexp.MustCompile(`(?m)^#? *(- )?` + key + `:`).MatchString(initText) {
			t.Errorf("init.yaml has no key %s", key)
		}
		if !strings.Contains(string(doc), "| `"+key+"` |") {
			t.Errorf("docs/configuring.md does not explain %s", key)
		}
	}
}

// A password in a configuration file ends in backups and screenshots: should one
// ever be needed, the key names the file that holds it.
func TestConfigHoldsNoSecrets(t *testing.T) {
	secret := regexp.MustCompile(`(?i)pass|secret|token|credential|api_?key`)
	for _, key := range configKeys(reflect.TypeFor[config]()) {
		if secret.MatchString(key) && !strings.HasSuffix(key, "_file") {
			t.Errorf("key %s asks for a secret", key)
		}
	}
}

// configKeys lists the YAML keys of a struct and of the structs in it.
func configKeys(of reflect.Type) []string {
	var keys []string
	for f := range of.Fields() {
		if key := f.Tag.Get("yaml"); key != "" {
			keys = append(keys, key)
		}
		inner := f.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			keys = append(keys, configKeys(inner)...)
		}
	}
	return keys
}
