//go:build !unix

package keeper

import "crypto/rand"

func start() *keeper { return &keeper{word: rand.Text()[:12], dirs: make(map[string]bool)} }
