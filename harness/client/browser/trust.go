package browser

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// certutil is NSS's program for its databases of certificates.
const certutil = "certutil"

// writeTrust makes an NSS database in dir that trusts the certificates of rootsPEM for TLS servers.
func writeTrust(ctx context.Context, dir string, rootsPEM []byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	database := "sql:" + dir
	if err := runCertutil(ctx, nil, "-N", "-d", database, "--empty-password"); err != nil {
		return err
	}
	number := 0
	for rest := rootsPEM; ; number++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		name := fmt.Sprintf("tlsfault root %d", number)
		if err := runCertutil(ctx, block.Bytes, "-A", "-d", database, "-t", "C,,", "-n", name); err != nil {
			return err
		}
	}
	if number == 0 {
		return errors.New("no root to trust: the target's roots hold no certificate")
	}
	return nil
}

func runCertutil(ctx context.Context, input []byte, args ...string) error {
	cmd := exec.CommandContext(ctx, certutil, args...)
	cmd.Stdin = bytes.NewReader(input)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", certutil, args[0], err, strings.TrimSpace(string(said)))
	}
	return nil
}
