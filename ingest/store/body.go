package store

import (
	"bytes"
	"encoding/gob"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"poolsweep/ingest"
)

// format is the version of a stored document: a gob of ingest.Document under
// zstd. Gob names its fields, so fields may come and go without a new version;
// it takes one when a field changes its meaning.
const format = 1

// Encoder and decoder keep no state between calls of EncodeAll and DecodeAll.
var (
	zip, _   = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithEncoderConcurrency(1))
	unzip, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30))
)

func pack(d *ingest.Document) ([]byte, error) {
	var plain bytes.Buffer
	if err := gob.NewEncoder(&plain).Encode(d); err != nil {
		return nil, fmt.Errorf("pack document: %w", err)
	}
	return zip.EncodeAll(plain.Bytes(), nil), nil
}

func unpack(version int64, body []byte) (*ingest.Document, error) {
	if version != format {
		return nil, fmt.Errorf("unpack document: format %d, known is %d", version, format)
	}
	plain, err := unzip.DecodeAll(body, nil)
	if err != nil {
		return nil, fmt.Errorf("unpack document: %w", err)
	}
	d := &ingest.Document{}
	if err := gob.NewDecoder(bytes.NewReader(plain)).Decode(d); err != nil {
		return nil, fmt.Errorf("unpack document: %w", err)
	}
	return d, nil
}
