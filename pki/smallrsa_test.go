package pki_test

import (
	"bytes"
	"crypto"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/pki"
)

func small(t *testing.T, keyType pki.KeyType) *pki.SmallRSA {
	t.Helper()
	k, ok := key(t, keyType, "leaf").Signer.(*pki.SmallRSA)
	if !ok {
		t.Fatalf("the key is a %T", key(t, keyType, "leaf").Signer)
	}
	return k
}

// keyFile writes the private key where openssl can read it.
func keyFile(t *testing.T, k crypto.Signer) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := pki.WriteKeyFile(path, k); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenSSLVerifiesSmallSignatures(t *testing.T) {
	md5sum, sha1sum, sha256sum := md5.Sum([]byte("x")), sha1.Sum([]byte("x")), sha256.Sum256([]byte("x"))
	for _, c := range []struct {
		keyType pki.KeyType
		digest  []byte
		opts    crypto.SignerOpts
		verify  []string
	}{
		{"rsa-384", sha1sum[:], crypto.SHA1, []string{"digest:sha1"}},
		{"rsa-512", md5sum[:], crypto.MD5, []string{"digest:md5"}},
		{"rsa-512", sha256sum[:], crypto.SHA256, []string{"digest:sha256"}},
		{"rsa-1023", sha256sum[:], crypto.SHA256, []string{"digest:sha256"}},
		{"rsa-512", append(md5sum[:], sha1sum[:]...), crypto.MD5SHA1, []string{"digest:md5-sha1"}},
		{"rsa-768", sha256sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}, []string{"rsa_padding_mode:pss", "digest:sha256", "rsa_pss_saltlen:32"}},
		{"rsa-769", sha256sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto, Hash: crypto.SHA256}, []string{"rsa_padding_mode:pss", "digest:sha256"}},
		{"rsa-1023", sha256sum[:], &rsa.PSSOptions{SaltLength: 20, Hash: crypto.SHA256}, []string{"rsa_padding_mode:pss", "digest:sha256", "rsa_pss_saltlen:20"}},
	} {
		k := small(t, c.keyType)
		signature, err := k.Sign(nil, c.digest, c.opts)
		if err != nil {
			t.Errorf("%s %v: %v", c.keyType, c.verify, err)
			continue
		}
		arguments := []string{"pkeyutl", "-verify", "-inkey", keyFile(t, k), "-sigfile", write(t, "signature", signature)}
		for _, option := range c.verify {
			arguments = append(arguments, "-pkeyopt", option)
		}
		if output, err := run(t, c.digest, "openssl", arguments...); err != nil || !strings.Contains(output, "Verified Successfully") {
			t.Errorf("%s %v: %v: %s", c.keyType, c.verify, err, output)
		}
	}
}

func TestSmallKeysRefuseWhatDoesNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		keyType pki.KeyType
		digest  int
		opts    crypto.SignerOpts
	}{
		"SHA-384 in 512 bits": {"rsa-512", 48, crypto.SHA384},
		"PSS in 512 bits":     {"rsa-512", 32, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}},
		"digest of 31 bytes":  {"rsa-512", 31, crypto.SHA256},
		"unknown hash":        {"rsa-768", 28, crypto.SHA224},
	} {
		if _, err := small(t, c.keyType).Sign(nil, make([]byte, c.digest), c.opts); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

func TestSmallKeysDecryptWhatOpenSSLEncrypts(t *testing.T) {
	k := small(t, "rsa-768")
	secret := bytes.Repeat([]byte{7}, 48)
	cipher := mustRun(t, secret, "openssl", "pkeyutl", "-encrypt", "-inkey", keyFile(t, k))
	sessionKey := &rsa.PKCS1v15DecryptOptions{SessionKeyLen: 48} //nolint:staticcheck // what crypto/tls passes
	for name, opts := range map[string]crypto.DecrypterOpts{"no options": nil, "session key": sessionKey} {
		if plain, err := k.Decrypt(nil, []byte(cipher), opts); err != nil || !bytes.Equal(plain, secret) {
			t.Errorf("%s: got %x, %v", name, plain, err)
		}
	}
	broken := make([]byte, 96)
	if _, err := k.Decrypt(nil, broken, nil); err == nil {
		t.Error("decrypted zeros")
	}
	// Bleichenbacher's countermeasure, RFC 5246 7.4.7.1.
	first, err1 := k.Decrypt(nil, broken, sessionKey)
	second, err2 := k.Decrypt(nil, broken, sessionKey)
	if err1 != nil || err2 != nil || len(first) != 48 || bytes.Equal(first, second) {
		t.Errorf("malformed padding gives %x and %x, %v, %v; want two random keys", first, second, err1, err2)
	}
}

func TestWeakKeysServeTLS(t *testing.T) {
	for _, c := range []struct {
		name    string
		keyType pki.KeyType
		config  *tls.Config
		client  []string
	}{
		{"1.2 signature", "rsa-512", &tls.Config{MaxVersion: tls.VersionTLS12}, []string{"-tls1_2"}},
		{"1.2 key transport", "rsa-512", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}}, []string{"-tls1_2"}},
		{"1.0 signature", "rsa-512", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, []string{"-tls1"}},
		{"1.3 signature", "rsa-768", &tls.Config{MinVersion: tls.VersionTLS13}, []string{"-tls1_3"}},
		{"1.3 signature of 1024 bits", "rsa-1024", &tls.Config{MinVersion: tls.VersionTLS13}, []string{"-tls1_3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			certificate := selfSigned(t, c.keyType)
			config := c.config.Clone()
			config.Certificates = []tls.Certificate{{Certificate: [][]byte{certificate.Bytes}, PrivateKey: key(t, c.keyType, "leaf").Signer}}
			listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = listener.Close() }()
			served := make(chan error, 1)
			go func() {
				connection, err := listener.Accept()
				if err == nil {
					_, err = io.WriteString(connection, "served\n")
					err = errors.Join(err, connection.Close())
				}
				served <- err
			}()
			arguments := append([]string{"s_client", "-connect", listener.Addr().String(), "-cipher", "ALL@SECLEVEL=0"}, c.client...)
			output, err := run(t, nil, "openssl", append(arguments, "-quiet")...)
			if !strings.Contains(output, "served\n") {
				t.Errorf("%v\n%s", err, output)
			}
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
	}
}

// selfSigned has openssl make a certificate for the key.
func selfSigned(t *testing.T, keyType pki.KeyType) *pem.Block {
	t.Helper()
	text := mustRun(t, nil, "openssl", "req", "-x509", "-subj", "/CN=localhost", "-key", keyFile(t, key(t, keyType, "leaf").Signer))
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatalf("no certificate in %q", text)
	}
	return block
}

func TestKeyFilesAreTheOwnersAlone(t *testing.T) {
	for _, keyType := range []pki.KeyType{pki.ECDSAP256, pki.Ed25519, pki.RSA2048, "rsa-512"} {
		path := keyFile(t, key(t, keyType, "leaf").Signer)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o600 {
			t.Errorf("%s: the mode is %v", keyType, info.Mode())
		}
		mustRun(t, nil, "openssl", "pkey", "-check", "-noout", "-in", path)
		if err := pki.WriteKeyFile(path, key(t, keyType, "leaf").Signer); err == nil {
			t.Error("overwrote a file")
		}
	}
}

func TestKeysMadeElsewhereAreWrapped(t *testing.T) {
	k, err := pki.NewKey(small(t, "rsa-512").PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := k.Signer.(*pki.SmallRSA); !ok {
		t.Errorf("the signer is a %T", k.Signer)
	}
	if !bytes.Equal(k.ID(), key(t, "rsa-512", "leaf").ID()) {
		t.Error("the same key has another identifier")
	}
}
