package kx

import (
	"crypto/elliptic"
	"io"
	"math/big"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

// Point is an affine point; nil is the point at infinity.
type Point struct{ X, Y *big.Int }

// Curve is y² = x³ + ax + b over a prime field, by the textbook.
type Curve struct {
	P, A, B, N *big.Int
	Base       *Point
}

// curveOf returns the groups that only textbook arithmetic computes.
func curveOf(group uint16) *Curve {
	switch group {
	case iana.Secp224r1:
		return fromParams(elliptic.P224().Params())
	case iana.Secp256k1: // SEC 2, 2.4.1
		return &Curve{
			P:    fromHex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"),
			A:    new(big.Int),
			B:    big.NewInt(7),
			N:    fromHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"),
			Base: &Point{fromHex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"), fromHex("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")},
		}
	}
	return nil
}

// Weierstrass returns the equation of a named group; nil where it has none of this form.
func Weierstrass(group uint16) *Curve {
	switch group {
	case iana.Secp256r1:
		return fromParams(elliptic.P256().Params())
	case iana.Secp384r1:
		return fromParams(elliptic.P384().Params())
	case iana.Secp521r1:
		return fromParams(elliptic.P521().Params())
	}
	return curveOf(group)
}

func fromParams(c *elliptic.CurveParams) *Curve {
	return &Curve{P: c.P, A: new(big.Int).Sub(c.P, big.NewInt(3)), B: c.B, N: c.N, Base: &Point{c.Gx, c.Gy}}
}

// Size is the length of a coordinate in bytes.
func (c *Curve) Size() int { return (c.P.BitLen() + 7) / 8 }

func (c *Curve) scalar(random io.Reader) (*big.Int, error) {
	b := make([]byte, c.Size()+8)
	if _, err := io.ReadFull(source(random), b); err != nil {
		return nil, err
	}
	d := new(big.Int).SetBytes(b)
	d.Mod(d, new(big.Int).Sub(c.N, big.NewInt(1)))
	return d.Add(d, big.NewInt(1)), nil
}

// Encode writes a point uncompressed, and the point at infinity as one zero byte, SEC 1 2.3.3.
func (c *Curve) Encode(p *Point) []byte {
	if p == nil {
		return []byte{0}
	}
	out := make([]byte, 1+2*c.Size())
	out[0] = 4
	p.X.FillBytes(out[1 : 1+c.Size()])
	p.Y.FillBytes(out[1+c.Size():])
	return out
}

// Compress writes a point with its y coordinate as one bit, SEC 1 2.3.3.
func (c *Curve) Compress(p *Point) []byte {
	return append([]byte{2 + byte(p.Y.Bit(0))}, p.X.FillBytes(make([]byte, c.Size()))...)
}

// Decode reads a point in any of the three forms; it need not lie on the curve.
func (c *Curve) Decode(b []byte) (*Point, bool) {
	size := c.Size()
	switch {
	case len(b) == 1 && b[0] == 0:
		return nil, true
	case len(b) == 1+2*size && b[0] == 4:
		return &Point{new(big.Int).SetBytes(b[1 : 1+size]), new(big.Int).SetBytes(b[1+size:])}, true
	case len(b) == 1+size && (b[0] == 2 || b[0] == 3):
		x := new(big.Int).SetBytes(b[1:])
		y := new(big.Int).ModSqrt(c.right(x), c.P)
		if y == nil {
			return nil, false
		}
		if byte(y.Bit(0)) != b[0]&1 {
			y.Sub(c.P, y)
		}
		return &Point{x, y}, true
	}
	return nil, false
}

// right is x³ + ax + b.
func (c *Curve) right(x *big.Int) *big.Int {
	v := new(big.Int).Mul(x, x)
	v.Add(v, c.A)
	v.Mul(v, x)
	v.Add(v, c.B)
	return v.Mod(v, c.P)
}

// Contains reports whether p satisfies the equation; infinity does not count.
func (c *Curve) Contains(p *Point) bool {
	if p == nil || p.X.Cmp(c.P) >= 0 || p.Y.Cmp(c.P) >= 0 {
		return false
	}
	y2 := new(big.Int).Mul(p.Y, p.Y)
	return y2.Mod(y2, c.P).Cmp(c.right(p.X)) == 0
}

// X is the shared secret that a point stands for: its x coordinate, zeros for infinity.
func (c *Curve) X(p *Point) []byte {
	out := make([]byte, c.Size())
	if p != nil {
		p.X.FillBytes(out)
	}
	return out
}

// Multiply adds p to itself k times. The formulas do not use b, so that a point
// off the curve is multiplied on the curve that it lies on.
func (c *Curve) Multiply(k *big.Int, p *Point) *Point {
	var sum *Point
	for i := k.BitLen() - 1; i >= 0; i-- {
		sum = c.add(sum, sum)
		if k.Bit(i) == 1 {
			sum = c.add(sum, p)
		}
	}
	return sum
}

func (c *Curve) add(p, q *Point) *Point {
	if p == nil {
		return q
	}
	if q == nil {
		return p
	}
	var num, den *big.Int
	if p.X.Cmp(q.X) == 0 {
		if p.Y.Cmp(q.Y) != 0 || p.Y.Sign() == 0 {
			return nil
		}
		num = new(big.Int).Mul(p.X, p.X)
		num.Mul(num, big.NewInt(3))
		num.Add(num, c.A)
		den = new(big.Int).Lsh(p.Y, 1)
	} else {
		num = new(big.Int).Sub(q.Y, p.Y)
		den = new(big.Int).Sub(q.X, p.X)
	}
	inverse := den.ModInverse(den.Mod(den, c.P), c.P)
	if inverse == nil {
		return nil // 2y = 0: a point of order two
	}
	slope := num.Mul(num, inverse)
	slope.Mod(slope, c.P)
	x := new(big.Int).Mul(slope, slope)
	x.Sub(x, p.X).Sub(x, q.X).Mod(x, c.P)
	y := new(big.Int).Sub(p.X, x)
	y.Mul(y, slope).Sub(y, p.Y).Mod(y, c.P)
	return &Point{x, y}
}

// OrderThree returns a point that is not on the curve but on one that differs
// in b alone, where it has order three: whatever it is multiplied by, its x
// coordinate stays or infinity comes out. This is the invalid point of an
// invalid-curve attack (Biehl, Meyer, Müller 2000) with a known answer. It
// follows from 3x⁴ + 6ax² + 12bx − a² = 0 solved for b.
func (c *Curve) OrderThree() *Point {
	for n := int64(1); ; n++ {
		x := big.NewInt(n)
		x2 := new(big.Int).Mul(x, x)
		b := new(big.Int).Mul(c.A, c.A)
		b.Sub(b, new(big.Int).Mul(big.NewInt(3), new(big.Int).Mul(x2, x2)))
		b.Sub(b, new(big.Int).Mul(new(big.Int).Mul(big.NewInt(6), c.A), x2))
		inverse := new(big.Int).ModInverse(big.NewInt(12*n), c.P)
		b.Mul(b, inverse).Mod(b, c.P)
		other := Curve{P: c.P, A: c.A, B: b}
		if y := new(big.Int).ModSqrt(other.right(x), c.P); y != nil && y.Sign() != 0 && b.Cmp(c.B) != 0 {
			return &Point{x, y}
		}
	}
}
