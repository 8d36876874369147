package knowledge

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// English is the language that every text has.
const English = "en"

// Text is something said in words, by language. A YAML file gives it as one English
// text, or as a map of languages:
//
//	title: Npcap leaks
//	title: {en: Npcap leaks, zh-CN: Npcap 泄漏}
type Text map[string]string

// In returns the text in a language, in English where it has not been translated.
func (t Text) In(lang string) string {
	if text, ok := t[lang]; ok {
		return text
	}
	return t[English]
}

// UnmarshalYAML reads a text in one language or several.
func (t *Text) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*t = Text{English: node.Value}
		return nil
	}
	var all map[string]string
	if err := node.Decode(&all); err != nil {
		return err
	}
	if all[English] == "" {
		return fmt.Errorf("line %d: a text in several languages needs %s", node.Line, English)
	}
	*t = all
	return nil
}
