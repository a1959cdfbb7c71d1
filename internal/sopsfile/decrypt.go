package sopsfile

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"hash"
	"time"
)

// A wrong data key, a changed token and a token that was moved to another name
// look the same to AES-GCM.
var errOpen = errors.New("the encrypted value was changed, or moved here from another name")

// macOnlyEncryptedStart starts the hash of a file with mac_only_encrypted, so that
// one such file cannot pass for another without: SHA-256 of "sops".
var macOnlyEncryptedStart = []byte{
	0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b,
	0x0b, 0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
}

// opener opens the tokens of one file.
type opener struct {
	gcm     cipher.AEAD
	scratch []byte // a token's data and tag
	iv      [ivText]byte
}

// newOpener makes an opener from the data key, and opens the file's MAC with it,
// which reports whether it is this file's key.
func (m *Metadata) newOpener(key []byte) (o *opener, mac []byte, err error) {
	if len(key) != keySize {
		return nil, nil, errWrongKey
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, errWrongKey
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, nonceSize)
	if err != nil {
		return nil, nil, errWrongKey
	}
	o = &opener{gcm: gcm}
	// sops takes the text of the time as it prints it, not as the file has it.
	mac, err = o.open(nil, m.mac, []byte(m.LastModified.Format(time.RFC3339)))
	if err != nil {
		return nil, nil, errWrongKey
	}
	return o, mac, nil
}

// open appends a token's plaintext to dst.
func (o *opener) open(dst, tok, additional []byte) ([]byte, error) {
	t, err := splitToken(tok)
	if err != nil {
		return dst, err
	}
	iv, err := decodeBase64(o.iv[:0], t.iv)
	if err != nil {
		return dst, err
	}
	o.scratch, err = decodeBase64(o.scratch[:0], t.data)
	if err == nil {
		o.scratch, err = decodeBase64(o.scratch, t.tag)
	}
	if err != nil {
		return dst, err
	}
	out, err := o.gcm.Open(dst, iv, o.scratch, additional)
	if err != nil {
		return dst, errOpen
	}
	return out, nil
}

// Decrypt returns the tree with its values. It has the data key unwrapped by u, as
// the type [Unwrapper] describes, decrypts every token, and compares the message
// authentication code.
//
// The error is a [*KeyError] when no master key, or too few groups of them, gave
// the data key; it has [ErrMAC] in its chain when the code does not fit. Any other
// error names the path of a value that does not decrypt. No error holds a value, a
// token, or the code.
func (f *File) Decrypt(ctx context.Context, u Unwrapper) (*Tree, error) {
	o, mac, err := f.meta.unlock(ctx, u)
	if err != nil {
		return nil, err
	}
	defer clear(mac)
	d := decrypter{opener: o, ctx: ctx, all: !f.meta.MACOnlyEncrypted, hash: sha512.New()}
	if !d.all {
		d.hash.Write(macOnlyEncryptedStart)
	}
	nodes, size := measure(f.docs)
	d.nodes = make([]node, 0, nodes)
	d.plain = make([]byte, 0, size)
	docs := d.copy(f.docs)
	for i := range docs {
		d.path = d.path[:0]
		if err := d.walk(&docs[i], nil); err != nil {
			clear(d.plain[:cap(d.plain)])
			return nil, err
		}
	}
	sum := make([]byte, 0, hex.EncodedLen(sha512.Size))
	for _, c := range d.hash.Sum(nil) {
		const digits = "0123456789ABCDEF"
		sum = append(sum, digits[c>>4], digits[c&15])
	}
	if subtle.ConstantTimeCompare(sum, mac) != 1 {
		clear(d.plain[:cap(d.plain)])
		return nil, ErrMAC
	}
	return newTree(treeData{format: f.format, docs: docs, values: true, plain: d.plain}), nil
}

// decrypter turns a copy of the file's nodes into plaintext, and hashes it.
type decrypter struct {
	*opener
	ctx   context.Context
	count int  // of values and comments, to look at ctx now and then
	all   bool // the MAC covers clear values too
	hash  hash.Hash
	nodes []node // the copies, in one block
	plain []byte // the plaintexts, in one block
	path  []byte // the names on the path, each with a colon behind: the additional data
}

// measure counts the nodes, and the bytes that their plaintexts need at most.
func measure(list []node) (nodes, size int) {
	nodes = len(list)
	for i := range list {
		if list[i].enc {
			size += len(list[i].text) - tokenRest
		}
		n, s := measure(list[i].kids)
		nodes, size = nodes+n, size+s
	}
	return nodes, size
}

func (d *decrypter) copy(list []node) []node {
	at := len(d.nodes)
	d.nodes = append(d.nodes, list...)
	return d.nodes[at:len(d.nodes):len(d.nodes)]
}

// walk decrypts the children of n, in file order.
func (d *decrypter) walk(n *node, p *treePath) error {
	if len(n.kids) == 0 {
		return nil
	}
	n.kids = d.copy(n.kids)
	index := 0
	for i := range n.kids {
		if d.count++; d.count%nodesAtOnce == 0 && d.ctx.Err() != nil {
			return late(d.ctx, "decrypted")
		}
		kid := &n.kids[i]
		if kid.kind == Comment {
			if err := d.comment(kid); err != nil {
				return p.at(err)
			}
			continue
		}
		here := treePath{p, kid.key, -1}
		if n.kind == List {
			here.index = index
			index++
		}
		base := len(d.path)
		if n.kind == Map {
			d.path = append(append(d.path, kid.key...), ':')
		}
		var err error
		if kid.kind == Map || kid.kind == List {
			up := here
			err = d.walk(kid, &up)
		} else if err = d.scalar(kid); err != nil {
			at := here
			err = (&at).at(err)
		}
		if err != nil {
			return err
		}
		d.path = d.path[:base]
	}
	return nil
}

func (d *decrypter) scalar(n *node) error {
	if !n.enc {
		// The empty string, which the rule selects too, adds nothing to the hash.
		if d.all {
			d.hash.Write(n.text)
		}
		return nil
	}
	text, err := d.decrypt(n.text, d.path)
	if err != nil {
		return err
	}
	if err := checkScalar(n.kind, text); err != nil {
		return err
	}
	n.text, n.enc = text, false
	d.hash.Write(text)
	return nil
}

// comment decrypts an encrypted comment. One that does not open stays as it is:
// nothing authenticates comments, and the official command shows it, too; except
// as an item of a list, where the official command takes it for a value.
func (d *decrypter) comment(n *node) error {
	if !n.enc {
		return nil
	}
	n.enc = false
	path := d.path
	if len(path) == 0 {
		path = []byte(":") // no names, and the colon that sops puts behind them
	}
	text, err := d.decrypt(n.text, path)
	if err == nil {
		n.text, n.inline = text, false // sops forgets where on the line it stood
	} else if n.item {
		return err
	}
	return nil
}

func (d *decrypter) decrypt(tok, additional []byte) ([]byte, error) {
	at := len(d.plain)
	out, err := d.open(d.plain, tok, additional)
	if err != nil {
		return nil, err
	}
	d.plain = out
	return out[at:len(out):len(out)], nil
}
