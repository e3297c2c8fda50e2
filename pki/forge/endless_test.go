package forge

import (
	"math/big"
	"testing"
)

// TestEndlessCurveHasNoRoot does what OpenSSL before 1.1.1n did with the point of
// the curve, BN_mod_sqrt for a modulus that is 1 modulo 8, with a bound where
// that had none.
func TestEndlessCurveHasNoRoot(t *testing.T) {
	p, a := endlessModulus, new(big.Int).SetBytes(endlessB)
	one := big.NewInt(1)
	square := func(x *big.Int) *big.Int { return new(big.Int).Mod(new(big.Int).Mul(x, x), p) }
	times := func(x, y *big.Int) *big.Int { return new(big.Int).Mod(new(big.Int).Mul(x, y), p) }
	e, q := 0, new(big.Int).Sub(p, one)
	for q.Bit(0) == 0 {
		q.Rsh(q, 1)
		e++
	}
	if p.ProbablyPrime(20) || e < 3 {
		t.Fatalf("%v is prime, or not 1 modulo 8", p)
	}
	y := big.NewInt(2)
	for big.Jacobi(y, p) != -1 {
		y.Add(y, one)
	}
	y.Exp(y, q, p)
	x := new(big.Int).Exp(a, new(big.Int).Rsh(new(big.Int).Sub(q, one), 1), p)
	b := times(square(x), a)
	for range 100 {
		if b.Cmp(one) == 0 {
			t.Fatal("there is a root")
		}
		i := 1
		for s := square(b); s.Cmp(one) != 0; s = square(s) {
			if i++; i == e {
				t.Fatal("it is found not to be a square")
			}
			if i > 2*p.BitLen() {
				return // beyond e, and so for ever
			}
		}
		s := y
		for range e - i - 1 {
			s = square(s)
		}
		y = square(s)
		b, e = times(b, y), i
	}
	t.Fatal("neither found nor for ever")
}
