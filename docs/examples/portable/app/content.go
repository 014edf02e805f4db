// SPDX-License-Identifier: MIT

package app

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	mathrand "math/rand/v2"
)

// Seed names a stream of random bytes, so that one process can send it and another can
// check it without the bytes going between them.
type Seed [32]byte

// NewSeed returns a random Seed.
func NewSeed() Seed {
	var s Seed
	rand.Read(s[:]) // never fails
	return s
}

// ParseSeed reads what String wrote.
func ParseSeed(text string) (Seed, error) {
	var s Seed
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(s) {
		return s, errors.New("a seed is 64 hexadecimal digits")
	}
	return Seed(b), nil
}

// String returns the Seed in hexadecimal digits.
func (s Seed) String() string { return hex.EncodeToString(s[:]) }

// Reader returns the first size bytes of the stream.
func (s Seed) Reader(size int64) io.Reader {
	return io.LimitReader(mathrand.NewChaCha8(s), size)
}

// Sum returns the SHA-256, in hexadecimal digits, of count bytes from offset on.
func (s Seed) Sum(offset, count int64) (string, error) {
	r := s.Reader(offset + count)
	if _, err := io.CopyN(io.Discard, r, offset); err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
