package sopsfile

// combine returns the secret of Shamir shares: each is one byte per byte of the
// secret, the value of that byte's polynomial at x, and x itself as the last byte.
// The secret is the value at 0. The field is GF(2^8) modulo x^8+x^4+x^3+x+1. ok is
// false when two shares have one x, or the lengths differ.
func combine(set [][]byte) (secret []byte, ok bool) {
	if len(set) < 2 {
		return nil, false
	}
	n := len(set[0]) - 1
	for i, a := range set {
		if len(a) != n+1 || n < 1 || a[n] == 0 {
			return nil, false
		}
		for _, b := range set[:i] {
			if a[n] == b[n] {
				return nil, false
			}
		}
	}
	secret = make([]byte, n)
	for i, a := range set {
		// Lagrange's basis polynomial of this share at 0.
		basis := byte(1)
		for j, b := range set {
			if j != i {
				basis = gfMul(basis, gfMul(b[n], gfInverse(a[n]^b[n])))
			}
		}
		for k := range secret {
			secret[k] ^= gfMul(a[k], basis)
		}
	}
	return secret, true
}

// gfMul multiplies without tables or branches on its operands, so that its time
// does not depend on a share.
func gfMul(a, b byte) byte {
	var product byte
	for range 8 {
		product ^= a & -(b & 1)
		a = a<<1 ^ 0x1b&-(a>>7)
		b >>= 1
	}
	return product
}

// gfInverse is a^254, which is the inverse of every a but 0.
func gfInverse(a byte) byte {
	result := byte(1)
	for range 7 { // 254 = 2+4+8+…+128
		a = gfMul(a, a)
		result = gfMul(result, a)
	}
	return result
}
